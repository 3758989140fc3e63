//! Selecting: from a body to its records as slices, and from a record to one field, without parsing what lies between.

use bytes::Bytes;
use sonic_rs::{LazyValue, PointerNode, Value};

use super::{Body, broken, name, parse, slice};
use crate::expr::{Expr, PathStep};
use crate::manifest::Format;
use crate::page::PageFault;

/// The records of a body: the elements of the array that the selector gives.
pub(crate) fn records(body: &Body, selector: Option<&Expr>) -> Result<Vec<Bytes>, PageFault> {
    let path = match selector {
        None => Some(Vec::new()),
        Some(expr) => expr.path(),
    };
    let Some(nodes) = path.as_deref().and_then(nodes) else {
        return evaluated(body, selector);
    };
    match find(&body.json, &nodes, body.format)? {
        Some(raw) if first(&raw) == Some(b'[') => split(&raw, body.format),
        found if body.format == Format::Xml => lenient(body, &nodes, found, selector),
        Some(raw) => Err(missing(selector, describe(&raw))),
        None => Err(missing(selector, keys(body))),
    }
}

/// The records inside a parent: nothing there means that it has none.
pub(crate) fn inside(body: &Body, selector: Option<&Expr>) -> Result<Vec<Bytes>, PageFault> {
    let Some(expr) = selector else { return Ok(vec![body.json.clone()]) };
    let found = body.eval(expr)?;
    if sonic_rs::JsonValueTrait::is_null(&found) {
        return Ok(Vec::new());
    }
    let text = Bytes::from(print(&found)?);
    if first(&text) == Some(b'[') { split(&text, body.format) } else { Ok(vec![text]) }
}

/// XML has no arrays: one child is an object, no child is nothing at all, as long as what should hold them is there.
fn lenient(
    body: &Body,
    nodes: &[PointerNode],
    found: Option<Bytes>,
    selector: Option<&Expr>,
) -> Result<Vec<Bytes>, PageFault> {
    match found {
        Some(raw) if first(&raw) == Some(b'n') => Ok(Vec::new()),
        Some(raw) => Ok(vec![raw]),
        None => {
            let holder = nodes.len().checked_sub(1).map(|last| find(&body.json, &nodes[..last], body.format));
            match holder.transpose()?.flatten() {
                Some(raw) if matches!(first(&raw), Some(b'{' | b'n' | b'"')) => Ok(Vec::new()),
                _ => Err(missing(selector, keys(body))),
            }
        }
    }
}

/// The general case: the selector is evaluated over the parsed body.
fn evaluated(body: &Body, selector: Option<&Expr>) -> Result<Vec<Bytes>, PageFault> {
    let Some(expr) = selector else { return Ok(Vec::new()) };
    let outputs = expr
        .eval_all(body.value()?, &[])
        .map_err(|error| PageFault::NoRecords { selector: expr.source().to_owned(), found: error.to_string() })?;
    let single = outputs.len() == 1;
    let mut records = Vec::new();
    for output in &outputs {
        let text = Bytes::from(print(output)?);
        match first(&text) {
            Some(b'[') if single => records.extend(split(&text, body.format)?),
            Some(b'n') if single => return Err(missing(selector, "null".to_owned())),
            _ => records.push(text),
        }
    }
    Ok(records)
}

pub(crate) fn print(value: &Value) -> Result<Vec<u8>, PageFault> {
    sonic_rs::to_vec(value).map_err(|error| PageFault::Malformed { expected: "JSON", reason: error.to_string() })
}

/// Cuts an array's text into its elements.
fn split(array: &Bytes, format: Format) -> Result<Vec<Bytes>, PageFault> {
    let mut records = Vec::new();
    for element in sonic_rs::to_array_iter(array.as_ref()) {
        let element = element.map_err(|error| broken(&error, array, format))?;
        records.push(slice(array, element.as_raw_str().as_bytes()));
    }
    Ok(records)
}

/// The text at a plain path of a document; `None` for an expression that is not a plain path.
pub(crate) fn lookup(json: &Bytes, expr: &Expr) -> Option<Result<Option<Bytes>, PageFault>> {
    let nodes = nodes(&expr.path()?)?;
    Some(find(json, &nodes, Format::Json))
}

/// The value of an expression over one record's text.
pub(crate) fn field(record: &Bytes, expr: &Expr) -> Result<Value, PageFault> {
    if let Some(found) = lookup(record, expr) {
        return match found? {
            Some(raw) => parse(&raw, Format::Json),
            None => Ok(Value::new_null()),
        };
    }
    let value = parse(record, Format::Json)?;
    expr.eval(&value, &[]).map_err(|error| PageFault::Malformed {
        expected: name(Format::Json),
        reason: format!("`{}`: {error}", expr.source()),
    })
}

fn find(json: &Bytes, nodes: &[PointerNode], format: Format) -> Result<Option<Bytes>, PageFault> {
    if nodes.is_empty() {
        return Ok(Some(json.clone()));
    }
    let found: Result<LazyValue<'_>, sonic_rs::Error> = sonic_rs::get(json.as_ref(), nodes);
    match found {
        Ok(value) => Ok(Some(slice(json, value.as_raw_str().as_bytes()))),
        Err(error) if error.is_not_found() || error.is_unmatched_type() => Ok(None),
        Err(error) => Err(broken(&error, json, format)),
    }
}

fn nodes(path: &[PathStep]) -> Option<Vec<PointerNode>> {
    path.iter()
        .map(|step| match step {
            PathStep::Key(key) => Some(PointerNode::Key(key.to_string().into())),
            PathStep::Index(index) => usize::try_from(*index).ok().map(PointerNode::Index),
        })
        .collect()
}

fn first(text: &[u8]) -> Option<u8> {
    text.trim_ascii_start().first().copied()
}

fn missing(selector: Option<&Expr>, found: String) -> PageFault {
    PageFault::NoRecords { selector: selector.map_or(".", Expr::source).to_owned(), found }
}

fn describe(raw: &Bytes) -> String {
    match first(raw) {
        Some(b'{') => "an object there; write `[…]` around the path if it is one record".to_owned(),
        Some(b'n') => "null there; write `// []` after the path if that means an empty list".to_owned(),
        Some(b'"') => "a text there".to_owned(),
        _ => "a number or boolean there".to_owned(),
    }
}

/// The keys at the top of a body, for messages.
fn keys(body: &Body) -> String {
    let keys: Vec<String> = sonic_rs::to_object_iter(body.json.as_ref())
        .map_while(Result::ok)
        .take(8)
        .map(|(key, _)| key.to_string())
        .collect();
    if keys.is_empty() { "no keys".to_owned() } else { format!("the keys {}", keys.join(", ")) }
}
