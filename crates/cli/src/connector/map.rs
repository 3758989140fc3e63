//! Map: recorded replies in, mapped records out.

use std::io::Read as _;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use anyhow::Context as _;
use unisono_catalog::Catalog;
use unisono_connector::{Line, Recording};

use super::{broken, entry};
use crate::failure::Failure;
use crate::out;

/// Maps each recording; exit 3 when one belongs to no stream, else 1 when a record was rejected.
pub fn run(catalog: &Catalog, vendor: &str, recordings: &[PathBuf]) -> Result<ExitCode, Failure> {
    let connector = entry(catalog, vendor)?.connector().map_err(broken)?;
    let (mut unmatched, mut rejected, mut mapped) = (0_usize, 0_usize, 0_usize);
    for path in recordings {
        let recording = read(path)?;
        let Some(lines) = connector.map_recording(&recording) else {
            unmatched += 1;
            let asked = recording.request.as_ref().map(|request| {
                format!(
                    "{} {}",
                    request.method.as_deref().unwrap_or("GET"),
                    request.path.as_deref().unwrap_or("without a path")
                )
            });
            let asked = asked.unwrap_or_else(|| "a recording without a request".to_owned());
            out::talk(format!("{}: no stream of {vendor} matches {asked}", path.display()));
            continue;
        };
        for line in &lines {
            match line {
                Line::Record { .. } => mapped += 1,
                Line::Reject { .. } => rejected += 1,
            }
            out::data(serde_json::to_string(line)?);
        }
    }
    out::talk(format!(
        "{mapped} mapped, {rejected} rejected, {unmatched} of {} recordings without a stream",
        recordings.len()
    ));
    Ok(match (unmatched, rejected) {
        (0, 0) => ExitCode::SUCCESS,
        (0, _) => ExitCode::FAILURE,
        (_, _) => ExitCode::from(3),
    })
}

fn read(path: &Path) -> Result<Recording, Failure> {
    let mut text = String::new();
    if path == Path::new("-") {
        std::io::stdin().lock().read_to_string(&mut text).context("cannot read standard input")?;
    } else {
        text = std::fs::read_to_string(path).with_context(|| format!("cannot read {}", path.display()))?;
    }
    Ok(serde_json::from_str(&text).with_context(|| format!("{} is not a recording", path.display()))?)
}
