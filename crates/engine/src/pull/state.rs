//! State: what is kept of a stream between pages and between runs, as the JSON that the store keeps for us.

use std::collections::BTreeMap;

use bytes::Bytes;
use serde::{Deserialize, Serialize};
use unisono_connector::{Bookmark, Stream, StreamState};
use uuid::Uuid;
use xxhash_rust::xxh3::xxh3_64;

/// Everything that is kept of a stream of records.
#[derive(Debug, Default, Serialize, Deserialize)]
pub(super) struct Saved {
    /// Version of the mappings at the last full pass.
    #[serde(default)]
    pub(super) mapping: u64,
    /// Where the next incremental read begins, by source.
    #[serde(default)]
    pub(super) bookmarks: BTreeMap<String, Bookmark>,
    /// End of the last full pass.
    #[serde(default)]
    pub(super) full_us: Option<i64>,
    /// How often in a row a read had to start over.
    #[serde(default)]
    pub(super) restarts: u32,
    /// The read under way.
    #[serde(default)]
    pub(super) reading: Option<Reading>,
}

/// A run under way.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(super) struct Reading {
    pub(super) run: Uuid,
    pub(super) full: bool,
    pub(super) mapping: u64,
    pub(super) started_us: i64,
    /// Sources read to their end.
    pub(super) done: usize,
    /// Where the current source stands.
    #[serde(default)]
    pub(super) at: Option<StreamState>,
    /// Bookmarks of the sources read so far.
    #[serde(default)]
    pub(super) bookmarks: BTreeMap<String, Bookmark>,
    /// What could not be read, in plain words.
    #[serde(default)]
    pub(super) refused: Vec<String>,
    /// Records without a readable id: nobody knows whom they stand for.
    #[serde(default)]
    pub(super) nameless: u64,
    /// Records that could not be mapped.
    #[serde(default)]
    pub(super) rejected: u64,
}

impl Saved {
    /// Reads what was saved; state of an older shape starts over with a full pass.
    pub(super) fn read(bytes: Option<&[u8]>) -> Self {
        bytes.and_then(|bytes| serde_json::from_slice(bytes).ok()).unwrap_or_default()
    }

    pub(super) fn write(&self) -> anyhow::Result<Bytes> {
        Ok(serde_json::to_vec(self)?.into())
    }
}

impl Reading {
    pub(super) fn new(run: Uuid, full: bool, mapping: u64, started_us: i64) -> Self {
        Self {
            run,
            full,
            mapping,
            started_us,
            done: 0,
            at: None,
            bookmarks: BTreeMap::new(),
            refused: Vec::new(),
            nameless: 0,
            rejected: 0,
        }
    }
}

/// Changes whenever a source of the model, or how it is mapped, changes.
pub(super) fn mapping_version(sources: &[Stream]) -> u64 {
    let mut bytes = Vec::new();
    for source in sources {
        bytes.extend_from_slice(source.name.as_bytes());
        bytes.extend_from_slice(&source.mapping.version().to_le_bytes());
    }
    xxh3_64(&bytes)
}
