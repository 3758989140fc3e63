//! Pull: brings one model of one linked account up to date.
//!
//! Always true: records, rejects, cursor and counters of a page commit together; a run resumes after its last committed page;
//! it ends complete, partial or failed, never silently short; nothing is tombstoned unless every stream was read to an end
//! that the vendor told.
//! Elsewhere: the loop over pages is `read`, what becomes of a page is `page`, how a run ends is `finish`, what is kept between
//! pages and runs is `state`; which request is next is decided by `connector::Stream`.

mod excerpt;
mod finish;
mod page;
mod parent;
mod read;
mod state;

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicI64};

use anyhow::Context as _;
use serde::Deserialize;
use tokio::sync::Mutex;
use unisono_connector::{Connector, Stream as Source};
use unisono_store::{
    Account, AccountStatus, CommitError, Job, JobFence, NewRun, RunKind, Scope, StreamSchedule, StreamStatus,
};
use uuid::Uuid;

use crate::Engine;
use crate::jobs::{Ended, WAITING, parents};
use crate::send::{Line, Trouble};
use state::{Reading, Saved};

pub(crate) use finish::give_up;

/// How long a model waits for one it hangs on before it looks again.
const WAIT_S: i64 = 2;

/// What a pull works with.
struct Pull<'a> {
    engine: &'a Engine,
    scope: Scope,
    account: Account,
    model: String,
    connector: Arc<Connector>,
    row: unisono_store::Stream,
    fence: JobFence,
    line: Line,
    /// Requests sent since the last commit.
    requests: AtomicI64,
    /// Pages read since the last commit.
    pages: AtomicI64,
    /// Whether rejects may have to be cleared.
    rejects: AtomicBool,
    parents: Mutex<parent::Parents>,
}

/// Why a pull stopped before its end.
enum Stop {
    /// The vendor, or the way to it.
    Trouble(Trouble),
    /// Another process has the job now.
    Fenced,
    /// The account or its stream is gone.
    Gone,
    /// This process shuts down.
    Stopping,
}

#[derive(Deserialize)]
struct Payload {
    model: String,
}

/// Runs a pull job from where it stands to an end of some kind.
pub(crate) async fn pull(engine: &Engine, job: &Job) -> anyhow::Result<Ended> {
    let Some(cx) = open(engine, job).await? else { return Ok(Ended::Finished) };
    let cx = match cx {
        Ok(cx) => cx,
        Err(trouble) => return finish::unopened(engine, job, &trouble).await,
    };
    if cx.waits().await? {
        return Ok(Ended::Parked(engine.now().plus_s(WAIT_S).0, WAITING));
    }
    let mut saved = Saved::read(cx.row.state.as_deref());
    cx.resume_or_start(&mut saved).await?;
    let outcome = read::streams(&cx, &mut saved).await;
    match outcome {
        Ok(()) => finish::reached(&cx, saved).await,
        Err(stop) => finish::stopped(&cx, saved, stop).await,
    }
}

/// Collects what a pull works with; `None` when there is nothing to do (any more).
async fn open<'a>(engine: &'a Engine, job: &Job) -> anyhow::Result<Option<Result<Pull<'a>, Trouble>>> {
    let payload: Payload = serde_json::from_str(&job.payload).context("payload of a pull job")?;
    let (Some(project), Some(account)) = (job.project, job.account) else { return Ok(None) };
    let scope = engine.scope(project);
    let Some(account) = scope.account(account).await? else { return Ok(None) };
    let Some(row) = scope.stream(account.id, &payload.model).await? else { return Ok(None) };
    let connector = engine.parts.connectors.get(&account.connector);
    let connector = connector.filter(|connector| !connector.streams(&payload.model).is_empty());
    let works = account.status == AccountStatus::Complete && !row.disabled;
    let Some(connector) = connector.filter(|_| works) else {
        let idle = StreamSchedule { status: Some(StreamStatus::Idle), ..StreamSchedule::default() };
        scope.schedule_stream(account.id, &payload.model, idle).await?;
        return Ok(None);
    };
    let line = match Line::of(engine, &scope, &account, connector.clone()).await {
        Ok(line) => line,
        Err(trouble) => return Ok(Some(Err(trouble))),
    };
    let rejects = scope.reject_counts(account.id).await?.iter().any(|(model, _)| *model == payload.model);
    Ok(Some(Ok(Pull {
        engine,
        scope,
        account,
        model: payload.model,
        connector,
        row,
        fence: job.proof(),
        line,
        requests: AtomicI64::new(0),
        pages: AtomicI64::new(0),
        rejects: AtomicBool::new(rejects),
        parents: Mutex::default(),
    })))
}

