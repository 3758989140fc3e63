//! Times: what vendors write, as an instant in UTC.
//!
//! Always true: an [`Instant`] prints as RFC 3339 in UTC with `Z`, without a fraction of zero.

use std::fmt;

/// A point in time, to the nanosecond.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Instant {
    /// Seconds since 1970.
    pub seconds: i64,
    /// Nanoseconds within the second.
    pub nanos: u32,
}

/// First second of year 0 and last of 9999.
const SECONDS_RANGE: std::ops::RangeInclusive<i64> = -62_167_219_200..=253_402_300_799;

impl Instant {
    /// From nanoseconds since 1970, if within the years 0 to 9999.
    pub fn from_nanos(nanos: i128) -> Option<Self> {
        let seconds = i64::try_from(nanos.div_euclid(1_000_000_000)).ok()?;
        let nanos = nanos.rem_euclid(1_000_000_000) as u32;
        SECONDS_RANGE.contains(&seconds).then_some(Self { seconds, nanos })
    }

    /// Appends the RFC 3339 text.
    pub(crate) fn write(&self, out: &mut Vec<u8>) {
        let (days, second) = (self.seconds.div_euclid(86_400), self.seconds.rem_euclid(86_400) as u32);
        let (year, month, day) = civil(days);
        write_date_time(year as u32, month, day, second, self.nanos, out);
    }
}

impl fmt::Display for Instant {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut out = Vec::with_capacity(32);
        self.write(&mut out);
        f.write_str(&String::from_utf8_lossy(&out))
    }
}

fn two(n: u32, out: &mut Vec<u8>) {
    out.extend_from_slice(&[b'0' + (n / 10 % 10) as u8, b'0' + (n % 10) as u8]);
}

fn write_date_time(year: u32, month: u32, day: u32, second: u32, nanos: u32, out: &mut Vec<u8>) {
    two(year / 100, out);
    two(year % 100, out);
    out.push(b'-');
    two(month, out);
    out.push(b'-');
    two(day, out);
    out.push(b'T');
    two(second / 3600, out);
    out.push(b':');
    two(second / 60 % 60, out);
    out.push(b':');
    two(second % 60, out);
    if nanos > 0 {
        let text = format!("{nanos:09}");
        out.push(b'.');
        out.extend_from_slice(text.trim_end_matches('0').as_bytes());
    }
    out.push(b'Z');
}

/// Days since 1970 of a date of the proleptic Gregorian calendar.
fn days(year: i64, month: i64, day: i64) -> i64 {
    let y = if month <= 2 { year - 1 } else { year };
    let era = y.div_euclid(400);
    let of_era = y.rem_euclid(400);
    let of_year = (153 * ((month + 9) % 12) + 2) / 5 + day - 1;
    era * 146_097 + of_era * 365 + of_era / 4 - of_era / 100 + of_year - 719_468
}

fn civil(days: i64) -> (i64, u32, u32) {
    let z = days + 719_468;
    let era = z.div_euclid(146_097);
    let of_era = z.rem_euclid(146_097);
    let year = (of_era - of_era / 1460 + of_era / 36_524 - of_era / 146_096) / 365;
    let of_year = of_era - (365 * year + year / 4 - year / 100);
    let month = (5 * of_year + 2) / 153;
    let day = of_year - (153 * month + 2) / 5 + 1;
    let month = if month < 10 { month + 3 } else { month - 9 };
    (year + era * 400 + i64::from(month <= 2), month as u32, day as u32)
}

/// What a date in a record turned out to be.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Date {
    /// A date or time.
    At(Instant),
    /// A placeholder such as `0000-00-00`.
    Zero,
}

/// Reads `2024-01-15`, `2024-01-15 10:00`, `2024-01-15T10:00:00.5Z`, `...+02:00`, `...+0200`; without an offset it is UTC.
pub fn parse_instant(text: &str) -> Option<Instant> {
    match parse_date(text)? {
        Date::At(instant) => Some(instant),
        Date::Zero => None,
    }
}

