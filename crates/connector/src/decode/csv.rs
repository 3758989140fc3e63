//! CSV as JSON: an array of objects, keys from the header line, every value a text.
//!
//! A byte order mark is dropped; the separator (comma, semicolon, tab or bar) is the one the header line has most of; bytes
//! that are not UTF-8 are read as Latin-1. Rows shorter than the header leave the rest out; longer ones are an error.

use std::borrow::Cow;

use super::trim;
use crate::page::PageFault;

/// The JSON text of a CSV body.
pub(super) fn to_json(body: &[u8]) -> Result<Vec<u8>, PageFault> {
    let body = body.strip_prefix(b"\xef\xbb\xbf").unwrap_or(body);
    let text = match std::str::from_utf8(body) {
        Ok(text) => Cow::Borrowed(text),
        Err(_) => Cow::Owned(body.iter().map(|byte| char::from(*byte)).collect::<String>()),
    };
    if trim(text.as_bytes()).is_empty() {
        return Err(malformed("it has no header line"));
    }
    let mut reader = csv::ReaderBuilder::new().delimiter(separator(&text)).flexible(true).from_reader(text.as_bytes());
    let header = reader.headers().map_err(|error| malformed(&error.to_string()))?.clone();
    for (index, key) in header.iter().enumerate() {
        if header.iter().take(index).any(|other| other.trim() == key.trim()) {
            return Err(malformed(&format!("the column `{key}` occurs twice")));
        }
    }
    let mut rows = Vec::new();
    for (number, row) in reader.records().enumerate() {
        let row = row.map_err(|error| malformed(&error.to_string()))?;
        if row.len() > header.len() {
            let reason = format!("row {} has {} values for {} columns", number + 1, row.len(), header.len());
            return Err(malformed(&reason));
        }
        let object: serde_json::Map<String, serde_json::Value> =
            header.iter().zip(&row).map(|(key, value)| (key.trim().to_owned(), value.into())).collect();
        rows.push(object);
    }
    serde_json::to_vec(&rows).map_err(|error| malformed(&error.to_string()))
}

fn separator(text: &str) -> u8 {
    let mut quoted = false;
    let mut counts = [(b',', 0), (b';', 0), (b'\t', 0), (b'|', 0)];
    for byte in text.bytes() {
        match byte {
            b'"' => quoted = !quoted,
            b'\n' if !quoted => break,
            _ if quoted => {}
            _ => {
                if let Some((_, count)) = counts.iter_mut().find(|(separator, _)| *separator == byte) {
                    *count += 1;
                }
            }
        }
    }
    let mut best = counts[0];
    for candidate in counts {
        if candidate.1 > best.1 {
            best = candidate;
        }
    }
    best.0
}

fn malformed(reason: &str) -> PageFault {
    PageFault::Malformed { expected: "CSV", reason: reason.to_owned() }
}
