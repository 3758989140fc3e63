//! Rejects: records that could not be mapped, as they stand now.

use crate::{Scope, StoreError};
use uuid::Uuid;

/// A record that could not be mapped.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Reject {
    /// What names it: the remote id, or a hash of the raw record if it has none.
    pub key: String,
    /// Why.
    pub reason: String,
    /// A redacted excerpt of the raw record.
    pub excerpt: String,
    /// When it was last rejected; set by the commit.
    pub at_us: i64,
}

impl Scope {
    /// Rejects of an account (of one model), by model and key, after a (model, key).
    pub async fn rejects(
        &self,
        account: Uuid,
        model: Option<&str>,
        after: Option<(String, String)>,
        page_size: usize,
    ) -> Result<Vec<(String, Reject)>, StoreError> {
        todo!()
    }

    /// How many rejects each model of an account has; models without any are left out.
    pub async fn reject_counts(&self, account: Uuid) -> Result<Vec<(String, i64)>, StoreError> {
        todo!()
    }
}
