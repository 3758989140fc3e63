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
        let zoned = date.to_zoned(jiff::tz::TimeZone::UTC).ok()?;
        Some(Self(zoned.timestamp().as_microsecond()))
    }
}

impl fmt::Display for Time {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match jiff::Timestamp::from_microsecond(self.0) {
            Ok(stamp) => write!(f, "{stamp:.6}"),
            Err(_) => f.write_str("1970-01-01T00:00:00.000000Z"),
        }
    }
}

impl Serialize for Time {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
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
}
