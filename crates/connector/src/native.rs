//! Native code of a connector: what the language cannot say, as pure functions.
//!
//! A connector's `native.rs` defines `pub const NATIVE: &dyn Native`; the `catalog` compiles it in by the folder's name.
//! Reach for it only when a second vendor would not need the same thing; if it would, extend the language.

use bytes::Bytes;

use crate::page::PageFault;
use crate::reply::Reply;

/// Hooks that a connector may fill; each defaults to "no opinion".
pub trait Native: Send + Sync + std::fmt::Debug {
    /// Decodes a reply of a stream into the JSON text that `records` and `page` then read.
    fn decode(&self, model: &str, stream: &str, reply: &Reply) -> Option<Result<Bytes, PageFault>> {
        let _ = (model, stream, reply);
        None
    }
}
