//! Project automation: `tidy` checks the rules of the house, `gen` rewrites what is derived from data.
//!
//! Always true: it reads and writes files of this repository only; a rule that is broken is named with
//! its file, its reason and the way out. Elsewhere: formatting and lints are `cargo fmt` and `cargo clippy`.

mod generate;
mod models;
mod tidy;

use std::path::PathBuf;
use std::process::ExitCode;

use clap::{Parser, Subcommand};

/// Project automation for Unisono.
#[derive(Parser)]
struct Args {
    #[command(subcommand)]
    task: Task,
}

#[derive(Subcommand)]
enum Task {
    /// Check the rules of the tree: dependencies, file sizes, module docs, names.
    Tidy,
    /// Rewrite what is derived from data: connector pages, model pages, JSON Schemas.
    Gen {
        /// Write nothing; fail if something is out of date.
        #[arg(long)]
        check: bool,
    },
    /// Print the loaded common models as JSON.
    Models,
}

fn main() -> anyhow::Result<ExitCode> {
    match Args::parse().task {
        Task::Tidy => tidy::run(&root()),
        Task::Gen { check } => generate::run(&root(), check),
        Task::Models => models::run(&root()),
    }
}

/// The root of the repository: two folders above this crate's manifest.
fn root() -> PathBuf {
    let here = PathBuf::from(env!("CARGO_MANIFEST_DIR"));
    here.ancestors().nth(2).map(PathBuf::from).unwrap_or(here)
}
