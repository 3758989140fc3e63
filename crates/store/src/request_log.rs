//! Request log: what was asked of vendors. URLs arrive redacted; bodies are never stored.

use crate::{Page, Scope, Store, StoreError};
use uuid::Uuid;

/// One request to a vendor.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RequestEntry {
    /// The account.
    pub account: Uuid,
    /// The run it belongs to.
    pub run: Option<Uuid>,
    /// HTTP method.
    pub method: String,
    /// Redacted URL.
    pub url: String,
    /// HTTP status; `None` when there was no reply.
    pub status: Option<i64>,
    /// How long it took.
    pub duration_us: i64,
    /// Bytes received.
    pub bytes: i64,
    /// What went wrong.
    pub error: Option<String>,
    /// When it was sent.
    pub at_us: i64,
}

/// A stored request and its number.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RequestRow {
    /// Number; the list's cursor.
    pub seq: i64,
    /// The request.
    pub entry: RequestEntry,
}

/// Which requests to list.
#[derive(Debug, Clone, Default)]
pub struct RequestFilter {
    /// Of this account.
    pub account: Option<Uuid>,
    /// Of this run.
    pub run: Option<Uuid>,
    /// Failed ones only: no reply or a status of 400 and above.
    pub failed: bool,
    /// Goes on after (before in time) this number.
    pub after: Option<i64>,
    /// Rows per page.
    pub page_size: usize,
}

impl Scope {
    /// Appends requests, in one transaction; of accounts that are no longer there, none.
    pub async fn log_requests(&self, entries: Vec<RequestEntry>) -> Result<(), StoreError> {
        todo!()
    }

    /// Requests, newest first.
    pub async fn requests(&self, filter: RequestFilter) -> Result<Page<RequestRow, i64>, StoreError> {
        todo!()
    }
}

impl Store {
    /// Removes requests older than this; returns how many.
    pub async fn prune_requests(&self, before_us: i64) -> Result<u64, StoreError> {
        todo!()
    }
}
