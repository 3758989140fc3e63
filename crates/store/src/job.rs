//! Jobs: every background thing is one row here, claimed with a lease and a fence.
//!
//! Always true: at most one unfinished job per key; each claim raises the fence, and everything said with an older fence is ignored;
//! a job whose lease ran out is claimed again. Finished jobs are removed, failed ones stay until pruned.

use crate::{Scope, Store, StoreError};
use uuid::Uuid;

/// State of a job.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum JobState {
    /// Waits until it is due.
    Queued,
    /// Claimed.
    Running,
    /// Given up.
    Failed,
}

impl JobState {
    /// The word in the database.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Queued => "QUEUED",
            Self::Running => "RUNNING",
            Self::Failed => "FAILED",
        }
    }

    /// Reads the word.
    pub fn parse(word: &str) -> Option<Self> {
        [Self::Queued, Self::Running, Self::Failed].into_iter().find(|s| s.as_str() == word)
    }
}

/// Proof that a job is still ours.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct JobFence {
    /// The job.
    pub job: Uuid,
    /// The fence of our claim.
    pub fence: i64,
}

/// A job.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Job {
    /// Its id.
    pub id: Uuid,
    /// The project it is for.
    pub project: Option<Uuid>,
    /// The account it is for.
    pub account: Option<Uuid>,
    /// What to do, a stable word.
    pub kind: String,
    /// Unique among unfinished jobs, such as `pull:<account>:<model>`.
    pub key: String,
    /// What the kind needs, JSON.
    pub payload: String,
    /// State.
    pub state: JobState,
    /// When it is due; while running, when its lease ends.
    pub due_us: i64,
    /// How often it failed in a row (parking is no failure).
    pub failures: i64,
    /// Raised by each claim.
    pub fence: i64,
    /// Who runs it.
    pub holder: Option<String>,
    /// The latest failure, or why it is parked.
    pub error: Option<String>,
    /// It was enqueued again while running: it runs once more.
    pub again: bool,
    /// When it was made.
    pub created_us: i64,
}

impl Job {
    /// The proof for commits and for ending it.
    pub fn proof(&self) -> JobFence {
        JobFence { job: self.id, fence: self.fence }
    }
}

/// A job to enqueue.
#[derive(Debug, Clone)]
pub struct NewJob {
    /// Its id, if it turns out to be new.
    pub id: Uuid,
    /// The project it is for.
    pub project: Option<Uuid>,
    /// The account it is for.
    pub account: Option<Uuid>,
    /// What to do.
    pub kind: String,
    /// Unique among unfinished jobs.
    pub key: String,
    /// What the kind needs, JSON.
    pub payload: String,
    /// When it is due.
    pub due_us: i64,
}

/// What enqueuing did.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Enqueued {
    /// A new job.
    New(Uuid),
    /// One with the key waits already; it is due at the earlier of both times.
    Waiting(Uuid),
    /// One with the key is running; it runs once more afterwards.
    Running(Uuid),
}

impl Store {
    /// Adds a job, unless an unfinished one has its key.
    pub async fn enqueue(&self, job: NewJob, now_us: i64) -> Result<Enqueued, StoreError> {
        todo!()
    }

    /// Takes due jobs (of some kinds; empty: all), the longest due first, for `lease_us`.
    pub async fn claim_jobs(
        &self,
        holder: &str,
        kinds: &[&str],
        limit: usize,
        now_us: i64,
        lease_us: i64,
    ) -> Result<Vec<Job>, StoreError> {
        todo!()
    }

    /// Extends the lease; false when the job is no longer ours.
    pub async fn heartbeat(&self, proof: JobFence, now_us: i64, lease_us: i64) -> Result<bool, StoreError> {
        todo!()
    }

    /// Ends a job; false when it is no longer ours. One enqueued again meanwhile is queued instead.
    pub async fn complete_job(&self, proof: JobFence, now_us: i64) -> Result<bool, StoreError> {
        todo!()
    }

    /// Notes a failure and queues the job for `retry_us`, or gives it up (`None`); false when it is no longer ours.
    pub async fn fail_job(
        &self,
        proof: JobFence,
        error: &str,
        retry_us: Option<i64>,
        now_us: i64,
    ) -> Result<bool, StoreError> {
        todo!()
    }

    /// Puts a job aside until a time, without a failure (out of quota); with a new payload if given. False when it is no longer ours.
    pub async fn park_job(
        &self,
        proof: JobFence,
        until_us: i64,
        reason: &str,
        payload: Option<&str>,
    ) -> Result<bool, StoreError> {
        todo!()
    }

    /// When the next unfinished job is due (of some kinds; empty: all).
    pub async fn next_due_us(&self, kinds: &[&str]) -> Result<Option<i64>, StoreError> {
        todo!()
    }

    /// All jobs, the soonest due first.
    pub async fn jobs(&self, limit: usize) -> Result<Vec<Job>, StoreError> {
        todo!()
    }

    /// Removes failed jobs whose last failure is older than this; returns how many.
    pub async fn prune_jobs(&self, before_us: i64) -> Result<u64, StoreError> {
        todo!()
    }
}

impl Scope {
    /// The project's jobs (of one account), the soonest due first.
    pub async fn jobs(&self, account: Option<Uuid>, limit: usize) -> Result<Vec<Job>, StoreError> {
        todo!()
    }
}
