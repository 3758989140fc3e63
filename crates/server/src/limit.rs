//! Limits: how many requests one linked account may make, as a token bucket per account.
//!
//! Always true: a bucket holds at most one minute's worth; the table of buckets is bounded, full buckets are
//! forgotten first (they say nothing). Buckets are per process.

use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};
use std::time::Instant;

use axum::http::{HeaderMap, HeaderName, HeaderValue};
use uuid::Uuid;

const BUCKETS_MAX: usize = 100_000;

/// The buckets of all linked accounts this process has heard from.
#[derive(Debug)]
pub(crate) struct Limits {
    per_min: u32,
    buckets: Mutex<HashMap<Uuid, Bucket>>,
}

#[derive(Debug, Clone, Copy)]
struct Bucket {
    level: f64,
    at: Instant,
}

/// What is left after a request was counted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Quota {
    /// Whether the request may go on.
    pub(crate) granted: bool,
    limit: u32,
    remaining: u32,
    /// Seconds until the next request is possible; 0 when one is possible now.
    pub(crate) wait_s: u64,
    full_in_s: u64,
}

impl Limits {
    /// `per_min` 0 means unlimited.
    pub(crate) fn new(per_min: u32) -> Self {
        Self { per_min, buckets: Mutex::new(HashMap::new()) }
    }

    /// Counts one request of this account.
    pub(crate) fn take(&self, account: Uuid, now: Instant) -> Option<Quota> {
        if self.per_min == 0 {
            return None;
        }
        let full = f64::from(self.per_min);
        let per_s = full / 60.0;
        let mut buckets = self.buckets.lock().unwrap_or_else(PoisonError::into_inner);
        if buckets.len() >= BUCKETS_MAX && !buckets.contains_key(&account) {
            buckets.retain(|_, b| b.level + now.saturating_duration_since(b.at).as_secs_f64() * per_s < full);
        }
        let bucket = buckets.entry(account).or_insert(Bucket { level: full, at: now });
        bucket.level = (bucket.level + now.saturating_duration_since(bucket.at).as_secs_f64() * per_s).min(full);
        bucket.at = now;
        let granted = bucket.level >= 1.0;
        if granted {
            bucket.level -= 1.0;
        }
        let until = |level: f64| ((level - bucket.level).max(0.0) / per_s).ceil() as u64;
        Some(Quota {
            granted,
            limit: self.per_min,
            remaining: bucket.level as u32,
            wait_s: until(1.0),
            full_in_s: until(full),
        })
    }
}

impl Quota {
    /// Writes the rate-limit headers; `Reset` is the unix time at which the quota is full again.
    pub(crate) fn write(self, headers: &mut HeaderMap, now_unix_s: u64) {
        let mut set = |name: &'static str, value: u64| {
            headers.insert(HeaderName::from_static(name), HeaderValue::from(value));
        };
        set("x-ratelimit-limit", self.limit.into());
        set("x-ratelimit-remaining", self.remaining.into());
        set("x-ratelimit-reset", now_unix_s + if self.granted { self.full_in_s } else { self.wait_s });
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use std::time::Duration;

    #[test]
    fn an_emptied_bucket_refuses_and_refills_with_time() {
        let limits = Limits::new(2);
        let (account, start) = (Uuid::nil(), Instant::now());
        assert!(limits.take(account, start).unwrap().granted);
        assert!(limits.take(account, start).unwrap().granted);
        let refused = limits.take(account, start).unwrap();
        assert_eq!((refused.granted, refused.remaining, refused.wait_s), (false, 0, 30));
        assert!(limits.take(account, start + Duration::from_secs(31)).unwrap().granted);
    }

    #[test]
    fn one_account_does_not_spend_the_quota_of_another() {
        let limits = Limits::new(1);
        let now = Instant::now();
        assert!(limits.take(Uuid::from_u128(1), now).unwrap().granted);
        assert!(limits.take(Uuid::from_u128(2), now).unwrap().granted);
    }
}
