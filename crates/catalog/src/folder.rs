//! Folders of the user's own.

use std::borrow::Cow;
use std::fs;
use std::path::{Path, PathBuf};

use crate::CatalogError;
use crate::entry::File;

/// A file larger than this is not a manifest.
const FILE_BYTES_MAX: u64 = 16 << 20;

/// The connectors in a folder: (name, folder) of each subfolder with a `connector.yaml`, or the folder itself.
pub(crate) fn connectors(dir: &Path) -> Result<Vec<(String, PathBuf)>, CatalogError> {
    let name = |path: &Path| path.file_name().map(|name| name.to_string_lossy().into_owned());
    let whole = dir.canonicalize().map_err(|source| CatalogError::Read { path: dir.to_path_buf(), source })?;
    if whole.join("connector.yaml").is_file() {
        return Ok(name(&whole).map(|slug| (slug, dir.to_path_buf())).into_iter().collect());
    }
    let mut found = Vec::new();
    for path in read(dir)? {
        if let (true, Some(slug)) = (path.join("connector.yaml").is_file(), name(&path)) {
            found.push((slug, path));
        }
    }
    Ok(found)
}

/// The YAML and JSON files below a connector's folder.
pub(crate) fn files(root: &Path) -> Result<Vec<File>, CatalogError> {
    let mut found = Vec::new();
    let mut open = vec![root.to_path_buf()];
    while let Some(next) = open.pop() {
        for path in read(&next)? {
            if path.is_dir() {
                open.push(path);
                continue;
            }
            let is_text = path.extension().is_some_and(|kind| kind == "yaml" || kind == "json");
            let is_small = fs::metadata(&path).is_ok_and(|meta| meta.len() <= FILE_BYTES_MAX);
            let inside = path.strip_prefix(root).unwrap_or(&path).to_string_lossy().replace('\\', "/");
            if is_text && is_small && inside != "sandbox.yaml" {
                let text =
                    fs::read_to_string(&path).map_err(|source| CatalogError::Read { path: path.clone(), source })?;
                found.push((inside, Cow::Owned(text)));
            }
        }
    }
    found.sort();
    Ok(found)
}

fn read(dir: &Path) -> Result<Vec<PathBuf>, CatalogError> {
    let wrong = |source| CatalogError::Read { path: dir.to_path_buf(), source };
    let mut paths = Vec::new();
    for entry in fs::read_dir(dir).map_err(wrong)? {
        paths.push(entry.map_err(wrong)?.path());
    }
    paths.sort();
    Ok(paths)
}
