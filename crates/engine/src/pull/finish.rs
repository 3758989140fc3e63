//! Finish: how a run ends, and what that means for the linked account.
//!
//! Always true: tombstones follow only a full pass that read every source to its end and every record's id; what stops a
//! run is told once, as an issue in plain words; running out of quota or a vendor that is down for a moment ends no run.

use std::time::Duration;

use unisono_store::{
    AccountStatus, AccountUpdate, Budget, FullPass, Job, RunResult, Scope, StreamSchedule, StreamStatus,
};

use super::page::Prepared;
use super::state::{Reading, Saved};
use super::{Payload, Pull, Stop};
use crate::Engine;
use crate::check::{self, Kind};
use crate::jobs::{Ended, RATE_LIMITED};
use crate::send::Trouble;

/// A failed run is tried again after this long at the latest.
const RETRY: Duration = Duration::from_secs(3_600);
/// How often in a row a read may start over because a bookmark is no longer valid.
const RESTARTS_MAX: u32 = 2;
/// Rejects beyond this number and this share of a full pass are an issue.
const REJECTS_FINE: i64 = 10;
/// One in this many records may be rejected without an issue.
const REJECTS_SHARE: i64 = 20;
/// What is told of our own failures.
const OURS: &str = "internal error";

/// Every source was read to its end.
pub(super) async fn reached(cx: &Pull<'_>, mut saved: Saved) -> anyhow::Result<Ended> {
    let Some(reading) = saved.reading.clone() else { return Ok(Ended::Finished) };
    let last =
        cx.page_commit(&saved, Prepared { cleared: stale_rejects(cx, &reading).await?, ..Prepared::default() })?;
    if let Err(error) = cx.scope.commit(last).await {
        return stopped(cx, saved, error.into()).await;
    }
    let held = match tombstone(cx, &reading).await {
        Ok(held) => held,
        Err(stop) => return stopped(cx, saved, stop).await,
    };
    let mut missing = reading.refused.clone();
    if reading.rejected > 0 {
        missing.push(format!("{} records could not be mapped", reading.rejected));
    }
    missing.extend(held);
    let result = if missing.is_empty() { RunResult::Complete } else { RunResult::Partial };
    let error = (!missing.is_empty()).then(|| missing.join("; "));
    let next = next_sync(cx, &reading).await?;
    cx.scope.finish_run(reading.run, result, error.as_deref(), Some(next), cx.now()).await?;

    saved.bookmarks.extend(reading.bookmarks.clone());
    if reading.full {
        saved.mapping = reading.mapping;
        saved.full_us = Some(cx.now());
    }
    (saved.restarts, saved.reading) = (0, None);
    cx.scope.save_stream_state(cx.account_id(), &cx.model, Some(saved.write()?)).await?;
    if reading.full && cx.row.full_interval_us == Some(0) {
        let met = StreamSchedule { full_interval_us: Some(None), ..StreamSchedule::default() };
        cx.scope.schedule_stream(cx.account_id(), &cx.model, met).await?;
    }
    settle_issues(cx, &reading).await?;
    Ok(Ended::Finished)
}

/// Rejects that a full pass did not meet again: their records are gone.
async fn stale_rejects(cx: &Pull<'_>, reading: &Reading) -> anyhow::Result<Vec<String>> {
    let mut stale = Vec::new();
    let mut after = None;
    while reading.full && reading.refused.is_empty() {
        let some = cx.scope.rejects(cx.account_id(), Some(&cx.model), after, 500).await?;
        after = some.last().map(|(model, reject)| (model.clone(), reject.key.clone()));
        stale.extend(some.iter().filter(|(_, old)| old.at_us < reading.started_us).map(|(_, old)| old.key.clone()));
        if some.len() < 500 {
            break;
        }
    }
    Ok(stale)
}

/// Marks as deleted what a full pass did not see; gives the reason when it must not or may not.
async fn tombstone(cx: &Pull<'_>, reading: &Reading) -> Result<Option<String>, Stop> {
    if !reading.full || !reading.refused.is_empty() {
        return Ok(None);
    }
    if reading.nameless > 0 {
        return Ok(Some(format!("{} records have no readable id, so nothing was marked deleted", reading.nameless)));
    }
    let percent = (cx.engine.parts.config.deletion_budget * 100.0) as i64;
    let budget = Budget { percent, ..Budget::default() };
    let run = reading.run;
    let passed = cx.scope.finish_full_pass(cx.account_id(), &cx.model, run, Some(cx.fence), budget, cx.now()).await?;
    let account = cx.account_id();
    match passed {
        FullPass::Tombstoned { .. } => {
            let word = Kind::DeletionsHeld.word();
            cx.scope.resolve_issue(Some(account), word, &cx.model, cx.now()).await?;
            Ok(None)
        }
        FullPass::Held { would_delete, live } => {
            let what = format!(
                "{would_delete} of {live} records of {} are no longer listed by {}; they were not marked as deleted.",
                cx.model, cx.connector.name
            );
            check::open(cx.engine, &cx.scope, account, Kind::DeletionsHeld, &cx.model, &what).await?;
            Ok(Some(format!("{would_delete} deletions are held")))
        }
    }
}

