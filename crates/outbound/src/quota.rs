//! Quota: what a vendor's headers say about how much is left and when there is more.

use std::time::{Duration, SystemTime, UNIX_EPOCH};

use http::HeaderMap;

/// Names of the headers to learn from; unset ones fall back to the usual names.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct QuotaHeaders {
    /// Header with the size of the window.
    pub limit: Option<String>,
    /// Header with what is left of it.
    pub remaining: Option<String>,
    /// Header that says when the window ends.
    pub reset: Option<String>,
    /// How to read `reset`; `None`: guessed by its size.
    pub reset_as: Option<ResetAs>,
}

/// How a reset header counts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ResetAs {
    /// Unix time in seconds.
    Unix,
    /// Unix time in milliseconds.
    UnixMs,
    /// Seconds from now.
    Seconds,
    /// Milliseconds from now.
    Millis,
    /// HTTP date or RFC 2822 date.
    Date,
}

/// What the headers of one reply said.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct Quota {
    pub limit: Option<u64>,
    pub remaining: Option<u64>,
    pub reset: Option<Duration>,
}

const LIMIT: &[&str] = &["x-ratelimit-limit", "ratelimit-limit", "x-rate-limit-limit"];
const REMAINING: &[&str] = &["x-ratelimit-remaining", "ratelimit-remaining", "x-rate-limit-remaining"];
const RESET: &[&str] = &["x-ratelimit-reset", "ratelimit-reset", "x-rate-limit-reset"];

/// Nothing waits longer than this because of a header.
const WAIT_MAX: Duration = Duration::from_secs(24 * 3600);

/// A number above this is a point in time, not a number of seconds (2001 in seconds).
const UNIX_MIN: f64 = 1e9;
/// A number above this is in milliseconds (the year 5138 in seconds).
const UNIX_MS_MIN: f64 = 1e11;

impl QuotaHeaders {
    pub(crate) fn read(&self, headers: &HeaderMap, now: SystemTime) -> Quota {
        let count = |name, usual| text(headers, name, usual).and_then(leading_number).map(|number| number as u64);
        let reset = text(headers, self.reset.as_deref(), RESET).and_then(|text| wait(text, self.reset_as, now));
        Quota {
            limit: count(self.limit.as_deref(), LIMIT),
            remaining: count(self.remaining.as_deref(), REMAINING),
            reset,
        }
    }
}

/// What `Retry-After` asks for: seconds or a date.
pub(crate) fn retry_after(headers: &HeaderMap, now: SystemTime) -> Option<Duration> {
    wait(headers.get("retry-after")?.to_str().ok()?, None, now)
}

fn text<'a>(headers: &'a HeaderMap, name: Option<&str>, usual: &[&str]) -> Option<&'a str> {
    let value = match name {
        Some(name) => headers.get(name),
        None => usual.iter().find_map(|name| headers.get(*name)),
    };
    value?.to_str().ok().map(str::trim)
}

/// The number at the front: headers such as `100, 100;w=10` list policies after it.
fn leading_number(text: &str) -> Option<f64> {
    let end = text.find(|c: char| !c.is_ascii_digit() && c != '.').unwrap_or(text.len());
    text[..end].parse().ok()
}

fn wait(text: &str, reset_as: Option<ResetAs>, now: SystemTime) -> Option<Duration> {
    let Some(number) = leading_number(text) else {
        return until(httpdate::parse_http_date(text).ok()?, now);
    };
    let reset_as = reset_as.unwrap_or(match number {
        number if number >= UNIX_MS_MIN => ResetAs::UnixMs,
        number if number >= UNIX_MIN => ResetAs::Unix,
        _ => ResetAs::Seconds,
    });
    match reset_as {
        ResetAs::Unix => until(UNIX_EPOCH.checked_add(seconds(number)?)?, now),
        ResetAs::UnixMs => until(UNIX_EPOCH.checked_add(seconds(number / 1000.0)?)?, now),
        ResetAs::Seconds => Some(seconds(number)?.min(WAIT_MAX)),
        ResetAs::Millis => Some(seconds(number / 1000.0)?.min(WAIT_MAX)),
        ResetAs::Date => None,
    }
}

fn seconds(number: f64) -> Option<Duration> {
    Duration::try_from_secs_f64(number).ok()
}

fn until(at: SystemTime, now: SystemTime) -> Option<Duration> {
    Some(at.duration_since(now).unwrap_or_default().min(WAIT_MAX))
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    fn read(quota: QuotaHeaders, lines: &[(&'static str, &str)]) -> Quota {
        let headers = lines.iter().map(|(name, value)| (http::HeaderName::from_static(name), value.parse().unwrap()));
        quota.read(&headers.collect(), UNIX_EPOCH + Duration::from_secs(1_700_000_000))
    }

    #[test]
    fn the_usual_headers_are_understood_without_a_declaration() {
        let quota = read(
            QuotaHeaders::default(),
            &[("x-ratelimit-limit", "100"), ("x-ratelimit-remaining", "7"), ("x-ratelimit-reset", "1700000030")],
        );
        let wanted = Quota { limit: Some(100), remaining: Some(7), reset: Some(Duration::from_secs(30)) };
        assert_eq!(quota, wanted);
        let quota = read(QuotaHeaders::default(), &[("ratelimit-limit", "100, 100;w=10"), ("ratelimit-reset", "4")]);
        assert_eq!(quota, Quota { limit: Some(100), remaining: None, reset: Some(Duration::from_secs(4)) });
    }

    #[test]
    fn declared_names_and_units_win() {
        let headers = |reset_as| QuotaHeaders { reset: Some("x-window".into()), reset_as, ..QuotaHeaders::default() };
        let quota = read(headers(Some(ResetAs::Millis)), &[("x-window", "2500"), ("ratelimit-reset", "9")]);
        assert_eq!(quota.reset, Some(Duration::from_millis(2500)));
        let quota = read(headers(Some(ResetAs::Date)), &[("x-window", "Tue, 14 Nov 2023 22:13:30 GMT")]);
        assert_eq!(quota.reset, Some(Duration::from_secs(10)));
    }

    #[test]
    fn nonsense_is_ignored_and_long_waits_are_capped() {
        assert_eq!(read(QuotaHeaders::default(), &[("ratelimit-reset", "soon")]).reset, None);
        assert_eq!(read(QuotaHeaders::default(), &[("ratelimit-reset", "999999999")]).reset, Some(WAIT_MAX));
    }
}
