//! Streams: one source of a model's records, read as a chain of requests without any I/O here.
//!
//! The engine's loop, whatever the stream is (paged, per parent, windowed, fetched by id):
//!
//! ```text
//! let mut state = saved_state.unwrap_or_else(|| stream.begin(start, cx.now_us));
//! loop {
//!     match stream.step(&cx, &state)? {
//!         Step::Send(request) => {
//!             let reply = send(request).await?;                       // credentials, pacing and retries are elsewhere
//!             let turn = stream.absorb(&cx, &state, &reply)?;         // Err: a Fault (refusal) or a PageFault (odd reply)
//!             commit(&turn.records, &turn.gone, &turn.state).await?;  // resuming from `turn.state` repeats nothing
//!             state = turn.state;
//!         }
//!         Step::Parent { model, after, .. } => {
//!             state = stream.visit(&state, next_stored_parent(model, after).await?)?;
//!         }
//!         Step::Done => break,                                        // the chain closed: tombstones may follow a full pass
//!     }
//! }
//! let bookmark = stream.bookmark(&state);                             // begin the next read with Start::Since(bookmark)
//! ```
//!
//! A turn may hold no records (an empty page, a parent list); the engine may commit several turns at once, in order.
//!
//! Always true: a state serialises, and `step` of the same state gives the same request; `Done` comes only after an end that
//! the vendor told; credentials are never in a request or state.
//! Elsewhere: paging is `page`, bodies are `decode`, refusals are `fault`.

use std::sync::Arc;

use bytes::Bytes;
use serde::{Deserialize, Serialize};
use sonic_rs::Value;

use crate::fault::Fault;
use crate::manifest::Visit;
use crate::page::{PageFault, PageState};
use crate::reply::Reply;
use crate::request::{Context, Request, RequestError};

/// One source of a model's records, compiled.
#[derive(Debug)]
pub struct Stream {
    /// Its name, unique within the model.
    pub name: String,
    /// The model it feeds, such as `hris.employee`.
    pub model: String,
    /// It lists only deleted records: each is a tombstone.
    pub deletions_only: bool,
}

/// What a read starts from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Start {
    /// Everything.
    Full,
    /// What changed since.
    Since(Bookmark),
}

/// Where the next incremental read begins.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Bookmark {
    /// A time of the vendor's clock, in microseconds since 1970 (the overlap is taken off when it is used).
    At(i64),
    /// An opaque token.
    Token(String),
}

/// Where a read stands; save it with each commit.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct StreamState {
    /// Where the current page chain stands.
    pub page: PageState,
}

/// What to do next.
#[derive(Debug, Clone, PartialEq)]
pub enum Step {
    /// Send this and hand the reply to [`Stream::absorb`].
    Send(Request),
    /// Hand the stored parent after this one to [`Stream::visit`] (`None` when there is none).
    Parent {
        /// The parents' model.
        model: String,
        /// The key of the parent visited last (the engine's own, as given in [`Parent::key`]).
        after: Option<String>,
        /// Which parents are wanted: all, or those changed since the last read.
        visit: Visit,
    },
    /// The read is complete.
    Done,
}

/// A stored parent record.
#[derive(Debug, Clone)]
pub struct Parent {
    /// The engine's key for "the next one after this".
    pub key: String,
    /// Its raw JSON.
    pub raw: Bytes,
}

/// What one reply brought.
#[derive(Debug, Clone)]
pub struct Turn {
    /// The raw records, in the vendor's order.
    pub records: Vec<RawRecord>,
    /// Remote ids the vendor says are gone.
    pub gone: Vec<String>,
    /// The state after it.
    pub state: StreamState,
    /// How many records the vendor promises in all, if it does.
    pub total: Option<u64>,
}

/// One record as it came: a slice of the reply's body (JSON text).
#[derive(Debug, Clone)]
pub struct RawRecord {
    /// The JSON text.
    pub raw: Bytes,
    /// The raw parent, for `$parent` in mappings.
    pub parent: Option<Arc<Value>>,
}

/// Why a reply brought nothing.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
pub enum TurnError {
    /// The vendor refuses.
    #[error(transparent)]
    Fault(#[from] Fault),
    /// The reply is not a page.
    #[error(transparent)]
    Page(#[from] PageFault),
    /// A request cannot be built.
    #[error(transparent)]
    Request(#[from] RequestError),
}

/// A detail request of a record.
#[derive(Debug, Clone, PartialEq)]
pub struct JoinRequest {
    /// Which join; give it back to [`Stream::joined`].
    pub join: usize,
    /// The request.
    pub request: Request,
}

impl Stream {
    /// Whether it can read only changes.
    #[must_use]
    pub fn is_incremental(&self) -> bool {
        todo!()
    }

    /// The state before the first request.
    #[must_use]
    pub fn begin(&self, start: Start, now_us: i64) -> StreamState {
        todo!()
    }

    /// What to do next.
    pub fn step(&self, cx: &Context, state: &StreamState) -> Result<Step, RequestError> {
        todo!()
    }

    /// Takes the reply to the request of [`Stream::step`].
    pub fn absorb(&self, cx: &Context, state: &StreamState, reply: &Reply) -> Result<Turn, TurnError> {
        todo!()
    }

    /// Takes the next stored parent.
    pub fn visit(&self, state: &StreamState, parent: Option<Parent>) -> Result<StreamState, RequestError> {
        todo!()
    }

    /// Where the next incremental read begins; `None` when the read told no time (then the next one is full again).
    #[must_use]
    pub fn bookmark(&self, state: &StreamState) -> Option<Bookmark> {
        todo!()
    }

    /// Whether the mapping's own record says that it is deleted.
    pub fn is_deleted(&self, record: &Value, parent: Option<&Value>) -> Result<bool, PageFault> {
        todo!()
    }

    /// The detail requests of a new or changed record; empty for most streams.
    pub fn joins(&self, cx: &Context, record: &RawRecord) -> Result<Vec<JoinRequest>, RequestError> {
        todo!()
    }

    /// Puts the details into the record, under their keys.
    pub fn joined(&self, cx: &Context, record: &RawRecord, replies: &[(usize, Reply)]) -> Result<RawRecord, TurnError> {
        todo!()
    }

    /// The request for one record, if the vendor has one.
    pub fn retrieve(&self, cx: &Context, remote_id: &str) -> Result<Option<Request>, RequestError> {
        todo!()
    }

    /// The record in the reply to it; `None` when the vendor says there is none (any more).
    pub fn retrieved(&self, cx: &Context, reply: &Reply) -> Result<Option<RawRecord>, TurnError> {
        todo!()
    }
}
