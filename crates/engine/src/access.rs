//! Access: who may call, by API key and account token.
//!
//! Always true: only hashes of API keys are stored; an unknown and a revoked key are answered alike.
//! Elsewhere: account tokens are made by [`crate::connect`].

use unisono_store::StoreError;
use uuid::Uuid;

use crate::connect::account_of;
use crate::{AccessError, Account, Caller, Engine, Key, NewKey, Project, Time, token};

impl Engine {
    /// Who holds this API key; `None` when it is unknown or revoked.
    pub async fn caller(&self, api_key: &str) -> Result<Option<Caller>, AccessError> {
        let key = self.parts.store.key_by_hash(token::hash(api_key)).await.map_err(internal)?;
        Ok(key.map(|key| Caller { project: key.project, key: key.id }))
    }

    /// The linked account that this token selects within the project.
    pub async fn account_by_token(&self, project: Uuid, token: &str) -> Result<Option<Account>, AccessError> {
        let found = self.scope(project).account_by_token(token::hash(token)).await.map_err(internal)?;
        Ok(found.map(|account| account_of(self, account)))
    }

    /// Makes a project; its name is unique.
    pub async fn create_project(&self, name: &str) -> Result<Project, AccessError> {
        let name = checked(name)?;
        let made = self.parts.store.create_project(self.dice.id(), name, self.now().0).await;
        made.map(project_of).map_err(|error| taken(name, error))
    }

    /// All projects.
    pub async fn projects(&self) -> Result<Vec<Project>, AccessError> {
        let projects = self.parts.store.projects().await.map_err(internal)?;
        Ok(projects.into_iter().map(project_of).collect())
    }

    /// Makes an API key; its secret is shown only here.
    pub async fn create_key(&self, project: Uuid, name: &str) -> Result<NewKey, AccessError> {
        let name = checked(name)?;
        let scope = self.scope(project);
        let keys = scope.keys().await.map_err(internal)?;
        if keys.iter().any(|key| key.name == name && key.revoked_us.is_none()) {
            return Err(AccessError::Name { name: name.to_owned(), problem: "is taken" });
        }
        let (id, secret, now) = (self.dice.id(), self.dice.token(token::API_KEY), self.now());
        let key = unisono_store::NewKey {
            id,
            name: name.to_owned(),
            kind: "production".to_owned(),
            hash: token::hash(&secret),
        };
        scope.create_key(key, now.0).await.map_err(|error| taken(name, error))?;
        let key = Key { id, name: name.to_owned(), created_at: now, revoked_at: None };
        Ok(NewKey { key, secret })
    }

    /// Replaces the key of this name by a new one.
    pub async fn rotate_key(&self, project: Uuid, name: &str) -> Result<NewKey, AccessError> {
        let scope = self.scope(project);
        let keys = scope.keys().await.map_err(internal)?;
        let old = keys.iter().find(|key| key.name == name && key.revoked_us.is_none());
        let old = old.ok_or_else(|| AccessError::NoSuchKey(name.to_owned()))?;
        scope.revoke_key(old.id, self.now().0).await.map_err(internal)?;
        self.create_key(project, name).await
    }

    /// All keys of the project, revoked ones included.
    pub async fn keys(&self, project: Uuid) -> Result<Vec<Key>, AccessError> {
        let keys = self.scope(project).keys().await.map_err(internal)?;
        let each = |key: unisono_store::ApiKey| Key {
            id: key.id,
            name: key.name,
            created_at: Time(key.created_us),
            revoked_at: key.revoked_us.map(Time),
        };
        Ok(keys.into_iter().map(each).collect())
    }

    /// Makes a key invalid; `false` when the project has no such key.
    pub async fn revoke_key(&self, project: Uuid, key: Uuid) -> Result<bool, AccessError> {
        self.scope(project).revoke_key(key, self.now().0).await.map_err(internal)
    }
}

fn checked(name: &str) -> Result<&str, AccessError> {
    let problem = match name.trim() {
        "" => "is empty",
        short if short.chars().count() > 100 => "is longer than 100 characters",
        fine => return Ok(fine),
    };
    Err(AccessError::Name { name: name.chars().take(100).collect(), problem })
}

fn project_of(project: unisono_store::Project) -> Project {
    Project { id: project.id, name: project.name, created_at: Time(project.created_us) }
}

fn taken(name: &str, error: StoreError) -> AccessError {
    match error {
        StoreError::Conflict { .. } => AccessError::Name { name: name.to_owned(), problem: "is taken" },
        other => internal(other),
    }
}

fn internal(error: StoreError) -> AccessError {
    AccessError::Internal(error.into())
}
