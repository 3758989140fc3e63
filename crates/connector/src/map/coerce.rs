//! Coercion: what an expression gave into the type the model says, as bytes.
//!
//! Always true: null and `""` write nothing (the caller puts null or `[]`); what does not fit is an
//! error that shows the value; enum values that are not of the enum pass, a model's enums are open.

use std::borrow::Cow;

use crate::expr::{Date, Flow, Val, parse_date, parse_number, write_float, write_string};

use super::Ids;

/// A type, ready for writing.
#[derive(Debug)]
pub(super) enum Target {
    /// Text of any kind, enum values too.
    Text,
    Integer,
    Number,
    Boolean,
    DateTime,
    Object,
    Any,
    Map(Box<Target>),
    /// The id of a record of this model.
    Relation(Box<str>),
    /// An object of the nested model at this place of [`Plans`].
    Nested(usize),
    OneOf(Vec<Target>),
}

/// A field's type and whether it is a list.
#[derive(Debug)]
pub(super) struct Shape {
    pub(super) target: Target,
    pub(super) list: bool,
}

/// A nested model.
#[derive(Debug)]
pub(super) struct Nested {
    pub(super) name: Box<str>,
    pub(super) slug: Box<str>,
    pub(super) fields: Vec<NestedField>,
}

/// One field of a nested model.
#[derive(Debug)]
pub(super) struct NestedField {
    pub(super) name: Box<str>,
    pub(super) prefix: Box<[u8]>,
    pub(super) absent: &'static [u8],
    pub(super) shape: Shape,
}

/// The nested models a mapping may write.
#[derive(Debug, Default)]
pub(super) struct Plans(pub(super) Vec<Nested>);

type Done = Result<(), String>;

impl Plans {
    /// Appends a field's value, or nothing if it is null.
    pub(super) fn write_field(&self, shape: &Shape, value: &Val<'_>, ids: &dyn Ids, out: &mut Vec<u8>) -> Done {
        if !shape.list {
            return self.write(&shape.target, value, ids, out);
        }
        match value {
            Val::Null => return Ok(()),
            Val::Str(s) if s.is_empty() => return Ok(()),
            value if value.type_name() == "array" => {}
            other => return Err(format!("a list is wanted, not {}", other.shown())),
        }
        out.push(b'[');
        let first = out.len();
        let mut failed = None;
        let walked = value.each_value(&mut |item| {
            let comma = out.len();
            if comma > first {
                out.push(b',');
            }
            let start = out.len();
            if let Err(reason) = self.write(&shape.target, &item, ids, out) {
                failed = Some(reason);
                return Ok(Flow::Stop);
            }
            if out.len() == start {
                out.truncate(comma);
            }
            Ok(Flow::Go)
        });
        if let Some(reason) = failed.or_else(|| walked.err().map(|e| e.to_string())) {
            return Err(reason);
        }
        out.push(b']');
        Ok(())
    }

    /// Appends one value, or nothing if it is null.
    fn write(&self, target: &Target, value: &Val<'_>, ids: &dyn Ids, out: &mut Vec<u8>) -> Done {
        match (target, value) {
            (_, Val::Null) => Ok(()),
            (Target::Any, value) => {
                value.write_json(out);
                Ok(())
            }
            (_, Val::Str(s)) if s.is_empty() => Ok(()),
            (Target::Text, value) => text(value, out),
            (Target::DateTime, value) => date(value, out),
            (Target::Integer, value) => integer(value, out),
            (Target::Number, value) => number(value, out),
            (Target::Boolean, value) => boolean(value, out),
            (Target::Relation(model), value) => relation(model, value, ids, out),
            (Target::Object, value) if value.type_name() == "object" => {
                value.write_json(out);
                Ok(())
            }
            (Target::Object, value) => Err(format!("an object is wanted, not {}", value.shown())),
            (Target::Map(of), value) => self.map(of, value, ids, out),
            (Target::Nested(index), value) => match self.0.get(*index) {
                Some(nested) => self.nested(nested, value, ids, out),
                None => Ok(()),
            },
            (Target::OneOf(targets), value) => self.one_of(targets, value, ids, out),
        }
    }

    fn one_of(&self, targets: &[Target], value: &Val<'_>, ids: &dyn Ids, out: &mut Vec<u8>) -> Done {
        let start = out.len();
        let mut reasons = Vec::new();
        for target in targets {
            match self.write(target, value, ids, out) {
                Ok(()) => return Ok(()),
                Err(reason) => {
                    out.truncate(start);
                    reasons.push(reason);
                }
            }
        }
        Err(reasons.join("; or "))
    }

    fn map(&self, of: &Target, value: &Val<'_>, ids: &dyn Ids, out: &mut Vec<u8>) -> Done {
        let Some(pairs) = value.pairs() else {
            return Err(format!("an object is wanted, not {}", value.shown()));
        };
        out.push(b'{');
        for (i, (key, value)) in pairs.iter().enumerate() {
            if i > 0 {
                out.push(b',');
            }
            write_string(key, out);
            out.push(b':');
            let start = out.len();
            self.write(of, value, ids, out)?;
            if out.len() == start {
                out.extend_from_slice(b"null");
            }
        }
        out.push(b'}');
        Ok(())
    }