fn number(bytes: &[u8]) -> Option<i64> {
    bytes.iter().try_fold(0_i64, |n, b| b.is_ascii_digit().then(|| n * 10 + i64::from(b - b'0')))
}

/// As [`parse_instant`], telling placeholders apart.
pub(crate) fn parse_date(text: &str) -> Option<Date> {
    let bytes = text.as_bytes();
    let (date, rest) = bytes.split_at_checked(10)?;
    if date[4] != b'-' || date[7] != b'-' {
        return None;
    }
    let (year, month, day) = (number(&date[..4])?, number(&date[5..7])?, number(&date[8..])?);
    if (year, month, day) == (0, 0, 0) {
        return Some(Date::Zero);
    }
    if !(1..=12).contains(&month) || !(1..=month_days(year, month)).contains(&day) {
        return None;
    }
    let (second, nanos) = match rest {
        [] => (0, 0),
        [b'T' | b't' | b' ', time @ ..] => parse_time(time)?,
        _ => return None,
    };
    let seconds = days(year, month, day) * 86_400 + second;
    SECONDS_RANGE.contains(&seconds).then_some(Date::At(Instant { seconds, nanos }))
}

fn month_days(year: i64, month: i64) -> i64 {
    match month {
        2 if year % 4 == 0 && (year % 100 != 0 || year % 400 == 0) => 29,
        2 => 28,
        4 | 6 | 9 | 11 => 30,
        _ => 31,
    }
}

/// Seconds of the day in UTC (may be negative or beyond the day) and nanoseconds.
fn parse_time(time: &[u8]) -> Option<(i64, u32)> {
    if time.len() < 5 || time[2] != b':' {
        return None;
    }
    let (hour, minute) = (number(&time[..2])?, number(&time[3..5])?);
    let (second, rest) = match time[5..] {
        [b':', a, b, ref rest @ ..] => (number(&[a, b])?, rest),
        ref rest => (0, rest),
    };
    if hour > 23 || minute > 59 || second > 60 {
        return None;
    }
    let (nanos, rest) = match rest {
        [b'.' | b',', fraction @ ..] => {
            let len = fraction.iter().take_while(|b| b.is_ascii_digit()).count();
            let kept = &fraction[..len.min(9)];
            if kept.is_empty() {
                return None;
            }
            let scale = 10_i64.pow(9 - kept.len() as u32);
            ((number(kept)? * scale) as u32, &fraction[len..])
        }
        rest => (0, rest),
    };
    Some((hour * 3600 + minute * 60 + second - offset(rest)?, nanos))
}

fn offset(text: &[u8]) -> Option<i64> {
    let text = text.strip_prefix(b" ").unwrap_or(text);
    let (sign, digits) = match text {
        [] | [b'Z' | b'z'] | b"UTC" | b"GMT" => return Some(0),
        [b'+', digits @ ..] => (1, digits),
        [b'-', digits @ ..] => (-1, digits),
        _ => return None,
    };
    let (hours, minutes) = match digits {
        [a, b] => (number(&[*a, *b])?, 0),
        [a, b, c, d] | [a, b, b':', c, d] => (number(&[*a, *b])?, number(&[*c, *d])?),
        _ => return None,
    };
    (hours <= 23 && minutes <= 59).then_some(sign * (hours * 3600 + minutes * 60))
}

/// Reads text in a strptime format.
pub(super) fn parse_format(text: &str, format: &str) -> Result<Instant, String> {
    let broken = jiff::fmt::strtime::parse(format, text).map_err(|e| e.to_string())?;
    let at = |timestamp: jiff::Timestamp| Instant::from_nanos(timestamp.as_nanosecond());
    let instant = match broken.to_timestamp() {
        Ok(timestamp) => at(timestamp),
        Err(_) => {
            let date = broken.to_date().map_err(|e| e.to_string())?;
            let time = broken.to_time().unwrap_or_default();
            at(jiff::tz::TimeZone::UTC.to_timestamp(date.to_datetime(time)).map_err(|e| e.to_string())?)
        }
    };
    instant.ok_or_else(|| "the year is out of range".to_owned())
}
