//! Database URLs.

use crate::OpenError;

/// A parsed database URL.
#[derive(Debug)]
pub(crate) enum Target {
    /// A file.
    Sqlite(String),
    /// A server.
    Postgres(String),
}

impl Target {
    /// Parses `sqlite:PATH` or `postgres://…`.
    pub(crate) fn parse(_url: &str) -> Result<Self, OpenError> {
        todo!()
    }
}