    /// Writes a nested object, completed with the fields that are missing.
    pub(super) fn nested(&self, nested: &Nested, value: &Val<'_>, ids: &dyn Ids, out: &mut Vec<u8>) -> Done {
        let Some(pairs) = value.pairs() else {
            return Err(format!("an object ({}) is wanted, not {}", nested.name, value.shown()));
        };
        let unknown = pairs.iter().find(|(k, _)| !nested.fields.iter().any(|f| *f.name == **k));
        if let Some((key, _)) = unknown {
            return Err(format!("{} has no field `{key}`", nested.name));
        }
        let given = |name: &str| pairs.iter().find(|(k, _)| k == name).map(|(_, v)| v);
        for field in &nested.fields {
            out.extend_from_slice(&field.prefix);
            let start = out.len();
            match given(&field.name) {
                Some(value) => {
                    let written = self.write_field(&field.shape, value, ids, out);
                    written.map_err(|reason| format!("{}: {reason}", field.name))?;
                }
                None if &*field.name == "id" => {
                    let remote = given("remote_id").and_then(remote_id);
                    remote.map_or(Ok(()), |id| relation(&nested.slug, &Val::Str(id), ids, out))?;
                }
                None => {}
            }
            if out.len() == start {
                out.extend_from_slice(field.absent);
            }
        }
        out.extend_from_slice(if nested.fields.is_empty() { b"{}" } else { b"}" });
        Ok(())
    }
}

/// A vendor's id as text: text that is not empty, or a number.
pub(super) fn remote_id<'v>(value: &'v Val<'_>) -> Option<Cow<'v, str>> {
    match value {
        Val::Str(s) if s.is_empty() => None,
        Val::Str(s) => Some(Cow::Borrowed(s)),
        Val::Int(_) | Val::Uint(_) | Val::Float(_) => Some(value.borrow().into_text()),
        _ => None,
    }
}

fn text(value: &Val<'_>, out: &mut Vec<u8>) -> Done {
    match value {
        Val::Str(s) => write_string(s, out),
        Val::Int(_) | Val::Uint(_) | Val::Float(_) => {
            out.push(b'"');
            value.write_json(out);
            out.push(b'"');
        }
        other => return Err(format!("text is wanted, not {}", other.shown())),
    }
    Ok(())
}

fn date(value: &Val<'_>, out: &mut Vec<u8>) -> Done {
    let parsed = value.as_str().and_then(|s| parse_date(s.trim()));
    match parsed {
        Some(Date::Zero) => Ok(()),
        Some(Date::At(instant)) => {
            out.push(b'"');
            instant.write(out);
            out.push(b'"');
            Ok(())
        }
        None if value.as_str().is_some_and(|s| s.trim().is_empty()) => Ok(()),
        None => Err(format!("a date or time is wanted, not {}", value.shown())),
    }
}

fn numeric<'v>(value: &'v Val<'_>) -> Option<Val<'v>> {
    match value {
        Val::Str(s) => parse_number(s.trim()),
        Val::Int(_) | Val::Uint(_) | Val::Float(_) => Some(value.borrow()),
        _ => None,
    }
}

fn integer(value: &Val<'_>, out: &mut Vec<u8>) -> Done {
    match numeric(value) {
        Some(n @ (Val::Int(_) | Val::Uint(_))) => n.write_json(out),
        Some(Val::Float(f)) if f.fract() == 0.0 && f.abs() < 9e15 => write_float(f, out),
        _ => return Err(format!("a whole number is wanted, not {}", value.shown())),
    }
    Ok(())
}

fn number(value: &Val<'_>, out: &mut Vec<u8>) -> Done {
    match numeric(value) {
        Some(Val::Float(f)) if !f.is_finite() => Err(format!("a number is wanted, not {}", value.shown())),
        Some(n) => {
            n.write_json(out);
            Ok(())
        }
        None => Err(format!("a number is wanted, not {}", value.shown())),
    }
}

fn boolean(value: &Val<'_>, out: &mut Vec<u8>) -> Done {
    let truth = match value {
        Val::Bool(b) => Some(*b),
        Val::Int(0) => Some(false),
        Val::Int(1) => Some(true),
        Val::Str(s) => match s.trim() {
            s if s.eq_ignore_ascii_case("true") || s.eq_ignore_ascii_case("yes") || s == "1" => Some(true),
            s if s.eq_ignore_ascii_case("false") || s.eq_ignore_ascii_case("no") || s == "0" => Some(false),
            _ => None,
        },
        _ => None,
    };
    match truth {
        Some(truth) => {
            out.extend_from_slice(if truth { b"true" } else { b"false" });
            Ok(())
        }
        None => Err(format!("true or false is wanted, not {}", value.shown())),
    }
}

fn relation(model: &str, value: &Val<'_>, ids: &dyn Ids, out: &mut Vec<u8>) -> Done {
    let Some(remote) = remote_id(value) else {
        return Err(format!("the remote id of a {model} is wanted, not {}", value.shown()));
    };
    match ids.id(model, &remote) {
        Some(id) => {
            let mut buffer = uuid::Uuid::encode_buffer();
            out.push(b'"');
            out.extend_from_slice(id.hyphenated().encode_lower(&mut buffer).as_bytes());
            out.push(b'"');
        }
        None => write_string(&remote, out),
    }
    Ok(())
}
