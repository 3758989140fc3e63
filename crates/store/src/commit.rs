//! Commit: one page of a pull, all or nothing.
//!
//! Always true: records, rejects, stream state, seen marks, run counters and the outbox row are one transaction under the stream's row
//! lock; a stale fence commits nothing; unchanged records are not written; `modified_us` only grows within a stream and never repeats.
//! Elsewhere: which records are unchanged is found by `known` (`record.rs`) before mapping; tombstones of a full pass are in `full_pass.rs`.

use crate::sql::{Bulk, Column, Sql, Value, first};
use crate::{JobFence, Reject, Scope, StoreError, outbox, reject, run, seen};
use bytes::Bytes;
use std::collections::{HashMap, HashSet};
use uuid::Uuid;

/// A new or changed record. Text is UTF-8 JSON.
#[derive(Debug, Clone)]
pub struct Upsert {
    /// UUIDv5 of account, model and remote id.
    pub id: Uuid,
    /// The vendor's id.
    pub remote_id: String,
    /// Hash of the raw record and the mapping version.
    pub raw_hash: i64,
    /// The model's own fields, in model order.
    pub unified: Bytes,
    /// `[{"path", "data"}]`; `None` keeps no raw data.
    pub remote_data: Option<Bytes>,
    /// The vendor's enum values, `{"gender": "Female"}`.
    pub origins: Option<Bytes>,
    /// The `remote_fields` value of models that have it.
    pub remote_fields: Option<Bytes>,
}

/// One page, to be committed.
#[derive(Debug, Clone, Default)]
pub struct PageCommit {
    /// The account.
    pub account: Uuid,
    /// The model.
    pub model: String,
    /// The run this page belongs to; its counters grow. `None` for read-backs.
    pub run: Option<Uuid>,
    /// The job that does this: its fence must still be the newest.
    pub fence: Option<JobFence>,
    /// The run is a full pass: mark what was seen.
    pub full_pass: bool,
    /// New and changed records. The last one wins if an id comes twice.
    pub upserts: Vec<Upsert>,
    /// Records the vendor says are deleted; unknown ids are ignored.
    pub removed: Vec<Uuid>,
    /// Positions of known records that are unchanged.
    pub seen: Vec<i64>,
    /// Records that could not be mapped.
    pub rejects: Vec<Reject>,
    /// Keys of earlier rejects that mapped this time (keys never rejected are ignored).
    pub cleared_rejects: Vec<String>,
    /// New stream state; `None` leaves it.
    pub state: Option<Bytes>,
    /// Requests it took.
    pub requests: i64,
    /// Pages it is, usually 1.
    pub pages: i64,
    /// Now.
    pub now_us: i64,
}

/// What a commit or a run did.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Counts {
    /// Records not there before.
    pub added: i64,
    /// Records whose unified form changed or that came back after a deletion.
    pub changed: i64,
    /// Records tombstoned.
    pub deleted: i64,
    /// Records left as they were.
    pub unchanged: i64,
    /// Records that could not be mapped.
    pub rejected: i64,
    /// Requests to the vendor.
    pub requests: i64,
    /// Pages.
    pub pages: i64,
}

