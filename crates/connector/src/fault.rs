//! What a reply means when it is not an answer: the vendor's refusals, and what the rate-limit headers say.

use http::HeaderMap;

pub use crate::manifest::FaultKind;
use crate::reply::Reply;

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
pub struct Faults {}

impl Faults {
    /// The fault in a reply, if it is one. `now_us` turns dates into waiting times.
    #[must_use]
    pub fn classify(&self, reply: &Reply, now_us: i64) -> Option<Fault> {
        todo!()
    }
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

impl crate::manifest::Limits {
    /// Reads the declared headers, and the common ones (`RateLimit-*`, `X-RateLimit-*`) when none are declared.
    #[must_use]
    pub fn observe(&self, headers: &HeaderMap, now_us: i64) -> Observation {
        todo!()
    }
}
