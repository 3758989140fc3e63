//! Times as vendors write them, to and from Unix milliseconds.

use jiff::Timestamp;
use jiff::civil::{Date, DateTime};
use jiff::tz::Offset;

use crate::spec::Stamp;

/// Writes a time.
pub(crate) fn format_ms(ms: i64, stamp: Stamp) -> String {
    let Ok(time) = Timestamp::from_millisecond(ms) else { return String::new() };
    let pattern = match stamp {
        Stamp::UnixMs => return ms.to_string(),
        Stamp::Iso => "%Y-%m-%dT%H:%M:%SZ",
        Stamp::IsoMs => "%Y-%m-%dT%H:%M:%S.%3fZ",
        Stamp::Offset => "%Y-%m-%dT%H:%M:%S+00:00",
        Stamp::Datetime => "%Y-%m-%d %H:%M:%S",
        Stamp::Date => "%Y-%m-%d",
    };
    time.strftime(pattern).to_string()
}

/// Reads a time with or without a zone, or a date; a missing zone means UTC.
pub(crate) fn parse_ms(text: &str) -> Option<i64> {
    let bytes = text.as_bytes();
    if bytes.len() < 10 || !bytes[..4].iter().all(u8::is_ascii_digit) || bytes[4] != b'-' {
        return None;
    }
    if let Ok(time) = text.parse::<Timestamp>() {
        return Some(time.as_millisecond());
    }
    let civil = match text.parse::<DateTime>() {
        Ok(civil) => civil,
        Err(_) => text.parse::<Date>().ok()?.at(0, 0, 0, 0),
    };
    Offset::UTC.to_timestamp(civil).ok().map(Timestamp::as_millisecond)
}
