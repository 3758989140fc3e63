//! Integrations: a connector as a project offers it.

use crate::sql::{Row, first, rows};
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
        let project = self.project;
        self.store
            .pool
            .write(move |sql| {
                let (key, sealed) = Sealed::values(integration.secrets.as_ref());
                sql.execute(
                    "insert into integration (project, connector, enabled, config, seal_key, sealed, created_us)
                     values ($1, $2, $3, $4, $5, $6, $7)
                     on conflict (project, connector) do update set enabled = excluded.enabled, config = excluded.config,
                     seal_key = excluded.seal_key, sealed = excluded.sealed",
                    &[
                        project.into(),
                        integration.connector.as_str().into(),
                        integration.enabled.into(),
                        integration.config.as_str().into(),
                        key,
                        sealed,
                        integration.created_us.into(),
                    ],
                )
                .map(drop)
            })
            .await
    }

    /// One integration.
    pub async fn integration(&self, connector: &str) -> Result<Option<Integration>, StoreError> {
        let (project, connector) = (self.project, connector.to_owned());
        let text = format!("select {INTEGRATION} from integration where project = $1 and connector = $2");
        self.store
            .pool
            .read(move |sql| first(sql, &text, &[project.into(), connector.as_str().into()], read_integration))
            .await
    }

    /// All integrations by slug.
    pub async fn integrations(&self) -> Result<Vec<Integration>, StoreError> {
        let project = self.project;
        let text = format!("select {INTEGRATION} from integration where project = $1 order by connector");
        self.store.pool.read(move |sql| rows(sql, &text, &[project.into()], read_integration)).await
    }
}

const INTEGRATION: &str = "connector, enabled, config, seal_key, sealed, created_us";

fn read_integration(row: &dyn Row) -> Result<Integration, StoreError> {
    Ok(Integration {
        connector: row.text(0)?,
        enabled: row.bool(1)?,
        config: row.text(2)?,
        secrets: Sealed::read(row, 3)?,
        created_us: row.int(5)?,
    })
}
