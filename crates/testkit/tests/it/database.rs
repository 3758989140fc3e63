//! A PostgreSQL schema of a test's own.

use std::sync::atomic::{AtomicU32, Ordering};

use unisono_testkit::needed;

static NUMBER: AtomicU32 = AtomicU32::new(0);

/// Address of an empty schema; `None` when no PostgreSQL is there.
pub async fn postgres() -> Option<String> {
    let base = needed("UNISONO_TEST_POSTGRES")?;
    let schema = format!("it_{}_{}", std::process::id(), NUMBER.fetch_add(1, Ordering::Relaxed));
    let made = format!("drop schema if exists {schema} cascade; create schema {schema}");
    let address = base.clone();
    let admin = move || postgres::Client::connect(&address, postgres::NoTls).unwrap().batch_execute(&made).unwrap();
    tokio::task::spawn_blocking(admin).await.unwrap();
    let glue = if base.contains('?') { '&' } else { '?' };
    Some(format!("{base}{glue}options=-csearch_path%3D{schema}"))
}
