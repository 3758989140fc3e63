//! Records: what is known of them, one by one and in pages.

use crate::{Include, ListQuery, Scope, StoreError};
use bytes::Bytes;
use uuid::Uuid;

/// What is known of a record before it is mapped again.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Known {
    /// Its position in the stream.
    pub pos: i64,
    /// Hash at its last write.
    pub raw_hash: i64,
    /// It is a tombstone: send it as an upsert to bring it back.
    pub deleted: bool,
}

/// A record as served.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RecordRow {
    /// Position in the stream.
    pub pos: i64,
    /// Its id.
    pub id: Uuid,
    /// The vendor's id.
    pub remote_id: String,
    /// The model's own fields as JSON; rows of one page share one buffer.
    pub unified: Bytes,
    /// It was deleted at the vendor.
    pub deleted: bool,
    /// When it was first stored.
    pub created_us: i64,
    /// When its unified form last changed.
    pub modified_us: i64,
    /// Hash at its last write.
    pub raw_hash: i64,
    /// `[{"path", "data"}]`, when asked for and kept.
    pub remote_data: Option<Bytes>,
    /// The vendor's enum values, when asked for and kept.
    pub origins: Option<Bytes>,
    /// The `remote_fields` value, when asked for and kept.
    pub remote_fields: Option<Bytes>,
}

/// Where a list of records goes on.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum After {
    /// After this position.
    Position(i64),
    /// After this `modified_us`.
    Modified(i64),
    /// After this value of the ordering field (`None`: among the records without one) and position.
    Field {
        /// The last row's value as text.
        value: Option<String>,
        /// The last row's position.
        pos: i64,
    },
}

/// A page of records.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RecordPage {
    /// The rows.
    pub rows: Vec<RecordRow>,
    /// `None` on the last page.
    pub next: Option<After>,
}

impl Scope {
    /// What is known of these records, in their order. Reads an index only.
    pub async fn known(&self, account: Uuid, model: &str, ids: &[Uuid]) -> Result<Vec<Option<Known>>, StoreError> {
        todo!()
    }

    /// A page of records. By default in order of position, which no update changes: nothing is missed or doubled while records are rewritten.
    pub async fn list(&self, query: ListQuery) -> Result<RecordPage, StoreError> {
        todo!()
    }

    /// One record, deleted or not.
    pub async fn record(
        &self,
        account: Uuid,
        model: &str,
        id: Uuid,
        include: Include,
    ) -> Result<Option<RecordRow>, StoreError> {
        todo!()
    }

    /// The records with these ids (at most 1,000), deleted or not, in no order; for expands.
    pub async fn fetch_many(
        &self,
        account: Uuid,
        model: &str,
        ids: &[Uuid],
        include: Include,
    ) -> Result<Vec<RecordRow>, StoreError> {
        todo!()
    }

    /// How many live records a stream has; 0 when there is no such stream.
    pub async fn count(&self, account: Uuid, model: &str) -> Result<i64, StoreError> {
        todo!()
    }
}
