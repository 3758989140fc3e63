//! The language of connectors: requests, paging, mapping. Pure.
//!
//! `Connector::load` turns a connector's folder into a checked, compiled [`Connector`]; its [`Stream`]s plan requests and read
//! replies as functions from values to values; [`map`] turns raw records into common models.
//! Always true: no clock, no randomness, no I/O; no credential is ever in a request built here.
//! Elsewhere: sending is `outbound`, credentials are `auth`, the loop is `engine::pull`, the files are embedded by `catalog`.

pub mod expr;
pub mod manifest;
pub mod map;

mod connector;
mod decode;
mod fault;
mod load;
mod native;
mod page;
mod record_id;
mod recording;
mod reply;
mod request;
mod stream;
mod times;

pub use connector::{CompiledScheme, Connector};
pub use fault::{Fault, FaultKind, Faults, Observation};
pub use load::LoadError;
pub use native::Native;
pub use page::{PageFault, PageState};
pub use record_id::*;
pub use recording::{Line, RecordedRequest, RecordedResponse, Recording, Vars};
pub use reply::Reply;
pub use request::{Context, ORIGIN_KEY, Request, RequestError};
pub use stream::{
    Bookmark, JoinRequest, Parent, RawRecord, Start, Step, Stream, StreamState, Turn, TurnError, VARIABLES,
};
