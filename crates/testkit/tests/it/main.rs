//! End to end: real systems, Merge's SDK, every connector over its simulated vendor.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::print_stderr, missing_docs)]

mod connectors;
mod contract;
mod database;
mod models;
mod recordings;
mod redmine;
mod sdk;
