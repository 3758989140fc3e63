//! TestApp: the whole of Unisono in one process, over a fresh database, with simulated vendors on loopback.
//!
//! Always true: what a test reaches is what a customer reaches (HTTP, or the verbs); every app has a database of its own; what a
//! test needs from outside comes by environment variable, and a missing one is told.
//! Elsewhere: the tests are `tests/it`; the real systems they use are started by `./dev test` (`real/`).
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::print_stderr,
    reason = "what goes wrong ends the test"
)]

mod app;
mod clock;
mod outside;
mod setup;
mod shelf;

pub use app::{Answer, Linked, TestApp};
pub use clock::TestClock;
pub use outside::{Ran, beside, client, needed, root, run};
pub use setup::Setup;
pub use shelf::Shelf;
