//! Decoding: a reply's body, whatever it is written in, as JSON text that is cut into records without parsing them.
//!
//! JSON stays as it came; NDJSON, CSV and XML become JSON first (`csv`, `xml` say by which convention).
//! Always true: a body that is not what the manifest declares is a [`PageFault`] that names what it is; a list that is not
//! where it should be is a fault, too, never an empty list.
//! Elsewhere: HTTP compression is undone by the client; a gzip body inside a file or recording is undone here.

mod csv;
mod select;
mod xml;

use std::cell::OnceCell;
use std::io::Read;

use ::bytes::Bytes;
use sonic_rs::Value;

use crate::expr::Expr;
use crate::manifest::Format;
use crate::page::PageFault;
use crate::reply::Reply;

pub(crate) use select::{field, inside, print, records};

/// The most bytes a gzip body may grow to.
const UNZIPPED_BYTES_MAX: u64 = 512 << 20;

/// A body as JSON text, parsed only when something needs it.
#[derive(Debug)]
pub(crate) struct Body {
    pub(crate) json: Bytes,
    pub(crate) format: Format,
    value: OnceCell<Value>,
}

impl Body {
    /// The body as a value.
    pub(crate) fn value(&self) -> Result<&Value, PageFault> {
        if let Some(value) = self.value.get() {
            return Ok(value);
        }
        let value = parse(&self.json, self.format)?;
        Ok(self.value.get_or_init(|| value))
    }

    /// The one value of an expression over the body; a plain path is found without parsing the rest.
    pub(crate) fn eval(&self, expr: &Expr) -> Result<Value, PageFault> {
        if self.value.get().is_none()
            && let Some(found) = select::lookup(&self.json, expr)
        {
            return match found? {
                None => Ok(Value::new_null()),
                Some(raw) => parse(&raw, self.format),
            };
        }
        expr.eval(self.value()?, &[]).map_err(|error| PageFault::Malformed {
            expected: name(self.format),
            reason: format!("`{}`: {error}", expr.source()),
        })
    }
}

/// Reads a body as the declared format.
pub(crate) fn decode(format: Format, reply: &Reply) -> Result<Body, PageFault> {
    let body = unzip(&reply.body, format)?;
    let json = match format {
        Format::Json => json_text(reply, body)?,
        Format::Ndjson => ndjson(reply, &body)?,
        Format::Csv => {
            refuse_markup(reply, &body, format)?;
            Bytes::from(csv::to_json(&body)?)
        }
        Format::Xml => {
            refuse_html(&body, format)?;
            if trim(&body).is_empty() {
                return Err(PageFault::EmptyBody { status: reply.status });
            }
            Bytes::from(xml::to_json(&body)?)
        }
    };
    Ok(Body { json, format, value: OnceCell::new() })
}

/// How a format is called in messages.
pub(crate) fn name(format: Format) -> &'static str {
    match format {
        Format::Json => "JSON",
        Format::Ndjson => "NDJSON",
        Format::Csv => "CSV",
        Format::Xml => "XML",
    }
}

pub(crate) fn parse(json: &[u8], format: Format) -> Result<Value, PageFault> {
    sonic_rs::from_slice(json).map_err(|error| broken(&error, json, format))
}

/// What a parser's complaint means.
pub(crate) fn broken(error: &sonic_rs::Error, json: &[u8], format: Format) -> PageFault {
    if error.is_eof() {
        return PageFault::Truncated { bytes: json.len() };
    }
    let text = error.to_string();
    let reason = text.lines().next().unwrap_or_default().trim().to_lowercase();
    PageFault::Malformed { expected: name(format), reason }
}

fn unzip(body: &Bytes, format: Format) -> Result<Bytes, PageFault> {
    if !body.starts_with(&[0x1f, 0x8b]) {
        return Ok(body.clone());
    }
    let mut out = Vec::new();
    let read = flate2::read::MultiGzDecoder::new(body.as_ref()).take(UNZIPPED_BYTES_MAX).read_to_end(&mut out);
    match read {
        Ok(_) if out.len() as u64 >= UNZIPPED_BYTES_MAX => Err(PageFault::Malformed {
            expected: name(format),
            reason: format!("it grows to more than {} MiB", UNZIPPED_BYTES_MAX >> 20),
        }),
        Ok(_) => Ok(Bytes::from(out)),
        Err(error) if error.kind() == std::io::ErrorKind::UnexpectedEof => {
            Err(PageFault::Truncated { bytes: body.len() })
        }
        Err(error) => Err(PageFault::Malformed { expected: "gzip", reason: error.to_string() }),
    }
}

