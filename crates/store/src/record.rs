//! Records: what is known of them, one by one and in pages.

use crate::dialect::Dialect;
use crate::list::{self, By};
use crate::sql::{Column, Row, Sql, Value, limit, rows};
use crate::{Include, ListQuery, Scope, StoreError, account};
use bytes::Bytes;
use std::collections::HashMap;
use std::ops::Range;
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
        let (project, model, ids) = (self.project, model.to_owned(), ids.to_vec());
        self.store
            .pool
            .look(move |sql| {
                let mut found = HashMap::with_capacity(ids.len());
                if !account::owned(sql, project, account)? {
                    return Ok(vec![None; ids.len()]);
                }
                sql.query_each(KNOWN, &[account.into(), model.as_str().into()], Column::Uuids(&ids), &mut |row| {
                    let known = Known { pos: row.int(1)?, raw_hash: row.int(2)?, deleted: row.bool(3)? };
                    found.insert(row.uuid(0)?, known);
                    Ok(())
                })?;
                Ok(ids.iter().map(|id| found.get(id).copied()).collect())
            })
            .await
    }

    /// A page of records. By default in order of position, which no update changes: nothing is missed or doubled while records are
    /// rewritten.
    pub async fn list(&self, query: ListQuery) -> Result<RecordPage, StoreError> {
        let project = self.project;
        self.store
            .pool
            .read(move |sql| {
                let (text, values, by) = list::build(sql.dialect(), project, &query)?;
                let size = limit(query.page_size) as usize;
                let mut rows = RowBuffer { rows: Vec::with_capacity(size), ..RowBuffer::default() };
                let mut last = None;
                let mut more = false;
                sql.query(&text, &values, &mut |row| {
                    if rows.len() == size {
                        more = true;
                        return Ok(());
                    }
                    if let By::Field { .. } = by {
                        last = row.opt_text(ORDER_VALUE)?;
                    }
                    rows.push(row)
                })?;
                let rows = rows.finish();
                let next = rows.last().filter(|_| more).map(|row| match by {
                    By::Position => After::Position(row.pos),
                    By::Modified => After::Modified(row.modified_us),
                    By::Field { .. } => After::Field { value: last, pos: row.pos },
                });
                Ok(RecordPage { rows, next })
            })
            .await
    }

    /// One record, deleted or not.
    pub async fn record(
        &self,
        account: Uuid,
        model: &str,
        id: Uuid,
        include: Include,
    ) -> Result<Option<RecordRow>, StoreError> {
        Ok(self.fetch_many(account, model, &[id], include).await?.into_iter().next())
    }

    /// The records with these ids (at most 1,000), deleted or not, in no order; for expands.
    pub async fn fetch_many(
        &self,
        account: Uuid,
        model: &str,
        ids: &[Uuid],
        include: Include,
    ) -> Result<Vec<RecordRow>, StoreError> {
        if ids.len() > list::IDS_MAX {
            return Err(list::invalid(format!("more than {} ids", list::IDS_MAX)));
        }
        let (project, model, ids) = (self.project, model.to_owned(), ids.to_vec());
        self.store
            .pool
            .read(move |sql| {
                let mut rows = RowBuffer::default();
                let values = [account.into(), project.into(), model.as_str().into()];
                sql.query_each(&fetch(include), &values, Column::Uuids(&ids), &mut |row| rows.push(row))?;
                Ok(rows.finish())
            })
            .await
    }

    /// How many live records a stream has; 0 when there is no such stream.
    pub async fn count(&self, account: Uuid, model: &str) -> Result<i64, StoreError> {
        Ok(self.stream(account, model).await?.map_or(0, |stream| stream.live))
    }

    /// How the database carries out a list, as it says itself.
    pub async fn explain_list(&self, query: ListQuery) -> Result<String, StoreError> {
        let project = self.project;
        self.store
            .pool
            .read(move |sql| {
                let (text, values, _) = list::build(sql.dialect(), project, &query)?;
                explain(sql, &text, &values)
            })
            .await
    }

    /// How the database looks records up: for `known`, then for retrieving.
    pub async fn explain_lookups(&self, account: Uuid, model: &str, id: Uuid) -> Result<[String; 2], StoreError> {
        let (project, model) = (self.project, model.to_owned());
        self.store
            .pool
            .read(move |sql| {
                let known = KNOWN.replace("any(", "(");
                let known = explain(sql, &known, &[account.into(), model.as_str().into(), id.into()])?;
                let fetch = fetch(Include::default()).replace("any(", "(");
                let values = [account.into(), project.into(), model.as_str().into(), id.into()];
                Ok([known, explain(sql, &fetch, &values)?])
            })
            .await
    }
}

const KNOWN: &str = "select id, pos, raw_hash, deleted from record indexed by record_by_id
    where account = $1 and model = $2 and id = any($3)";

/// Where [`list::build`] puts the text of the ordering field.
const ORDER_VALUE: usize = 11;

fn fetch(include: Include) -> String {
    format!(
        "select {} from {} where r.account = (select a.id from account a where a.id = $1 and a.project = $2)
         and r.model = $3 and r.id = any($4)",
        list::columns(include),
        list::tables(include, true)
    )
}

fn explain(sql: &mut dyn Sql, text: &str, values: &[Value<'_>]) -> Result<String, StoreError> {
    let (prefix, column) = match sql.dialect() {
        Dialect::Sqlite => ("explain query plan ", 3),
        Dialect::Postgres => ("explain ", 0),
    };
    Ok(rows(sql, &format!("{prefix}{text}"), values, |row| row.text(column))?.join("\n"))
}

/// Rows whose JSON shares one buffer: a page costs a handful of allocations, not hundreds.
#[derive(Default)]
struct RowBuffer {
    text: Vec<u8>,
    rows: Vec<(RecordRow, [Option<Range<usize>>; 4])>,
}

impl RowBuffer {
    fn len(&self) -> usize {
        self.rows.len()
    }

    fn push(&mut self, row: &dyn Row) -> Result<(), StoreError> {
        let mut places = [const { None }; 4];
        for (place, column) in places.iter_mut().zip([3, 8, 9, 10]) {
            if let Some(bytes) = row.opt_bytes(column)? {
                let start = self.text.len();
                self.text.extend_from_slice(bytes);
                *place = Some(start..self.text.len());
            }
        }
        let record = RecordRow {
            pos: row.int(0)?,
            id: row.uuid(1)?,
            remote_id: row.text(2)?,
            unified: Bytes::new(),
            deleted: row.bool(4)?,
            created_us: row.int(5)?,
            modified_us: row.int(6)?,
            raw_hash: row.int(7)?,
            remote_data: None,
            origins: None,
            remote_fields: None,
        };
        self.rows.push((record, places));
        Ok(())
    }

    fn finish(self) -> Vec<RecordRow> {
        let text = Bytes::from(self.text);
        let cut = |place: Option<Range<usize>>| place.map(|place| text.slice(place));
        self.rows
            .into_iter()
            .map(|(row, [unified, data, origins, fields])| RecordRow {
                unified: cut(unified).unwrap_or_default(),
                remote_data: cut(data),
                origins: cut(origins),
                remote_fields: cut(fields),
                ..row
            })
            .collect()
    }
}
