//! Access: who may call, by API key and account token.
//!
//! Always true: only hashes of API keys are stored; an unknown and a revoked key are answered alike.
//! Elsewhere: account tokens are made by [`crate::connect`].

use uuid::Uuid;

use crate::{AccessError, Account, Caller, Engine, Key, NewKey, Project};

impl Engine {
    /// Who holds this API key; `None` when it is unknown or revoked.
    pub async fn caller(&self, api_key: &str) -> Result<Option<Caller>, AccessError> {
        todo!()
    }

    /// The linked account that this token selects within the project.
    pub async fn account_by_token(&self, project: Uuid, token: &str) -> Result<Option<Account>, AccessError> {
        todo!()
    }

    /// Makes a project.
    pub async fn create_project(&self, name: &str) -> Result<Project, AccessError> {
        todo!()
    }

    /// All projects.
    pub async fn projects(&self) -> Result<Vec<Project>, AccessError> {
        todo!()
    }

    /// Makes an API key; its secret is shown only here.
    pub async fn create_key(&self, project: Uuid, name: &str) -> Result<NewKey, AccessError> {
        todo!()
    }

    /// Replaces the key of this name by a new one.
    pub async fn rotate_key(&self, project: Uuid, name: &str) -> Result<NewKey, AccessError> {
        todo!()
    }

    /// All keys of the project, revoked ones included.
    pub async fn keys(&self, project: Uuid) -> Result<Vec<Key>, AccessError> {
        todo!()
    }

    /// Makes a key invalid; `false` when the project has no such key.
    pub async fn revoke_key(&self, project: Uuid, key: Uuid) -> Result<bool, AccessError> {
        todo!()
    }
}
