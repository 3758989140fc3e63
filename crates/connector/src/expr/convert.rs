//! Values into JSON text, sonic values and jaq values, and back.
//!
//! Always true: numbers print as jq prints them (`10.0` is `10`), an object keeps its order.

use std::borrow::Cow;

use jaq_core::ValT as _;
use jaq_json::Num;
use jaq_std::ValT as _;
use sonic_rs::Value;

use super::{EvalError, Val};

impl<'a> Val<'a> {
    /// Appends the value as compact JSON.
    pub(crate) fn write_json(&self, out: &mut Vec<u8>) {
        match self {
            Self::Null => out.extend_from_slice(b"null"),
            Self::Bool(true) => out.extend_from_slice(b"true"),
            Self::Bool(false) => out.extend_from_slice(b"false"),
            Self::Int(i) => out.extend_from_slice(itoa::Buffer::new().format(*i).as_bytes()),
            Self::Uint(u) => out.extend_from_slice(itoa::Buffer::new().format(*u).as_bytes()),
            Self::Float(f) => write_float(*f, out),
            Self::Str(s) => write_string(s, out),
            Self::Arr(items) => write_items(items.iter().cloned(), out),
            Self::Obj(pairs) => write_pairs(pairs.iter().map(|(k, v)| (k.as_ref(), v.clone())), out),
            Self::Json(value) => match value.as_ref() {
                sonic_rs::ValueRef::Array(array) => write_items(array.iter().map(Val::from_value), out),
                sonic_rs::ValueRef::Object(object) => {
                    write_pairs(object.iter().map(|(k, v)| (k, Val::from_value(v))), out);
                }
                _ => Val::from_value(value).write_json(out),
            },
        }
    }

    /// jq's `tostring`: text as it is, anything else as JSON.
    pub(crate) fn into_text(self) -> Cow<'a, str> {
        match self {
            Self::Str(s) => s,
            other => {
                let mut out = Vec::new();
                other.write_json(&mut out);
                Cow::Owned(String::from_utf8_lossy(&out).into_owned())
            }
        }
    }

    /// A sonic value of its own.
    pub(crate) fn to_value(&self) -> Result<Value, EvalError> {
        Ok(match self {
            Self::Null => Value::new_null(),
            Self::Bool(b) => Value::new_bool(*b),
            Self::Int(i) => Value::new_i64(*i),
            Self::Uint(u) => Value::new_u64(*u),
            Self::Str(s) => Value::copy_str(s),
            Self::Json(value) => (*value).clone(),
            Self::Float(_) | Self::Arr(_) | Self::Obj(_) => {
                let mut out = Vec::new();
                self.write_json(&mut out);
                sonic_rs::from_slice(&out).map_err(|e| EvalError::Data(format!("cannot build the value: {e}")))?
            }
        })
    }

    /// A copy that borrows nothing.
    pub(crate) fn into_owned(self) -> Val<'static> {
        match self {
            Self::Null => Val::Null,
            Self::Bool(b) => Val::Bool(b),
            Self::Int(i) => Val::Int(i),
            Self::Uint(u) => Val::Uint(u),
            Self::Float(f) => Val::Float(f),
            Self::Str(s) => Val::Str(Cow::Owned(s.into_owned())),
            Self::Arr(items) => Val::Arr(items.into_iter().map(Val::into_owned).collect()),
            Self::Obj(pairs) => {
                Val::Obj(pairs.into_iter().map(|(k, v)| (Cow::Owned(k.into_owned()), v.into_owned())).collect())
            }
            json @ Self::Json(_) => match json.items() {
                Some(items) => Val::Arr(items).into_owned(),
                None => Val::Obj(json.pairs().unwrap_or_default()).into_owned(),
            },
        }
    }

    /// The value as the interpreter's.
    pub(crate) fn to_jaq(&self) -> jaq_json::Val {
        match self {
            Self::Null => jaq_json::Val::Null,
            Self::Bool(b) => jaq_json::Val::Bool(*b),
            Self::Int(i) => jaq_json::Val::Num(Num::from_integral(*i)),
            Self::Uint(u) => jaq_json::Val::Num(Num::from_integral(*u)),
            Self::Float(f) => jaq_json::Val::Num(Num::Float(*f)),
            Self::Str(s) => jaq_json::Val::from(s.clone().into_owned()),
            Self::Arr(items) => items.iter().map(Val::to_jaq).collect(),
            Self::Obj(pairs) => {
                let pairs = pairs.iter().map(|(k, v)| (jaq_json::Val::from(k.clone().into_owned()), v.to_jaq()));
                jaq_json::Val::from_map(pairs).unwrap_or_default()
            }
            Self::Json(_) => match self.items() {
                Some(items) => items.iter().map(Val::to_jaq).collect(),
                None => Val::Obj(self.pairs().unwrap_or_default()).to_jaq(),
            },
        }
    }

    /// The interpreter's value as ours; an object key that is not text is an error.
    pub(crate) fn from_jaq(value: &jaq_json::Val) -> Result<Val<'static>, EvalError> {
        Ok(match value {
            jaq_json::Val::Null => Val::Null,
            jaq_json::Val::Bool(b) => Val::Bool(*b),
            jaq_json::Val::Num(Num::Int(i)) => Val::Int(*i as i64),
            jaq_json::Val::Num(Num::Float(f)) => Val::Float(*f),
            jaq_json::Val::Num(Num::BigInt(i)) => big(&i.to_string()),
            jaq_json::Val::Num(Num::Dec(text)) => Val::Float(text.parse().unwrap_or(f64::NAN)),
            jaq_json::Val::BStr(_) | jaq_json::Val::TStr(_) => {
                Val::string(String::from_utf8_lossy(value.as_bytes().unwrap_or_default()).into_owned())
            }
            jaq_json::Val::Arr(items) => Val::Arr(items.iter().map(Val::from_jaq).collect::<Result<_, _>>()?),
            jaq_json::Val::Obj(map) => {
                let mut pairs = Vec::with_capacity(map.len());
                for (key, item) in map.iter() {
                    let Val::Str(key) = Val::from_jaq(key)? else {
                        return Err(EvalError::Data("object keys must be strings".to_owned()));
                    };
                    pairs.push((key, Val::from_jaq(item)?));
                }
                Val::Obj(pairs)
            }
        })
    }
}

