//! List and show: what connectors can do.

use std::process::ExitCode;

use serde_json::json;
use unisono_catalog::{Catalog, Summary};
use unisono_connector::Connector;

use super::{broken, entry};
use crate::args::Global;
use crate::failure::Failure;
use crate::out;

/// The table of all connectors.
pub fn list(catalog: &Catalog, global: &Global) -> Result<ExitCode, Failure> {
    let summaries = catalog.summaries();
    if global.json {
        out::json(&summaries)?;
    } else {
        let row = |summary: &Summary| {
            let short = |model: &String| model.split_once('.').map_or(model.as_str(), |(_, short)| short).to_owned();
            vec![
                summary.slug.clone(),
                summary.name.clone(),
                summary.categories.join(", "),
                summary.models.iter().map(short).collect::<Vec<_>>().join(" "),
                summary.auth.join(", "),
                summary.evidence.clone(),
            ]
        };
        let rows: Vec<Vec<String>> = summaries.iter().map(row).collect();
        out::table(&["connector", "name", "category", "models", "auth", "evidence"], &rows, "there are no connectors");
    }
    let missing: Vec<_> =
        catalog.entries().filter(|entry| entry.connector().is_err()).map(|entry| &entry.slug).collect();
    for slug in &missing {
        out::talk(format!("{slug} does not load: unisono connector lint {slug}"));
    }
    Ok(if missing.is_empty() { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

/// One connector.
pub fn show(catalog: &Catalog, name: &str, global: &Global) -> Result<ExitCode, Failure> {
    let connector = entry(catalog, name)?.connector().map_err(broken)?;
    if global.json {
        out::json(&json!({
            "summary": Summary::of(&connector),
            "docs": connector.docs,
            "fields": connector.fields,
            "limits": connector.limits,
            "evidence": connector.evidence,
            "streams": streams(&connector).into_iter().map(|row| json!({
                "model": row[0], "stream": row[1], "incremental": row[2] == "yes", "parent": row[3],
            })).collect::<Vec<_>>(),
        }))?;
        return Ok(ExitCode::SUCCESS);
    }
    let auth: Vec<String> = connector.auth.iter().map(|auth| auth.scheme_name().to_owned()).collect();
    let evidence = connector.evidence.note.as_ref().map(|note| format!(" ({note})")).unwrap_or_default();
    out::card(&[
        ("name", connector.name.clone()),
        ("categories", connector.categories.join(", ")),
        ("docs", connector.docs.clone().unwrap_or_default()),
        ("auth", auth.join(", ")),
        ("evidence", format!("{}{evidence}", connector.evidence.level.as_str())),
    ]);
    out::data("");
    let field = |field: &unisono_connector::manifest::Field| {
        let kind =
            serde_json::to_value(field.kind).ok().and_then(|kind| kind.as_str().map(str::to_owned)).unwrap_or_default();
        vec![field.name.clone(), kind, if field.optional { "no" } else { "yes" }.to_owned(), field.title.clone()]
    };
    let rows: Vec<Vec<String>> = connector.fields.iter().map(field).collect();
    out::table(&["field", "type", "required", "title"], &rows, "no link fields");
    out::data("");
    out::table(&["model", "stream", "incremental", "parent"], &streams(&connector), "no streams");
    Ok(ExitCode::SUCCESS)
}

fn streams(connector: &Connector) -> Vec<Vec<String>> {
    let all = connector.streams.values().flatten();
    all.map(|stream| {
        let incremental = if stream.is_incremental() { "yes" } else { "no" };
        let parent = stream.parent_model().unwrap_or_default();
        vec![stream.model.clone(), stream.name.clone(), incremental.to_owned(), parent.to_owned()]
    })
    .collect()
}
