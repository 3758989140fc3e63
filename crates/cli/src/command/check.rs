//! Check: doctor, migrate, openapi and config.

use anyhow::Context as _;
use serde_json::{Value, json};
use unisono_server::operation::{Surface, operations};

use super::style;
use crate::args::Global;
use crate::failure::Failure;
use crate::join;
use crate::out::{self, Style};
use crate::settings::{DEFAULT, Settings};

/// Brings the schema up to date.
pub async fn migrate(settings: &Settings, global: &Global) -> Result<(), Failure> {
    let version = join::store(settings, true).await?.schema_version().await?;
    match style(global) {
        Style::Json => out::json(&json!({ "schema_version": version }))?,
        Style::Text => out::talk(format!("The schema is up to date (version {version}).")),
    }
    Ok(())
}

/// Prints an API as OpenAPI.
pub fn openapi(api: &str, settings: &Settings) -> Result<(), Failure> {
    let models = join::catalog(settings)?.models();
    let surface = match models.category(api) {
        Some(category) => Surface::Unified(category.slug.clone()),
        None if api == "admin" => Surface::Admin,
        None => {
            let known: Vec<&str> = models.categories().map(|category| category.slug.as_str()).collect();
            return Err(Failure::NotFound(format!("there is no API `{api}` (there are: {}, admin)", known.join(", "))));
        }
    };
    Ok(out::json(&unisono_server::openapi::document(&models, &operations(&models), &surface))?)
}

/// Prints the commented default, or what is in force.
pub fn config(effective: bool, settings: &Settings) -> Result<(), Failure> {
    if !effective {
        out::data(DEFAULT.trim_end());
        return Ok(());
    }
    Ok(out::json(&in_force(settings))?)
}

fn in_force(settings: &Settings) -> Value {
    let hidden = |empty: bool| if empty { "" } else { "(set, not shown)" };
    let (server, sync, outbound) = (&settings.server, &settings.sync, &settings.outbound);
    json!({
        "data_dir": settings.data_dir, "database": hidden(settings.database.is_empty()),
        "secret_key": hidden(settings.secret_key.is_empty()), "connectors": settings.connectors,
        "roles": settings.roles.iter().map(|role| format!("{role:?}").to_lowercase()).collect::<Vec<_>>(),
        "server": {
            "listen": server.listen, "public_url": settings.public_url(), "rate_per_min": server.rate_per_min,
            "body_bytes_max": server.body_bytes_max, "uri_bytes_max": server.uri_bytes_max,
            "request_timeout_s": server.request_timeout_s, "drain_s": server.drain_s,
        },
        "sync": {
            "incremental_every_s": sync.incremental_every_s, "full_every_s": sync.full_every_s,
            "full_only_every_s": sync.full_only_every_s, "jitter": sync.jitter, "workers": sync.workers,
            "retention_days": sync.retention_days, "deletion_budget": sync.deletion_budget,
        },
        "outbound": {
            "allow_private": outbound.allow_private, "allow_http": outbound.allow_http,
            "allow_nets": outbound.allow_nets, "allow_hosts": outbound.allow_hosts,
        },
        "store": { "connections": settings.store.connections, "migrate": settings.store.migrate },
        "log": { "level": settings.log.level, "format": format!("{:?}", settings.log.format).to_lowercase() },
    })
}

/// One thing that was looked at.
struct Finding {
    what: &'static str,
    result: Result<String, Failure>,
}

/// Looks at everything needed to run.
pub async fn doctor(settings: &Settings, global: &Global) -> Result<(), Failure> {
    let findings = [
        Finding { what: "secret key", result: secret_key(settings) },
        Finding { what: "connectors", result: connectors(settings) },
        Finding { what: "database", result: database(settings).await },
        Finding { what: "listen address", result: listen(settings).await },
    ];
    let told: Vec<(&str, bool, String)> = findings
        .iter()
        .map(|finding| match &finding.result {
            Ok(text) => (finding.what, true, text.clone()),
            Err(Failure::Failed(error) | Failure::Config(error)) => (finding.what, false, format!("{error:#}")),
            Err(Failure::NotFound(text)) => (finding.what, false, text.clone()),
        })
        .collect();
    match style(global) {
        Style::Json => {
            let list: Vec<Value> =
                told.iter().map(|(what, ok, text)| json!({ "check": what, "ok": ok, "detail": text })).collect();
            out::json(&list)?;
        }
        Style::Text => told.iter().for_each(|(what, ok, text)| {
            out::data(format!("{} {what}: {text}", if *ok { "ok  " } else { "FAIL" }));
        }),
    }
    match told.iter().filter(|(_, ok, _)| !ok).count() {
        0 => Ok(()),
        bad => Err(anyhow::anyhow!("{bad} of {} checks failed", told.len()).into()),
    }
}

fn secret_key(settings: &Settings) -> Result<String, Failure> {
    let sealer = join::sealer(settings)?;
    Ok(format!("seals with key {}", sealer.key_id()))
}

fn connectors(settings: &Settings) -> Result<String, Failure> {
    let catalog = join::catalog(settings)?;
    let names: Vec<String> = catalog.list().iter().map(|connector| connector.slug.clone()).collect();
    Ok(format!("{} ({})", names.len(), names.join(", ")))
}

async fn database(settings: &Settings) -> Result<String, Failure> {
    let store = join::store(settings, settings.store.migrate).await?;
    store.ping().await?;
    Ok(format!("answers, schema version {}", store.schema_version().await?))
}

async fn listen(settings: &Settings) -> Result<String, Failure> {
    let address = &settings.server.listen;
    tokio::net::TcpListener::bind(address).await.with_context(|| format!("{address} cannot be used"))?;
    Ok(format!("{address} is free"))
}
