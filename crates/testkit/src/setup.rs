//! Setup: what an app is made of, said before it starts.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use unisono_auth::Sealer;
use unisono_engine::{Config, Engine, Parts, RequestBuffer};
use unisono_outbound::{Guard, GuardConfig, Outbound};
use unisono_sandbox::{Running, Sandbox, StartOptions};
use unisono_store::{OpenOptions, Store};

use crate::app::TestApp;
use crate::{Shelf, TestClock};

/// What an app is made of.
#[derive(Debug, Default)]
pub struct Setup {
    vendors: Vec<String>,
    size: Option<u64>,
    limits: bool,
    database: Option<String>,
    page: Option<u32>,
    patience: Option<Duration>,
    dirs: Vec<PathBuf>,
    left_out: Vec<String>,
}

impl Setup {
    /// A simulated vendor, by slug.
    #[must_use]
    pub fn vendor(mut self, slug: &str) -> Self {
        self.vendors.push(slug.to_owned());
        self
    }

    /// Every simulated vendor there is.
    #[must_use]
    pub fn every_vendor(mut self) -> Self {
        let all = Sandbox::built_in().expect("the simulated vendors load");
        self.vendors = all.iter().map(|vendor| vendor.slug().to_owned()).collect();
        self
    }

    /// How many records the simulated vendors' main collections have.
    #[must_use]
    pub fn size(mut self, size: u64) -> Self {
        self.size = Some(size);
        self
    }

    /// The simulated vendors hold their rate limits.
    #[must_use]
    pub fn limited(mut self) -> Self {
        self.limits = true;
        self
    }

    /// Address of an empty database; SQLite in a directory of its own without it.
    #[must_use]
    pub fn database(mut self, url: impl Into<String>) -> Self {
        self.database = Some(url.into());
        self
    }

    /// Connectors ask for pages of this size and pace nothing.
    #[must_use]
    pub fn page(mut self, size: u32) -> Self {
        self.page = Some(size);
        self
    }

    /// A request is tried once, and given up after this silence.
    #[must_use]
    pub fn patience(mut self, idle: Duration) -> Self {
        self.patience = Some(idle);
        self
    }

    /// Further connectors.
    #[must_use]
    pub fn connectors(mut self, dir: impl Into<PathBuf>) -> Self {
        self.dirs.push(dir.into());
        self
    }

    /// Leaves a file of the connectors out, such as `ticketing/attachment.yaml`.
    #[must_use]
    pub fn without(mut self, path: &str) -> Self {
        self.left_out.push(path.to_owned());
        self
    }

    /// Starts vendors, database, engine and server.
    pub async fn start(self) -> TestApp {
        let dir = tempfile::tempdir().expect("a temporary directory");
        let own = format!("sqlite:{}", dir.path().join("unisono.db").display());
        let database = self.database.clone().unwrap_or(own);
        let options = OpenOptions { connections: 4, migrate: true };
        let store = Store::open(&database, options).await.expect("the database opens");
        let vendors = self.start_vendors().await;
        let shelf = Arc::new(Shelf::load(&self.dirs, self.page, &self.left_out));
        let origins = vendors.iter().map(|(slug, running)| (slug.clone(), running.url().to_owned())).collect();
        let engines = Engines {
            store,
            shelf,
            sealer: Arc::new(Sealer::parse(&Sealer::generate()).expect("a key that was just made")),
            clock: Arc::new(TestClock::default()),
            config: Config { jitter: 0.0, origins, ..Config::default() },
            patience: self.patience,
        };
        for vendor in vendors.values() {
            engines.clock.catch_up(vendor.clock().now().as_microsecond());
        }
        TestApp::over(engines, vendors, dir).await
    }

    async fn start_vendors(&self) -> BTreeMap<String, Running> {
        let mut running = BTreeMap::new();
        for sandbox in Sandbox::built_in().expect("the simulated vendors load") {
            if !self.vendors.iter().any(|slug| slug == sandbox.slug()) {
                continue;
            }
            let slug = sandbox.slug().to_owned();
            let options = StartOptions { size: self.size, limits: self.limits, ..StartOptions::default() };
            running.insert(slug, sandbox.start(options).await.expect("the simulated vendor starts"));
        }
        assert_eq!(running.len(), self.vendors.len(), "a vendor is not simulated: {:?}", self.vendors);
        running
    }
}

/// Makes engines over one database.
pub(crate) struct Engines {
    pub store: Store,
    pub shelf: Arc<Shelf>,
    pub sealer: Arc<Sealer>,
    pub clock: Arc<TestClock>,
    pub config: Config,
    pub patience: Option<Duration>,
}

impl Engines {
    /// One more process, as far as the database can tell.
    pub fn make(&self) -> Engine {
        let requests = RequestBuffer::default();
        let guard = Guard::new(GuardConfig { allow_private: true, allow_http: true, ..GuardConfig::default() });
        let mut outbound = unisono_outbound::Config::new(guard);
        if let Some(idle) = self.patience {
            outbound.limits.attempts_max = 1;
            outbound.timeouts.idle = idle;
        }
        outbound.log = Some(requests.hook());
        Engine::new(Parts {
            store: self.store.clone(),
            outbound: Outbound::new(outbound).expect("the HTTP client starts"),
            sealer: Arc::clone(&self.sealer),
            connectors: Arc::clone(&self.shelf) as Arc<dyn unisono_engine::Connectors>,
            models: self.shelf.models(),
            requests,
            clock: Arc::clone(&self.clock) as Arc<dyn unisono_engine::Clock>,
            seed: None,
            config: self.config.clone(),
        })
    }
}
