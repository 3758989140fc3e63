//! Health: whether this process can work, and what waits.

use serde::Serialize;
use unisono_store::JobState;

use crate::{Engine, Time};

/// What is known of the parts.
#[derive(Debug, Clone, Serialize)]
pub struct Health {
    /// Whether the database answers.
    pub database: bool,
    /// Version of the schema, when the database answers.
    pub schema_version: Option<i64>,
    /// When the next job is due.
    pub next_job_due: Option<Time>,
    /// Jobs waiting to run, up to 10,000.
    pub jobs_queued: u64,
    /// Jobs running now.
    pub jobs_running: u64,
    /// Jobs that were given up.
    pub jobs_failed: u64,
}

impl Engine {
    /// Asks every part whether it can work; never fails.
    pub async fn health(&self) -> Health {
        let store = &self.parts.store;
        let jobs = store.jobs(10_000).await.unwrap_or_default();
        let count = |state: JobState| jobs.iter().filter(|job| job.state == state).count() as u64;
        Health {
            database: store.ping().await.is_ok(),
            schema_version: store.schema_version().await.ok(),
            next_job_due: store.next_due_us(&[]).await.ok().flatten().map(Time),
            jobs_queued: count(JobState::Queued),
            jobs_running: count(JobState::Running),
            jobs_failed: count(JobState::Failed),
        }
    }
}
