//! Projects: the tenants.

use crate::{Scope, Store, StoreError};
use uuid::Uuid;

/// A tenant.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Project {
    /// Its id.
    pub id: Uuid,
    /// Its name, unique.
    pub name: String,
    /// When it was made.
    pub created_us: i64,
}

impl Store {
    /// Adds a project; a taken name is a [`StoreError::Conflict`].
    pub async fn create_project(&self, id: Uuid, name: &str, now_us: i64) -> Result<Project, StoreError> {
        todo!()
    }

    /// All projects, oldest first.
    pub async fn projects(&self) -> Result<Vec<Project>, StoreError> {
        todo!()
    }
}

impl Scope {
    /// The project's own row.
    pub async fn get(&self) -> Result<Option<Project>, StoreError> {
        todo!()
    }
}
