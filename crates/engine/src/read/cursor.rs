//! Cursors of record lists: opaque, versioned, and good only for the list and order they came from.
//!
//! A cursor holds where its page starts and, as far as they are remembered, where the pages before it started, so that
//! `previous` works without a second order of reading.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde::{Deserialize, Serialize};
use unisono_store::After;
use xxhash_rust::xxh3::xxh3_64;

/// How many earlier pages a cursor remembers.
const BACK_MAX: usize = 16;
/// Raised when the meaning of cursors changes.
const VERSION: u8 = 1;

#[derive(Serialize, Deserialize)]
struct Wire(u8, u64, Vec<Option<Place>>);

#[derive(Serialize, Deserialize, Clone)]
enum Place {
    #[serde(rename = "p")]
    Position(i64),
    #[serde(rename = "m")]
    Modified(i64),
    #[serde(rename = "f")]
    Field(Option<String>, i64),
}

/// Where a page starts, and where those before it did (`None` is the beginning of the list); the last one is the page's own.
pub(super) struct Trail {
    starts: Vec<Option<Place>>,
}

impl Trail {
    /// The first page.
    pub(super) fn beginning() -> Self {
        Self { starts: vec![None] }
    }

    /// Reads a cursor of the list `bound`; `None` when it is none.
    pub(super) fn read(cursor: &str, bound: &str) -> Option<Self> {
        let bytes = URL_SAFE_NO_PAD.decode(cursor.trim_end_matches('=')).ok()?;
        let Wire(version, list, starts) = serde_json::from_slice(&bytes).ok()?;
        let ours = version == VERSION && list == xxh3_64(bound.as_bytes()) && !starts.is_empty();
        (ours && starts.len() <= BACK_MAX).then_some(Self { starts })
    }

    /// Where this page starts.
    pub(super) fn start(&self) -> Option<After> {
        self.starts.last().cloned().flatten().map(|place| match place {
            Place::Position(pos) => After::Position(pos),
            Place::Modified(us) => After::Modified(us),
            Place::Field(value, pos) => After::Field { value, pos },
        })
    }

    /// The cursor of the page that starts after `after`.
    pub(super) fn next(&self, after: After, bound: &str) -> String {
        let mut starts = self.starts.clone();
        if starts.len() >= BACK_MAX {
            starts.remove(0);
        }
        starts.push(Some(match after {
            After::Position(pos) => Place::Position(pos),
            After::Modified(us) => Place::Modified(us),
            After::Field { value, pos } => Place::Field(value, pos),
        }));
        write(bound, starts)
    }

    /// The cursor of the page before; `None` on the first page and when it is too long ago.
    pub(super) fn previous(&self, bound: &str) -> Option<String> {
        let (_, before) = self.starts.split_last()?;
        (!before.is_empty()).then(|| write(bound, before.to_vec()))
    }
}

fn write(bound: &str, starts: Vec<Option<Place>>) -> String {
    let wire = Wire(VERSION, xxh3_64(bound.as_bytes()), starts);
    URL_SAFE_NO_PAD.encode(serde_json::to_vec(&wire).unwrap_or_default())
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn a_cursor_leads_on_and_back_in_its_own_list_only() {
        let first = Trail::beginning();
        assert!(first.previous("a").is_none());
        let second = Trail::read(&first.next(After::Position(7), "a"), "a").unwrap();
        assert_eq!(second.start(), Some(After::Position(7)));
        let back = Trail::read(&second.previous("a").unwrap(), "a").unwrap();
        assert_eq!(back.start(), None);
        assert!(Trail::read(&first.next(After::Position(7), "a"), "b").is_none());
        assert!(Trail::read("not a cursor", "a").is_none());
        assert!(Trail::read("", "a").is_none());
    }

    #[test]
    fn a_long_walk_does_not_make_cursors_grow_without_end() {
        let mut trail = Trail::beginning();
        for pos in 0..1000 {
            trail = Trail::read(&trail.next(After::Position(pos), "a"), "a").unwrap();
        }
        assert!(trail.next(After::Position(1000), "a").len() < 500);
        assert!(trail.previous("a").is_some());
    }
}
