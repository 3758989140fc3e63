//! Outbox: one row per commit that changed records, written in the same transaction; what leaves to the outside is read from here.

use crate::{Counts, Store, StoreError};
use uuid::Uuid;

/// Changes of one commit: the records of the stream with `from_us <= modified_us <= to_us`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OutboxRow {
    /// Number, growing.
    pub seq: i64,
    /// The project.
    pub project: Uuid,
    /// The account.
    pub account: Uuid,
    /// The model.
    pub model: String,
    /// First `modified_us`.
    pub from_us: i64,
    /// Last `modified_us`.
    pub to_us: i64,
    /// How many were added, changed and deleted.
    pub counts: Counts,
}

impl Store {
    /// Rows after a number, in order. With several writers on PostgreSQL a smaller number may still appear later: read again from an older one, or per stream by `to_us`.
    pub async fn outbox(&self, after_seq: i64, limit: usize) -> Result<Vec<OutboxRow>, StoreError> {
        todo!()
    }

    /// Removes rows whose changes are older than this; returns how many.
    pub async fn prune_outbox(&self, before_us: i64) -> Result<u64, StoreError> {
        todo!()
    }
}