/// When the model is due again: at once if a full pass was asked for meanwhile.
async fn next_sync(cx: &Pull<'_>, reading: &Reading) -> anyhow::Result<i64> {
    let row = cx.scope.stream(cx.account_id(), &cx.model).await?;
    if !reading.full && row.is_some_and(|row| row.full_interval_us == Some(0)) {
        return Ok(cx.now());
    }
    Ok(cx.now() + interval_us(cx))
}

/// Time until the next run, with jitter.
fn interval_us(cx: &Pull<'_>) -> i64 {
    let config = &cx.engine.parts.config;
    let incremental = cx.sources().iter().any(unisono_connector::Stream::is_incremental);
    let usual = if incremental { config.incremental_every } else { config.full_only_every };
    let own = cx.row.interval_us.and_then(|us| u64::try_from(us).ok()).map(Duration::from_micros);
    cx.engine.dice.around(own.unwrap_or(usual), config.jitter)
}

/// A run that ended cures some issues, and may have found many rejects.
async fn settle_issues(cx: &Pull<'_>, reading: &Reading) -> anyhow::Result<()> {
    let account = cx.account_id();
    check::close(cx.engine, &cx.scope, account, &cx.model).await?;
    if !reading.refused.is_empty() {
        let what = format!("A part of {} could not be read: {}.", cx.model, reading.refused.join("; "));
        check::open(cx.engine, &cx.scope, account, Kind::RequestRefused, &cx.model, &what).await?;
    }
    let rejects = cx.scope.reject_counts(account).await?;
    let rejects = rejects.into_iter().find(|(model, _)| *model == cx.model).map_or(0, |(_, count)| count);
    let live = cx.scope.count(account, &cx.model).await?;
    if rejects > REJECTS_FINE && rejects > (live + rejects) / REJECTS_SHARE {
        let what = format!("{rejects} records of {} could not be mapped; {live} could.", cx.model);
        check::open(cx.engine, &cx.scope, account, Kind::ManyRejects, &cx.model, &what).await?;
    } else {
        let word = Kind::ManyRejects.word();
        cx.scope.resolve_issue(Some(account), word, &cx.model, cx.now()).await?;
    }
    Ok(())
}

/// The run stopped before its end.
pub(super) async fn stopped(cx: &Pull<'_>, saved: Saved, stop: Stop) -> anyhow::Result<Ended> {
    let trouble = match stop {
        Stop::Fenced => return Ok(Ended::Lost),
        Stop::Gone => return Ok(Ended::Finished),
        Stop::Stopping => return Ok(Ended::Parked(cx.now(), "stopped")),
        Stop::Trouble(trouble) => trouble,
    };
    let text = trouble.to_string();
    match trouble {
        Trouble::RateLimited(until) => return Ok(Ended::Parked(until.max(cx.now()), RATE_LIMITED)),
        Trouble::Offline(why) => return Ok(Ended::Again(why)),
        Trouble::Internal(error) => return Err(error),
        Trouble::Expired(_) if saved.restarts < RESTARTS_MAX => return start_over(cx, saved, &text).await,
        Trouble::Unauthorized(_) => {
            needs_relink(cx.engine, &cx.scope, &cx.account, &text).await?;
        }
        Trouble::Forbidden(_) => cx.report(Kind::MissingPermission, &text).await?,
        Trouble::Unreadable(_) => cx.report(Kind::UnreadableReplies, &text).await?,
        Trouble::Refused(_) | Trouble::Expired(_) => cx.report(Kind::RequestRefused, &text).await?,
        Trouble::Misconfigured(_) => cx.report(Kind::Misconfigured, &text).await?,
    }
    let wait = interval_us(cx).min(i64::try_from(RETRY.as_micros()).unwrap_or(i64::MAX));
    fail(cx, saved, &text, cx.now() + wait).await
}

