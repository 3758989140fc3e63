//! The end of a full pass: what it did not see is tombstoned, unless that is too much.
//!
//! Always true: a record added or changed by somebody else after the pass began is never tombstoned by it; deletions over the budget
//! are held until approved, and what a later page sees meanwhile is taken off the held list.

use crate::{CommitError, JobFence, Scope};
use uuid::Uuid;

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
        todo!()
    }

    /// Carries out held deletions; `None` when none are held. Returns how many records were deleted.
    pub async fn approve_held_deletions(
        &self,
        account: Uuid,
        model: &str,
        now_us: i64,
    ) -> Result<Option<i64>, CommitError> {
        todo!()
    }

    /// Drops held deletions; false when none are held.
    pub async fn drop_held_deletions(&self, account: Uuid, model: &str) -> Result<bool, CommitError> {
        todo!()
    }
}
