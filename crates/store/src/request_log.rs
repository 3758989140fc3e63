//! Request log: what was asked of vendors. URLs arrive redacted; bodies are never stored.

use crate::sql::{Bulk, Column, Row, Sql, Where, limit, rows};
use crate::{Page, Scope, Store, StoreError, account};
use std::collections::HashMap;
use std::collections::hash_map::Entry;
use uuid::Uuid;

/// One request to a vendor.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RequestEntry {
    /// The account.
    pub account: Uuid,
    /// The run it belongs to.
    pub run: Option<Uuid>,
    /// HTTP method.
    pub method: String,
    /// Redacted URL.
    pub url: String,
    /// HTTP status; `None` when there was no reply.
    pub status: Option<i64>,
    /// How long it took.
    pub duration_us: i64,
    /// Bytes received.
    pub bytes: i64,
    /// What went wrong.
    pub error: Option<String>,
    /// When it was sent.
    pub at_us: i64,
}

/// A stored request and its number.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RequestRow {
    /// Number; the list's cursor.
    pub seq: i64,
    /// The request.
    pub entry: RequestEntry,
}

/// Which requests to list.
#[derive(Debug, Clone, Default)]
pub struct RequestFilter {
    /// Of this account.
    pub account: Option<Uuid>,
    /// Of this run.
    pub run: Option<Uuid>,
    /// Failed ones only: no reply or a status of 400 and above.
    pub failed: bool,
    /// Goes on after (before in time) this number.
    pub after: Option<i64>,
    /// Rows per page.
    pub page_size: usize,
}

const REQUEST: Bulk = Bulk {
    table: "request_log",
    fixed: &[("project", "uuid")],
    columns: &["account", "run", "method", "url", "status", "duration_us", "bytes", "error", "at_us"],
    tail: "",
};

impl Scope {
    /// Appends requests, in one transaction; of accounts that are no longer there, none.
    pub async fn log_requests(&self, mut entries: Vec<RequestEntry>) -> Result<(), StoreError> {
        let project = self.project;
        self.store
            .pool
            .write(move |sql| {
                let mut known = HashMap::new();
                for entry in &entries {
                    if let Entry::Vacant(place) = known.entry(entry.account) {
                        place.insert(account::exists(sql, project, entry.account)?);
                    }
                }
                entries.retain(|entry| known.get(&entry.account).copied().unwrap_or_default());
                append(sql, project, &entries)
            })
            .await
    }

    /// Requests, newest first.
    pub async fn requests(&self, wanted: RequestFilter) -> Result<Page<RequestRow, i64>, StoreError> {
        let project = self.project;
        self.store
            .pool
            .read(move |sql| {
                let mut filter = Where::default();
                filter.and_some("project =", Some(project));
                filter.and_some("account =", wanted.account);
                filter.and_some("run =", wanted.run);
                if wanted.failed {
                    filter.and("(status is null or status >= 400)");
                }
                filter.and_some("seq <", wanted.after);
                let limit = filter.bind(limit(wanted.page_size) + 1);
                let text = format!(
                    "select seq, account, run, method, url, status, duration_us, bytes, error, at_us from request_log{}
                     order by seq desc limit {limit}",
                    filter.text
                );
                let found = rows(sql, &text, &filter.values, read_request)?;
                Ok(Page::cut(found, wanted.page_size, |row| row.seq))
            })
            .await
    }
}

impl Store {
    /// Removes requests older than this; returns how many.
    pub async fn prune_requests(&self, before_us: i64) -> Result<u64, StoreError> {
        self.pool.write(move |sql| sql.execute("delete from request_log where at_us < $1", &[before_us.into()])).await
    }
}

fn append(sql: &mut dyn Sql, project: Uuid, entries: &[RequestEntry]) -> Result<(), StoreError> {
    let accounts: Vec<Uuid> = entries.iter().map(|e| e.account).collect();
    let runs: Vec<Option<Uuid>> = entries.iter().map(|e| e.run).collect();
    let methods: Vec<&str> = entries.iter().map(|e| e.method.as_str()).collect();
    let urls: Vec<&str> = entries.iter().map(|e| e.url.as_str()).collect();
    let statuses: Vec<Option<i64>> = entries.iter().map(|e| e.status).collect();
    let durations: Vec<i64> = entries.iter().map(|e| e.duration_us).collect();
    let bytes: Vec<i64> = entries.iter().map(|e| e.bytes).collect();
    let errors: Vec<Option<&str>> = entries.iter().map(|e| e.error.as_deref()).collect();
    let times: Vec<i64> = entries.iter().map(|e| e.at_us).collect();
    let columns = [
        Column::Uuids(&accounts),
        Column::OptUuids(&runs),
        Column::Texts(&methods),
        Column::Texts(&urls),
        Column::OptInts(&statuses),
        Column::Ints(&durations),
        Column::Ints(&bytes),
        Column::OptTexts(&errors),
        Column::Ints(&times),
    ];
    sql.insert_each(&REQUEST, &[project.into()], &columns).map(drop)
}

fn read_request(row: &dyn Row) -> Result<RequestRow, StoreError> {
    Ok(RequestRow {
        seq: row.int(0)?,
        entry: RequestEntry {
            account: row.uuid(1)?,
            run: row.opt_uuid(2)?,
            method: row.text(3)?,
            url: row.text(4)?,
            status: row.opt_int(5)?,
            duration_us: row.int(6)?,
            bytes: row.int(7)?,
            error: row.opt_text(8)?,
            at_us: row.int(9)?,
        },
    })
}
