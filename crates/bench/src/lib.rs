//! Benchmarks: the engine beside a bare loop that does the same work, in one run.
//!
//! Always true: both sides fetch the same pages from the same server process, compute the same ids and hashes, and write raw and
//! unified JSON into the same tables; each phase's CPU is that of the measured process alone.
//! Elsewhere: `./dev bench` runs the binary; `benches/mapping.rs` measures mapping by itself.
#![allow(
    clippy::print_stdout,
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "a benchmark may stop at any surprise"
)]

pub mod bare;
pub mod employees;
pub mod hard_coded;
pub mod load;
pub mod meter;
pub mod ours;
pub mod serving;
pub mod vendor;
