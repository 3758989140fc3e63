//! XML as JSON, by one convention:
//!
//! - the document is an object with the root element as its only key; names lose their namespace prefix;
//! - an element with only text is that text (always a string); an empty one, or one with `nil="true"`, is null;
//! - an element with attributes or children is an object: attributes as `@name`, children by name, text beside them as `#text`;
//! - children of the same name become an array; one child alone does not (a `records` path takes both).

use quick_xml::Reader;
use quick_xml::events::{BytesStart, Event};
use serde_json::{Map, Value};

use crate::page::PageFault;

const DEPTH_MAX: usize = 128;

/// The JSON text of an XML body.
pub(super) fn to_json(body: &[u8]) -> Result<Vec<u8>, PageFault> {
    let text = std::str::from_utf8(body).map_err(|_| malformed("it is not UTF-8"))?;
    let text = text.trim_start_matches('\u{feff}');
    let mut reader = Reader::from_str(text);
    let mut open: Vec<Element> = vec![Element::default()];
    loop {
        let event = reader.read_event().map_err(|error| cut(&error.to_string(), body.len()))?;
        match event {
            Event::Start(start) => {
                if open.len() > DEPTH_MAX {
                    return Err(malformed("it is nested too deeply"));
                }
                open.push(Element::new(&start)?);
            }
            Event::Empty(start) => close(&mut open, Element::new(&start)?),
            Event::End(_) => {
                if let Some(done) = open.pop() {
                    close(&mut open, done);
                }
            }
            Event::Text(text) => add_text(&mut open, &text),
            Event::CData(data) => add_text(&mut open, &data),
            Event::GeneralRef(entity) => add_text(&mut open, &resolve(&entity)?),
            Event::Eof => break,
            Event::Comment(_) | Event::Decl(_) | Event::PI(_) | Event::DocType(_) => {}
        }
    }
    match (open.len(), open.pop()) {
        (1, Some(document)) if !document.children.is_empty() => {
            serde_json::to_vec(&document.children).map_err(|error| malformed(&error.to_string()))
        }
        (1, _) => Err(malformed("it has no root element")),
        _ => Err(PageFault::Truncated { bytes: body.len() }),
    }
}

#[derive(Default)]
struct Element {
    name: String,
    nil: bool,
    text: String,
    children: Map<String, Value>,
}

impl Element {
    fn new(start: &BytesStart<'_>) -> Result<Self, PageFault> {
        let mut element = Self { name: start.local_name().as_ref().to_owned(), ..Self::default() };
        for attribute in start.attributes() {
            let attribute = attribute.map_err(|error| malformed(&error.to_string()))?;
            if attribute.key.as_namespace_binding().is_some() {
                continue;
            }
            let name = attribute.key.local_name().as_ref().to_owned();
            let value = attribute
                .normalized_value(quick_xml::XmlVersion::Implicit1_0)
                .map_err(|error| malformed(&error.to_string()))?;
            if name == "nil" {
                element.nil = value == "true";
            } else {
                element.children.insert(format!("@{name}"), Value::String(value.into_owned()));
            }
        }
        Ok(element)
    }

    fn into_value(self) -> Value {
        let text = self.text.trim();
        if self.nil {
            return Value::Null;
        }
        if self.children.is_empty() {
            return if text.is_empty() { Value::Null } else { Value::String(text.to_owned()) };
        }
        let mut children = self.children;
        if !text.is_empty() {
            children.insert("#text".to_owned(), Value::String(text.to_owned()));
        }
        Value::Object(children)
    }
}

fn close(open: &mut [Element], done: Element) {
    let Some(parent) = open.last_mut() else { return };
    let name = done.name.clone();
    let value = done.into_value();
    match parent.children.get_mut(&name) {
        None => {
            parent.children.insert(name, value);
        }
        Some(Value::Array(list)) => list.push(value),
        Some(single) => *single = Value::Array(vec![single.take(), value]),
    }
}

fn add_text(open: &mut [Element], text: &str) {
    if let Some(element) = open.last_mut() {
        element.text.push_str(text);
    }
}

fn resolve(entity: &quick_xml::events::BytesRef<'_>) -> Result<String, PageFault> {
    if let Some(character) = entity.resolve_char_ref().map_err(|error| malformed(&error.to_string()))? {
        return Ok(character.to_string());
    }
    let name: &str = entity;
    quick_xml::escape::resolve_predefined_entity(name)
        .map(str::to_owned)
        .ok_or_else(|| malformed(&format!("it has the unknown entity `&{name};`")))
}

/// A parser that ran out of text has met a cut body.
fn cut(reason: &str, bytes: usize) -> PageFault {
    if ["unclosed", "not closed", "unexpected eof", "expected `</"]
        .iter()
        .any(|word| reason.to_lowercase().contains(word))
    {
        return PageFault::Truncated { bytes };
    }
    malformed(reason)
}

fn malformed(reason: &str) -> PageFault {
    PageFault::Malformed { expected: "XML", reason: reason.to_owned() }
}
