//! Functions that jq lacks and mappings want. Null in, null out, for all of them.

use super::bounds::too_deep;
use super::dates::{self, Instant};
use super::functions::{Answer, parse_number};
use super::{EvalError, Val};

/// What a function of ours does, with examples that are also its tests.
#[derive(Debug, Clone, Copy)]
pub struct OwnFunction {
    /// How it is called.
    pub call: &'static str,
    /// What it does.
    pub doc: &'static str,
    /// `(input, expression, output)`, JSON.
    pub examples: &'static [(&'static str, &'static str, &'static str)],
}

/// Functions that jq does not have.
pub const OWN_FUNCTIONS: &[OwnFunction] = &[
    OwnFunction {
        call: "from_unix",
        doc: "seconds since 1970, as a number or in text, into an RFC 3339 time in UTC",
        examples: &[
            ("1700000000", "from_unix", r#""2023-11-14T22:13:20Z""#),
            (r#""1700000000""#, "from_unix", r#""2023-11-14T22:13:20Z""#),
            ("1700000000.25", "from_unix", r#""2023-11-14T22:13:20.25Z""#),
            ("null", "from_unix", "null"),
        ],
    },
    OwnFunction {
        call: "from_unix_ms",
        doc: "milliseconds since 1970, as a number or in text, into an RFC 3339 time in UTC",
        examples: &[
            ("1700000000123", "from_unix_ms", r#""2023-11-14T22:13:20.123Z""#),
            (r#"{"at": "1700000000000"}"#, ".at | from_unix_ms", r#""2023-11-14T22:13:20Z""#),
        ],
    },
    OwnFunction {
        call: "to_datetime(\"format\")",
        doc: "text in the given strptime format into an RFC 3339 time in UTC; without an offset in the text it is UTC, without a time midnight",
        examples: &[
            (r#""31/12/2023""#, r#"to_datetime("%d/%m/%Y")"#, r#""2023-12-31T00:00:00Z""#),
            (r#""Dec 31, 2023 5:06 PM""#, r#"to_datetime("%b %d, %Y %I:%M %p")"#, r#""2023-12-31T17:06:00Z""#),
            (r#""2023-12-31 10:00:00 +0200""#, r#"to_datetime("%Y-%m-%d %H:%M:%S %z")"#, r#""2023-12-31T08:00:00Z""#),
            ("null", r#"to_datetime("%d/%m/%Y")"#, "null"),
        ],
    },
    OwnFunction {
        call: "blank",
        doc: "null for text that is empty or only space, anything else as it is",
        examples: &[
            (r#""  ""#, "blank", "null"),
            (r#"{"a": "", "b": "x"}"#, "(.a | blank) // .b", r#""x""#),
            (r#"" x ""#, "blank", r#"" x ""#),
            ("0", "blank", "0"),
        ],
    },
    OwnFunction {
        call: "strip_html",
        doc: "the text of a piece of HTML: tags removed, paragraphs and breaks as new lines, entities decoded",
        examples: &[
            (r#""<p>Hello <b>you</b> &amp; me</p><p>Bye</p>""#, "strip_html", r#""Hello you & me\nBye""#),
            (r#""a&nbsp;&#8364;&#x41;<br/>b""#, "strip_html", r#""a €A\nb""#),
            ("null", "strip_html", "null"),
        ],
    },
    OwnFunction {
        call: "digits",
        doc: "the decimal digits of a text or number",
        examples: &[(r#""+49 (30) 1234-5""#, "digits", r#""493012345""#), ("-12", "digits", r#""12""#)],
    },
    OwnFunction {
        call: "parse_json",
        doc: "the value written as JSON inside a text; null for empty text",
        examples: &[(r#""{\"a\": [1]}""#, "parse_json | .a[0]", "1"), (r#""""#, "parse_json", "null")],
    },
];

pub(super) fn from_unix<'a>(input: &Val<'a>, unit_ns: i64) -> Answer<'a> {
    let number = match input {
        Val::Null => return Ok(Val::Null),
        Val::Str(s) if s.trim().is_empty() => return Ok(Val::Null),
        Val::Str(s) => parse_number(s.trim()),
        other => Some(other.clone()),
    };
    let nanos = match number {
        Some(Val::Int(i)) => Some(i128::from(i) * i128::from(unit_ns)),
        // Microseconds are all a double of today's size holds.
        Some(Val::Float(f)) if f.is_finite() => Some((f * unit_ns as f64 / 1e3).round() as i128 * 1000),
        _ => None,
    };
    match nanos.and_then(Instant::from_nanos) {
        Some(instant) => Ok(Val::string(instant.to_string())),
        None => Err(EvalError::Data(format!("{} is not a unix time", input.shown()))),
    }
}

pub(super) fn to_datetime<'a>(input: &Val<'a>, format: &Val<'a>) -> Answer<'a> {
    let (text, format) = match (input, format.as_str()) {
        (Val::Null, _) => return Ok(Val::Null),
        (Val::Str(s), Some(_)) if s.trim().is_empty() => return Ok(Val::Null),
        (Val::Str(s), Some(format)) => (s.trim(), format),
        _ => return Err(EvalError::Data(format!("to_datetime wants strings, not {}", input.shown()))),
    };
    match dates::parse_format(text, format) {
        Ok(instant) => Ok(Val::string(instant.to_string())),
        Err(why) => Err(EvalError::Data(format!("{} does not match \"{format}\": {why}", input.shown()))),
    }
}

pub(super) fn blank(input: Val<'_>) -> Val<'_> {
    match &input {
        Val::Str(s) if s.trim().is_empty() => Val::Null,
        _ => input,
    }
}

pub(super) fn digits(input: Val<'_>) -> Answer<'_> {
    match input {
        Val::Null => Ok(Val::Null),
        Val::Str(_) | Val::Int(_) | Val::Uint(_) | Val::Float(_) => {
            Ok(Val::string(input.into_text().chars().filter(char::is_ascii_digit).collect()))
        }
        other => Err(EvalError::Data(format!("digits wants a string, not {}", other.shown()))),
    }
}

pub(super) fn parse_json(input: Val<'_>) -> Answer<'_> {
    match &input {
        Val::Null => Ok(Val::Null),
        Val::Str(s) if s.trim().is_empty() => Ok(Val::Null),
        Val::Str(s) if too_deep(s.as_bytes()) => Err(EvalError::Data("the JSON text nests too deep".to_owned())),
        Val::Str(s) => {
            let parsed: Result<sonic_rs::Value, _> = sonic_rs::from_str(s);
            match parsed {
                Ok(value) => Ok(Val::from_value(&value).into_owned()),
                Err(_) => Err(EvalError::Data(format!("{} is not JSON", input.shown()))),
            }
        }
        other => Err(EvalError::Data(format!("parse_json wants a string, not {}", other.shown()))),
    }
}

pub(super) fn strip_html(input: Val<'_>) -> Answer<'_> {
    let text = match &input {
        Val::Null => return Ok(Val::Null),
        Val::Str(s) if !s.contains(['<', '&']) => return Ok(input),
        Val::Str(s) => s,
        other => return Err(EvalError::Data(format!("strip_html wants a string, not {}", other.shown()))),
    };
    let mut plain = String::with_capacity(text.len());
    let mut rest: &str = text;
    while let Some(at) = rest.find(['<', '&']) {
        plain.push_str(&rest[..at]);
        rest = &rest[at..];
        rest = if rest.starts_with('<') { tag(rest, &mut plain) } else { entity(rest, &mut plain) };
    }
    plain.push_str(rest);
    Ok(Val::string(plain.trim().to_owned()))
}

/// Skips one tag; a break or the end of a block becomes a new line, a script or style goes with its content.
fn tag<'s>(text: &'s str, plain: &mut String) -> &'s str {
    let after = text[1..].chars().next().unwrap_or(' ');
    if !(after.is_ascii_alphabetic() || after == '/' || after == '!') {
        plain.push('<');
        return &text[1..];
    }
    let Some(end) = text.find('>') else { return "" };
    let inside = &text[1..end];
    let name: String = inside.chars().take_while(|c| c.is_ascii_alphanumeric() || *c == '/').collect();
    let name = name.to_ascii_lowercase();
    match name.trim_end_matches('/') {
        "br" | "/p" | "/div" | "/li" | "/tr" | "/h1" | "/h2" | "/h3" | "/h4" | "/ul" | "/ol" => plain.push('\n'),
        hidden @ ("script" | "style") => {
            let close = format!("</{hidden}");
            let lower = text.to_ascii_lowercase();
            return lower.find(&close).map_or("", |at| &text[at..]);
        }
        _ => {}
    }
    &text[end + 1..]
}

fn entity<'s>(text: &'s str, plain: &mut String) -> &'s str {
    let found = text.char_indices().take(12).find(|(_, c)| *c == ';');
    let decoded = found.and_then(|(end, _)| {
        let name = &text[1..end];
        let known = match name {
            "amp" => Some('&'),
            "lt" => Some('<'),
            "gt" => Some('>'),
            "quot" => Some('"'),
            "apos" => Some('\''),
            "nbsp" => Some(' '),
            _ => None,
        };
        let number = || match name.strip_prefix("#x").or_else(|| name.strip_prefix("#X")) {
            Some(hex) => u32::from_str_radix(hex, 16).ok().and_then(char::from_u32),
            None => name.strip_prefix('#').and_then(|n| n.parse().ok()).and_then(char::from_u32),
        };
        known.or_else(number).map(|c| (c, end))
    });
    match decoded {
        Some((c, end)) => {
            plain.push(c);
            &text[end + 1..]
        }
        None => {
            plain.push('&');
            &text[1..]
        }
    }
}
