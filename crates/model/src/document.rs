//! The files as serde sees them.