impl Pull<'_> {
    fn sources(&self) -> &[Source] {
        self.connector.streams(&self.model)
    }

    fn now(&self) -> i64 {
        self.engine.now().0
    }

    fn account_id(&self) -> Uuid {
        self.account.id
    }

    /// Whether a model that this one hangs on is about to be read for the first time.
    async fn waits(&self) -> anyhow::Result<bool> {
        for parent in parents(&self.connector, &self.model) {
            let row = self.scope.stream(self.account_id(), &parent).await?;
            let busy = |row: &unisono_store::Stream| matches!(row.status, StreamStatus::Queued | StreamStatus::Syncing);
            if row.is_some_and(|row| row.is_initial && !row.disabled && busy(&row)) {
                return Ok(true);
            }
        }
        Ok(false)
    }

    /// Takes up the open run where it stands, or starts a new one.
    async fn resume_or_start(&self, saved: &mut Saved) -> anyhow::Result<()> {
        let open = self.scope.open_run(self.account_id(), &self.model).await?;
        let mapping = state::mapping_version(self.sources());
        let resumable =
            |reading: &Reading| open.as_ref().is_some_and(|run| run.id == reading.run) && reading.mapping == mapping;
        if saved.reading.as_ref().is_some_and(resumable) {
            return Ok(());
        }
        let full = self.wants_full(saved, mapping);
        let run = self.engine.dice.id();
        let kind = if full { RunKind::Full } else { RunKind::Incremental };
        let new = NewRun { id: run, account: self.account_id(), model: self.model.clone(), kind };
        self.scope.start_run(new, self.now()).await?;
        saved.reading = Some(Reading::new(run, full, mapping, self.now()));
        self.scope.save_stream_state(self.account_id(), &self.model, Some(saved.write()?)).await?;
        Ok(())
    }

    /// Whether everything has to be read: it was asked for, it is time, or only that can be done.
    fn wants_full(&self, saved: &Saved, mapping: u64) -> bool {
        let asked = self.row.full_interval_us == Some(0);
        let never = saved.bookmarks.is_empty() || saved.mapping != mapping;
        let usual = i64::try_from(self.engine.parts.config.full_every.as_micros()).unwrap_or(i64::MAX);
        let every = self.row.full_interval_us.unwrap_or(usual);
        let due = saved.full_us.is_none_or(|last| self.now().saturating_sub(last) >= every);
        asked || never || due || !self.sources().iter().any(Source::is_incremental)
    }
}

impl From<Trouble> for Stop {
    fn from(trouble: Trouble) -> Self {
        Self::Trouble(trouble)
    }
}

impl From<CommitError> for Stop {
    fn from(error: CommitError) -> Self {
        match error {
            CommitError::Fenced { .. } => Self::Fenced,
            CommitError::NoStream { .. } => Self::Gone,
            CommitError::Store(error) => Self::Trouble(Trouble::Internal(error.into())),
        }
    }
}

impl From<unisono_store::StoreError> for Stop {
    fn from(error: unisono_store::StoreError) -> Self {
        Self::Trouble(Trouble::Internal(error.into()))
    }
}
