//! The `unisono` binary: joins the parts and reads the configuration.
//!
//! Always true: data goes to standard output, talk to standard error; the environment is read here and nowhere else.

mod args;
mod command;
mod connector;
mod demo;
mod failure;
mod join;
mod out;
mod settings;

use std::io::IsTerminal as _;
use std::process::ExitCode;

use args::{Cli, Command};
use clap::{CommandFactory as _, Parser as _};
use command::{accounts, check, issues, keys, link, serve};
use failure::Failure;
use settings::{Log, LogFormat, Settings};

#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn main() -> ExitCode {
    let cli = Cli::parse();
    let runtime = match tokio::runtime::Builder::new_multi_thread().enable_all().build() {
        Ok(runtime) => runtime,
        Err(error) => return Failure::Failed(error.into()).tell(),
    };
    match runtime.block_on(run(&cli)) {
        Ok(code) => code,
        Err(failure) => failure.tell(),
    }
}

async fn run(cli: &Cli) -> Result<ExitCode, Failure> {
    let global = &cli.global;
    if let Command::Completions { shell } = &cli.command {
        clap_complete::generate(*shell, &mut Cli::command(), "unisono", &mut std::io::stdout().lock());
        return Ok(ExitCode::SUCCESS);
    }
    #[allow(clippy::disallowed_methods, reason = "configuration is read here")]
    let environment =
        std::env::vars_os().filter_map(|(name, value)| Some((name.into_string().ok()?, value.into_string().ok()?)));
    let settings = Settings::read(&cli.flags(), environment).map_err(Failure::Config)?;
    start_log(&settings.log, matches!(cli.command, Command::Serve(_)))?;
    match &cli.command {
        Command::Demo(args) => return demo::run(args, &settings, global).await,
        Command::Connector(command) => return connector::run(command, &settings, global),
        Command::Serve(_) => serve::run(&settings).await?,
        Command::Link(command) => link::run(command, &settings, global).await?,
        Command::Accounts(command) => accounts::run(command, &settings, global).await?,
        Command::Issues(args) => issues::run(args, &settings, global).await?,
        Command::Keys(command) => keys::run(command, &settings, global).await?,
        Command::Openapi { api } => check::openapi(api, &settings)?,
        Command::Migrate => check::migrate(&settings, global).await?,
        Command::Doctor => check::doctor(&settings, global).await?,
        Command::Config { effective } => check::config(*effective, &settings)?,
        Command::Completions { .. } => {}
    }
    Ok(ExitCode::SUCCESS)
}

/// A server logs at the configured level; a command only says what is wrong.
fn start_log(log: &Log, serving: bool) -> Result<(), Failure> {
    let level = if serving { log.level.as_str() } else { "warn" };
    let filter = tracing_subscriber::EnvFilter::try_new(level)
        .map_err(|error| Failure::Config(anyhow::anyhow!("configuration is invalid: `log.level`: {error}")))?;
    let builder = tracing_subscriber::fmt().with_env_filter(filter).with_writer(std::io::stderr);
    let builder = builder.with_ansi(std::io::stderr().is_terminal());
    match log.format {
        LogFormat::Text => builder.init(),
        LogFormat::Json => builder.json().init(),
    }
    Ok(())
}
