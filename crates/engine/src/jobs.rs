//! Jobs: one loop runs everything that happens in the background.
//!
//! Always true: a job runs at most once at a time, by lease and fence; a job that lost its lease cannot commit; at most one
//! job per linked account and model exists; models that others hang on come first.
//! Elsewhere: rows and leases are `store::job`; what a pull does is [`crate::pull`].

use std::future::Future;
use std::sync::atomic::Ordering;
use std::time::Duration;

use tokio::task::JoinSet;
use unisono_connector::Connector;
use unisono_store::{Job, JobFence, NewJob, StoreError, StreamSchedule, StreamStatus};
use uuid::Uuid;

use crate::{Engine, JobError, JobsDone, Time, pull};

/// Job kind: bring one model of one linked account up to date.
const PULL: &str = "pull";
/// Job kind: remove what is older than it is kept.
const PRUNE: &str = "prune";
/// Why a job is parked: the vendor's quota is used up.
pub(crate) const RATE_LIMITED: &str = "RATE_LIMITED";
/// Why a job is parked: a model it hangs on has not been read yet.
pub(crate) const WAITING: &str = "WAITING_ON_OTHER_MODELS";
/// How often the loop looks for due work when nothing wakes it.
const POLL: Duration = Duration::from_secs(1);
/// How often old rows are removed.
const PRUNE_EVERY_S: i64 = 3_600;
/// First wait after a failed try; doubled each time.
const BACKOFF_S: i64 = 30;
/// Models deeper than this come in any order.
const RANK_MAX: i64 = 8;

/// How a try of a job ended.
#[derive(Debug)]
pub(crate) enum Ended {
    /// Nothing more to do.
    Finished,
    /// Not now: come back at this time (microseconds).
    Parked(i64, &'static str),
    /// It may work later.
    Again(String),
    /// Somebody else has it now.
    Lost,
}

impl Engine {
    /// Runs what is due now until nothing is due any more.
    pub async fn run_due_jobs(&self) -> Result<JobsDone, JobError> {
        let mut done = JobsDone::default();
        loop {
            self.enqueue_due().await.map_err(internal)?;
            let Some(job) = self.claim(1).await.map_err(internal)?.pop() else { break };
            count(&mut done, &self.run_job(job).await.map_err(internal)?);
        }
        self.flush_request_log().await.map_err(internal)?;
        Ok(done)
    }

    /// The loop of a worker: runs jobs as they become due until `shutdown` resolves, then lets running ones stop at
    /// their next page.
    pub async fn run_jobs(&self, shutdown: impl Future<Output = ()> + Send) -> Result<(), JobError> {
        let wakeups = self.parts.store.job_wakeups();
        let mut running = JoinSet::new();
        tokio::pin!(shutdown);
        self.enqueue_prune(self.now()).await.map_err(internal)?;
        loop {
            let free = self.parts.config.workers.max(1).saturating_sub(running.len());
            for job in self.take(free).await {
                let engine = self.clone();
                running.spawn(async move {
                    if let Err(error) = engine.run_job(job).await {
                        tracing::error!(error = &error as &dyn std::error::Error, "a job could not be ended");
                    }
                });
            }
            tokio::select! {
                () = &mut shutdown => break,
                Some(_) = running.join_next() => {}
                () = wakeups.notified(), if running.len() < self.parts.config.workers.max(1) => {}
                () = tokio::time::sleep(POLL) => {}
            }
        }
        self.stopping.store(true, Ordering::Relaxed);
        while running.join_next().await.is_some() {}
        self.flush_request_log().await.map_err(internal)
    }

    /// When the next job is due.
    pub async fn next_due(&self) -> Result<Option<Time>, JobError> {
        Ok(self.parts.store.next_due_us(&[]).await.map_err(internal)?.map(Time))
    }

    /// Turns due streams into jobs, those that others hang on first.
    pub(crate) async fn enqueue_due(&self) -> Result<(), StoreError> {
        let now = self.now().0;
        for stream in self.parts.store.due_streams(now, 500).await? {
            let scope = self.scope(stream.project);
            let Some(account) = scope.account(stream.account).await? else { continue };
            let connector = self.parts.connectors.get(&account.connector);
            let rank = connector.map_or(0, |connector| rank(&connector, &stream.model));
            let job = NewJob {
                id: self.dice.id(),
                project: Some(stream.project),
                account: Some(stream.account),
                kind: PULL.to_owned(),
                key: pull_key(stream.account, &stream.model),
                payload: serde_json::json!({ "model": stream.model }).to_string(),
                due_us: now - (RANK_MAX - rank),
            };
            self.parts.store.enqueue(job, now).await?;
            let queued = StreamSchedule { status: Some(StreamStatus::Queued), ..StreamSchedule::default() };
            scope.schedule_stream(stream.account, &stream.model, queued).await?;
        }
        Ok(())
    }

    /// Claims due jobs for the loop; a database that does not answer is waited for.
    async fn take(&self, limit: usize) -> Vec<Job> {
        if limit == 0 {
            return Vec::new();
        }
        let taken = match self.enqueue_due().await {
            Ok(()) => self.claim(limit).await,
            Err(error) => Err(error),
        };
        taken.unwrap_or_else(|error| {
            tracing::error!(error = &error as &dyn std::error::Error, "jobs cannot be claimed");
            Vec::new()
        })
    }

