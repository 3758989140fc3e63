//! Lint: every mistake of every file, and what could be better.

use std::process::ExitCode;

use serde_json::json;
use unisono_catalog::{Catalog, Entry};
use unisono_connector::manifest::EvidenceLevel;

use super::chosen;
use crate::args::Global;
use crate::failure::Failure;
use crate::out;

/// Checks the named connectors, or all.
pub fn run(catalog: &Catalog, names: &[String], strict: bool, global: &Global) -> Result<ExitCode, Failure> {
    let entries = chosen(catalog, names)?;
    let (mut errors, mut warnings) = (Vec::new(), Vec::new());
    for entry in &entries {
        match entry.connector() {
            Err(found) => errors.extend(found.iter().cloned()),
            Ok(connector) => {
                for stream in connector.streams.values().flatten() {
                    let path = format!("{}/{}.yaml", entry.slug, stream.model.replace('.', "/"));
                    for place in stream.mapping.interpreted() {
                        warnings.push(format!("{path}: `{place}` is outside the fast subset of jq and is interpreted"));
                    }
                }
                if connector.evidence.level == EvidenceLevel::None {
                    warnings.push(format!("{}/connector.yaml: evidence is none; users are told so", entry.slug));
                }
            }
        }
        warnings.extend(of_files(entry));
    }
    warnings.dedup();
    if global.json {
        let errors: Vec<_> = errors
            .iter()
            .map(|error| {
                json!({
                    "file": error.file, "line": error.line, "column": error.column, "message": error.message,
                    "suggestion": error.suggestion, "excerpt": error.excerpt,
                })
            })
            .collect();
        out::json(&json!({ "connectors": entries.len(), "errors": errors, "warnings": warnings }))?;
    } else {
        errors.iter().for_each(|error| out::data(format!("error: {error}")));
        warnings.iter().for_each(|warning| out::data(format!("warning: {warning}")));
        out::talk(format!("{} connectors, {} errors, {} warnings", entries.len(), errors.len(), warnings.len()));
    }
    let bad = !errors.is_empty() || (strict && !warnings.is_empty());
    Ok(if bad { ExitCode::FAILURE } else { ExitCode::SUCCESS })
}

/// What can be said without compiling.
fn of_files(entry: &Entry) -> Vec<String> {
    let mut warnings = Vec::new();
    let mut has_fixtures = false;
    for (path, text) in entry.files() {
        has_fixtures |= path.starts_with("fixtures/");
        let is_manifest = path.ends_with(".yaml") && !path.starts_with("fixtures/") && !path.starts_with("bots/");
        if is_manifest && !text.lines().any(|line| line.starts_with("# Source:")) {
            warnings.push(format!("{}/{path}: no `# Source:` line says where the facts are from", entry.slug));
        }
    }
    if !has_fixtures {
        warnings.push(format!("{}: no fixtures; `unisono connector test` proves nothing", entry.slug));
    }
    warnings
}
