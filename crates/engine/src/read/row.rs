//! Rows: a stored record becomes the object the caller gets.
//!
//! Always true: model fields are copied as the bytes they are stored as; a row is taken apart only when one of its fields
//! must be replaced.

use std::collections::HashMap;
use std::ops::Range;

use memchr::memmem::Finder;
use unisono_model::Model;
use unisono_store::RecordRow;

use crate::clock::write_rfc3339;
use crate::{ReadError, Shape};

/// Field mappings arrive with a later issue; the key is part of the contract already.
const FIELD_MAPPINGS: &[u8] =
    br#","field_mappings":{"organization_defined_targets":{},"linked_account_defined_targets":{}}"#;

/// JSON text by field name: what stands in for the stored value.
pub(super) type Replaced = HashMap<String, Vec<u8>>;

/// Writes the rows of one model.
pub(super) struct RowWriter<'a> {
    has: Standard,
    hidden: Vec<(&'a str, Finder<'static>)>,
    include_remote_data: bool,
    include_remote_fields: bool,
}

/// Which standard fields the model has.
#[allow(clippy::struct_excessive_bools)]
struct Standard {
    id: bool,
    remote_id: bool,
    created_at: bool,
    modified_at: bool,
    remote_was_deleted: bool,
    field_mappings: bool,
    remote_data: bool,
    remote_fields: bool,
}

impl<'a> RowWriter<'a> {
    /// A writer of rows of this model in this shape.
    pub(super) fn new(model: &'a Model, shape: &Shape) -> Self {
        let has = |name: &str| model.fields.iter().any(|field| field.standard && field.name == name);
        let hidden = model.own_fields().filter(|field| field.sensitive && !shape.include_sensitive);
        Self {
            has: Standard {
                id: has("id"),
                remote_id: has("remote_id"),
                created_at: has("created_at"),
                modified_at: has("modified_at"),
                remote_was_deleted: has("remote_was_deleted"),
                field_mappings: has("field_mappings"),
                remote_data: has("remote_data"),
                remote_fields: has("remote_fields"),
            },
            hidden: hidden
                .map(|field| (field.name.as_str(), Finder::new(&format!("\"{}\":", field.name)).into_owned()))
                .collect(),
            include_remote_data: shape.include_remote_data,
            include_remote_fields: shape.include_remote_fields,
        }
    }

    /// Appends one row as an object.
    pub(super) fn write(&self, row: &RecordRow, replaced: &Replaced, out: &mut Vec<u8>) -> Result<(), ReadError> {
        out.push(b'{');
        let start = out.len();
        self.head(row, out);
        self.own(row, replaced, out)?;
        self.tail(row, out);
        if out.get(start) == Some(&b',') {
            out.remove(start);
        }
        out.push(b'}');
        Ok(())
    }

    fn head(&self, row: &RecordRow, out: &mut Vec<u8>) {
        if self.has.id {
            out.extend_from_slice(b",\"id\":\"");
            let mut text = [0; uuid::fmt::Hyphenated::LENGTH];
            out.extend_from_slice(row.id.hyphenated().encode_lower(&mut text).as_bytes());
            out.push(b'"');
        }
        if self.has.remote_id {
            out.extend_from_slice(b",\"remote_id\":");
            write_string(&row.remote_id, out);
        }
        if self.has.created_at {
            out.extend_from_slice(b",\"created_at\":\"");
            write_rfc3339(row.created_us, out);
            out.push(b'"');
        }
        if self.has.modified_at {
            out.extend_from_slice(b",\"modified_at\":\"");
            write_rfc3339(row.modified_us, out);
            out.push(b'"');
        }
    }

    /// The model's own fields: copied whole, unless one of them has to be replaced or hidden.
    fn own(&self, row: &RecordRow, replaced: &Replaced, out: &mut Vec<u8>) -> Result<(), ReadError> {
        let unified: &[u8] = &row.unified;
        let inner = unified.strip_prefix(b"{").and_then(|rest| rest.strip_suffix(b"}")).unwrap_or_default();
        if replaced.is_empty()
            && let Some(secrets) = self.secrets(inner)
        {
            if !inner.is_empty() {
                out.push(b',');
                copy_without(inner, &secrets, out);
            }
            return Ok(());
        }
        each_field(unified, |name, value| {
            out.push(b',');
            write_string(name, out);
            out.push(b':');
            if self.hidden.iter().any(|(hidden, _)| *hidden == name) {
                out.extend_from_slice(b"null");
            } else if let Some(instead) = replaced.get(name) {
                out.extend_from_slice(instead);
            } else {
                out.extend_from_slice(value.as_bytes());
            }
        })
    }

