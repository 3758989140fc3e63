//! Tidy: the rules of the house that a program can check, each with its reason.
//!
//! Always true: every rule reads the tree as it is and reports all breaches, not the first;
//! a rule that cannot be checked does not belong here. Elsewhere: banned calls are in `clippy.toml`.

use std::fmt::Write as _;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use anyhow::{Context, Result};
use regex::Regex;
use walkdir::WalkDir;

/// Which crates of ours each crate may use, outside its tests. `*` means any.
///
/// Arrows point one way so that the languages stay pure, the simulator stays ignorant of our
/// connectors, and two surfaces can never drift apart by deciding things themselves.
const ARROWS: &[(&str, &[&str])] = &[
    ("model", &[]),
    ("connector", &["model"]),
    ("outbound", &[]),
    ("store", &[]),
    ("sandbox", &[]),
    ("auth", &["outbound", "store", "connector"]),
    ("catalog", &["model", "connector"]),
    ("engine", &["model", "connector", "outbound", "store", "auth"]),
    ("server", &["engine", "model"]),
    ("cli", &["*"]),
    ("testkit", &["*"]),
    ("bench", &["*"]),
    ("xtask", &["*"]),
];

/// Crates that must be testable as functions: what would make them impure is not a dependency of theirs.
const PURE: &[&str] = &["model", "connector"];
const IMPURE: &[&str] = &["tokio", "reqwest", "rusqlite", "postgres", "rand", "axum"];

/// One home per outside thing: a dependency that only the named crates may have.
const HOMES: &[(&str, &[&str])] = &[
    ("reqwest", &["outbound", "testkit", "bench"]),
    ("rusqlite", &["store", "bench"]),
    ("postgres", &["store", "bench"]),
    ("axum", &["server", "sandbox", "testkit", "bench"]),
];

const LINES_RUST: usize = 500;
const LINES_FUNCTION: usize = 70;
const LINES_MANIFEST: usize = 150;
const LINES_ARCHITECTURE: usize = 200;

/// Runs every rule and prints what is broken.
pub fn run(root: &Path) -> Result<ExitCode> {
    let mut found = Vec::new();
    arrows(root, &mut found)?;
    rust_files(root, &mut found)?;
    manifests(root, &mut found)?;
    vendor_names(root, &mut found)?;
    architecture(root, &mut found)?;
    let mut report = String::new();
    for line in &found {
        let _ = writeln!(report, "{line}");
    }
    if found.is_empty() {
        say("tidy: every rule holds");
        return Ok(ExitCode::SUCCESS);
    }
    say(&format!("{report}tidy: {} rule breaches", found.len()));
    Ok(ExitCode::FAILURE)
}

#[allow(clippy::print_stdout, reason = "the report is this program's output")]
fn say(text: &str) {
    println!("{text}");
}

fn read(path: &Path) -> Result<String> {
    fs::read_to_string(path).with_context(|| format!("cannot read {}", path.display()))
}

fn shown(root: &Path, path: &Path) -> String {
    path.strip_prefix(root).unwrap_or(path).display().to_string()
}

/// Files under `below` with the ending, in a stable order; generated and installed folders are left out.
fn files(root: &Path, below: &str, ending: &str) -> Vec<PathBuf> {
    WalkDir::new(root.join(below))
        .sort_by_file_name()
        .into_iter()
        .filter_entry(|entry| !matches!(entry.file_name().to_str(), Some("target" | "node_modules" | ".dev")))
        .filter_map(Result::ok)
        .map(walkdir::DirEntry::into_path)
        .filter(|path| path.extension().is_some_and(|found| found == ending))
        .collect()
}

/// Dependencies follow [`ARROWS`], [`PURE`] and [`HOMES`].
fn arrows(root: &Path, found: &mut Vec<String>) -> Result<()> {
    for entry in fs::read_dir(root.join("crates"))? {
        let folder = entry?.path();
        let name = shown(&root.join("crates"), &folder);
        let file = folder.join("Cargo.toml");
        let manifest: toml::Table = read(&file)?.parse().with_context(|| format!("{name}: Cargo.toml"))?;
        let Some((_, allowed)) = ARROWS.iter().find(|(krate, _)| *krate == name) else {
            found.push(format!("crates/{name}: unknown crate; add it to ARROWS in crates/xtask/src/tidy.rs"));
            continue;
        };
        let dependencies = manifest.get("dependencies").and_then(toml::Value::as_table);
        for dependency in dependencies.into_iter().flat_map(toml::Table::keys) {
            let ours = dependency.strip_prefix("unisono-");
            if ours.is_some_and(|ours| !allowed.contains(&"*") && !allowed.contains(&ours)) {
                found.push(format!("crates/{name}: may not use {dependency}; arrows point one way (ARCHITECTURE.md)"));
            }
            if PURE.contains(&name.as_str()) && IMPURE.contains(&dependency.as_str()) {
                found.push(format!("crates/{name}: is pure and may not use {dependency}"));
            }
            let home = HOMES.iter().find(|(outside, _)| outside == dependency);
            if home.is_some_and(|(_, homes)| !homes.contains(&name.as_str())) {
                found.push(format!("crates/{name}: {dependency} has another home; use the crate that wraps it"));
            }
        }
    }
    Ok(())
}

