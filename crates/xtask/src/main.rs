//! Project automation: gen and tidy.
fn main() {}
