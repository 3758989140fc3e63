//! Sync runs: the history of what syncs did.

use crate::{Counts, Keyset, Page, Scope, StoreError};
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

impl Scope {
    /// Starts a run and marks its stream as syncing; false when there is no such stream. Runs of the stream still open are closed as failed.
    pub async fn start_run(&self, run: NewRun, now_us: i64) -> Result<bool, StoreError> {
        todo!()
    }

    /// Ends a run and puts the result on its stream, together; false when it had ended or there is none.
    ///
    /// The stream becomes idle and its next sync is due at `next_sync_us`; a complete run clears `is_initial`.
    /// Seen marks of a full pass are dropped unless its deletions are held.
    pub async fn finish_run(
        &self,
        run: Uuid,
        result: RunResult,
        error: Option<&str>,
        next_sync_us: Option<i64>,
        now_us: i64,
    ) -> Result<bool, StoreError> {
        todo!()
    }

    /// One run.
    pub async fn run(&self, id: Uuid) -> Result<Option<Run>, StoreError> {
        todo!()
    }

    /// The open run of a stream, to be resumed after a crash.
    pub async fn open_run(&self, account: Uuid, model: &str) -> Result<Option<Run>, StoreError> {
        todo!()
    }

    /// Runs of an account, newest first.
    pub async fn runs(
        &self,
        account: Uuid,
        model: Option<&str>,
        after: Option<Keyset>,
        page_size: usize,
    ) -> Result<Page<Run>, StoreError> {
        todo!()
    }
}

impl crate::Store {
    /// Removes ended runs older than this; returns how many.
    pub async fn prune_runs(&self, before_us: i64) -> Result<u64, StoreError> {
        todo!()
    }
}
