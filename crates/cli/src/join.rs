//! Join: builds the parts from the settings and puts them together.
//!
//! Always true: a secret key is required; the database is opened once; whatever is missing is said with the way out.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use anyhow::{Context as _, anyhow};
use unisono_auth::Sealer;
use unisono_catalog::Catalog;
use unisono_connector::Connector;
use unisono_engine::{Connectors, Engine, Parts, Project, RequestBuffer, SystemClock};
use unisono_model::Models;
use unisono_outbound::{Guard, GuardConfig, Outbound};
use unisono_store::{OpenOptions, Store};

use crate::failure::Failure;
use crate::settings::Settings;

/// The parts, joined.
pub struct Joined {
    /// All verbs.
    pub engine: Engine,
    /// The common models.
    pub models: Arc<Models>,
}

/// The catalog as the engine sees it.
pub struct Shelf(pub Catalog);

impl Connectors for Shelf {
    fn get(&self, slug: &str) -> Option<Arc<Connector>> {
        self.0.get(slug)
    }

    fn list(&self) -> Vec<Arc<Connector>> {
        self.0.list()
    }
}

/// Opens the database and joins everything.
pub async fn join(settings: &Settings) -> Result<Joined, Failure> {
    join_at(settings, BTreeMap::new()).await
}

/// Like [`join`], with origins used instead of those of connectors' base URLs.
pub async fn join_at(settings: &Settings, origins: BTreeMap<String, String>) -> Result<Joined, Failure> {
    let sealer = sealer(settings)?;
    let catalog = catalog(settings)?;
    let store = store(settings, settings.store.migrate).await?;
    let requests = RequestBuffer::default();
    let mut config = unisono_outbound::Config::new(guard(settings)?);
    config.log = Some(requests.hook());
    let models = catalog.models();
    let engine = Engine::new(Parts {
        store,
        outbound: Outbound::new(config)?,
        sealer: Arc::new(sealer),
        connectors: Arc::new(Shelf(catalog)),
        models: Arc::clone(&models),
        requests,
        clock: Arc::new(SystemClock),
        seed: None,
        config: unisono_engine::Config { origins, ..engine_config(settings) },
    });
    Ok(Joined { engine, models })
}

/// The models and connectors: the built-in ones and those of the configured folders.
pub fn catalog(settings: &Settings) -> Result<Catalog, Failure> {
    Catalog::load(&settings.connectors).map_err(|error| Failure::Config(anyhow!(error.to_string())))
}

/// Opens the database.
pub async fn store(settings: &Settings, migrate: bool) -> Result<Store, Failure> {
    let url = settings.database_url();
    if settings.database.is_empty() {
        let dir = &settings.data_dir;
        std::fs::create_dir_all(dir)
            .with_context(|| format!("data directory {} cannot be made", dir.display()))
            .map_err(Failure::Config)?;
    }
    let options = OpenOptions { connections: settings.store.connections, migrate };
    Store::open(url.expose(), options).await.map_err(|error| Failure::Config(error.into()))
}

/// The keys credentials are sealed with.
pub fn sealer(settings: &Settings) -> Result<Sealer, Failure> {
    if settings.secret_key.is_empty() {
        return Err(Failure::Config(anyhow!(
            "there is no secret key to seal credentials with\n  \
             make one and keep it:  export UNISONO_SECRET_KEY=$(unisono keys generate-secret)\n  \
             or name a file:        export UNISONO_SECRET_KEY_FILE=/path/to/key\n  \
             (only `unisono demo` works without)"
        )));
    }
    Sealer::parse(&settings.secret_key).map_err(|error| Failure::Config(error.into()))
}

fn guard(settings: &Settings) -> Result<Guard, Failure> {
    let outbound = &settings.outbound;
    let mut allow_nets = Vec::new();
    for net in &outbound.allow_nets {
        let parsed = net.parse().map_err(|_| {
            anyhow!("configuration is invalid: `outbound.allow_nets`: {net} is not a network such as 10.1.0.0/16")
        });
        allow_nets.push(parsed.map_err(Failure::Config)?);
    }
    Ok(Guard::new(GuardConfig {
        allow_private: outbound.allow_private,
        allow_http: outbound.allow_http,
        allow_nets,
        allow_hosts: outbound.allow_hosts.clone(),
    }))
}

/// The engine's settings.
pub fn engine_config(settings: &Settings) -> unisono_engine::Config {
    let sync = &settings.sync;
    unisono_engine::Config {
        public_url: settings.public_url(),
        incremental_every: Duration::from_secs(sync.incremental_every_s),
        full_every: Duration::from_secs(sync.full_every_s),
        full_only_every: Duration::from_secs(sync.full_only_every_s),
        jitter: sync.jitter,
        workers: sync.workers,
        retention: Duration::from_secs(sync.retention_days * 24 * 3600),
        deletion_budget: sync.deletion_budget,
        ..unisono_engine::Config::default()
    }
}

/// The limits of the HTTP surface.
pub fn server_options(settings: &Settings) -> unisono_server::Options {
    let server = &settings.server;
    unisono_server::Options {
        rate_per_min: server.rate_per_min,
        body_bytes_max: server.body_bytes_max,
        uri_bytes_max: server.uri_bytes_max,
        request_timeout: Duration::from_secs(server.request_timeout_s),
        drain: Duration::from_secs(server.drain_s),
    }
}

/// The project to work in: the named one, or the only one. `None` when there is none at all.
pub async fn project(engine: &Engine, name: Option<&str>) -> Result<Option<Project>, Failure> {
    let projects = engine.projects().await?;
    let names = || projects.iter().map(|project| project.name.as_str()).collect::<Vec<_>>().join(", ");
    match (name, projects.as_slice()) {
        (Some(name), all) => match all.iter().find(|project| project.name == name) {
            Some(found) => Ok(Some(found.clone())),
            None => Err(Failure::NotFound(format!("there is no project `{name}` (there are: {})", names()))),
        },
        (None, []) => Ok(None),
        (None, [only]) => Ok(Some(only.clone())),
        (None, _) => {
            Err(Failure::NotFound(format!("there are several projects, name one with --project: {}", names())))
        }
    }
}

/// Like [`project`], for commands that need one.
pub async fn some_project(engine: &Engine, name: Option<&str>) -> Result<Project, Failure> {
    let none = || Failure::NotFound("there is no project yet: `unisono keys create NAME` makes the first".to_owned());
    project(engine, name).await?.ok_or_else(none)
}
