//! The HTTP surface against a real engine on SQLite: what callers see.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, missing_docs)]

mod access;
mod admin;
mod app;
mod errors;
mod lists;
mod platform;
mod replies;