fn big(text: &str) -> Val<'static> {
    match text.parse::<u64>() {
        Ok(u) => Val::Uint(u),
        Err(_) => Val::Float(text.parse().unwrap_or(f64::NAN)),
    }
}

fn write_items<'a>(items: impl Iterator<Item = Val<'a>>, out: &mut Vec<u8>) {
    out.push(b'[');
    for (i, item) in items.enumerate() {
        if i > 0 {
            out.push(b',');
        }
        item.write_json(out);
    }
    out.push(b']');
}

fn write_pairs<'a, 'k>(pairs: impl Iterator<Item = (&'k str, Val<'a>)>, out: &mut Vec<u8>) {
    out.push(b'{');
    for (i, (key, item)) in pairs.enumerate() {
        if i > 0 {
            out.push(b',');
        }
        write_string(key, out);
        out.push(b':');
        item.write_json(out);
    }
    out.push(b'}');
}

/// jq's numbers: not-a-number is null, infinities are the largest double, whole numbers have no fraction.
pub(crate) fn write_float(number: f64, out: &mut Vec<u8>) {
    if number.is_nan() {
        out.extend_from_slice(b"null");
    } else if number.fract() == 0.0 && number.abs() < 1e17 {
        out.extend_from_slice(itoa::Buffer::new().format(number as i64).as_bytes());
    } else {
        let finite = number.clamp(f64::MIN, f64::MAX);
        out.extend_from_slice(ryu::Buffer::new().format_finite(finite).as_bytes());
    }
}

/// Appends a JSON string, escaping what must be.
pub(crate) fn write_string(text: &str, out: &mut Vec<u8>) {
    out.reserve(text.len() + 2);
    out.push(b'"');
    let bytes = text.as_bytes();
    if is_plain(bytes) {
        out.extend_from_slice(bytes);
        out.push(b'"');
        return;
    }
    let mut from = 0;
    for (i, byte) in bytes.iter().enumerate() {
        if *byte >= 0x20 && *byte != b'"' && *byte != b'\\' {
            continue;
        }
        out.extend_from_slice(&bytes[from..i]);
        from = i + 1;
        match byte {
            b'"' | b'\\' => out.extend_from_slice(&[b'\\', *byte]),
            b'\n' => out.extend_from_slice(b"\\n"),
            b'\r' => out.extend_from_slice(b"\\r"),
            b'\t' => out.extend_from_slice(b"\\t"),
            _ => {
                const HEX: &[u8; 16] = b"0123456789abcdef";
                let (high, low) = (HEX[usize::from(byte >> 4)], HEX[usize::from(byte & 15)]);
                out.extend_from_slice(&[b'\\', b'u', b'0', b'0', high, low]);
            }
        }
    }
    out.extend_from_slice(&bytes[from..]);
    out.push(b'"');
}

/// True if no byte needs escaping; eight bytes at a time, and a rare wrong "no" costs only time.
fn is_plain(bytes: &[u8]) -> bool {
    const ONES: u64 = u64::MAX / 255;
    let (words, rest) = bytes.as_chunks::<8>();
    let zero = |word: u64, limit: u64| word.wrapping_sub(ONES * limit) & !word;
    let mut special = 0;
    for word in words {
        let word = u64::from_le_bytes(*word);
        special |= zero(word, 0x20) | zero(word ^ (ONES * 0x22), 1) | zero(word ^ (ONES * 0x5c), 1);
    }
    special & (ONES << 7) == 0 && rest.iter().all(|b| *b >= 0x20 && *b != b'"' && *b != b'\\')
}
