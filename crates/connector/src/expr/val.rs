//! The values an expression works on: parts of the input borrowed, new parts owned.
//!
//! Always true: scalars are decoded, `Json` is only ever an array or object of the input; order and
//! equality are jq's (null, false, true, numbers, strings, arrays, objects).
//! Elsewhere: changing into text, sonic and jaq values is in `convert`.

use std::borrow::Cow;
use std::cmp::Ordering;

use sonic_rs::{JsonContainerTrait, JsonNumberTrait, Value, ValueRef};

use super::EvalError;
use super::run::{Flow, Next};

/// A JSON value, borrowed where possible.
#[derive(Debug, Clone)]
pub(crate) enum Val<'a> {
    Null,
    Bool(bool),
    Int(i64),
    /// Only integers above `i64::MAX`.
    Uint(u64),
    Float(f64),
    Str(Cow<'a, str>),
    /// An array or object of the input.
    Json(&'a Value),
    Arr(Vec<Val<'a>>),
    Obj(Vec<(Cow<'a, str>, Val<'a>)>),
}

impl<'a> Val<'a> {
    /// Borrows a parsed value; scalars are decoded.
    pub(crate) fn from_value(value: &'a Value) -> Self {
        match value.as_ref() {
            ValueRef::Null => Self::Null,
            ValueRef::Bool(b) => Self::Bool(b),
            ValueRef::Number(n) => match (n.as_i64(), n.as_u64()) {
                (Some(i), _) => Self::Int(i),
                (None, Some(u)) => Self::Uint(u),
                (None, None) => Self::Float(n.as_f64().unwrap_or(f64::NAN)),
            },
            ValueRef::String(s) => Self::Str(Cow::Borrowed(s)),
            ValueRef::Array(_) | ValueRef::Object(_) => Self::Json(value),
        }
    }

    /// A copy that borrows its text from this value.
    pub(crate) fn borrow<'b>(&'b self) -> Val<'b>
    where
        'a: 'b,
    {
        match self {
            Self::Str(s) => Val::Str(Cow::Borrowed(s)),
            other => other.clone(),
        }
    }

    /// A borrowed string value.
    pub(crate) fn str(text: &'a str) -> Self {
        Self::Str(Cow::Borrowed(text))
    }

    /// An owned string value.
    pub(crate) fn string(text: String) -> Self {
        Self::Str(Cow::Owned(text))
    }

    /// False only for null and false.
    pub(crate) fn truthy(&self) -> bool {
        !matches!(self, Self::Null | Self::Bool(false))
    }

    /// jq's name of the type.
    pub(crate) fn type_name(&self) -> &'static str {
        match self {
            Self::Null => "null",
            Self::Bool(_) => "boolean",
            Self::Int(_) | Self::Uint(_) | Self::Float(_) => "number",
            Self::Str(_) => "string",
            Self::Arr(_) => "array",
            Self::Obj(_) => "object",
            Self::Json(value) => {
                if value.as_array().is_some() {
                    "array"
                } else {
                    "object"
                }
            }
        }
    }

    /// The text of a string.
    pub(crate) fn as_str(&self) -> Option<&str> {
        match self {
            Self::Str(s) => Some(s),
            _ => None,
        }
    }

    /// The number as a double.
    pub(crate) fn as_f64(&self) -> Option<f64> {
        match self {
            Self::Int(i) => Some(*i as f64),
            Self::Uint(u) => Some(*u as f64),
            Self::Float(f) => Some(*f),
            _ => None,
        }
    }

    /// `.[key]` of an object or null.
    pub(crate) fn get(&self, key: &str) -> Result<Val<'a>, EvalError> {
        match self {
            Self::Null => Ok(Self::Null),
            Self::Json(value) => match object_of(value) {
                Some(object) => Ok(object.get(&key).map_or(Self::Null, Self::from_value)),
                None => Err(self.cannot_index(key)),
            },
            Self::Obj(pairs) => Ok(pairs.iter().find(|(k, _)| k == key).map_or(Self::Null, |(_, v)| v.clone())),
            _ => Err(self.cannot_index(key)),
        }
    }

    /// `.[index]` of an array or null; negative counts from the end.
    pub(crate) fn at(&self, index: i64) -> Result<Val<'a>, EvalError> {
        let place = |len: usize| {
            let index = if index < 0 { index + len as i64 } else { index };
            usize::try_from(index).ok().filter(|i| *i < len)
        };
        match self {
            Self::Null => Ok(Self::Null),
            Self::Json(value) => match array_of(value) {
                Some(slice) => Ok(place(slice.len()).map_or(Self::Null, |i| Self::from_value(&slice[i]))),
                None => Err(self.cannot_index_number()),
            },
            Self::Arr(items) => Ok(place(items.len()).map_or(Self::Null, |i| items[i].clone())),
            _ => Err(self.cannot_index_number()),
        }
    }

    /// `.[key]` with a computed key.
    pub(crate) fn index(&self, key: &Val<'a>) -> Result<Val<'a>, EvalError> {
        match (self.type_name(), key) {
            ("object" | "null", Val::Str(key)) => self.get(key),
            ("array" | "null", Val::Int(index)) => self.at(*index),
            ("array" | "null", Val::Float(f)) if f.is_finite() => self.at(f.floor() as i64),
            ("null", Val::Null) => Ok(Val::Null),
            ("null", key) if key.type_name() == "array" => Ok(Val::Null),
            ("array", key) if key.type_name() == "array" => Ok(self.places_of(key)),
            (_, Val::Str(key)) => Err(self.cannot_index(key)),
            (name, key) => Err(EvalError::Data(format!("cannot index {name} with {}", key.type_name()))),
        }
    }

    /// Where the array holds the other array.
    fn places_of(&self, part: &Val<'a>) -> Val<'a> {
        let (items, part) = (self.items().unwrap_or_default(), part.items().unwrap_or_default());
        if part.is_empty() {
            return Val::Arr(Vec::new());
        }
        let same = |window: &[Val<'a>]| window.iter().zip(&part).all(|(x, y)| x.compare(y).is_eq());
        let places = items.windows(part.len()).enumerate().filter(|(_, window)| same(window));
        Val::Arr(places.map(|(i, _)| Val::Int(i as i64)).collect())
    }

    /// Number of elements or pairs; `None` for scalars.
    pub(crate) fn count(&self) -> Option<usize> {
        match self {
            Self::Arr(items) => Some(items.len()),
            Self::Obj(pairs) => Some(pairs.len()),
            Self::Json(value) => value.as_array().map(|a| a.len()).or_else(|| value.as_object().map(|o| o.len())),
            _ => None,
        }
    }

    /// Calls `f` with each element of an array or value of an object.
    pub(crate) fn each_value(&self, f: &mut dyn FnMut(Val<'a>) -> Next) -> Next {
        match self {
            Self::Arr(items) => each(items.iter().cloned(), f),
            Self::Obj(pairs) => each(pairs.iter().map(|(_, v)| v.clone()), f),
            Self::Json(value) => match value.as_ref() {
                ValueRef::Array(array) => each(array.as_slice().iter().map(Self::from_value), f),
                ValueRef::Object(object) => each(object.iter().map(|(_, v)| Self::from_value(v)), f),
                _ => Ok(Flow::Go),
            },
            _ => Err(EvalError::Data(format!("cannot iterate over {}", self.shown()))),
        }
    }

    /// The elements of an array; `None` for anything else.
    pub(crate) fn items(&self) -> Option<Vec<Val<'a>>> {
        match self {
            Self::Arr(items) => Some(items.clone()),
            Self::Json(value) => array_of(value).map(|a| a.iter().map(Self::from_value).collect()),
            _ => None,
        }
    }

    /// The pairs of an object; `None` for anything else.
    pub(crate) fn pairs(&self) -> Option<Vec<(Cow<'a, str>, Val<'a>)>> {
        match self {
            Self::Obj(pairs) => Some(pairs.clone()),
            Self::Json(value) => {
                object_of(value).map(|o| o.iter().map(|(k, v)| (Cow::Borrowed(k), Self::from_value(v))).collect())
            }
            _ => None,
        }
    }

    /// jq's order over all values.
    pub(crate) fn compare(&self, other: &Val<'_>) -> Ordering {
        let rank = |v: &Val<'_>| match v.type_name() {
            "null" => 0,
            "boolean" => 1,
            "number" => 3,
            "string" => 4,
            "array" => 5,
            _ => 6,
        };
        match (self, other) {
            (Self::Bool(a), Val::Bool(b)) => a.cmp(b),
            (Self::Int(a), Val::Int(b)) => a.cmp(b),
            (Self::Uint(a), Val::Uint(b)) => a.cmp(b),
            (Self::Str(a), Val::Str(b)) => a.as_bytes().cmp(b.as_bytes()),
            (a, b) => match rank(a).cmp(&rank(b)) {
                Ordering::Equal => a.compare_same_type(b),
                order => order,
            },
        }
    }

    fn compare_same_type(&self, other: &Val<'_>) -> Ordering {
        if let (Some(a), Some(b)) = (self.as_f64(), other.as_f64()) {
            return match (a.is_nan(), b.is_nan()) {
                (true, _) => Ordering::Less,
                (false, true) => Ordering::Greater,
                (false, false) => a.partial_cmp(&b).unwrap_or(Ordering::Equal),
            };
        }
        if let (Some(a), Some(b)) = (self.items(), other.items()) {
            let pairs = a.iter().zip(&b).map(|(x, y)| x.compare(y));
            return pairs.into_iter().find(|o| o.is_ne()).unwrap_or(a.len().cmp(&b.len()));
        }
        if let (Some(mut a), Some(mut b)) = (self.pairs(), other.pairs()) {
            a.sort_by(|x, y| x.0.cmp(&y.0));
            b.sort_by(|x, y| x.0.cmp(&y.0));
            let keys = a.iter().map(|p| &p.0).cmp(b.iter().map(|p| &p.0));
            let values = || a.iter().zip(&b).map(|(x, y)| x.1.compare(&y.1)).find(|o| o.is_ne());
            return keys.then_with(|| values().unwrap_or(Ordering::Equal));
        }
        Ordering::Equal
    }

    /// A short form for messages, never more than a few dozen characters.
    pub(crate) fn shown(&self) -> String {
        let mut text = Vec::new();
        match self {
            Self::Null | Self::Bool(_) | Self::Int(_) | Self::Uint(_) | Self::Float(_) => self.write_json(&mut text),
            Self::Str(s) => Val::string(s.chars().take(40).collect()).write_json(&mut text),
            _ => return format!("an {}", self.type_name()),
        }
        format!("{} ({})", self.type_name(), String::from_utf8_lossy(&text))
    }

    fn cannot_index(&self, key: &str) -> EvalError {
        EvalError::Data(format!("cannot index {} with \"{key}\"", self.type_name()))
    }

    fn cannot_index_number(&self) -> EvalError {
        EvalError::Data(format!("cannot index {} with number", self.type_name()))
    }
}

fn object_of<'a>(value: &&'a Value) -> Option<&'a sonic_rs::Object> {
    let value: &'a Value = value;
    value.as_object()
}

fn array_of<'a>(value: &&'a Value) -> Option<&'a [Value]> {
    let value: &'a Value = value;
    value.as_array().map(|a| a.as_slice())
}

fn each<'a>(items: impl Iterator<Item = Val<'a>>, f: &mut dyn FnMut(Val<'a>) -> Next) -> Next {
    for item in items {
        if f(item)? == Flow::Stop {
            return Ok(Flow::Stop);
        }
    }
    Ok(Flow::Go)
}
