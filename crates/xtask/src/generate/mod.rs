//! Gen: rewrites what is derived from data, or says what is out of date.
//!
//! Always true: the same data gives the same files, byte by byte; with `--check` nothing is written.
//! Elsewhere: the pages' texts are in `pages`; OpenAPI documents are printed by the server and by `unisono openapi`.

mod pages;

use std::fs;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use anyhow::{Context, Result, anyhow};
use unisono_connector::manifest::{self, ConnectorManifest, ModelManifest};
use unisono_model::Models;

/// A connector's manifests, as written.
pub(crate) struct Folder {
    pub(crate) slug: String,
    pub(crate) connector: ConnectorManifest,
    /// (model such as `hris.employee`, its manifest), by name.
    pub(crate) models: Vec<(String, ModelManifest)>,
}

/// Rewrites the files, or compares them.
pub(crate) fn run(root: &Path, check: bool) -> Result<ExitCode> {
    let models = models(root)?;
    let folders = folders(root)?;
    let mut files = vec![
        (root.join("docs/schema/connector.schema.json"), pretty(&manifest::connector_schema())?),
        (root.join("docs/schema/model.schema.json"), pretty(&manifest::model_schema())?),
        (root.join("docs/connectors/README.md"), pages::connectors(&folders)),
    ];
    for category in models.categories() {
        files.push((root.join(format!("docs/models/{}.md", category.slug)), pages::category(category)));
    }
    for folder in &folders {
        files.push((root.join(format!("docs/connectors/{}.md", folder.slug)), pages::connector(folder, &models)));
        let readme = root.join("connectors").join(&folder.slug).join("README.md");
        if let Ok(text) = fs::read_to_string(&readme) {
            files.push((readme, pages::with_capabilities(&text, &pages::capabilities(folder, &models))));
        }
    }
    let stale: Vec<&PathBuf> = files
        .iter()
        .filter(|(path, text)| fs::read_to_string(path).ok().as_ref() != Some(text))
        .map(|(path, _)| path)
        .collect();
    for path in &stale {
        say(&format!(
            "{} {}",
            if check { "out of date:" } else { "written:" },
            path.strip_prefix(root).unwrap_or(path).display()
        ));
    }
    if check {
        return Ok(if stale.is_empty() { ExitCode::SUCCESS } else { ExitCode::FAILURE });
    }
    for (path, text) in &files {
        if let Some(folder) = path.parent() {
            fs::create_dir_all(folder)?;
        }
        fs::write(path, text).with_context(|| format!("cannot write {}", path.display()))?;
    }
    say(&format!("gen: {} files, {} written anew", files.len(), stale.len()));
    Ok(ExitCode::SUCCESS)
}

#[allow(clippy::print_stdout, reason = "the report is this program's output")]
fn say(text: &str) {
    println!("{text}");
}

fn pretty<T: serde::Serialize>(value: &T) -> Result<String> {
    Ok(serde_json::to_string_pretty(value)? + "\n")
}

fn models(root: &Path) -> Result<Models> {
    let paths = crate::models::yaml_files(&root.join("models"));
    let files = paths
        .iter()
        .map(|path| Ok((path.display().to_string(), fs::read_to_string(path)?)))
        .collect::<Result<Vec<_>>>()?;
    Models::load(files).map_err(|errors| anyhow!(errors.iter().map(ToString::to_string).collect::<Vec<_>>().join("\n")))
}

fn folders(root: &Path) -> Result<Vec<Folder>> {
    let mut slugs: Vec<String> =
        fs::read_dir(root.join("connectors"))?.filter_map(|entry| entry.ok()?.file_name().into_string().ok()).collect();
    slugs.sort();
    slugs.into_iter().map(|slug| folder(root, slug)).collect()
}

fn folder(root: &Path, slug: String) -> Result<Folder> {
    let dir = root.join("connectors").join(&slug);
    let connector: ConnectorManifest = parse(&dir.join("connector.yaml"))?;
    let mut models = Vec::new();
    for category in &connector.categories {
        for path in crate::models::yaml_files(&dir.join(category)) {
            let model = path.file_stem().unwrap_or_default().to_string_lossy();
            models.push((format!("{category}.{model}"), parse(&path)?));
        }
    }
    Ok(Folder { slug, connector, models })
}

fn parse<T: serde::de::DeserializeOwned>(path: &Path) -> Result<T> {
    let text = fs::read_to_string(path).with_context(|| format!("cannot read {}", path.display()))?;
    serde_saphyr::from_str(&text).map_err(|error| anyhow!("{}: {error}", path.display()))
}
