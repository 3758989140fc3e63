//! The language of connectors through its public boundary: manifests in, requests and records out.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, missing_docs)]

mod decoding;
mod docs;
mod faults;
mod incremental;
mod loading;
mod native;
mod paging;
mod parents;
mod recordings;
mod requests;
mod support;
