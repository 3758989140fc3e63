//! Sync runs: the history of what syncs did.

use crate::commit::{LockedStream, lock_stream};
use crate::sql::{Row, Sql, Where, first, limit, rows};
use crate::{CommitError, Counts, Keyset, Page, Scope, Store, StoreError, seen};
use uuid::Uuid;

/// What a run reads.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum RunKind {
    /// Everything; its end shows deletions.
    Full,
    /// What changed since the bookmark.
    Incremental,
}

impl RunKind {
    /// The word in the database.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Full => "full",
            Self::Incremental => "incremental",
        }
    }

    /// Reads the word.
    pub fn parse(word: &str) -> Option<Self> {
        [Self::Full, Self::Incremental].into_iter().find(|s| s.as_str() == word)
    }
}

/// How a run ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum RunResult {
    /// Everything was read.
    Complete,
    /// It ended, but something is missing (rejects, a refused part).
    Partial,
    /// It did not end; the checkpoint is the last complete page.
    Failed,
}

impl RunResult {
    /// The word in the database.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Complete => "complete",
            Self::Partial => "partial",
            Self::Failed => "failed",
        }
    }

    /// Reads the word.
    pub fn parse(word: &str) -> Option<Self> {
        [Self::Complete, Self::Partial, Self::Failed].into_iter().find(|s| s.as_str() == word)
    }
}

/// A sync run.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Run {
    /// Its id.
    pub id: Uuid,
    /// The account.
    pub account: Uuid,
    /// The model.
    pub model: String,
    /// What it reads.
    pub kind: RunKind,
    /// When it started.
    pub started_us: i64,
    /// When it ended; `None` while it runs (or waits to be resumed).
    pub ended_us: Option<i64>,
    /// How it ended.
    pub result: Option<RunResult>,
    /// What it did so far.
    pub counts: Counts,
    /// Why it ended badly.
    pub error: Option<String>,
}

/// A run to start.
#[derive(Debug, Clone)]
pub struct NewRun {
    /// Its id.
    pub id: Uuid,
    /// The account.
    pub account: Uuid,
    /// The model.
    pub model: String,
    /// What it reads.
    pub kind: RunKind,
}

const RUN: &str = "id, account, model, kind, started_us, ended_us, result, error,
    added, changed, deleted, unchanged, rejected, requests, pages";

fn read_run(row: &dyn Row) -> Result<Run, StoreError> {
    let result = row.opt_text(6)?;
    Ok(Run {
        id: row.uuid(0)?,
        account: row.uuid(1)?,
        model: row.text(2)?,
        kind: RunKind::parse(&row.text(3)?).ok_or(StoreError::Malformed { what: "run kind" })?,
        started_us: row.int(4)?,
        ended_us: row.opt_int(5)?,
        result: result.as_deref().and_then(RunResult::parse),
        error: row.opt_text(7)?,
        counts: Counts {
            added: row.int(8)?,
            changed: row.int(9)?,
            deleted: row.int(10)?,
            unchanged: row.int(11)?,
            rejected: row.int(12)?,
            requests: row.int(13)?,
            pages: row.int(14)?,
        },
    })
}

