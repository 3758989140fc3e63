//! Times in requests: from microseconds to what a vendor wants to read, and from a record's field back.

use jiff::Timestamp;
use serde_json::{Value as Json, json};
use sonic_rs::{JsonValueTrait, Value};

use crate::expr::parse_instant;
use crate::manifest::SinceFormat;

/// A moment as the vendor wants it.
pub(crate) fn format(at_us: i64, format: &SinceFormat) -> Result<Json, String> {
    let at = Timestamp::from_microsecond(at_us).map_err(|error| error.to_string())?;
    let print =
        |pattern: &str| jiff::fmt::strtime::format(pattern, at).map(Json::String).map_err(|error| error.to_string());
    match format {
        SinceFormat::Rfc3339 => print("%Y-%m-%dT%H:%M:%SZ"),
        SinceFormat::Rfc3339Ms => print("%Y-%m-%dT%H:%M:%S.%3fZ"),
        SinceFormat::Date => print("%Y-%m-%d"),
        SinceFormat::Datetime => print("%Y-%m-%d %H:%M:%S"),
        SinceFormat::Unix => Ok(json!(at_us.div_euclid(1_000_000))),
        SinceFormat::UnixMs => Ok(json!(at_us.div_euclid(1_000))),
        SinceFormat::HttpDate => print("%a, %d %b %Y %H:%M:%S GMT"),
        SinceFormat::Strftime(pattern) => print(pattern),
    }
}

/// The moment a record's field tells: a text date, or a number of seconds or milliseconds since 1970.
pub(crate) fn moment_us(value: &Value) -> Option<i64> {
    if let Some(text) = value.as_str() {
        if let Some(instant) = parse_instant(text) {
            let us = instant.seconds.checked_mul(1_000_000)?;
            return us.checked_add(i64::from(instant.nanos / 1000));
        }
        return number_us(text.trim().parse().ok()?);
    }
    number_us(value.as_f64()?)
}

fn number_us(number: f64) -> Option<i64> {
    if !number.is_finite() || number <= 0.0 {
        return None;
    }
    // Seconds of this age have ten digits, milliseconds thirteen.
    let us = if number < 100_000_000_000.0 { number * 1_000_000.0 } else { number * 1_000.0 };
    Some(us as i64)
}
