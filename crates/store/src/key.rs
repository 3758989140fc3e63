//! API keys of a project, known by their hash only.

use crate::{Hash, Scope, Store, StoreError};
use uuid::Uuid;

/// An API key.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ApiKey {
    /// Its id.
    pub id: Uuid,
    /// The project it opens.
    pub project: Uuid,
    /// What people call it.
    pub name: String,
    /// `production` or `test`, or whatever the caller says.
    pub kind: String,
    /// When it was made.
    pub created_us: i64,
    /// When it was revoked.
    pub revoked_us: Option<i64>,
}

/// A key to add.
#[derive(Debug, Clone)]
pub struct NewKey {
    /// Its id.
    pub id: Uuid,
    /// What people call it.
    pub name: String,
    /// `production` or `test`.
    pub kind: String,
    /// SHA-256 of the key.
    pub hash: Hash,
}

impl Store {
    /// The key with this hash, unless it was revoked.
    pub async fn key_by_hash(&self, hash: Hash) -> Result<Option<ApiKey>, StoreError> {
        todo!()
    }
}

impl Scope {
    /// Adds a key.
    pub async fn create_key(&self, key: NewKey, now_us: i64) -> Result<(), StoreError> {
        todo!()
    }

    /// All keys, revoked ones too, oldest first.
    pub async fn keys(&self) -> Result<Vec<ApiKey>, StoreError> {
        todo!()
    }

    /// Revokes a key; false when there is no such key that is still good.
    pub async fn revoke_key(&self, id: Uuid, now_us: i64) -> Result<bool, StoreError> {
        todo!()
    }
}
