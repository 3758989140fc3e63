//! Parameters: what a path or query value may be.
//!
//! Always true: a value is checked against its kind before any operation runs.
//! Elsewhere: reading them from a request is `query`.

use std::borrow::Cow;

/// Where a parameter stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Place {
    /// A segment of the path.
    Path,
    /// A query value.
    Query,
}

/// What a value may be.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Kind {
    /// Any text.
    Text,
    /// A whole number within bounds.
    Integer {
        /// Smallest value.
        min: i64,
        /// Largest value.
        max: i64,
    },
    /// `true` or `false`.
    Boolean,
    /// An ISO 8601 time.
    DateTime,
    /// A UUID.
    Id,
    /// One of these.
    OneOf(Vec<String>),
    /// Some of these, separated by commas.
    Csv(Vec<String>),
}

/// One declared parameter.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Param {
    /// Name as written in the request.
    pub name: Cow<'static, str>,
    /// Where it stands.
    pub place: Place,
    /// What it may be.
    pub kind: Kind,
    /// One line on what it does.
    pub about: Cow<'static, str>,
}

impl Param {
    /// A query parameter.
    pub fn query(name: impl Into<Cow<'static, str>>, kind: Kind, about: impl Into<Cow<'static, str>>) -> Self {
        Self { name: name.into(), place: Place::Query, kind, about: about.into() }
    }

    /// A path parameter.
    pub fn path(name: impl Into<Cow<'static, str>>, kind: Kind, about: impl Into<Cow<'static, str>>) -> Self {
        Self { name: name.into(), place: Place::Path, kind, about: about.into() }
    }
}
