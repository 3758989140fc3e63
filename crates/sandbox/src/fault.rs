//! Faults on request: what goes wrong with a vendor's replies, on which requests, and how often.
//!
//! Always true: a fault touches only requests to the vendor's own paths, never the control endpoints.
//! Elsewhere: how each fault changes a reply is `reply`; where it is asked is `serve`.

use std::sync::Mutex;

use serde::{Deserialize, Serialize};

/// What goes wrong.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum FaultKind {
    /// An HTML page with status 200 instead of the reply.
    Html,
    /// The body ends in the middle (its length header agrees, so only the parser notices).
    Truncated,
    /// The records are an object or a string instead of a list.
    WrongType,
    /// A page without records although more follow.
    EmptyPage,
    /// The next page leads to the same page again.
    RepeatedCursor,
    /// 429 (or the vendor's own way of throttling) with `Retry-After`.
    RateLimit,
    /// 500, or `status`.
    ServerError,
    /// No answer at all until the client gives up.
    Hang,
    /// 401 in the vendor's words, whatever the credentials.
    Unauthorized,
    /// The right answer, late (`delay_ms`).
    Slow,
    /// The connection is dropped without an answer.
    Reset,
}

impl FaultKind {
    /// Every fault there is.
    pub const ALL: [Self; 11] = [
        Self::Html,
        Self::Truncated,
        Self::WrongType,
        Self::EmptyPage,
        Self::RepeatedCursor,
        Self::RateLimit,
        Self::ServerError,
        Self::Hang,
        Self::Unauthorized,
        Self::Slow,
        Self::Reset,
    ];
}

/// A fault switched on; the same shape is posted to `/__sandbox/faults`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Fault {
    /// What goes wrong.
    pub kind: FaultKind,
    /// Only requests whose path contains this text.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub path: Option<String>,
    /// Only requests with this method.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub method: Option<String>,
    /// How many matching requests are let through first (so a fault can strike after page K).
    #[serde(default)]
    pub after: u32,
    /// How many matching requests it strikes; without it, all until it is cleared.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub times: Option<u32>,
    /// Status of `server_error` and `rate_limit`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub status: Option<u16>,
    /// `Retry-After` of `rate_limit` (default 1).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub retry_after_s: Option<u64>,
    /// Delay of `slow` (default 500).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub delay_ms: Option<u64>,
}

impl Fault {
    /// A fault that strikes every request until it is cleared.
    pub fn new(kind: FaultKind) -> Self {
        Self {
            kind,
            path: None,
            method: None,
            after: 0,
            times: None,
            status: None,
            retry_after_s: None,
            delay_ms: None,
        }
    }

    /// Only requests whose path contains `path`.
    pub fn on(mut self, path: impl Into<String>) -> Self {
        self.path = Some(path.into());
        self
    }

    /// Only the next `times` matching requests.
    pub fn times(mut self, times: u32) -> Self {
        self.times = Some(times);
        self
    }

    /// Lets `after` matching requests through first.
    pub fn after(mut self, after: u32) -> Self {
        self.after = after;
        self
    }
}

/// Names a fault that was switched on.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct FaultId(u64);

/// The faults of one running sandbox.
#[derive(Debug, Default)]
pub struct Faults {
    inner: Mutex<Active>,
}

#[derive(Debug, Default)]
struct Active {
    next: u64,
    faults: Vec<Entry>,
}

#[derive(Debug)]
struct Entry {
    id: FaultId,
    fault: Fault,
    seen: u32,
}

impl Faults {
    /// Switches a fault on.
    pub fn add(&self, fault: Fault) -> FaultId {
        let mut active = self.lock();
        active.next += 1;
        let id = FaultId(active.next);
        active.faults.push(Entry { id, fault, seen: 0 });
        id
    }

    /// Switches one fault off; false if it was not on.
    pub fn remove(&self, id: FaultId) -> bool {
        let mut active = self.lock();
        let before = active.faults.len();
        active.faults.retain(|entry| entry.id != id);
        active.faults.len() < before
    }

    /// Switches all faults off.
    pub fn clear(&self) {
        self.lock().faults.clear();
    }

    /// The faults that are on.
    pub fn list(&self) -> Vec<(FaultId, Fault)> {
        self.lock().faults.iter().map(|entry| (entry.id, entry.fault.clone())).collect()
    }

    /// The fault that strikes this request, if any; counts the request against each fault it matches.
    pub(crate) fn strike(&self, method: &str, path: &str) -> Option<Fault> {
        let mut active = self.lock();
        let mut struck = None;
        for entry in &mut active.faults {
            let fault = &entry.fault;
            let matches = fault.path.as_deref().is_none_or(|part| path.contains(part))
                && fault.method.as_deref().is_none_or(|wanted| wanted.eq_ignore_ascii_case(method));
            if !matches || struck.is_some() {
                continue;
            }
            entry.seen += 1;
            if entry.seen > fault.after {
                struck = Some(fault.clone());
            }
        }
        active
            .faults
            .retain(|entry| entry.fault.times.is_none_or(|times| entry.seen < entry.fault.after.saturating_add(times)));
        struck
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, Active> {
        self.inner.lock().unwrap_or_else(std::sync::PoisonError::into_inner)
    }
}