    /// Where the hidden values are, in order; `None` when the fields have to be taken apart to know.
    fn secrets(&self, fields: &[u8]) -> Option<Vec<Range<usize>>> {
        let mut secrets = Vec::new();
        for (_, key) in &self.hidden {
            let place = text_after(fields, key)?;
            if !place.is_empty() {
                secrets.push(place);
            }
        }
        secrets.sort_unstable_by_key(|secret| secret.start);
        Some(secrets)
    }

    fn tail(&self, row: &RecordRow, out: &mut Vec<u8>) {
        if self.has.remote_was_deleted {
            let word: &[u8] = if row.deleted { b"true" } else { b"false" };
            out.extend_from_slice(b",\"remote_was_deleted\":");
            out.extend_from_slice(word);
        }
        if self.has.field_mappings {
            out.extend_from_slice(FIELD_MAPPINGS);
        }
        if self.has.remote_data {
            out.extend_from_slice(b",\"remote_data\":");
            let kept = row.remote_data.as_deref().filter(|_| self.include_remote_data);
            out.extend_from_slice(kept.unwrap_or(b"null"));
        }
        if self.has.remote_fields {
            out.extend_from_slice(b",\"remote_fields\":");
            let kept = row.remote_fields.as_deref().filter(|_| self.include_remote_fields);
            out.extend_from_slice(kept.unwrap_or(b"[]"));
        }
    }
}

/// Where the text is that stands after the key; empty when it is null or the key is absent. `None` when that cannot be told
/// without parsing: the key appears twice, or its value is no text. A quote inside a JSON string is escaped, hence `"key":`
/// can only be a key.
fn text_after(fields: &[u8], key: &Finder<'_>) -> Option<Range<usize>> {
    let mut places = key.find_iter(fields);
    let Some(place) = places.next() else { return Some(0..0) };
    if places.next().is_some() {
        return None;
    }
    let start = place + key.needle().len();
    let value = fields.get(start..)?;
    if value.starts_with(b"null") {
        return Some(0..0);
    }
    let text = value.strip_prefix(b"\"")?;
    let mut escaped = false;
    let end = text.iter().position(|byte| {
        let ends = *byte == b'"' && !escaped;
        escaped = *byte == b'\\' && !escaped;
        ends
    })?;
    Some(start..start + end + 2)
}

/// Appends the fields with null in the place of these values.
fn copy_without(fields: &[u8], secrets: &[Range<usize>], out: &mut Vec<u8>) {
    let mut from = 0;
    for secret in secrets {
        out.extend_from_slice(&fields[from..secret.start]);
        out.extend_from_slice(b"null");
        from = secret.end;
    }
    out.extend_from_slice(&fields[from..]);
}

/// Calls `field` with each name and the text of its value, in order.
pub(super) fn each_field(object: &[u8], mut field: impl FnMut(&str, &str)) -> Result<(), ReadError> {
    for entry in sonic_rs::to_object_iter(object) {
        let (name, value) = entry.map_err(|error| ReadError::Internal(error.into()))?;
        field(&name, value.as_raw_str());
    }
    Ok(())
}

/// Appends a JSON string.
pub(super) fn write_string(text: &str, out: &mut Vec<u8>) {
    if text.bytes().any(|byte| byte < 0x20 || byte == b'"' || byte == b'\\') {
        out.extend_from_slice(&serde_json::to_vec(text).unwrap_or_default());
        return;
    }
    out.push(b'"');
    out.extend_from_slice(text.as_bytes());
    out.push(b'"');
}

#[cfg(test)]
mod tests {
    use super::*;

    fn hidden(fields: &str) -> Option<String> {
        let secret = text_after(fields.as_bytes(), &Finder::new("\"ssn\":"))?;
        let mut out = Vec::new();
        let secrets = if secret.is_empty() { vec![] } else { vec![secret] };
        copy_without(fields.as_bytes(), &secrets, &mut out);
        String::from_utf8(out).ok()
    }

    #[test]
    fn a_hidden_text_is_left_out_without_parsing() {
        assert_eq!(hidden(r#""a":1,"ssn":"1\"2\\","b":2"#).as_deref(), Some(r#""a":1,"ssn":null,"b":2"#));
        assert_eq!(hidden(r#""ssn":"","b":2"#).as_deref(), Some(r#""ssn":null,"b":2"#));
        assert_eq!(hidden(r#""ssn":null,"b":"\"ssn\":""#).as_deref(), Some(r#""ssn":null,"b":"\"ssn\":""#));
        assert_eq!(hidden(r#""b":2"#).as_deref(), Some(r#""b":2"#));
    }

    #[test]
    fn what_cannot_be_told_is_taken_apart() {
        assert_eq!(hidden(r#""ssn":"1","b":{"ssn":"2"}"#), None);
        assert_eq!(hidden(r#""ssn":["1"]"#), None);
        assert_eq!(hidden(r#""ssn":"cut"#), None);
    }
}
