//! The schema: numbered migrations, embedded, forward only.
//!
//! Always true: each migration is one transaction with its version; two processes that open at once migrate one after the other;
//! a database migrated by a newer program is refused.

use crate::dialect::Dialect;
use crate::pool::transaction;
use crate::sql::{Sql, first};
use crate::{OpenError, StoreError};

/// In order; the version of a migration is its place, counted from 1. Never change one that was released.
const MIGRATIONS: &[&str] =
    &[concat!(include_str!("schema/migrations/0001_tenants.sql"), include_str!("schema/migrations/0001_records.sql"))];

/// Any number will do as long as it stays the same.
const LOCK: i64 = 7_093_462_180_461;

/// Version of the database; 0 before the first migration.
pub(crate) fn version(sql: &mut dyn Sql) -> Result<i64, StoreError> {
    Ok(first(sql, "select max(version) from schema_version", &[], |row| row.opt_int(0))?.flatten().unwrap_or(0))
}

/// Brings the schema up to date.
pub(crate) fn migrate(sql: &mut dyn Sql, allowed: bool) -> Result<(), OpenError> {
    let known = MIGRATIONS.len() as i64;
    for _ in 0..=MIGRATIONS.len() {
        let found = transaction(sql, |sql| step(sql, allowed, known))?;
        if found == known {
            return Ok(());
        }
    }
    Ok(())
}

/// Applies the next migration, if there is one; returns the version the database then has.
fn step(sql: &mut dyn Sql, allowed: bool, known: i64) -> Result<i64, OpenError> {
    if sql.dialect() == Dialect::Postgres {
        sql.query("select pg_advisory_xact_lock($1)", &[LOCK.into()], &mut |_| Ok(()))?;
    }
    sql.batch("create table if not exists schema_version (version bigint primary key)")?;
    let found = version(sql)?;
    if found > known {
        return Err(OpenError::Newer { found, known });
    }
    let Some(text) = usize::try_from(found).ok().and_then(|n| MIGRATIONS.get(n)) else { return Ok(found) };
    if !allowed {
        return Err(OpenError::Older { found, known });
    }
    let version = found + 1;
    let text = sql.dialect().definition(text);
    sql.batch(&text).map_err(|source| OpenError::Migration { version, source })?;
    sql.execute("insert into schema_version (version) values ($1)", &[version.into()])?;
    tracing::info!(version, "schema migrated");
    Ok(version)
}
