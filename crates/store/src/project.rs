//! Projects: the tenants.

use crate::sql::{Row, first, rows};
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
        let project = Project { id, name: name.to_owned(), created_us: now_us };
        self.pool
            .write(move |sql| {
                sql.execute(
                    "insert into project (id, name, created_us) values ($1, $2, $3)",
                    &[id.into(), project.name.as_str().into(), now_us.into()],
                )?;
                Ok(project)
            })
            .await
    }

    /// All projects, oldest first.
    pub async fn projects(&self) -> Result<Vec<Project>, StoreError> {
        let text = "select id, name, created_us from project order by created_us, id";
        self.pool.read(|sql| rows(sql, text, &[], read_project)).await
    }
}

impl Scope {
    /// The project's own row.
    pub async fn get(&self) -> Result<Option<Project>, StoreError> {
        let id = self.project;
        let text = "select id, name, created_us from project where id = $1";
        self.store.pool.read(move |sql| first(sql, text, &[id.into()], read_project)).await
    }
}

fn read_project(row: &dyn Row) -> Result<Project, StoreError> {
    Ok(Project { id: row.uuid(0)?, name: row.text(1)?, created_us: row.int(2)? })
}
