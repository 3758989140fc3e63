//! The end of a full pass: what it did not see is tombstoned, unless that is too much.
//!
//! Always true: a record added or changed by somebody else after the pass began is never tombstoned by it; deletions over the budget
//! are held until approved, and what a later page sees meanwhile is taken off the held list.

use crate::commit::{LockedStream, check_fence, lock_stream};
use crate::seen::Seen;
use crate::sql::{Column, Sql, first};
use crate::{CommitError, Counts, JobFence, Scope, StoreError, outbox, run, seen};
use uuid::Uuid;

const ROWS_PER_STATEMENT: usize = 1000;

/// How many deletions pass without approval: the larger of the two.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Budget {
    /// This many records.
    pub records: i64,
    /// This share of the live records.
    pub percent: i64,
}

impl Default for Budget {
    fn default() -> Self {
        Self { records: 20, percent: 5 }
    }
}

/// Outcome of a full pass.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum FullPass {
    /// What was not seen is deleted.
    Tombstoned {
        /// How many records.
        deleted: i64,
    },
    /// Nothing was deleted: it would be too much.
    Held {
        /// How many records would go.
        would_delete: i64,
        /// How many are live.
        live: i64,
    },
}

impl Scope {
    /// Ends the full pass of a run: call only after the explicit end of all page chains of the model, and before `finish_run`.
    pub async fn finish_full_pass(
        &self,
        account: Uuid,
        model: &str,
        run: Uuid,
        fence: Option<JobFence>,
        budget: Budget,
        now_us: i64,
    ) -> Result<FullPass, CommitError> {
        let (project, model) = (self.project, model.to_owned());
        self.store
            .pool
            .write(move |sql| {
                let mut stream = lock_stream(sql, project, account, &model)?;
                check_fence(sql, fence)?;
                let Some(pass) = pass(sql, account, run)? else {
                    return Err(CommitError::NoStream { account, model });
                };
                let unseen = unseen(sql, &stream, run, &pass)?;
                let would_delete = unseen.len() as i64;
                hold(sql, &mut stream, None)?;
                if would_delete > budget.records.max(stream.live * budget.percent / 100) {
                    hold(sql, &mut stream, Some((run, would_delete)))?;
                    return Ok(FullPass::Held { would_delete, live: stream.live });
                }
                let deleted = tombstone(sql, &mut stream, &unseen, &pass, run, now_us)?;
                Ok(FullPass::Tombstoned { deleted })
            })
            .await
    }

    /// Carries out held deletions; `None` when none are held. Returns how many records were deleted.
    pub async fn approve_held_deletions(
        &self,
        account: Uuid,
        model: &str,
        now_us: i64,
    ) -> Result<Option<i64>, CommitError> {
        let (project, model) = (self.project, model.to_owned());
        self.store
            .pool
            .write(move |sql| {
                let mut stream = lock_stream(sql, project, account, &model)?;
                let Some(run) = stream.held_run else { return Ok(None) };
                let Some(pass) = pass(sql, account, run)? else { return Ok(None) };
                let unseen = unseen(sql, &stream, run, &pass)?;
                hold(sql, &mut stream, None)?;
                Ok(Some(tombstone(sql, &mut stream, &unseen, &pass, run, now_us)?))
            })
            .await
    }

    /// Drops held deletions; false when none are held.
    pub async fn drop_held_deletions(&self, account: Uuid, model: &str) -> Result<bool, CommitError> {
        let (project, model) = (self.project, model.to_owned());
        self.store
            .pool
            .write(move |sql| {
                let mut stream = lock_stream(sql, project, account, &model)?;
                let held = stream.held_run.is_some();
                hold(sql, &mut stream, None)?;
                Ok(held)
            })
            .await
    }
}

/// Where the stream stood when the pass began.
struct Pass {
    start_pos: i64,
    start_clock_us: i64,
}

fn pass(sql: &mut dyn Sql, account: Uuid, run: Uuid) -> Result<Option<Pass>, StoreError> {
    let text = "select start_pos, start_clock_us from sync_run where id = $1 and account = $2";
    first(sql, text, &[run.into(), account.into()], |row| {
        Ok(Pass { start_pos: row.int(0)?, start_clock_us: row.int(1)? })
    })
}

/// Live records that were there when the pass began and were not seen. Reads an index only.
fn unseen(sql: &mut dyn Sql, stream: &LockedStream, run: Uuid, pass: &Pass) -> Result<Vec<i64>, StoreError> {
    let seen = Seen::load(sql, stream.account, &stream.model, run)?;
    let mut positions = Vec::new();
    sql.query(
        "select pos, deleted from record indexed by record_by_id where account = $1 and model = $2",
        &[stream.account.into(), stream.model.as_str().into()],
        &mut |row| {
            let pos = row.int(0)?;
            if pos < pass.start_pos && !row.bool(1)? && !seen.contains(pos) {
                positions.push(pos);
            }
            Ok(())
        },
    )?;
    positions.sort_unstable();
    Ok(positions)
}

/// Notes whose deletions are held; marks of a pass that was held before are dropped.
fn hold(sql: &mut dyn Sql, stream: &mut LockedStream, held: Option<(Uuid, i64)>) -> Result<(), StoreError> {
    if stream.held_run.is_none() && held.is_none() {
        return Ok(());
    }
    if let Some(old) = stream.held_run.filter(|old| held.is_none_or(|(run, _)| run != *old)) {
        seen::forget(sql, stream.account, &stream.model, old)?;
    }
    stream.held_run = held.map(|(run, _)| run);
    sql.execute(
        "update stream set held_run = $3, held_count = $4 where account = $1 and model = $2",
        &[
            stream.account.into(),
            stream.model.as_str().into(),
            stream.held_run.into(),
            held.map(|(_, count)| count).into(),
        ],
    )?;
    Ok(())
}

fn tombstone(
    sql: &mut dyn Sql,
    stream: &mut LockedStream,
    positions: &[i64],
    pass: &Pass,
    run: Uuid,
    now_us: i64,
) -> Result<i64, StoreError> {
    let first_us = stream.next_us(now_us);
    let mut deleted = 0;
    for chunk in positions.chunks(ROWS_PER_STATEMENT) {
        let us: Vec<i64> = chunk.iter().map(|_| stream.tick(now_us)).collect();
        let touched = sql.update_each(
            "update record set deleted = true, modified_us = v.us from {rows}
             where record.account = $1 and record.model = $2 and record.pos = v.pos
             and record.deleted = false and record.modified_us <= $3",
            &[stream.account.into(), stream.model.as_str().into(), pass.start_clock_us.into()],
            &[("pos", Column::Ints(chunk)), ("us", Column::Ints(&us))],
        )?;
        deleted += touched as i64;
    }
    stream.live -= deleted;
    stream.save(sql, None)?;
    let counts = Counts { deleted, ..Counts::default() };
    run::add_counts(sql, stream.account, run, &counts)?;
    outbox::append(sql, stream, first_us, &counts)?;
    Ok(deleted)
}
