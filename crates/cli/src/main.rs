//! The unisono binary: joins the parts and reads the configuration.
fn main() {}
