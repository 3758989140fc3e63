//! What a reply means when it is not an answer: the vendor's refusals, and what the rate-limit headers say.
//!
//! Always true: every status that is not 2xx is a fault (unless a rule says `none`); a 2xx is one only by a rule.
//! Elsewhere: a 2xx that is not a page is a `PageFault`.

use http::HeaderMap;
use sonic_rs::{JsonValueTrait, Value};

use crate::decode;
use crate::expr::{Expr, parse_instant};
pub use crate::manifest::FaultKind;
use crate::manifest::{LimitHeaders, Limits, ResetAs};
use crate::reply::Reply;

/// The most characters of a vendor's own text that are kept.
const MESSAGE_CHARS_MAX: usize = 500;

/// A refusal.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{message}")]
pub struct Fault {
    /// What it means to us; never `None`.
    pub kind: FaultKind,
    /// The HTTP status.
    pub status: u16,
    /// In plain words, with the vendor's own text if it gave one.
    pub message: String,
    /// Seconds to wait, if the vendor said so.
    pub retry_after_s: Option<u64>,
}

/// Tells what replies mean; compiled from `faults` and `message`.
#[derive(Debug, Default)]
pub struct Faults {
    pub(crate) rules: Vec<Rule>,
    pub(crate) message: Option<Expr>,
}

#[derive(Debug)]
pub(crate) struct Rule {
    pub(crate) status: Vec<u16>,
    pub(crate) when: Option<Expr>,
    pub(crate) kind: FaultKind,
    pub(crate) message: Option<Expr>,
    pub(crate) retry_after: Option<RetryAfter>,
}

#[derive(Debug)]
pub(crate) enum RetryAfter {
    Header(String),
    Jq(Expr),
}

impl Faults {
    /// The fault in a reply, if it is one. `now_us` turns dates into waiting times.
    #[must_use]
    pub fn classify(&self, reply: &Reply, now_us: i64) -> Option<Fault> {
        let fine = (200..300).contains(&reply.status) || reply.status == 304;
        let mut view = None;
        for rule in &self.rules {
            if !rule.status.is_empty() && !rule.status.contains(&reply.status) {
                continue;
            }
            let holds = match &rule.when {
                None => !rule.status.is_empty() || !fine,
                Some(when) => {
                    let view = view.get_or_insert_with(|| reply_view(reply));
                    when.eval_bool(view, &[]).unwrap_or(false)
                }
            };
            if holds {
                if rule.kind == FaultKind::None {
                    return None;
                }
                let view = view.get_or_insert_with(|| reply_view(reply));
                return Some(self.fault(reply, rule.kind, Some(rule), view, now_us));
            }
        }
        if fine {
            return None;
        }
        let view = view.unwrap_or_else(|| reply_view(reply));
        Some(self.fault(reply, by_status(reply.status), None, &view, now_us))
    }

    fn fault(&self, reply: &Reply, kind: FaultKind, rule: Option<&Rule>, view: &Value, now_us: i64) -> Fault {
        let own = rule.and_then(|rule| rule.message.as_ref()).and_then(|expr| text(expr, view));
        let own = own.or_else(|| self.message.as_ref().and_then(|expr| text(expr, view)));
        let own = own.or_else(|| usual_text(view, reply));
        let said = own.map(|text| format!(": {}", shorten(&text))).unwrap_or_default();
        let words = match kind {
            FaultKind::Unauthorized => "the vendor does not accept the credentials",
            FaultKind::Forbidden => "the credentials lack a permission",
            FaultKind::NotFound => "the vendor has no such thing",
            FaultKind::RateLimited => "the vendor asks for fewer requests",
            FaultKind::Unavailable => "the vendor is not available",
            FaultKind::Expired => "the vendor no longer knows this cursor or bookmark",
            FaultKind::Rejected | FaultKind::None => "the vendor refuses the request",
        };
        let retry_after_s = retry_after(reply, rule, view, now_us);
        Fault { kind, status: reply.status, message: format!("{words} ({}){said}", reply.status), retry_after_s }
    }
}

/// What `when`, `message` and `expect` see: `{status, headers, body}`; a body that is not JSON is its text.
pub(crate) fn reply_view(reply: &Reply) -> Value {
    let headers: serde_json::Map<String, serde_json::Value> = reply
        .headers
        .iter()
        .map(|(name, value)| (name.as_str().to_owned(), String::from_utf8_lossy(value.as_bytes()).into()))
        .collect();
    let body = decode::trim(&reply.body);
    let body: serde_json::Value = match serde_json::from_slice(body) {
        Ok(json) => json,
        Err(_) if body.is_empty() => serde_json::Value::Null,
        Err(_) => String::from_utf8_lossy(&body[..body.len().min(64 << 10)]).into(),
    };
    let view = serde_json::json!({ "status": reply.status, "headers": headers, "body": body });
    sonic_rs::from_str(&view.to_string()).unwrap_or_default()
}

fn by_status(status: u16) -> FaultKind {
    match status {
        401 => FaultKind::Unauthorized,
        403 => FaultKind::Forbidden,
        404 | 410 => FaultKind::NotFound,
        429 => FaultKind::RateLimited,
        408 | 425 => FaultKind::Unavailable,
        500..=599 => FaultKind::Unavailable,
        _ => FaultKind::Rejected,
    }
}

fn text(expr: &Expr, view: &Value) -> Option<String> {
    let value = expr.eval(view, &[]).ok()?;
    match value.as_str() {
        Some(text) => Some(text.to_owned()).filter(|text| !text.trim().is_empty()),
        None if value.is_null() => None,
        None => Some(value.to_string()),
    }
}