/// A page could not be committed; nothing of it was.
#[derive(Debug, thiserror::Error)]
pub enum CommitError {
    /// Another process has taken the job over: stop working on it.
    #[error("job {job} was taken over")]
    Fenced {
        /// The job.
        job: Uuid,
    },
    /// The project has no such account, or the account no such stream.
    #[error("stream {model} of account {account} does not exist")]
    NoStream {
        /// The account.
        account: Uuid,
        /// The model.
        model: String,
    },
    /// The database failed.
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl Scope {
    /// Commits one page.
    pub async fn commit(&self, page: PageCommit) -> Result<Counts, CommitError> {
        let project = self.project;
        self.store.pool.write(move |sql| commit(sql, project, &page)).await
    }
}

fn commit(sql: &mut dyn Sql, project: Uuid, page: &PageCommit) -> Result<Counts, CommitError> {
    let mut stream = lock_stream(sql, project, page.account, &page.model)?;
    check_fence(sql, page.fence)?;
    let first_us = stream.next_us(page.now_us);
    let stored = stored(sql, page)?;
    let mut plan = plan(page, &stored, &mut stream);
    write_records(sql, page, &plan)?;
    write_rejects(sql, page)?;

    plan.seen.extend_from_slice(&page.seen);
    if let Some(run) = page.run.filter(|_| page.full_pass) {
        seen::mark(sql, page.account, &page.model, run, &plan.seen)?;
    }
    if let Some(held) = stream.held_run.filter(|held| Some(*held) != page.run || !page.full_pass) {
        seen::mark(sql, page.account, &page.model, held, &plan.seen)?;
    }

    let mut counts = plan.counts;
    counts.unchanged += page.seen.len() as i64;
    counts.rejected = page.rejects.len() as i64;
    counts.requests = page.requests;
    counts.pages = page.pages;
    stream.save(sql, page.state.as_deref())?;
    if let Some(run) = page.run {
        run::add_counts(sql, page.account, run, &counts)?;
    }
    outbox::append(sql, &stream, first_us, &counts)?;
    Ok(counts)
}

/// What commits know and change of a stream, under its row lock.
#[derive(Debug)]
pub(crate) struct LockedStream {
    pub(crate) project: Uuid,
    pub(crate) account: Uuid,
    pub(crate) model: String,
    pub(crate) next_pos: i64,
    pub(crate) clock_us: i64,
    pub(crate) live: i64,
    pub(crate) held_run: Option<Uuid>,
}

impl LockedStream {
    /// What [`Self::tick`] would return.
    pub(crate) fn next_us(&self, now_us: i64) -> i64 {
        now_us.max(self.clock_us + 1)
    }

    /// The hybrid clock: now, or one more than ever before.
    pub(crate) fn tick(&mut self, now_us: i64) -> i64 {
        self.clock_us = self.next_us(now_us);
        self.clock_us
    }

    /// Writes back; `None` leaves the state.
    pub(crate) fn save(&self, sql: &mut dyn Sql, state: Option<&[u8]>) -> Result<(), StoreError> {
        let (account, model) = (self.account.into(), self.model.as_str().into());
        let (pos, clock, live) = (self.next_pos.into(), self.clock_us.into(), self.live.into());
        match state {
            Some(state) => sql.execute(
                "update stream set next_pos = $3, clock_us = $4, live = $5, state = $6 where account = $1 and model = $2",
                &[account, model, pos, clock, live, Value::Json(state)],
            ),
            None => sql.execute(
                "update stream set next_pos = $3, clock_us = $4, live = $5 where account = $1 and model = $2",
                &[account, model, pos, clock, live],
            ),
        }
        .map(drop)
    }
}

/// Locks the row of a stream, if the project has it.
pub(crate) fn lock_stream(
    sql: &mut dyn Sql,
    project: Uuid,
    account: Uuid,
    model: &str,
) -> Result<LockedStream, CommitError> {
    let found = first(
        sql,
        "select next_pos, clock_us, live, held_run from stream where account = $1 and model = $2 and project = $3 for update",
        &[account.into(), model.into(), project.into()],
        |row| {
            Ok(LockedStream {
                project,
                account,
                model: model.to_owned(),
                next_pos: row.int(0)?,
                clock_us: row.int(1)?,
                live: row.int(2)?,
                held_run: row.opt_uuid(3)?,
            })
        },
    )?;
    found.ok_or_else(|| CommitError::NoStream { account, model: model.to_owned() })
}

/// Fails unless the job is still ours; it stays so until the transaction ends.
pub(crate) fn check_fence(sql: &mut dyn Sql, proof: Option<JobFence>) -> Result<(), CommitError> {
    let Some(JobFence { job, fence }) = proof else { return Ok(()) };
    let text = "select fence from job where id = $1 and fence = $2 and state = 'RUNNING' for share";
    let held = first(sql, text, &[job.into(), fence.into()], |row| row.int(0))?;
    if held.is_none() {
        return Err(CommitError::Fenced { job });
    }
    Ok(())
}

struct Stored {
    pos: i64,
    raw_hash: i64,
    deleted: bool,
    created_us: i64,
    modified_us: i64,
    unified: Vec<u8>,
}

/// What is stored of the page's records.
fn stored(sql: &mut dyn Sql, page: &PageCommit) -> Result<HashMap<Uuid, Stored>, StoreError> {
    let mut ids: Vec<Uuid> = page.upserts.iter().map(|upsert| upsert.id).collect();
    ids.extend_from_slice(&page.removed);
    ids.extend(page.rejects.iter().filter_map(|reject| reject.id));
    let mut found = HashMap::with_capacity(ids.len());
    if ids.is_empty() {
        return Ok(found);
    }
    sql.query_each(
        "select id, pos, raw_hash, deleted, created_us, modified_us, unified from record indexed by record_by_id
         where account = $1 and model = $2 and id = any($3)",
        &[page.account.into(), page.model.as_str().into()],
        Column::Uuids(&ids),
        &mut |row| {
            let stored = Stored {
                pos: row.int(1)?,
                raw_hash: row.int(2)?,
                deleted: row.bool(3)?,
                created_us: row.int(4)?,
                modified_us: row.int(5)?,
                unified: row.bytes(6)?.to_vec(),
            };
            found.insert(row.uuid(0)?, stored);
            Ok(())
        },
    )?;
    Ok(found)
}

/// A record to write.
struct Write<'p> {
    upsert: &'p Upsert,
    pos: i64,
    created_us: i64,
    modified_us: i64,
}

