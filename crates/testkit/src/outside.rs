//! Outside: what tests need from the machine: environment variables, programs, files beside the repository.

use std::path::PathBuf;
use std::process::Stdio;
use std::time::Duration;

/// The value of a variable that `./dev test` sets. Without it the test says so and is left out; in CI (`CI=true`) that is a failure.
#[must_use]
pub fn needed(name: &str) -> Option<String> {
    match variable(name).filter(|value| !value.is_empty()) {
        Some(value) => Some(value),
        None => {
            assert!(variable("CI").as_deref() != Some("true"), "{name} is not set, and in CI nothing is left out");
            eprintln!("{name} is not set: left out (./dev test sets it)");
            None
        }
    }
}

#[allow(clippy::disallowed_methods, reason = "a test has no command line to be configured by")]
fn variable(name: &str) -> Option<String> {
    std::env::var(name).ok()
}

/// A file beside the repository that not everybody has; says so when it is missing.
#[must_use]
pub fn beside(path: &str) -> Option<PathBuf> {
    let found = root().join("..").join(path).canonicalize().ok();
    if found.is_none() {
        eprintln!("../{path} is not there: left out");
    }
    found
}

/// The root of the repository.
#[must_use]
pub fn root() -> PathBuf {
    PathBuf::from(concat!(env!("CARGO_MANIFEST_DIR"), "/../.."))
}

/// What a program did.
#[derive(Debug)]
pub struct Ran {
    /// Whether it ended well.
    pub ok: bool,
    /// What it wrote to standard output.
    pub stdout: String,
    /// What it wrote to standard error.
    pub stderr: String,
}

/// Runs a program to its end, at most for `limit`; it is killed when the test ends first.
pub async fn run(program: &str, args: &[&str], vars: &[(&str, &str)], input: &[u8], limit: Duration) -> Ran {
    // What it leaves behind goes with this directory.
    let dir = tempfile::tempdir().expect("a temporary directory");
    let mut command = tokio::process::Command::new(program);
    command.args(args).envs(vars.iter().copied()).current_dir(dir.path()).kill_on_drop(true);
    command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut child = command.spawn().unwrap_or_else(|error| panic!("cannot start {program}: {error}"));
    let mut stdin = child.stdin.take().expect("standard input is piped");
    let input = input.to_vec();
    let feeding = tokio::spawn(async move {
        // A program that does not read its input may close it.
        _ = tokio::io::AsyncWriteExt::write_all(&mut stdin, &input).await;
    });
    let ended = tokio::time::timeout(limit, child.wait_with_output()).await;
    let output =
        ended.unwrap_or_else(|_| panic!("{program} {args:?} took longer than {limit:?}")).expect("its output is read");
    feeding.abort();
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    Ran { ok: output.status.success(), stdout: text(&output.stdout), stderr: text(&output.stderr) }
}

/// An HTTP client for what is on this machine.
#[must_use]
pub fn client() -> reqwest::Client {
    // Names the process's TLS provider, without which no client can be made.
    _ = unisono_outbound::Outbound::new(unisono_outbound::Config::new(
        unisono_outbound::Guard::new(Default::default()),
    ));
    reqwest::Client::new()
}
