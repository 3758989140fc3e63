//! Demo: simulated vendors, linked accounts, a first sync, the API.

use std::process::ExitCode;

use crate::args::Global;
use crate::failure::Failure;
use crate::settings::Settings;

/// `unisono demo …`
#[derive(Debug, clap::Args)]
pub struct Args {
    /// Exit after the first sync
    #[arg(long)]
    pub once: bool,
}

/// Runs it.
pub async fn run(_args: &Args, _settings: &Settings, _global: &Global) -> Result<ExitCode, Failure> {
    Err(Failure::NotFound("not built in".to_owned()))
}
