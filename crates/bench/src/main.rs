//! Benchmarks: the engine beside a bare loop doing the same work.
fn main() {}
