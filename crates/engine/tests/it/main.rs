//! The verbs against a real vendor server on loopback, a real database and a hand-moved clock.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, missing_docs)]

mod faults;
mod harness;
mod linking;
mod pulling;
mod reading;
mod vendor;
