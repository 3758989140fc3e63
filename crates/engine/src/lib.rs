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
mod listing;
mod pull;
pub mod read;
pub mod report;
pub mod request_log;
mod send;
pub mod sync;
mod token;

use std::sync::Arc;
use std::sync::atomic::AtomicBool;

pub use api::*;
pub use audit::{AuditEvent, AuditFilters};
pub use clock::{Clock, SystemClock, Time};
pub use config::Config;
pub use errors::*;
pub use health::Health;
pub use report::*;
pub use request_log::RequestBuffer;
use unisono_auth::Sealer;
use unisono_connector::Connector;
use unisono_model::Models;
use unisono_outbound::Outbound;
use unisono_store::{Scope, Store};
use uuid::Uuid;

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
    dice: Arc<token::Dice>,
    holder: Arc<str>,
    stopping: Arc<AtomicBool>,
}

/// What an engine is made of.
pub struct Parts {
    /// The one database.
    pub store: Store,
    /// The one HTTP client; build it with the log hook of `requests` ([`RequestBuffer::hook`]).
    pub outbound: Outbound,
    /// Seals credentials and account tokens.
    pub sealer: Arc<Sealer>,
    /// The connectors on offer.
    pub connectors: Arc<dyn Connectors>,
    /// The common models.
    pub models: Arc<Models>,
    /// Requests that were sent and are not stored yet.
    pub requests: RequestBuffer,
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
        let dice = token::Dice::new(parts.seed);
        let holder = format!("engine-{}", dice.id());
        Self {
            parts: Arc::new(parts),
            dice: Arc::new(dice),
            holder: holder.into(),
            stopping: Arc::new(AtomicBool::new(false)),
        }
    }

    fn now(&self) -> Time {
        self.parts.clock.now()
    }

    fn scope(&self, project: Uuid) -> Scope {
        self.parts.store.project(project)
    }

    /// Display name of a connector; its slug when it is no longer there.
    fn connector_name(&self, slug: &str) -> String {
        self.parts.connectors.get(slug).map_or_else(|| slug.to_owned(), |connector| connector.name.clone())
    }

    /// Slugs of the connectors with this slug or display name.
    fn slugs(&self, name: &str) -> Vec<String> {
        let all = self.parts.connectors.list();
        let same = all.iter().filter(|known| known.slug == name || known.name.eq_ignore_ascii_case(name));
        same.map(|known| known.slug.clone()).collect()
    }
}
