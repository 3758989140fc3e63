//! Recorded requests: what clients asked the simulated vendor, in order.
//!
//! Always true: at most `LIMIT` requests are kept, the newest ones; control requests are not recorded.
//! Elsewhere: read through `Running::requests` or `GET /__sandbox/requests`.

use std::collections::{BTreeMap, VecDeque};
use std::sync::Mutex;

use serde::Serialize;

use crate::FaultKind;

/// How many requests are kept.
const LIMIT: usize = 20_000;

/// One request a client sent.
#[derive(Debug, Clone, Serialize)]
pub struct RecordedRequest {
    /// Upper case.
    pub method: String,
    /// Path without the query.
    pub path: String,
    /// The query as it was sent, without `?`.
    pub query: String,
    /// Headers with lower-case names.
    pub headers: BTreeMap<String, String>,
    /// The body as text, cut at 64 KiB.
    pub body: String,
    /// Status of the reply; none if it never came.
    pub status: Option<u16>,
    /// The fault that struck, if any.
    pub fault: Option<FaultKind>,
}

/// The newest requests.
#[derive(Debug, Default)]
pub(crate) struct RecordLog {
    requests: Mutex<VecDeque<RecordedRequest>>,
}

impl RecordLog {
    pub(crate) fn push(&self, request: RecordedRequest) {
        let mut requests = self.lock();
        if requests.len() == LIMIT {
            requests.pop_front();
        }
        requests.push_back(request);
    }

    pub(crate) fn all(&self) -> Vec<RecordedRequest> {
        self.lock().iter().cloned().collect()
    }

    pub(crate) fn clear(&self) {
        self.lock().clear();
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, VecDeque<RecordedRequest>> {
        self.requests.lock().unwrap_or_else(std::sync::PoisonError::into_inner)
    }
}
