//! Auth against a real token server on loopback and a real store.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, missing_docs)]

mod refresh;
mod schemes;
mod vendor;
