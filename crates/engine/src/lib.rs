//! The verbs, one file each: access, connect, pull, read, sync, jobs, check.
//!
//! What always holds: every verb hangs on a project, takes the time from a [`Clock`] and gives back plain values
//! ([`api`]); a page of records, its rejects, its cursor and its outbox row are committed together or not at all.
//! Elsewhere: SQL is in `store`, HTTP in `outbound`, proving ourselves in `auth`, the language of connectors in
//! `connector`; the surfaces (`server`, `cli`) call verbs and decide nothing.

pub mod access;
pub mod api;
pub mod audit;
pub mod check;
pub mod clock;
pub mod config;
pub mod connect;
pub mod errors;
pub mod health;
pub mod jobs;
pub mod read;
pub mod sync;

use std::sync::Arc;

pub use api::*;
pub use audit::{AuditEvent, AuditFilters};
pub use clock::{Clock, SystemClock, Time};
pub use config::Config;
pub use errors::*;
pub use health::Health;
use unisono_connector::Connector;

/// Where connectors come from; `catalog` and tests implement it.
pub trait Connectors: Send + Sync + 'static {
    /// The connector with this slug.
    fn get(&self, slug: &str) -> Option<Arc<Connector>>;
    /// All connectors, by slug.
    fn list(&self) -> Vec<Arc<Connector>>;
}

/// All verbs over one store; cheap to clone.
#[derive(Clone)]
pub struct Engine {
    parts: Arc<Parts>,
}

/// What an engine is made of.
pub struct Parts {
    /// The connectors on offer.
    pub connectors: Arc<dyn Connectors>,
    /// What time it is.
    pub clock: Arc<dyn Clock>,
    /// Seed of all randomness (tokens, jitter); from the system when absent. Tests set it, nobody else.
    pub seed: Option<u64>,
    /// Settings.
    pub config: Config,
}

impl Engine {
    /// An engine over these parts.
    #[must_use]
    pub fn new(parts: Parts) -> Self {
        Self { parts: Arc::new(parts) }
    }
}
