//! API keys of a project, known by their hash only.

use crate::sql::{Row, Value, first, rows};
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
        let text = format!("select {KEY} from api_key where hash = $1 and revoked_us is null");
        self.pool.read(move |sql| first(sql, &text, &[Value::Blob(&hash)], read_key)).await
    }
}

impl Scope {
    /// Adds a key.
    pub async fn create_key(&self, key: NewKey, now_us: i64) -> Result<(), StoreError> {
        let project = self.project;
        self.store
            .pool
            .write(move |sql| {
                sql.execute(
                    "insert into api_key (id, project, name, kind, hash, created_us) values ($1, $2, $3, $4, $5, $6)",
                    &[
                        key.id.into(),
                        project.into(),
                        key.name.as_str().into(),
                        key.kind.as_str().into(),
                        Value::Blob(&key.hash),
                        now_us.into(),
                    ],
                )
                .map(drop)
            })
            .await
    }

    /// All keys, revoked ones too, oldest first.
    pub async fn keys(&self) -> Result<Vec<ApiKey>, StoreError> {
        let project = self.project;
        let text = format!("select {KEY} from api_key where project = $1 order by created_us, id");
        self.store.pool.read(move |sql| rows(sql, &text, &[project.into()], read_key)).await
    }

    /// Revokes a key; false when there is no such key that is still good.
    pub async fn revoke_key(&self, id: Uuid, now_us: i64) -> Result<bool, StoreError> {
        let project = self.project;
        let text = "update api_key set revoked_us = $3 where id = $1 and project = $2 and revoked_us is null";
        self.store.pool.write(move |sql| Ok(sql.execute(text, &[id.into(), project.into(), now_us.into()])? > 0)).await
    }
}

const KEY: &str = "id, project, name, kind, created_us, revoked_us";

fn read_key(row: &dyn Row) -> Result<ApiKey, StoreError> {
    Ok(ApiKey {
        id: row.uuid(0)?,
        project: row.uuid(1)?,
        name: row.text(2)?,
        kind: row.text(3)?,
        created_us: row.int(4)?,
        revoked_us: row.opt_int(5)?,
    })
}
