//! Test: fixtures, that is recordings with the records they must become.

use std::process::ExitCode;

use anyhow::{Context as _, anyhow};
use serde_json::{Value, json};
use unisono_catalog::{Catalog, Entry};
use unisono_connector::{Connector, Line, Recording};

use super::{broken, chosen};
use crate::args::Global;
use crate::failure::Failure;
use crate::out;

/// Runs the fixtures of the named connectors, or of all.
pub fn run(catalog: &Catalog, names: &[String], update: bool, global: &Global) -> Result<ExitCode, Failure> {
    let (mut passed, mut updated, mut failed) = (0_usize, 0_usize, Vec::new());
    for entry in chosen(catalog, names)? {
        let connector = entry.connector().map_err(broken)?;
        for (path, text) in entry.files().filter(|(path, _)| path.starts_with("fixtures/")) {
            let name = format!("{}/{path}", entry.slug);
            match check(&connector, &name, text)? {
                (_, problem) if problem.is_empty() => passed += 1,
                (Some(lines), _) if update => {
                    write(entry, path, text, &lines)?;
                    updated += 1;
                }
                (_, problem) => failed.push((name, problem)),
            }
        }
    }
    if global.json {
        let failed: Vec<Value> =
            failed.iter().map(|(name, problem)| json!({ "fixture": name, "problem": problem })).collect();
        out::json(&json!({ "passed": passed, "updated": updated, "failed": failed }))?;
    } else {
        for (name, problem) in &failed {
            out::data(format!("{name}:\n{problem}"));
        }
    }
    out::talk(format!("{passed} fixtures passed, {} failed, {updated} updated", failed.len()));
    Ok(if failed.is_empty() { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

/// What came out, and how it differs from what is expected (nothing when it does not).
fn check(connector: &Connector, name: &str, text: &str) -> Result<(Option<Vec<Line>>, String), Failure> {
    let fixture: Recording = parse(name, text)?;
    let Some(lines) = connector.map_recording(&fixture) else {
        return Ok((None, "  no stream matches its request".to_owned()));
    };
    let Some(expected) = &fixture.expect else {
        return Ok((Some(lines), "  it has no `expect`; run with --update to write it".to_owned()));
    };
    let problem = differences(expected, &lines);
    Ok((Some(lines), problem))
}

fn parse(name: &str, text: &str) -> Result<Recording, Failure> {
    let fixture = if name.ends_with(".json") {
        serde_json::from_str(text).map_err(anyhow::Error::from)
    } else {
        serde_saphyr::from_str(text).map_err(anyhow::Error::from)
    };
    Ok(fixture.with_context(|| format!("{name} is not a fixture"))?)
}

fn differences(expected: &[Line], found: &[Line]) -> String {
    let mut text = Vec::new();
    for index in 0..expected.len().max(found.len()) {
        match (expected.get(index), found.get(index)) {
            (Some(wanted), Some(got)) if wanted == got => {}
            (Some(wanted), Some(got)) => {
                let mut lines = Vec::new();
                compare("", &json!(wanted), &json!(got), &mut lines);
                text.push(format!("  line {}:\n{}", index + 1, lines.join("\n")));
            }
            (Some(wanted), None) => text.push(format!("  line {}: missing\n    - {}", index + 1, json!(wanted))),
            (None, Some(got)) => text.push(format!("  line {}: not expected\n    + {}", index + 1, json!(got))),
            (None, None) => {}
        }
    }
    text.join("\n")
}

/// The paths at which two values differ.
fn compare(path: &str, wanted: &Value, got: &Value, lines: &mut Vec<String>) {
    match (wanted, got) {
        (Value::Object(a), Value::Object(b)) => {
            let keys = a.keys().chain(b.keys().filter(|key| !a.contains_key(*key)));
            for key in keys {
                let (one, other) = (a.get(key), b.get(key));
                if one != other {
                    compare(
                        &format!("{path}.{key}"),
                        one.unwrap_or(&Value::Null),
                        other.unwrap_or(&Value::Null),
                        lines,
                    );
                }
            }
        }
        (Value::Array(a), Value::Array(b)) if a.len() == b.len() => {
            for (index, (one, other)) in a.iter().zip(b).enumerate().filter(|(_, (one, other))| one != other) {
                compare(&format!("{path}[{index}]"), one, other, lines);
            }
        }
        _ => lines.push(format!("    {path}\n      - {wanted}\n      + {got}")),
    }
}

/// Writes `expect` into a fixture, leaving the rest as it is.
fn write(entry: &Entry, path: &str, text: &str, lines: &[Line]) -> Result<(), Failure> {
    let folder = entry.dir.clone().unwrap_or_else(|| std::path::Path::new("connectors").join(&entry.slug));
    let file = folder.join(path);
    if !path.ends_with(".json") {
        return Err(Failure::Failed(anyhow!(
            "{} is YAML, whose comments would be lost; --update writes JSON fixtures",
            file.display()
        )));
    }
    if !file.exists() {
        return Err(Failure::Failed(anyhow!(
            "{} is not there; run in the folder that holds connectors/",
            file.display()
        )));
    }
    let mut fixture: serde_json::Map<String, Value> = serde_json::from_str(text)?;
    fixture.insert("expect".to_owned(), json!(lines));
    let text = format!("{}\n", serde_json::to_string_pretty(&fixture)?);
    Ok(std::fs::write(&file, text).with_context(|| format!("cannot write {}", file.display()))?)
}
