//! One connector's files, and the connector they make once somebody asks.

use std::borrow::Cow;
use std::path::{Path, PathBuf};
use std::sync::{Arc, OnceLock};

use serde::Serialize;
use unisono_connector::{Connector, LoadError, Native};
use unisono_model::Models;

/// A file: its path inside the folder and its text.
pub(crate) type File = (String, Cow<'static, str>);

/// One connector's folder.
#[derive(Debug)]
pub struct Entry {
    /// The folder's name.
    pub slug: String,
    /// Where it is on disk; `None` when it is compiled in.
    pub dir: Option<PathBuf>,
    files: Vec<File>,
    native: Option<&'static dyn Native>,
    models: Arc<Models>,
    compiled: OnceLock<Result<Arc<Connector>, Vec<LoadError>>>,
}

impl Entry {
    pub(crate) fn new(
        slug: &str,
        files: Vec<File>,
        native: Option<&'static dyn Native>,
        dir: Option<PathBuf>,
        models: Arc<Models>,
    ) -> Self {
        Self { slug: slug.to_owned(), dir, files, native, models, compiled: OnceLock::new() }
    }

    /// The connector, compiled when first asked for. The files in errors are named from the connectors' folder on.
    pub fn connector(&self) -> Result<Arc<Connector>, &[LoadError]> {
        let compiled = self.compiled.get_or_init(|| {
            let files = self.files.iter().map(|(path, text)| (path.as_str(), text.as_ref()));
            let loaded = Connector::load_with(&self.slug, files, &self.models, self.native);
            loaded.map(Arc::new).map_err(|errors| errors.into_iter().map(|error| self.placed(error)).collect())
        });
        compiled.as_ref().map(Arc::clone).map_err(Vec::as_slice)
    }

    /// The folder's files: manifests, fixtures.
    pub fn files(&self) -> impl Iterator<Item = (&str, &str)> {
        self.files.iter().map(|(path, text)| (path.as_str(), text.as_ref()))
    }

    fn placed(&self, error: LoadError) -> LoadError {
        let inside = error.file.strip_prefix(&format!("{}/", self.slug)).unwrap_or(&error.file);
        let folder = self.dir.as_deref().map_or_else(|| Path::new("connectors").join(&self.slug), Path::to_path_buf);
        LoadError { file: folder.join(inside).display().to_string(), ..error }
    }
}

/// What one connector can do, for tables.
#[derive(Debug, Clone, Serialize)]
pub struct Summary {
    /// The folder's name.
    pub slug: String,
    /// The vendor's name.
    pub name: String,
    /// The categories served.
    pub categories: Vec<String>,
    /// The models read.
    pub models: Vec<String>,
    /// Those of them that can be read by changes only.
    pub incremental: Vec<String>,
    /// The ways to prove ourselves.
    pub auth: Vec<String>,
    /// How well its facts are known.
    pub evidence: String,
}

impl Summary {
    /// Of a compiled connector.
    #[must_use]
    pub fn of(connector: &Connector) -> Self {
        let incremental = connector.streams.iter().filter(|(_, streams)| streams.iter().any(|s| s.is_incremental()));
        Self {
            slug: connector.slug.clone(),
            name: connector.name.clone(),
            categories: connector.categories.clone(),
            models: connector.models().map(str::to_owned).collect(),
            incremental: incremental.map(|(model, _)| model.clone()).collect(),
            auth: connector.auth.iter().map(|auth| auth.scheme_name().to_owned()).collect(),
            evidence: connector.evidence.level.as_str().to_owned(),
        }
    }
}