/// Checks that a body is one whole JSON document, by its first and last byte; the middle is checked as it is read.
fn json_text(reply: &Reply, body: Bytes) -> Result<Bytes, PageFault> {
    let text = trim(&body);
    let (Some(first), Some(last)) = (text.first(), text.last()) else {
        return Err(PageFault::EmptyBody { status: reply.status });
    };
    let closed = match first {
        b'{' => *last == b'}',
        b'[' => *last == b']',
        b'"' => text.len() > 1 && *last == b'"',
        b'-' | b'0'..=b'9' => true,
        _ if matches!(text, b"true" | b"false" | b"null") => true,
        _ => {
            refuse_markup(reply, text, Format::Json)?;
            return Err(not_json(reply, text));
        }
    };
    if !closed {
        // A document followed by rubbish ends oddly as well; only one that really stops is cut off.
        let error = sonic_rs::from_slice::<sonic_rs::LazyValue<'_>>(text).err();
        return Err(match error {
            Some(error) if !error.is_eof() => broken(&error, text, Format::Json),
            _ => PageFault::Truncated { bytes: body.len() },
        });
    }
    Ok(if text.len() == body.len() { body } else { slice(&body, text) })
}

fn not_json(reply: &Reply, text: &[u8]) -> PageFault {
    let kind = content_type(reply);
    if !kind.is_empty() && !kind.contains("json") && !kind.starts_with("text/plain") {
        return PageFault::ContentType { found: kind, expected: "JSON" };
    }
    let start: String = String::from_utf8_lossy(&text[..text.len().min(60)]).into_owned();
    PageFault::Malformed { expected: "JSON", reason: format!("it begins with `{}`", start.replace('\n', " ")) }
}

fn ndjson(reply: &Reply, body: &Bytes) -> Result<Bytes, PageFault> {
    refuse_markup(reply, body, Format::Ndjson)?;
    let mut out = Vec::with_capacity(body.len() + 2);
    out.push(b'[');
    for (number, line) in body.split(|byte| *byte == b'\n').enumerate() {
        let line = trim(line);
        if line.is_empty() {
            continue;
        }
        if line.first() == Some(&b'{') && line.last() != Some(&b'}') {
            return Err(PageFault::Truncated { bytes: body.len() });
        }
        if !matches!(line.first(), Some(b'{' | b'[')) {
            let reason = format!("line {} is not a JSON object", number + 1);
            return Err(PageFault::Malformed { expected: "NDJSON", reason });
        }
        if out.len() > 1 {
            out.push(b',');
        }
        out.extend_from_slice(line);
    }
    out.push(b']');
    Ok(Bytes::from(out))
}

/// A body that begins like markup where data was expected.
fn refuse_markup(reply: &Reply, body: &[u8], format: Format) -> Result<(), PageFault> {
    refuse_html(body, format)?;
    if trim(body).first() == Some(&b'<') {
        let kind = content_type(reply);
        let found = if kind.is_empty() || kind.contains("json") { "XML".to_owned() } else { kind };
        return Err(PageFault::ContentType { found, expected: name(format) });
    }
    Ok(())
}

fn refuse_html(body: &[u8], format: Format) -> Result<(), PageFault> {
    let text = trim(body);
    let start = text[..text.len().min(512)].to_ascii_lowercase();
    let is_html = start.starts_with(b"<!doctype html") || start.starts_with(b"<html") || start.starts_with(b"<head");
    if !is_html {
        return Ok(());
    }
    Err(PageFault::Html { title: html_title(text), expected: name(format) })
}

/// The title of an HTML page, shortened, for messages.
pub(crate) fn html_title(text: &[u8]) -> String {
    let text = String::from_utf8_lossy(&text[..text.len().min(16 << 10)]);
    let lower = text.to_ascii_lowercase();
    let title = lower
        .find("<title")
        .and_then(|at| Some(at + lower[at..].find('>')? + 1))
        .and_then(|from| Some(&text[from..from + lower[from..].find('<')?]));
    match title.map(str::trim) {
        Some(title) if !title.is_empty() => format!("“{}”", title.chars().take(80).collect::<String>()),
        _ => "without a title".to_owned(),
    }
}

fn content_type(reply: &Reply) -> String {
    let kind = reply.header("content-type").unwrap_or_default();
    kind.split(';').next().unwrap_or_default().trim().to_ascii_lowercase()
}

/// Without surrounding white space and byte order mark.
pub(crate) fn trim(text: &[u8]) -> &[u8] {
    text.trim_ascii_start().strip_prefix(b"\xef\xbb\xbf").unwrap_or(text).trim_ascii()
}

/// The part as a slice of the whole, sharing its memory; a copy if it is not part of it.
pub(crate) fn slice(whole: &Bytes, part: &[u8]) -> Bytes {
    let start = (part.as_ptr() as usize).wrapping_sub(whole.as_ptr() as usize);
    match start.checked_add(part.len()) {
        Some(end) if end <= whole.len() => whole.slice(start..end),
        _ => Bytes::copy_from_slice(part),
    }
}