#[derive(Default)]
struct Plan<'p> {
    inserts: Vec<Write<'p>>,
    updates: Vec<Write<'p>>,
    /// Position and `modified_us`.
    removed: (Vec<i64>, Vec<i64>),
    seen: Vec<i64>,
    counts: Counts,
}

/// Decides what becomes of each record; computes only.
fn plan<'p>(page: &'p PageCommit, stored: &HashMap<Uuid, Stored>, stream: &mut LockedStream) -> Plan<'p> {
    let mut plan = Plan::default();
    let last: HashMap<Uuid, usize> = page.upserts.iter().enumerate().map(|(n, upsert)| (upsert.id, n)).collect();
    let upserts = page.upserts.iter().enumerate().filter(|(n, upsert)| last.get(&upsert.id) == Some(n));
    for (_, upsert) in upserts {
        let Some(old) = stored.get(&upsert.id) else {
            let (pos, now) = (stream.next_pos, stream.tick(page.now_us));
            stream.next_pos += 1;
            stream.live += 1;
            plan.counts.added += 1;
            plan.seen.push(pos);
            plan.inserts.push(Write { upsert, pos, created_us: now, modified_us: now });
            continue;
        };
        plan.seen.push(old.pos);
        let write = |modified_us| Write { upsert, pos: old.pos, created_us: old.created_us, modified_us };
        if old.deleted || old.unified != upsert.unified {
            plan.counts.changed += 1;
            stream.live += i64::from(old.deleted);
            plan.updates.push(write(stream.tick(page.now_us)));
        } else {
            plan.counts.unchanged += 1;
            if old.raw_hash != upsert.raw_hash {
                plan.updates.push(write(old.modified_us));
            }
        }
    }
    let mut gone = HashSet::new();
    for id in page.removed.iter().filter(|id| !last.contains_key(id)) {
        let Some(old) = stored.get(id) else { continue };
        plan.seen.push(old.pos);
        if !old.deleted && gone.insert(*id) {
            plan.counts.deleted += 1;
            stream.live -= 1;
            plan.removed.0.push(old.pos);
            plan.removed.1.push(stream.tick(page.now_us));
        }
    }
    plan.seen.extend(page.rejects.iter().filter_map(|reject| stored.get(&reject.id?).map(|old| old.pos)));
    plan
}

const FIXED: &[(&str, &str)] = &[("account", "uuid"), ("model", "text")];

const RECORD: Bulk = Bulk {
    table: "record",
    fixed: FIXED,
    columns: &["pos", "id", "remote_id", "raw_hash", "unified", "deleted", "created_us", "modified_us"],
    tail: "",
};

