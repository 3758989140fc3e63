//! The store's behaviour, held by SQLite and PostgreSQL alike.
//!
//! SQLite runs in a temporary directory; PostgreSQL where `UNISONO_TEST_POSTGRES` says (each test in a schema of its own), else it
//! is left out with a note.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::print_stderr, missing_docs)]

mod accounts;
mod commit;
mod db;
mod full_pass;
mod jobs;
mod links;
mod lists;
mod opening;