/// Rust files open with a module doc and stay short; so do their functions.
fn rust_files(root: &Path, found: &mut Vec<String>) -> Result<()> {
    for path in files(root, "crates", "rs") {
        let text = read(&path)?;
        let name = shown(root, &path);
        let test = name.contains("/tests/") || name.ends_with("/tests.rs");
        if !test && !text.starts_with("//!") && !text.starts_with("#!") {
            found.push(format!("{name}: opens without a module doc (`//!`): what it does, what always holds"));
        }
        let lines = text.lines().count();
        if !test && lines > LINES_RUST {
            found.push(format!("{name}: {lines} lines, at most {LINES_RUST}; a concept is missing a name"));
        }
        if !test {
            long_functions(&name, &text, found);
        }
    }
    Ok(())
}

/// Finds functions over the limit by the indentation that rustfmt gives their closing brace.
fn long_functions(name: &str, text: &str, found: &mut Vec<String>) {
    let mut open: Option<(usize, usize, &str)> = None;
    for (number, line) in text.lines().enumerate() {
        let indent = line.len() - line.trim_start().len();
        let start = line.trim_start();
        let is_fn = ["fn ", "pub fn ", "async fn ", "pub async fn ", "pub(crate) fn ", "pub(super) fn ", "const fn "]
            .iter()
            .any(|head| start.starts_with(head));
        if open.is_none() && is_fn && !line.trim_end().ends_with('}') && !line.trim_end().ends_with(';') {
            open = Some((number, indent, start));
        }
        if let Some((first, depth, head)) = open
            && indent == depth
            && start.starts_with('}')
        {
            if number - first + 1 > LINES_FUNCTION {
                let head = head.split('(').next().unwrap_or(head);
                found.push(format!(
                    "{name}:{}: `{head}` has {} lines, at most {LINES_FUNCTION}",
                    first + 1,
                    number - first + 1
                ));
            }
            open = None;
        }
    }
}

/// Model and connector manifests stay readable at a glance.
fn manifests(root: &Path, found: &mut Vec<String>) -> Result<()> {
    for path in files(root, "models", "yaml").into_iter().chain(files(root, "connectors", "yaml")) {
        let name = shown(root, &path);
        if name.contains("/fixtures/") || name.ends_with("sandbox.yaml") || name.contains("/sandbox/") {
            continue;
        }
        let lines = read(&path)?.lines().count();
        if lines > LINES_MANIFEST {
            found.push(format!("{name}: {lines} lines, at most {LINES_MANIFEST}"));
        }
    }
    Ok(())
}

/// The folders under `connectors/` are vendors; the spine does not know one of them.
fn vendor_names(root: &Path, found: &mut Vec<String>) -> Result<()> {
    let mut vendors = Vec::new();
    for entry in fs::read_dir(root.join("connectors"))? {
        vendors.push(regex::escape(&entry?.file_name().to_string_lossy()));
    }
    if vendors.is_empty() {
        return Ok(());
    }
    let any = Regex::new(&format!(r"(?i)\b({})\b", vendors.join("|")))?;
    for path in files(root, "crates", "rs") {
        let name = shown(root, &path);
        if name.contains("/tests/")
            || name.ends_with("/tests.rs")
            || name.starts_with("crates/testkit/")
            || name.starts_with("crates/bench/")
        {
            continue;
        }
        let text = read(&path)?;
        let code = text.split("#[cfg(test)]").next().unwrap_or(&text);
        for (number, line) in code.lines().enumerate() {
            if let Some(hit) = any.find(line) {
                let vendor = hit.as_str();
                found.push(format!(
                    "{name}:{}: names the vendor `{vendor}`; what is vendor-shaped lives in connectors/",
                    number + 1
                ));
            }
        }
    }
    Ok(())
}

/// ARCHITECTURE.md stays short and names folders that exist.
fn architecture(root: &Path, found: &mut Vec<String>) -> Result<()> {
    let text = read(&root.join("ARCHITECTURE.md"))?;
    let lines = text.lines().count();
    if lines > LINES_ARCHITECTURE {
        found.push(format!("ARCHITECTURE.md: {lines} lines, at most {LINES_ARCHITECTURE}"));
    }
    let paths = Regex::new(r"`((?:crates|models|connectors|docs|flows)/[A-Za-z0-9_./-]*)`")?;
    for capture in paths.captures_iter(&text) {
        let named = &capture[1];
        if !root.join(named).exists() {
            found.push(format!("ARCHITECTURE.md: names {named}, which does not exist"));
        }
    }
    Ok(())
}