const RECORD_AGAIN: Bulk = Bulk {
    tail:
        "on conflict (account, model, pos) do update set remote_id = excluded.remote_id, raw_hash = excluded.raw_hash,
           unified = excluded.unified, deleted = excluded.deleted, modified_us = excluded.modified_us",
    ..RECORD
};

const REMOTE: Bulk = Bulk {
    table: "remote_data",
    fixed: FIXED,
    columns: &["pos", "data", "origins", "remote_fields"],
    tail: "on conflict (account, model, pos) do update set data = excluded.data, origins = excluded.origins,
           remote_fields = excluded.remote_fields",
};

fn write_records(sql: &mut dyn Sql, page: &PageCommit, plan: &Plan<'_>) -> Result<(), StoreError> {
    let stream = [page.account.into(), page.model.as_str().into()];
    for (bulk, writes) in [(&RECORD, &plan.inserts), (&RECORD_AGAIN, &plan.updates)] {
        if writes.is_empty() {
            continue;
        }
        let pos: Vec<i64> = writes.iter().map(|w| w.pos).collect();
        let ids: Vec<Uuid> = writes.iter().map(|w| w.upsert.id).collect();
        let remote_ids: Vec<&str> = writes.iter().map(|w| w.upsert.remote_id.as_str()).collect();
        let hashes: Vec<i64> = writes.iter().map(|w| w.upsert.raw_hash).collect();
        let unified: Vec<Option<&[u8]>> = writes.iter().map(|w| Some(w.upsert.unified.as_ref())).collect();
        let created: Vec<i64> = writes.iter().map(|w| w.created_us).collect();
        let modified: Vec<i64> = writes.iter().map(|w| w.modified_us).collect();
        let columns = [
            Column::Ints(&pos),
            Column::Uuids(&ids),
            Column::Texts(&remote_ids),
            Column::Ints(&hashes),
            Column::Json(&unified),
            Column::Bools(&vec![false; writes.len()]),
            Column::Ints(&created),
            Column::Ints(&modified),
        ];
        sql.insert_each(bulk, &stream, &columns)?;
        write_remote(sql, &stream, writes)?;
    }
    let (pos, us) = (Column::Ints(&plan.removed.0), Column::Ints(&plan.removed.1));
    sql.update_each(
        "update record set deleted = true, modified_us = v.us from {rows}
         where record.account = $1 and record.model = $2 and record.pos = v.pos",
        &stream,
        &[("pos", pos), ("us", us)],
    )?;
    Ok(())
}

fn write_remote(sql: &mut dyn Sql, stream: &[Value<'_>], writes: &[Write<'_>]) -> Result<(), StoreError> {
    let kept = || {
        let any = |u: &Upsert| u.remote_data.is_some() || u.origins.is_some() || u.remote_fields.is_some();
        writes.iter().filter(move |w| any(w.upsert))
    };
    let pos: Vec<i64> = kept().map(|w| w.pos).collect();
    let data: Vec<Option<&[u8]>> = kept().map(|w| w.upsert.remote_data.as_deref()).collect();
    let origins: Vec<Option<&[u8]>> = kept().map(|w| w.upsert.origins.as_deref()).collect();
    let fields: Vec<Option<&[u8]>> = kept().map(|w| w.upsert.remote_fields.as_deref()).collect();
    let columns = [Column::Ints(&pos), Column::Json(&data), Column::Json(&origins), Column::Json(&fields)];
    sql.insert_each(&REMOTE, stream, &columns).map(drop)
}

fn write_rejects(sql: &mut dyn Sql, page: &PageCommit) -> Result<(), StoreError> {
    let mapped = page.upserts.iter().map(|upsert| upsert.remote_id.as_str());
    let cleared: Vec<&str> = mapped.chain(page.cleared_rejects.iter().map(String::as_str)).collect();
    reject::clear(sql, page.account, &page.model, cleared, &page.seen)?;
    reject::put(sql, page.account, &page.model, &page.rejects, page.now_us)
}
