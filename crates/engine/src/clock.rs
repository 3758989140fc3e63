//! Clock: what time it is, as a parameter.
//!
//! Always true: no verb reads the system's clock itself; tests move time by hand.
//! Elsewhere: times are stored by `store` as microseconds since the epoch, and so are they here.

use std::fmt;

use serde::{Serialize, Serializer};

/// A moment, in microseconds since 1970-01-01T00:00:00Z; printed and serialised as RFC 3339 in UTC.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub struct Time(pub i64);

impl Time {
    /// The moment `seconds` later (earlier when negative).
    #[must_use]
    pub fn plus_s(self, seconds: i64) -> Self {
        Self(self.0.saturating_add(seconds.saturating_mul(1_000_000)))
    }

    /// Whole seconds since the epoch.
    #[must_use]
    pub fn unix(self) -> i64 {
        self.0.div_euclid(1_000_000)
    }

    /// Reads RFC 3339, or a plain date as its first moment in UTC.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        if let Ok(stamp) = text.parse::<jiff::Timestamp>() {
            return Some(Self(stamp.as_microsecond()));
        }
        let date: jiff::civil::DateTime = text.parse().ok()?;
        let stamp = jiff::tz::TimeZone::UTC.to_timestamp(date).ok()?;
        Some(Self(stamp.as_microsecond()))
    }
}

impl fmt::Display for Time {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut text = Vec::with_capacity(27);
        write_rfc3339(self.0, &mut text);
        f.write_str(&String::from_utf8_lossy(&text))
    }
}

impl Serialize for Time {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

/// Appends a moment as RFC 3339 in UTC with microseconds; lists print two of these a record, so it does without a calendar library.
pub(crate) fn write_rfc3339(us: i64, out: &mut Vec<u8>) {
    let days = us.div_euclid(86_400_000_000);
    let rest = us.rem_euclid(86_400_000_000);
    let (year, month, day) = civil(days);
    put(out, year, 4, b'-');
    put(out, month, 2, b'-');
    put(out, day, 2, b'T');
    put(out, rest / 3_600_000_000, 2, b':');
    put(out, rest / 60_000_000 % 60, 2, b':');
    put(out, rest / 1_000_000 % 60, 2, b'.');
    put(out, rest % 1_000_000, 6, b'Z');
}

fn put(out: &mut Vec<u8>, number: i64, digits: u32, then: u8) {
    for place in (0..digits).rev() {
        let digit = number / 10_i64.pow(place) % 10;
        out.push(b'0' + u8::try_from(digit.unsigned_abs()).unwrap_or(0));
    }
    out.push(then);
}

/// Year, month and day of a day counted from 1970-01-01, in the proleptic Gregorian calendar (eras of 400 years).
fn civil(days: i64) -> (i64, i64, i64) {
    let shifted = days + 719_468;
    let era = shifted.div_euclid(146_097);
    let of_era = shifted.rem_euclid(146_097);
    let year_of_era = (of_era - of_era / 1_460 + of_era / 36_524 - of_era / 146_096) / 365;
    let of_year = of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let month_from_march = (5 * of_year + 2) / 153;
    let day = of_year - (153 * month_from_march + 2) / 5 + 1;
    let month = if month_from_march < 10 { month_from_march + 3 } else { month_from_march - 9 };
    let year = year_of_era + era * 400 + i64::from(month <= 2);
    (year, month, day)
}

/// Where the time comes from.
pub trait Clock: Send + Sync + 'static {
    /// The time now.
    fn now(&self) -> Time;
}

/// The system's clock.
#[derive(Debug, Clone, Copy, Default)]
pub struct SystemClock;

impl Clock for SystemClock {
    fn now(&self) -> Time {
        Time(jiff::Timestamp::now().as_microsecond())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_moment_is_printed_and_read_back() {
        let moment = Time(1_700_000_000_123_456);
        assert_eq!(moment.to_string(), "2023-11-14T22:13:20.123456Z");
        assert_eq!(Time::parse("2023-11-14T22:13:20.123456Z"), Some(moment));
        assert_eq!(Time::parse("2023-11-14T23:13:20.123456+01:00"), Some(moment));
        assert_eq!(Time::parse("2023-11-14"), Some(Time(1_699_920_000_000_000)));
        assert_eq!(Time::parse("yesterday"), None);
    }

    #[test]
    fn every_day_of_two_centuries_is_printed_as_the_calendar_says() {
        for day in -36_525..36_525_i64 {
            let us = day * 86_400_000_000 + 1;
            let stamp = jiff::Timestamp::from_microsecond(us).ok();
            assert_eq!(Some(Time(us).to_string()), stamp.map(|stamp| format!("{stamp:.6}")));
        }
    }
}
