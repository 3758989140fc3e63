//! Commit: one page of a pull, all or nothing.
//!
//! Always true: records, rejects, stream state, seen marks, run counters and the outbox row are one transaction under the stream's row
//! lock; a stale fence commits nothing; unchanged records are not written; `modified_us` only grows within a stream and never repeats.
//! Elsewhere: which records are unchanged is found by `known` (`record.rs`) before mapping; tombstones of a full pass are in `full_pass.rs`.

use crate::{JobFence, Reject, Scope, StoreError};
use bytes::Bytes;
use uuid::Uuid;

/// A new or changed record. Text is UTF-8 JSON.
#[derive(Debug, Clone)]
pub struct Upsert {
    /// UUIDv5 of account, model and remote id.
    pub id: Uuid,
    /// The vendor's id.
    pub remote_id: String,
    /// Hash of the raw record and the mapping version.
    pub raw_hash: i64,
    /// The model's own fields, in model order.
    pub unified: Bytes,
    /// `[{"path", "data"}]`; `None` keeps no raw data.
    pub remote_data: Option<Bytes>,
    /// The vendor's enum values, `{"gender": "Female"}`.
    pub origins: Option<Bytes>,
    /// The `remote_fields` value of models that have it.
    pub remote_fields: Option<Bytes>,
}

/// One page, to be committed.
#[derive(Debug, Clone, Default)]
pub struct PageCommit {
    /// The account.
    pub account: Uuid,
    /// The model.
    pub model: String,
    /// The run this page belongs to; its counters grow. `None` for read-backs.
    pub run: Option<Uuid>,
    /// The job that does this: its fence must still be the newest.
    pub fence: Option<JobFence>,
    /// The run is a full pass: mark what was seen.
    pub full_pass: bool,
    /// New and changed records. The last one wins if an id comes twice.
    pub upserts: Vec<Upsert>,
    /// Records the vendor says are deleted; unknown ids are ignored.
    pub removed: Vec<Uuid>,
    /// Positions of known records that are unchanged.
    pub seen: Vec<i64>,
    /// Records that could not be mapped.
    pub rejects: Vec<Reject>,
    /// Keys of earlier rejects that mapped this time (keys never rejected are ignored).
    pub cleared_rejects: Vec<String>,
    /// New stream state; `None` leaves it.
    pub state: Option<Bytes>,
    /// Requests it took.
    pub requests: i64,
    /// Pages it is, usually 1.
    pub pages: i64,
    /// Now.
    pub now_us: i64,
}

/// What a commit or a run did.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Counts {
    /// Records not there before.
    pub added: i64,
    /// Records whose unified form changed or that came back after a deletion.
    pub changed: i64,
    /// Records tombstoned.
    pub deleted: i64,
    /// Records left as they were.
    pub unchanged: i64,
    /// Records that could not be mapped.
    pub rejected: i64,
    /// Requests to the vendor.
    pub requests: i64,
    /// Pages.
    pub pages: i64,
}

/// A page could not be committed; nothing of it was.
#[derive(Debug, thiserror::Error)]
pub enum CommitError {
    /// Another process has taken the job over: stop working on it.
    #[error("job {job} was taken over")]
    Fenced {
        /// The job.
        job: Uuid,
    },
    /// The project has no such account, or the account no such stream.
    #[error("stream {model} of account {account} does not exist")]
    NoStream {
        /// The account.
        account: Uuid,
        /// The model.
        model: String,
    },
    /// The database failed.
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl Scope {
    /// Commits one page.
    pub async fn commit(&self, page: PageCommit) -> Result<Counts, CommitError> {
        todo!()
    }
}
