//! Connector: see, check and try connectors.

use std::process::ExitCode;

use clap::Subcommand;

use crate::args::Global;
use crate::failure::Failure;
use crate::settings::Settings;

/// `unisono connector …`
#[derive(Debug, Subcommand)]
pub enum Command {
    /// List connectors
    List,
}

/// Runs it.
pub fn run(_command: &Command, _settings: &Settings, _global: &Global) -> Result<ExitCode, Failure> {
    Err(Failure::NotFound("not built in".to_owned()))
}
