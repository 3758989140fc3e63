//! Where a read stands, as a value that can be saved and taken up again.

use std::collections::VecDeque;
use std::sync::Arc;

use serde::{Deserialize, Serialize};
use sonic_rs::Value;

use crate::page::PageState;

/// What a read starts from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Start {
    /// Everything.
    Full,
    /// What changed since.
    Since(Bookmark),
}

/// Where the next incremental read begins.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Bookmark {
    /// A time of the vendor's clock, in microseconds since 1970 (the overlap is taken off when it is used).
    At(i64),
    /// An opaque token.
    Token(String),
}

/// Where a read stands; save it with each commit.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct StreamState {
    /// Whether everything is read, not only changes.
    pub full: bool,
    /// When the read began, in microseconds since 1970.
    pub began_us: i64,
    /// Where the current page chain stands.
    pub page: PageState,
    pub(super) phase: Phase,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) since: Option<Bookmark>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) window: Option<Window>,
    /// The parent list's page that is being visited.
    #[serde(default, skip_serializing_if = "is_first")]
    pub(super) parents: PageState,
    /// The parent list's page after it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) parents_next: Option<PageState>,
    /// The parent being visited.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) parent: Option<Visited>,
    /// The parents of the list's page that are still to visit; fetched again after a restart.
    #[serde(skip)]
    pub(super) queue: Option<VecDeque<Visited>>,
    /// Remote ids still to fetch.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub(super) fetch: Vec<String>,
    /// The page chain has ended; only `fetch` is left of it.
    #[serde(default)]
    pub(super) ended: bool,
    /// The latest time of change seen.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) seen_us: Option<i64>,
    /// The vendor's clock at the first reply.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) clock_us: Option<i64>,
    /// The token for the next read.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) token: Option<String>,
}

/// What the next step is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum Phase {
    /// A page of the list, or a fetch.
    List,
    /// A page of the parent list.
    Parents,
    /// A stored parent is wanted.
    Visit,
    /// Nothing is left.
    Done,
}

/// A part of the time range, and the parts after it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Window {
    pub(super) from_us: i64,
    pub(super) to_us: i64,
    pub(super) later: Vec<(i64, i64)>,
    /// Where the range ends.
    pub(super) until_us: i64,
}

/// A parent on its turn.
#[derive(Debug, Clone)]
pub(super) struct Visited {
    pub(super) key: String,
    pub(super) raw: Arc<Value>,
}

impl PartialEq for Visited {
    fn eq(&self, other: &Self) -> bool {
        self.key == other.key
    }
}

impl Serialize for Visited {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        (&self.key, self.raw.to_string()).serialize(serializer)
    }
}

impl<'de> Deserialize<'de> for Visited {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let (key, raw) = <(String, String)>::deserialize(deserializer)?;
        let raw = sonic_rs::from_str(&raw).map_err(serde::de::Error::custom)?;
        Ok(Self { key, raw: Arc::new(raw) })
    }
}

fn is_first(page: &PageState) -> bool {
    *page == PageState::default()
}

impl StreamState {
    /// Whether the read is complete.
    #[must_use]
    pub fn is_done(&self) -> bool {
        self.phase == Phase::Done
    }

    pub(super) fn new(full: bool, since: Option<Bookmark>, began_us: i64) -> Self {
        Self {
            full,
            began_us,
            page: PageState::default(),
            phase: Phase::List,
            since,
            window: None,
            parents: PageState::default(),
            parents_next: None,
            parent: None,
            queue: None,
            fetch: Vec::new(),
            ended: false,
            seen_us: None,
            clock_us: None,
            token: None,
        }
    }
}
