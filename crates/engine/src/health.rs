//! Health: whether this process can work, and what waits.

use serde::Serialize;

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
        todo!()
    }
}
