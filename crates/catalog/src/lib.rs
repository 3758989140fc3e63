//! Embeds the data folders: models and connectors.
//!
//! [`Catalog::embedded`] has what is compiled in, [`Catalog::load`] adds folders of the user's own; a connector of the same
//! name replaces the built-in one, file by file as a whole.
//! Always true: a connector is compiled once, when it is first asked for; a broken one never hides the others.
//! Elsewhere: the language is `connector`; `build.rs` lists the folders, so adding one edits no other file.

mod entry;
mod folder;

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use unisono_connector::{Connector, LoadError, Native};
use unisono_model::Models;

pub use entry::{Entry, Summary};

/// A connector's folder as it was compiled in.
struct Embedded {
    slug: &'static str,
    native: Option<&'static dyn Native>,
    files: &'static [(&'static str, &'static str)],
}

#[allow(missing_docs)]
mod embedded {
    use super::Embedded;
    include!(concat!(env!("OUT_DIR"), "/embedded.rs"));
}

/// Why the catalog cannot be had.
#[derive(Debug, thiserror::Error)]
pub enum CatalogError {
    /// The models are broken.
    #[error("the common models are broken:\n{}", lines(.0))]
    Models(Vec<unisono_model::LoadError>),
    /// A folder or file cannot be read.
    #[error("cannot read {path}")]
    Read {
        /// The folder or file.
        path: PathBuf,
        /// Why.
        #[source]
        source: std::io::Error,
    },
    /// Connectors of the user's own are broken.
    #[error("{}", lines(.0))]
    Connectors(Vec<LoadError>),
}

fn lines<T: std::fmt::Display>(errors: &[T]) -> String {
    errors.iter().map(ToString::to_string).collect::<Vec<_>>().join("\n")
}

/// All models and connectors.
#[derive(Debug)]
pub struct Catalog {
    models: Arc<Models>,
    entries: BTreeMap<String, Entry>,
}

impl Catalog {
    /// What is compiled in.
    pub fn embedded() -> Result<Self, CatalogError> {
        let models = Models::load(embedded::MODELS.iter().copied()).map_err(CatalogError::Models)?;
        let models = Arc::new(models);
        let mut entries = BTreeMap::new();
        for folder in embedded::CONNECTORS {
            let files = folder.files.iter().map(|(name, text)| ((*name).to_owned(), (*text).into())).collect();
            entries.insert(
                folder.slug.to_owned(),
                Entry::new(folder.slug, files, folder.native, None, Arc::clone(&models)),
            );
        }
        Ok(Self { models, entries })
    }

    /// What is compiled in and the connectors of these folders; each of those must load.
    pub fn load<P: AsRef<Path>>(dirs: &[P]) -> Result<Self, CatalogError> {
        let mut catalog = Self::embedded()?;
        let mut errors = Vec::new();
        for dir in dirs {
            for slug in catalog.add_dir(dir.as_ref())? {
                if let Some(Err(found)) = catalog.connector(&slug) {
                    errors.extend(found.iter().cloned());
                }
            }
        }
        if errors.is_empty() { Ok(catalog) } else { Err(CatalogError::Connectors(errors)) }
    }

    /// What is compiled in and the connectors of one folder.
    pub fn with_dir(dir: &Path) -> Result<Self, CatalogError> {
        Self::load(&[dir])
    }

    /// Adds the connectors of a folder without compiling them, and returns their names. The folder either holds connector
    /// folders or is one itself.
    pub fn add_dir(&mut self, dir: &Path) -> Result<Vec<String>, CatalogError> {
        let mut slugs = Vec::new();
        for (slug, root) in folder::connectors(dir)? {
            let files = folder::files(&root)?;
            let native = embedded::CONNECTORS.iter().find(|known| known.slug == slug).and_then(|known| known.native);
            let entry = Entry::new(&slug, files, native, Some(root), Arc::clone(&self.models));
            self.entries.insert(slug.clone(), entry);
            slugs.push(slug);
        }
        Ok(slugs)
    }

    /// The common models.
    #[must_use]
    pub fn models(&self) -> Arc<Models> {
        Arc::clone(&self.models)
    }

    /// The connector of this name, compiled; `None` when there is none.
    #[must_use]
    pub fn connector(&self, slug: &str) -> Option<Result<Arc<Connector>, &[LoadError]>> {
        self.entries.get(slug).map(Entry::connector)
    }

    /// The connector of this name if there is one that loads.
    #[must_use]
    pub fn get(&self, slug: &str) -> Option<Arc<Connector>> {
        self.connector(slug)?.ok()
    }

    /// Every connector that loads, by name.
    #[must_use]
    pub fn list(&self) -> Vec<Arc<Connector>> {
        self.entries.values().filter_map(|entry| entry.connector().ok()).collect()
    }

    /// Every connector's files, by name, broken ones included.
    pub fn entries(&self) -> impl Iterator<Item = &Entry> {
        self.entries.values()
    }

    /// One connector's files.
    #[must_use]
    pub fn entry(&self, slug: &str) -> Option<&Entry> {
        self.entries.get(slug)
    }

    /// The table of what each connector can do.
    #[must_use]
    pub fn summaries(&self) -> Vec<Summary> {
        self.list().iter().map(|connector| Summary::of(connector)).collect()
    }
}
