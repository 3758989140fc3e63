//! `models` prints the loaded common models as one JSON object: `{categories: [...], platform: {...}}`.
//!
//! Always true: what is printed is what the server serves from, so a comparison with it is a comparison with
//! the API. Elsewhere: `crates/testkit/python/models_agree.py` holds it against the official SDK's types.

use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use anyhow::Context;
use unisono_model::Models;
use walkdir::WalkDir;

pub(crate) fn run(root: &Path) -> anyhow::Result<ExitCode> {
    let mut files = Vec::new();
    for path in yaml_files(&root.join("models")) {
        let text = std::fs::read_to_string(&path).with_context(|| format!("reading {}", path.display()))?;
        let name = path.strip_prefix(root).unwrap_or(&path).to_string_lossy().into_owned();
        files.push((name, text));
    }
    match Models::load(files) {
        Ok(models) => {
            let categories: Vec<_> = models.categories().collect();
            let all = serde_json::json!({ "categories": categories, "platform": models.platform() });
            serde_json::to_writer_pretty(std::io::stdout().lock(), &all)?;
            Ok(ExitCode::SUCCESS)
        }
        Err(errors) => {
            let mut talk = std::io::stderr().lock();
            for error in errors {
                writeln!(talk, "{error}")?;
            }
            Ok(ExitCode::FAILURE)
        }
    }
}

pub(crate) fn yaml_files(folder: &Path) -> Vec<PathBuf> {
    let entries = WalkDir::new(folder).sort_by_file_name().into_iter().filter_map(Result::ok);
    entries.map(walkdir::DirEntry::into_path).filter(|path| path.extension().is_some_and(|ext| ext == "yaml")).collect()
}
