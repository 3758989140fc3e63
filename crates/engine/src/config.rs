//! Config: the settings of the verbs, with defaults that suit one machine.

use std::collections::BTreeMap;
use std::time::Duration;

/// Settings of the verbs.
#[derive(Debug, Clone)]
pub struct Config {
    /// Address under which browsers reach this server, without a trailing slash; magic links begin with it.
    pub public_url: String,
    /// Time between two incremental runs of a model.
    pub incremental_every: Duration,
    /// Time between two full runs of a model; models without incremental reading always run in full.
    pub full_every: Duration,
    /// Time between two full runs of a model that cannot be read incrementally.
    pub full_only_every: Duration,
    /// Share of the interval by which a run may be moved, so that accounts do not all run at once (0.1 = up to 10 %).
    pub jitter: f64,
    /// How many jobs run at the same time in this process.
    pub workers: usize,
    /// How long a claimed job stays claimed without a heartbeat.
    pub lease: Duration,
    /// How long request logs, runs and outbox rows are kept.
    pub retention: Duration,
    /// A full pass that would delete more than this share of a model holds the deletions (and always allows 20).
    pub deletion_budget: f64,
    /// How many tries a job gets before its run counts as failed.
    pub attempts_max: u32,
    /// Largest number of pages of one stream; a vendor that never ends is a fault.
    pub pages_max: u64,
    /// Origins (scheme, host, port) used instead of those of a connector's base URL, by slug: for simulated vendors
    /// and recording proxies.
    pub origins: BTreeMap<String, String>,
}

impl Default for Config {
    fn default() -> Self {
        Self {
            public_url: "http://127.0.0.1:8080".to_owned(),
            incremental_every: Duration::from_secs(3600),
            full_every: Duration::from_secs(7 * 24 * 3600),
            full_only_every: Duration::from_secs(24 * 3600),
            jitter: 0.1,
            workers: 4,
            lease: Duration::from_secs(60),
            retention: Duration::from_secs(30 * 24 * 3600),
            deletion_budget: 0.05,
            attempts_max: 5,
            pages_max: 1_000_000,
            origins: BTreeMap::new(),
        }
    }
}
