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
//!         Step::Ready(reply) => { /* the records are inside the parent: absorb it like a reply */ }
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
//! Elsewhere: paging is `page`, bodies are `decode`, refusals are `fault`; `detail` has joins and single records.

mod detail;
mod plan;
mod state;
mod turn;
mod window;

use std::sync::Arc;

use bytes::Bytes;
use sonic_rs::Value;

use crate::expr::Expr;
use crate::fault::{Fault, Faults};
use crate::manifest::{Clock, CursorIn, Format, Order, SinceFormat, TokenAs, Visit};
use crate::map::{Ids, Mapping, Outcome, Reject};
use crate::native::Native;
use crate::page::{PageFault, Pager, Probe};
use crate::reply::Reply;
use crate::request::{Base, Context, Request, RequestError, RequestPlan};

pub(crate) use plan::value;

pub use detail::JoinRequest;
pub use state::{Bookmark, Start, StreamState};

/// The variables of mapping expressions, in the order in which their values are given.
pub const VARIABLES: [&str; 2] = ["$parent", "$config"];

/// One source of a model's records, compiled.
#[derive(Debug)]
pub struct Stream {
    /// Its name, unique within the model.
    pub name: String,
    /// The model it feeds, such as `hris.employee`.
    pub model: String,
    /// It lists only deleted records: each is a tombstone.
    pub deletions_only: bool,
    /// How its records become the model.
    pub mapping: Arc<Mapping>,
    pub(crate) base: Arc<Base>,
    pub(crate) faults: Arc<Faults>,
    pub(crate) native: Option<&'static dyn Native>,
    pub(crate) list: Listing,
    pub(crate) empty_on: Vec<u16>,
    pub(crate) incremental: Option<Incremental>,
    pub(crate) parent: Option<ParentPlan>,
    pub(crate) joins: Vec<Join>,
    pub(crate) retrieve: Option<Retrieve>,
    pub(crate) also: Vec<Also>,
}

/// A paged list request.
#[derive(Debug)]
pub(crate) struct Listing {
    /// None: the records are inside the parent.
    pub(crate) request: Option<RequestPlan>,
    pub(crate) format: Format,
    pub(crate) records: Option<Expr>,
    pub(crate) pager: Pager,
}

#[derive(Debug)]
pub(crate) struct Incremental {
    /// The list when it differs from the full one.
    pub(crate) list: Option<Listing>,
    pub(crate) since: Option<Moment>,
    pub(crate) until: Option<Moment>,
    pub(crate) field: Option<Expr>,
    pub(crate) clock: Clock,
    pub(crate) overlap_s: u64,
    pub(crate) order: Order,
    pub(crate) fetch: Option<Fetch>,
    pub(crate) token: Option<(Expr, TokenAs)>,
    pub(crate) window: Option<WindowPlan>,
}

/// How a time is sent.
#[derive(Debug)]
pub(crate) struct Moment {
    pub(crate) param: Option<(CursorIn, String)>,
    pub(crate) format: SinceFormat,
}

/// Listed ids are fetched one by one.
#[derive(Debug)]
pub(crate) struct Fetch {
    pub(crate) id: Expr,
    pub(crate) deleted: Option<Expr>,
}

#[derive(Debug)]
pub(crate) struct WindowPlan {
    pub(crate) size_us: Option<i64>,
    pub(crate) max_results: Option<u64>,
    pub(crate) total: Option<Probe>,
    pub(crate) restart: bool,
    pub(crate) from_us: Option<i64>,
}

#[derive(Debug)]
pub(crate) struct ParentPlan {
    pub(crate) source: ParentSource,
    pub(crate) id: Expr,
    pub(crate) visit: Visit,
    pub(crate) filter: Option<Expr>,
}

#[derive(Debug)]
pub(crate) enum ParentSource {
    Model(String),
    List(Box<Listing>),
}

#[derive(Debug)]
pub(crate) struct Join {
    pub(crate) key: String,
    pub(crate) request: RequestPlan,
    pub(crate) format: Format,
    pub(crate) record: Option<Expr>,
    pub(crate) filter: Option<Expr>,
    pub(crate) empty_on: Vec<u16>,
}

#[derive(Debug)]
pub(crate) struct Retrieve {
    pub(crate) request: RequestPlan,
    pub(crate) format: Format,
    pub(crate) record: Option<Expr>,
}

/// A request that is understood, never sent.
#[derive(Debug)]
pub(crate) struct Also {
    pub(crate) request: RequestPlan,
    pub(crate) format: Format,
    pub(crate) records: Option<Expr>,
}

/// What to do next.
#[derive(Debug, Clone)]
pub enum Step {
    /// Send this and hand the reply to [`Stream::absorb`].
    Send(Request),
    /// No request is needed, the records are inside the parent: hand this to [`Stream::absorb`] as if it were the reply.
    Ready(Reply),
    /// Hand the stored parent after this one to [`Stream::visit`] (`None` when there is none).
    Parent {
        /// The parents' model.
        model: String,
        /// The key of the parent visited last (the engine's own, as given in [`Parent::key`]).
        after: Option<String>,
        /// Which parents are wanted: all, or those changed since the last read.
        visit: Visit,
        /// When the last read began (microseconds since 1970), for `changed`.
        since_us: Option<i64>,
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

impl Stream {
    /// Whether it can read only changes.
    #[must_use]
    pub fn is_incremental(&self) -> bool {
        self.incremental.is_some() || self.visits_changed()
    }

    /// The model whose stored records are its parents.
    #[must_use]
    pub fn parent_model(&self) -> Option<&str> {
        match &self.parent.as_ref()?.source {
            ParentSource::Model(model) => Some(model),
            ParentSource::List(_) => None,
        }
    }

    /// Maps a raw record; see [`Mapping::map`].
    #[must_use]
    pub fn map(&self, cx: &Context, record: &RawRecord, ids: &dyn Ids) -> Outcome {
        let nothing = Value::new_null();
        self.mapping.map(&record.raw, &[record.parent.as_deref().unwrap_or(&nothing), &cx.config], ids)
    }

    /// The remote id of a raw record; see [`Mapping::remote_id`].
    pub fn remote_id(&self, cx: &Context, record: &RawRecord) -> Result<String, Reject> {
        let nothing = Value::new_null();
        self.mapping.remote_id(&record.raw, &[record.parent.as_deref().unwrap_or(&nothing), &cx.config])
    }

    fn visits_changed(&self) -> bool {
        self.parent
            .as_ref()
            .is_some_and(|parent| matches!(parent.source, ParentSource::Model(_)) && parent.visit == Visit::Changed)
    }
}