    async fn claim(&self, limit: usize) -> Result<Vec<Job>, StoreError> {
        self.parts.store.claim_jobs(&self.holder, &[], limit, self.now().0, self.lease_us()).await
    }

    /// Runs one claimed job and settles its row.
    async fn run_job(&self, job: Job) -> Result<Ended, StoreError> {
        let work = async {
            match job.kind.as_str() {
                PULL => pull::pull(self, &job).await,
                PRUNE => self.prune().await.map(|()| Ended::Finished).map_err(anyhow::Error::from),
                other => Err(anyhow::anyhow!("no job kind `{other}`")),
            }
        };
        let ended = tokio::select! {
            ended = work => ended,
            () = self.keep(job.proof()) => Ok(Ended::Lost),
        };
        let ended = match ended {
            Ok(ended) => ended,
            Err(error) => {
                tracing::error!(job.kind = job.kind, job.key = job.key, error = format!("{error:#}"), "a job broke");
                Ended::Again("internal error".to_owned())
            }
        };
        self.settle(&job, &ended).await?;
        self.flush_request_log().await?;
        Ok(ended)
    }

    async fn settle(&self, job: &Job, ended: &Ended) -> Result<(), StoreError> {
        let (store, proof, now) = (&self.parts.store, job.proof(), self.now());
        match ended {
            Ended::Finished => {
                store.complete_job(proof, now.0).await?;
                if job.kind == PRUNE {
                    self.enqueue_prune(now.plus_s(PRUNE_EVERY_S)).await?;
                }
            }
            Ended::Parked(until, reason) => {
                store.park_job(proof, *until, reason, None).await?;
            }
            Ended::Again(error) if self.is_last_try(job) => {
                pull::give_up(self, job, error).await?;
                store.complete_job(proof, now.0).await?;
            }
            Ended::Again(error) => {
                let doubled = BACKOFF_S << job.failures.clamp(0, 10);
                let wait = self.dice.around(Duration::from_secs(doubled.unsigned_abs()), self.parts.config.jitter);
                store.fail_job(proof, error, Some(now.0 + wait), now.0).await?;
            }
            Ended::Lost => {}
        }
        Ok(())
    }

    /// Whether the tries of a job are used up.
    fn is_last_try(&self, job: &Job) -> bool {
        job.kind == PULL && job.failures + 1 >= i64::from(self.parts.config.attempts_max)
    }

    /// Keeps a claimed job claimed; returns when it is no longer ours.
    async fn keep(&self, proof: JobFence) {
        loop {
            tokio::time::sleep(self.parts.config.lease / 3).await;
            match self.parts.store.heartbeat(proof, self.now().0, self.lease_us()).await {
                Ok(true) => {}
                Ok(false) => return,
                Err(error) => tracing::warn!(error = &error as &dyn std::error::Error, "a heartbeat failed"),
            }
        }
    }

    fn lease_us(&self) -> i64 {
        i64::try_from(self.parts.config.lease.as_micros()).unwrap_or(i64::MAX)
    }

    async fn enqueue_prune(&self, due: Time) -> Result<(), StoreError> {
        let job = NewJob {
            id: self.dice.id(),
            project: None,
            account: None,
            kind: PRUNE.to_owned(),
            key: PRUNE.to_owned(),
            payload: "{}".to_owned(),
            due_us: due.0,
        };
        self.parts.store.enqueue(job, self.now().0).await.map(|_| ())
    }

    /// Removes logs, runs, outbox rows, tokens and failed jobs that are older than they are kept.
    async fn prune(&self) -> Result<(), StoreError> {
        let store = &self.parts.store;
        let kept_s = i64::try_from(self.parts.config.retention.as_secs()).unwrap_or(i64::MAX);
        let before = self.now().plus_s(-kept_s).0;
        store.prune_requests(before).await?;
        store.prune_runs(before).await?;
        store.prune_outbox(before).await?;
        store.prune_jobs(before).await?;
        store.prune_tokens(self.now().0).await?;
        Ok(())
    }
}

fn count(done: &mut JobsDone, ended: &Ended) {
    match ended {
        Ended::Finished => done.finished += 1,
        Ended::Parked(..) => done.parked += 1,
        Ended::Again(_) | Ended::Lost => done.broken += 1,
    }
}

/// Names the one job of a stream.
pub(crate) fn pull_key(account: Uuid, model: &str) -> String {
    format!("{PULL}:{account}:{model}")
}

/// How many models deep a model hangs on others.
pub(crate) fn rank(connector: &Connector, model: &str) -> i64 {
    depth(connector, model, RANK_MAX)
}

fn depth(connector: &Connector, model: &str, left: i64) -> i64 {
    if left <= 0 {
        return 0;
    }
    let parents = parents(connector, model);
    parents.iter().map(|parent| 1 + depth(connector, parent, left - 1)).max().unwrap_or(0)
}

/// The stored models whose records a model's streams visit.
pub(crate) fn parents(connector: &Connector, model: &str) -> Vec<String> {
    let parents = connector.streams(model).iter().filter_map(|stream| stream.parent_model());
    parents.filter(|parent| *parent != model).map(str::to_owned).collect()
}

fn internal(error: StoreError) -> JobError {
    JobError::Internal(error.into())
}
