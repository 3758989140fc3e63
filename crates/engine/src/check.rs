//! Check: problems of linked accounts, opened and closed by rules, in plain words.
//!
//! Always true: at most one ongoing issue per account and kind (and model, where the kind has one).

use uuid::Uuid;

use crate::{CheckError, Engine, Issue, IssueFilters, Listing, PageRequest};

impl Engine {
    /// Issues, latest first.
    pub async fn issues(
        &self,
        project: Uuid,
        filters: &IssueFilters,
        page: &PageRequest,
    ) -> Result<Listing<Issue>, CheckError> {
        todo!()
    }

    /// One issue.
    pub async fn issue(&self, project: Uuid, id: Uuid) -> Result<Option<Issue>, CheckError> {
        todo!()
    }
}
