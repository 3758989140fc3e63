//! Outbox: one row per commit that changed records, written in the same transaction; what leaves to the outside is read from here.

use crate::commit::LockedStream;
use crate::sql::{Sql, rows};
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
    /// Rows after a number, in order. With several writers on PostgreSQL a smaller number may still appear later: read again from an
    /// older one, or per stream by `to_us`.
    pub async fn outbox(&self, after_seq: i64, limit: usize) -> Result<Vec<OutboxRow>, StoreError> {
        self.pool
            .read(move |sql| {
                rows(
                    sql,
                    "select seq, project, account, model, from_us, to_us, added, changed, deleted from outbox
                     where seq > $1 order by seq limit $2",
                    &[after_seq.into(), crate::sql::limit(limit).into()],
                    |row| {
                        Ok(OutboxRow {
                            seq: row.int(0)?,
                            project: row.uuid(1)?,
                            account: row.uuid(2)?,
                            model: row.text(3)?,
                            from_us: row.int(4)?,
                            to_us: row.int(5)?,
                            counts: Counts {
                                added: row.int(6)?,
                                changed: row.int(7)?,
                                deleted: row.int(8)?,
                                ..Counts::default()
                            },
                        })
                    },
                )
            })
            .await
    }

    /// Removes rows whose changes are older than this; returns how many.
    pub async fn prune_outbox(&self, before_us: i64) -> Result<u64, StoreError> {
        self.pool.write(move |sql| sql.execute("delete from outbox where to_us < $1", &[before_us.into()])).await
    }
}

/// Notes what a transaction changed, from `first_us` to the stream's clock; nothing if it changed nothing.
pub(crate) fn append(
    sql: &mut dyn Sql,
    stream: &LockedStream,
    first_us: i64,
    counts: &Counts,
) -> Result<(), StoreError> {
    if counts.added + counts.changed + counts.deleted == 0 {
        return Ok(());
    }
    sql.execute(
        "insert into outbox (project, account, model, from_us, to_us, added, changed, deleted) values ($1, $2, $3, $4, $5, $6, $7, $8)",
        &[
            stream.project.into(),
            stream.account.into(),
            stream.model.as_str().into(),
            first_us.into(),
            stream.clock_us.into(),
            counts.added.into(),
            counts.changed.into(),
            counts.deleted.into(),
        ],
    )?;
    Ok(())
}
