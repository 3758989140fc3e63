//! Sync: how up to date each model of a linked account is, in Merge's words, and what happened on the way.
//!
//! Elsewhere: the work itself is [`crate::jobs`] and `pull`.

use uuid::Uuid;

use crate::{Engine, Listing, PageRequest, Reject, RequestLog, Run, SyncError, SyncStatus};

impl Engine {
    /// State of every model that the account's connector reads.
    pub async fn sync_status(&self, project: Uuid, account: Uuid) -> Result<Vec<SyncStatus>, SyncError> {
        todo!()
    }

    /// Makes every model of the account due now, in full, and gives the state after that.
    pub async fn resync(&self, project: Uuid, account: Uuid) -> Result<Vec<SyncStatus>, SyncError> {
        todo!()
    }

    /// Runs, latest first; of one model or of all.
    pub async fn runs(
        &self,
        project: Uuid,
        account: Uuid,
        model: Option<&str>,
        page: &PageRequest,
    ) -> Result<Listing<Run>, SyncError> {
        todo!()
    }

    /// Requests sent to the vendor, latest first.
    pub async fn request_logs(
        &self,
        project: Uuid,
        account: Uuid,
        page: &PageRequest,
    ) -> Result<Listing<RequestLog>, SyncError> {
        todo!()
    }

    /// Records that could not be mapped; of one model or of all.
    pub async fn rejects(
        &self,
        project: Uuid,
        account: Uuid,
        model: Option<&str>,
        page: &PageRequest,
    ) -> Result<Listing<Reject>, SyncError> {
        todo!()
    }

    /// Lets the deletions go through that were held back for this model; `false` when none were.
    pub async fn accept_deletions(&self, project: Uuid, account: Uuid, model: &str) -> Result<bool, SyncError> {
        todo!()
    }
}