/// The vendor no longer accepts our bookmark: everything is read again.
async fn start_over(cx: &Pull<'_>, mut saved: Saved, why: &str) -> anyhow::Result<Ended> {
    saved.restarts += 1;
    saved.bookmarks.clear();
    fail(cx, saved, &format!("{why}; starting over with a full pass"), cx.now()).await
}

/// Ends the run as failed; the bookmarks of the last good run stay.
async fn fail(cx: &Pull<'_>, mut saved: Saved, why: &str, next_us: i64) -> anyhow::Result<Ended> {
    if let Some(reading) = &saved.reading {
        let counted = cx.page_commit(&saved, Prepared::default())?;
        match cx.scope.commit(counted).await.map_err(Stop::from) {
            Ok(_) => {}
            Err(Stop::Fenced) => return Ok(Ended::Lost),
            Err(_) => return Ok(Ended::Finished),
        }
        cx.scope.finish_run(reading.run, RunResult::Failed, Some(why), Some(next_us), cx.now()).await?;
    }
    saved.reading = None;
    cx.scope.save_stream_state(cx.account_id(), &cx.model, Some(saved.write()?)).await?;
    Ok(Ended::Finished)
}

impl Pull<'_> {
    async fn report(&self, kind: Kind, why: &str) -> anyhow::Result<()> {
        let what = format!("Reading {} from {} failed: {why}.", self.model, self.connector.name);
        check::open(self.engine, &self.scope, self.account_id(), kind, &self.model, &what).await?;
        Ok(())
    }
}

/// The credentials no longer work: syncs stop until the end customer links again.
async fn needs_relink(
    engine: &Engine,
    scope: &Scope,
    account: &unisono_store::Account,
    why: &str,
) -> anyhow::Result<()> {
    let name = engine.connector_name(&account.connector);
    let update = AccountUpdate {
        status: Some((AccountStatus::RelinkNeeded, Some(format!("{name} no longer accepts the credentials: {why}")))),
        ..AccountUpdate::default()
    };
    scope.update_account(account.id, update, engine.now().0).await?;
    let what = format!("{name} no longer accepts the credentials: {why}.");
    check::open(engine, scope, account.id, Kind::InvalidCredentials, "", &what).await?;
    Ok(())
}

/// The way to the vendor could not even be prepared.
pub(super) async fn unopened(engine: &Engine, job: &Job, trouble: &Trouble) -> anyhow::Result<Ended> {
    let payload: Payload = serde_json::from_str(&job.payload)?;
    let (Some(project), Some(account)) = (job.project, job.account) else { return Ok(Ended::Finished) };
    let scope = engine.scope(project);
    let kind = match trouble {
        Trouble::Unauthorized(_) => Kind::InvalidCredentials,
        Trouble::Internal(_) => return Ok(Ended::Again(OURS.to_owned())),
        _ => Kind::Misconfigured,
    };
    check::open(engine, &scope, account, kind, &payload.model, &format!("Syncs cannot start: {trouble}.")).await?;
    close_run(engine, &scope, account, &payload.model, &trouble.to_string()).await?;
    Ok(Ended::Finished)
}

/// A job whose tries are used up: its run failed.
pub(crate) async fn give_up(engine: &Engine, job: &Job, why: &str) -> Result<(), unisono_store::StoreError> {
    let Ok(payload) = serde_json::from_str::<Payload>(&job.payload) else { return Ok(()) };
    let (Some(project), Some(account)) = (job.project, job.account) else { return Ok(()) };
    let scope = engine.scope(project);
    close_run(engine, &scope, account, &payload.model, why).await?;
    if why != OURS {
        let what = format!("The vendor could not be reached: {why}.");
        check::open(engine, &scope, account, Kind::VendorOffline, "", &what).await?;
    }
    Ok(())
}

/// Ends what is open of a stream as failed and puts it back on its schedule.
async fn close_run(
    engine: &Engine,
    scope: &Scope,
    account: uuid::Uuid,
    model: &str,
    why: &str,
) -> Result<(), unisono_store::StoreError> {
    let next = engine.now().0 + engine.dice.around(RETRY, engine.parts.config.jitter);
    let mut ended = false;
    if let Some(run) = scope.open_run(account, model).await? {
        ended = scope.finish_run(run.id, RunResult::Failed, Some(why), Some(next), engine.now().0).await?;
    }
    if !ended {
        let idle = StreamSchedule {
            status: Some(StreamStatus::Idle),
            next_sync_us: Some(Some(next)),
            ..StreamSchedule::default()
        };
        scope.schedule_stream(account, model, idle).await?;
    }
    Ok(())
}