/// Where most vendors put the text of a refusal.
fn usual_text(view: &Value, reply: &Reply) -> Option<String> {
    let body = view.get("body")?;
    if let Some(text) = body.as_str() {
        if text.trim_start().starts_with('<') {
            return Some(format!("a page {}", decode::html_title(&reply.body)));
        }
        return Some(text.trim().to_owned());
    }
    let places = ["message", "error_description", "detail", "description", "error", "title", "errors"];
    places.iter().find_map(|place| {
        let found = body.get(place)?;
        let nested =
            ["message", "detail", "description"].iter().find_map(|key| found.get(key)?.as_str().map(str::to_owned));
        let text = found.as_str().map(str::to_owned).or(nested);
        text.or_else(|| (!found.is_null() && !found.is_boolean()).then(|| found.to_string()))
    })
}

fn shorten(text: &str) -> String {
    let line = text.split_whitespace().collect::<Vec<_>>().join(" ");
    if line.chars().count() <= MESSAGE_CHARS_MAX {
        return line;
    }
    line.chars().take(MESSAGE_CHARS_MAX).chain(['…']).collect()
}

fn retry_after(reply: &Reply, rule: Option<&Rule>, view: &Value, now_us: i64) -> Option<u64> {
    let declared = match rule.and_then(|rule| rule.retry_after.as_ref()) {
        Some(RetryAfter::Header(name)) => reply.header(name).map(str::to_owned),
        Some(RetryAfter::Jq(expr)) => text(expr, view),
        None => None,
    };
    let written = declared.or_else(|| reply.header("retry-after").map(str::to_owned))?;
    if let Ok(seconds) = written.trim().parse::<f64>() {
        return (seconds.is_finite() && seconds >= 0.0).then(|| seconds.ceil() as u64);
    }
    Some(ms_until(date_us(&written)?, now_us).div_ceil(1000))
}

/// What the rate-limit headers of a reply say.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Observation {
    /// Requests allowed in the window.
    pub limit: Option<u64>,
    /// Requests left in it.
    pub remaining: Option<u64>,
    /// Milliseconds until it starts anew.
    pub reset_in_ms: Option<u64>,
}

impl Limits {
    /// Reads the declared headers, and the common ones (`RateLimit-*`, `X-RateLimit-*`) when none are declared.
    #[must_use]
    pub fn observe(&self, headers: &HeaderMap, now_us: i64) -> Observation {
        if let Some(declared) = &self.headers {
            return read_headers(declared, headers, now_us);
        }
        for prefix in ["x-ratelimit", "ratelimit", "x-rate-limit"] {
            let named = |what: &str| Some(format!("{prefix}-{what}"));
            let reset = named("reset");
            let number = reset.as_deref().and_then(|name| number(headers, name));
            // Vendors write either a moment or a waiting time; a number beyond a year of seconds must be a moment.
            let reset_as = match number {
                Some(at) if at > 100_000_000_000 => ResetAs::UnixMs,
                Some(at) if at > 100_000_000 => ResetAs::Unix,
                Some(_) => ResetAs::Seconds,
                None => ResetAs::Date,
            };
            let usual = LimitHeaders { limit: named("limit"), remaining: named("remaining"), reset, reset_as };
            let found = read_headers(&usual, headers, now_us);
            if found != Observation::default() {
                return found;
            }
        }
        Observation::default()
    }
}

fn read_headers(declared: &LimitHeaders, headers: &HeaderMap, now_us: i64) -> Observation {
    let of = |name: &Option<String>| name.as_deref().and_then(|name| number(headers, name));
    let reset_in_ms = declared.reset.as_deref().and_then(|name| {
        let value = number(headers, name);
        match declared.reset_as {
            ResetAs::Unix => {
                value.map(|at| ms_until(i64::try_from(at).unwrap_or(i64::MAX).saturating_mul(1_000_000), now_us))
            }
            ResetAs::UnixMs => {
                value.map(|at| ms_until(i64::try_from(at).unwrap_or(i64::MAX).saturating_mul(1_000), now_us))
            }
            ResetAs::Seconds => value.map(|seconds| seconds.saturating_mul(1000)),
            ResetAs::Millis | ResetAs::MillisWindow => value,
            ResetAs::Date => date_us(headers.get(name)?.to_str().ok()?).map(|at| ms_until(at, now_us)),
        }
    });
    Observation { limit: of(&declared.limit), remaining: of(&declared.remaining), reset_in_ms }
}

/// The number in a header; the first one when it holds more (`100, 100;w=60`).
fn number(headers: &HeaderMap, name: &str) -> Option<u64> {
    let text = headers.get(name)?.to_str().ok()?.trim();
    let digits = text.find(|c: char| !(c.is_ascii_digit() || c == '.')).map_or(text, |end| &text[..end]);
    digits.parse::<f64>().ok().map(|value| value as u64)
}

fn ms_until(at_us: i64, now_us: i64) -> u64 {
    u64::try_from(at_us.saturating_sub(now_us)).unwrap_or(0) / 1000
}

/// A moment written as an HTTP date or RFC 3339.
pub(crate) fn date_us(text: &str) -> Option<i64> {
    let text = text.trim();
    if let Ok(zoned) = jiff::fmt::rfc2822::parse(text) {
        return Some(zoned.timestamp().as_microsecond());
    }
    let instant = parse_instant(text)?;
    Some(instant.seconds.saturating_mul(1_000_000).saturating_add(i64::from(instant.nanos / 1000)))
}
