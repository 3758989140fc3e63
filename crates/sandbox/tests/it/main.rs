//! The simulated vendors and their language, tried with plain HTTP from outside.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, missing_docs)]

mod bamboohr;
mod common;
mod contract;
mod faults;
mod greenhouse;
mod hubspot;
mod load;
mod redmine;