impl Scope {
    /// Starts a run and marks its stream as syncing; false when there is no such stream. Runs of the stream still open are closed as failed.
    pub async fn start_run(&self, run: NewRun, now_us: i64) -> Result<bool, StoreError> {
        let project = self.project;
        self.store
            .pool
            .write(move |sql| {
                let (account, model) = (run.account.into(), run.model.as_str().into());
                let stream = match lock_stream(sql, project, run.account, &run.model) {
                    Ok(stream) => stream,
                    Err(CommitError::Store(error)) => return Err(error),
                    Err(_) => return Ok(false),
                };
                close_open_runs(sql, &stream, now_us)?;
                sql.execute(
                    "insert into sync_run (id, account, model, kind, started_us, start_pos, start_clock_us,
                     added, changed, deleted, unchanged, rejected, requests, pages)
                     values ($1, $2, $3, $4, $5, $6, $7, 0, 0, 0, 0, 0, 0, 0)",
                    &[
                        run.id.into(),
                        account,
                        model,
                        run.kind.as_str().into(),
                        now_us.into(),
                        stream.next_pos.into(),
                        stream.clock_us.into(),
                    ],
                )?;
                sql.execute(
                    "update stream set status = 'SYNCING', last_start_us = $3 where account = $1 and model = $2",
                    &[account, model, now_us.into()],
                )?;
                Ok(true)
            })
            .await
    }

    /// Ends a run and puts the result on its stream, together; false when it had ended or there is none.
    ///
    /// The stream becomes idle and its next sync is due at `next_sync_us`; a complete or partial run clears `is_initial`.
    /// Seen marks of a full pass are dropped unless its deletions are held.
    pub async fn finish_run(
        &self,
        run: Uuid,
        result: RunResult,
        error: Option<&str>,
        next_sync_us: Option<i64>,
        now_us: i64,
    ) -> Result<bool, StoreError> {
        let (project, error) = (self.project, error.map(str::to_owned));
        self.store
            .pool
            .write(move |sql| {
                let found = first(
                    sql,
                    "select account, model, kind, started_us from sync_run where id = $1 and ended_us is null",
                    &[run.into()],
                    |row| Ok((row.uuid(0)?, row.text(1)?, row.text(2)?, row.int(3)?)),
                )?;
                let Some((account, model, kind, started_us)) = found else { return Ok(false) };
                let stream = match lock_stream(sql, project, account, &model) {
                    Ok(stream) => stream,
                    Err(CommitError::Store(error)) => return Err(error),
                    Err(_) => return Ok(false),
                };
                let ended = sql.execute(
                    "update sync_run set ended_us = $2, result = $3, error = $4 where id = $1 and ended_us is null",
                    &[run.into(), now_us.into(), result.as_str().into(), error.as_deref().into()],
                )?;
                if ended == 0 {
                    return Ok(false);
                }
                if stream.held_run != Some(run) {
                    seen::forget(sql, account, &model, run)?;
                }
                let full = kind == RunKind::Full.as_str();
                finish_stream(sql, &stream, result, full, started_us, next_sync_us, now_us)?;
                Ok(true)
            })
            .await
    }

    /// One run.
    pub async fn run(&self, id: Uuid) -> Result<Option<Run>, StoreError> {
        let project = self.project;
        self.store
            .pool
            .read(move |sql| {
                let text = format!(
                    "select {RUN} from sync_run where id = $1 and account in (select a.id from account a where a.project = $2 and a.id = sync_run.account)"
                );
                first(sql, &text, &[id.into(), project.into()], read_run)
            })
            .await
    }

    /// The open run of a stream, to be resumed after a crash.
    pub async fn open_run(&self, account: Uuid, model: &str) -> Result<Option<Run>, StoreError> {
        let (project, model) = (self.project, model.to_owned());
        self.store
            .pool
            .read(move |sql| {
                let text = format!(
                    "select {RUN} from sync_run where account = (select id from account where id = $1 and project = $2)
                     and model = $3 and ended_us is null order by started_us desc limit 1"
                );
                first(sql, &text, &[account.into(), project.into(), model.as_str().into()], read_run)
            })
            .await
    }

    /// Runs of an account, newest first.
    pub async fn runs(
        &self,
        account: Uuid,
        model: Option<&str>,
        after: Option<Keyset>,
        page_size: usize,
    ) -> Result<Page<Run>, StoreError> {
        let (project, model) = (self.project, model.map(str::to_owned));
        self.store
            .pool
            .read(move |sql| {
                let mut filter = Where::default();
                let (a, p) = (filter.bind(account), filter.bind(project));
                filter.and(&format!("account = (select id from account where id = {a} and project = {p})"));
                filter.and_some("model =", model.as_deref());
                filter.and_before("started_us", after);
                let limit = filter.bind(limit(page_size) + 1);
                let text = format!(
                    "select {RUN} from sync_run{} order by started_us desc, id desc limit {limit}",
                    filter.text
                );
                let found = rows(sql, &text, &filter.values, read_run)?;
                Ok(Page::cut(found, page_size, |run| Keyset { us: run.started_us, id: run.id }))
            })
            .await
    }
}

fn close_open_runs(sql: &mut dyn Sql, stream: &LockedStream, now_us: i64) -> Result<(), StoreError> {
    let (account, model) = (stream.account.into(), stream.model.as_str().into());
    let open = rows(
        sql,
        "select id from sync_run where account = $1 and model = $2 and ended_us is null",
        &[account, model],
        |row| row.uuid(0),
    )?;
    for run in open {
        sql.execute(
            "update sync_run set ended_us = $2, result = 'failed', error = 'replaced by a newer run' where id = $1",
            &[run.into(), now_us.into()],
        )?;
        if stream.held_run != Some(run) {
            seen::forget(sql, stream.account, &stream.model, run)?;
        }
    }
    Ok(())
}

fn finish_stream(
    sql: &mut dyn Sql,
    stream: &LockedStream,
    result: RunResult,
    full: bool,
    started_us: i64,
    next_sync_us: Option<i64>,
    now_us: i64,
) -> Result<(), StoreError> {
    let complete = result == RunResult::Complete;
    sql.execute(
        "update stream set status = 'IDLE', last_finish_us = $3, last_result = $4, next_sync_us = $5,
         is_initial = (is_initial and $6), fresh_as_of_us = coalesce($7, fresh_as_of_us),
         last_full_us = coalesce($8, last_full_us) where account = $1 and model = $2",
        &[
            stream.account.into(),
            stream.model.as_str().into(),
            now_us.into(),
            result.as_str().into(),
            next_sync_us.into(),
            (result == RunResult::Failed).into(),
            complete.then_some(started_us).into(),
            (complete && full).then_some(now_us).into(),
        ],
    )?;
    Ok(())
}

/// Adds to the counters of a run.
pub(crate) fn add_counts(sql: &mut dyn Sql, account: Uuid, run: Uuid, counts: &Counts) -> Result<(), StoreError> {
    sql.execute(
        "update sync_run set added = added + $3, changed = changed + $4, deleted = deleted + $5, unchanged = unchanged + $6,
         rejected = rejected + $7, requests = requests + $8, pages = pages + $9 where id = $1 and account = $2",
        &[
            run.into(),
            account.into(),
            counts.added.into(),
            counts.changed.into(),
            counts.deleted.into(),
            counts.unchanged.into(),
            counts.rejected.into(),
            counts.requests.into(),
            counts.pages.into(),
        ],
    )?;
    Ok(())
}

impl Store {
    /// Removes ended runs older than this, but those whose deletions are held; returns how many.
    pub async fn prune_runs(&self, before_us: i64) -> Result<u64, StoreError> {
        self.pool
            .write(move |sql| {
                sql.execute(
                    "delete from sync_run where ended_us < $1 and not exists
                     (select 1 from stream s where s.account = sync_run.account and s.model = sync_run.model and s.held_run = sync_run.id)",
                    &[before_us.into()],
                )
            })
            .await
    }
}
