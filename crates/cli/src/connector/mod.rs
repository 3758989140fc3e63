//! Connector: see, check and try connectors, without a database and without a vendor.

mod lint;
mod map;
mod new;
mod schema;
mod show;
mod test;

use std::path::PathBuf;
use std::process::ExitCode;

use anyhow::anyhow;
use clap::{Subcommand, ValueEnum};
use unisono_catalog::{Catalog, CatalogError, Entry};

use crate::args::Global;
use crate::failure::Failure;
use crate::settings::Settings;

/// `unisono connector …`
#[derive(Debug, Subcommand)]
pub enum Command {
    /// List connectors and what they can do
    List,
    /// Show one connector: models, streams, link fields, ways to prove oneself
    Show {
        /// Name of the connector's folder
        vendor: String,
    },
    /// Check manifests: every mistake of every file, and warnings [exit 1 when something is wrong]
    Lint {
        /// Names of connectors, or folders [default: all]
        vendors: Vec<String>,
        /// Treat warnings as mistakes
        #[arg(long)]
        strict: bool,
    },
    /// Run fixtures: recorded replies in, expected records out [exit 1 when one differs]
    Test {
        /// Names of connectors, or folders [default: all]
        vendors: Vec<String>,
        /// Write what comes out into the fixtures' `expect`
        #[arg(long)]
        update: bool,
    },
    /// Map recorded replies; one JSON line a record or reject [exit 1: rejects, 3: no stream matches]
    ///
    /// A recording is {"request": {"method", "path", "query", "body"}, "response": {"status", "headers", "body"}}.
    Map {
        /// Name of the connector, or its folder
        vendor: String,
        /// Recordings; `-` reads one from standard input
        #[arg(required = true)]
        recordings: Vec<PathBuf>,
    },
    /// Print the JSON Schema of a manifest, for editors
    Schema {
        /// Which file
        #[arg(long, value_enum, default_value = "connector")]
        kind: Kind,
    },
    /// Begin a connector: a folder that lints, to be filled in
    New {
        /// Name of the folder: lower-case letters, digits and dashes
        vendor: String,
        /// The category it serves
        #[arg(long)]
        category: String,
        /// Where the folder goes
        #[arg(long, default_value = "connectors")]
        dir: PathBuf,
    },
}

/// Kinds of manifest files.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum Kind {
    /// connector.yaml
    Connector,
    /// <category>/<model>.yaml
    Model,
    /// fixtures/*.json
    Fixture,
}

/// Runs it.
pub fn run(command: &Command, settings: &Settings, global: &Global) -> Result<ExitCode, Failure> {
    match command {
        Command::List => show::list(&catalog(settings, &[])?, global),
        Command::Show { vendor } => {
            show::show(&catalog(settings, std::slice::from_ref(vendor))?, &name_of(vendor), global)
        }
        Command::Lint { vendors, strict } => {
            lint::run(&catalog(settings, vendors)?, &names_of(vendors), *strict, global)
        }
        Command::Test { vendors, update } => {
            test::run(&catalog(settings, vendors)?, &names_of(vendors), *update, global)
        }
        Command::Map { vendor, recordings } => {
            map::run(&catalog(settings, std::slice::from_ref(vendor))?, &name_of(vendor), recordings)
        }
        Command::Schema { kind } => schema::run(*kind),
        Command::New { vendor, category, dir } => new::run(&catalog(settings, &[])?, vendor, category, dir),
    }
}

/// The built-in connectors, those of the configured folders, and folders named on the command line. Nothing is compiled yet.
fn catalog(settings: &Settings, named: &[String]) -> Result<Catalog, Failure> {
    let wrong = |error: CatalogError| Failure::Config(anyhow!(error));
    let mut catalog = Catalog::embedded().map_err(wrong)?;
    for dir in &settings.connectors {
        catalog.add_dir(dir).map_err(wrong)?;
    }
    for name in named.iter().filter(|name| name.contains('/')) {
        catalog.add_dir(name.as_ref()).map_err(wrong)?;
    }
    Ok(catalog)
}

/// A connector named by its folder's path is called as the folder.
fn name_of(vendor: &str) -> String {
    vendor.trim_end_matches('/').rsplit('/').next().unwrap_or(vendor).to_owned()
}

fn names_of(vendors: &[String]) -> Vec<String> {
    vendors.iter().map(|vendor| name_of(vendor)).collect()
}

/// The named connectors, or all.
fn chosen<'a>(catalog: &'a Catalog, names: &[String]) -> Result<Vec<&'a Entry>, Failure> {
    if names.is_empty() {
        return Ok(catalog.entries().collect());
    }
    names.iter().map(|name| entry(catalog, name)).collect()
}

fn entry<'a>(catalog: &'a Catalog, name: &str) -> Result<&'a Entry, Failure> {
    catalog.entry(name).ok_or_else(|| {
        let known: Vec<&str> = catalog.entries().map(|entry| entry.slug.as_str()).collect();
        Failure::NotFound(format!("there is no connector `{name}` (there are: {})", known.join(", ")))
    })
}

/// A broken connector's mistakes as one failure.
fn broken(errors: &[unisono_connector::LoadError]) -> Failure {
    let text: Vec<String> = errors.iter().map(ToString::to_string).collect();
    Failure::Failed(anyhow!("the connector does not load\n{}", text.join("\n")))
}
