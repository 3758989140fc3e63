//! Integrations: a connector as a project offers it.

use crate::{Scope, Sealed, StoreError};

/// A connector as a project offers it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Integration {
    /// The connector's slug.
    pub connector: String,
    /// Offered in Link.
    pub enabled: bool,
    /// Settings that are no secret, JSON.
    pub config: String,
    /// App credentials (client secrets), sealed.
    pub secrets: Option<Sealed>,
    /// When it was first saved.
    pub created_us: i64,
}

impl Scope {
    /// Adds or replaces an integration; `created_us` of an existing one stays.
    pub async fn put_integration(&self, integration: Integration) -> Result<(), StoreError> {
        todo!()
    }

    /// One integration.
    pub async fn integration(&self, connector: &str) -> Result<Option<Integration>, StoreError> {
        todo!()
    }

    /// All integrations by slug.
    pub async fn integrations(&self) -> Result<Vec<Integration>, StoreError> {
        todo!()
    }
}
