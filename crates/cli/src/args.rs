//! Args: the commands and flags of `unisono`.

use std::net::SocketAddr;
use std::path::PathBuf;

use clap::{Args, Parser, Subcommand};
use figment::value::Value;
use uuid::Uuid;

use crate::command::{accounts, issues, keys, link};
use crate::settings::{Flags, Role};

/// Keeps records of many systems in one common shape, and serves them through one API.
#[derive(Debug, Parser)]
#[command(name = "unisono", version, after_help = AFTER, max_term_width = 100, disable_help_subcommand = true)]
pub struct Cli {
    /// Flags of every command.
    #[command(flatten)]
    pub global: Global,
    /// What to do.
    #[command(subcommand)]
    pub command: Command,
}

const AFTER: &str = "\
Exit codes: 0 done · 1 failed · 2 wrong usage · 3 nothing found or matched · 4 configuration invalid
Settings: flag > environment UNISONO_… > file > default; `unisono config` prints them all, explained.
Start here: unisono demo";

/// Flags of every command.
#[derive(Debug, Args)]
pub struct Global {
    /// Configuration file [default: ./unisono.toml when there is one]
    #[arg(long, global = true, value_name = "FILE", help_heading = "Everywhere")]
    pub config: Option<PathBuf>,
    /// Database: sqlite:PATH or postgres://…
    #[arg(long, global = true, value_name = "URL", help_heading = "Everywhere")]
    pub database: Option<String>,
    /// Directory of the embedded database [default: data]
    #[arg(long, global = true, value_name = "DIR", help_heading = "Everywhere")]
    pub data_dir: Option<PathBuf>,
    /// Folder with connectors of your own; may be repeated
    #[arg(long, global = true, value_name = "DIR", help_heading = "Everywhere")]
    pub connectors: Vec<PathBuf>,
    /// Project to work in [default: the only one]
    #[arg(long, global = true, value_name = "NAME", help_heading = "Everywhere")]
    pub project: Option<String>,
    /// Print JSON instead of text
    #[arg(long, global = true, help_heading = "Everywhere")]
    pub json: bool,
}

/// The commands.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// Try it: simulated vendors, linked accounts, a first sync, the API
    Demo(crate::demo::Args),
    /// Answer requests and sync
    Serve(Serve),
    /// See, check and try connectors
    #[command(subcommand)]
    Connector(crate::connector::Command),
    /// Link an end customer's system
    #[command(subcommand)]
    Link(link::Command),
    /// See and steer linked accounts
    #[command(subcommand)]
    Accounts(accounts::Command),
    /// See what is wrong, in plain words
    Issues(issues::Args),
    /// Make and replace API keys
    #[command(subcommand)]
    Keys(keys::Command),
    /// Print an API as OpenAPI 3.1
    Openapi {
        /// A category such as `hris`, or `admin`
        api: String,
    },
    /// Bring the database's schema up to date
    Migrate,
    /// Check that everything needed to run is there
    Doctor,
    /// Print the settings, explained, with their defaults
    Config {
        /// Print the settings in force instead, without secrets
        #[arg(long)]
        effective: bool,
    },
    /// Print a completion script
    Completions {
        /// For which shell
        shell: clap_complete::Shell,
    },
}

/// Flags of `serve`.
#[derive(Debug, Args)]
pub struct Serve {
    /// Address and port to answer on [default: 127.0.0.1:8080]
    #[arg(long, value_name = "ADDR:PORT")]
    pub listen: Option<SocketAddr>,
    /// What this process does [default: api,worker]
    #[arg(long, value_delimiter = ',', value_name = "ROLES")]
    pub roles: Vec<Role>,
}

/// A linked account named by its id.
#[derive(Debug, Clone, Args)]
pub struct AccountId {
    /// Id of the linked account
    pub account: Uuid,
}

impl Cli {
    /// What the flags set.
    pub fn flags(&self) -> Flags {
        let mut values: Vec<(&'static str, Value)> = Vec::new();
        let path = |path: &PathBuf| Value::from(path.to_string_lossy().into_owned());
        let global = &self.global;
        values.extend(global.database.clone().map(|url| ("database", Value::from(url))));
        values.extend(global.data_dir.as_ref().map(|dir| ("data_dir", path(dir))));
        if !global.connectors.is_empty() {
            values.push(("connectors", Value::from(global.connectors.iter().map(path).collect::<Vec<_>>())));
        }
        if let Command::Serve(serve) = &self.command {
            values.extend(serve.listen.map(|listen| ("server.listen", Value::from(listen.to_string()))));
            if !serve.roles.is_empty() {
                let name = |role: &Role| match role {
                    Role::Api => "api",
                    Role::Worker => "worker",
                };
                values.push(("roles", Value::from(serve.roles.iter().map(name).collect::<Vec<_>>())));
            }
        }
        if let Command::Demo(demo) = &self.command {
            values.extend(demo.listen.map(|listen| ("server.listen", Value::from(listen.to_string()))));
        }
        Flags { config: global.config.clone(), values }
    }
}
