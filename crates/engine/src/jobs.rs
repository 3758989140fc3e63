//! Jobs: one loop runs everything that happens in the background.
//!
//! Always true: a job runs at most once at a time, by lease and fence; a job that lost its lease cannot commit.

use std::future::Future;

use crate::{Engine, JobError, JobsDone, Time};

impl Engine {
    /// Runs what is due now until nothing is due any more.
    pub async fn run_due_jobs(&self) -> Result<JobsDone, JobError> {
        todo!()
    }

    /// The loop of a worker: runs jobs as they become due until `shutdown` resolves, then lets running ones stop at
    /// their next page.
    pub async fn run_jobs(&self, shutdown: impl Future<Output = ()> + Send) -> Result<(), JobError> {
        todo!()
    }

    /// When the next job is due.
    pub async fn next_due(&self) -> Result<Option<Time>, JobError> {
        todo!()
    }
}
