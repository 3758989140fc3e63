//! Load: reads a `sandbox.yaml` and says exactly what is wrong with it.

use std::path::PathBuf;

use crate::{Running, StartError, StartOptions};

/// A description that cannot be used.
#[derive(Debug, thiserror::Error)]
#[error("{}:{line}: {problem}{}", file.display(), suggestion.as_ref().map(|word| format!(" (did you mean `{word}`?)")).unwrap_or_default())]
pub struct LoadError {
    /// `connectors/<slug>/sandbox.yaml`.
    pub file: PathBuf,
    /// Counted from 1.
    pub line: usize,
    /// What is wrong, in lower case.
    pub problem: String,
    /// The known word nearest to an unknown one.
    pub suggestion: Option<String>,
}

/// A vendor that can be simulated.
#[derive(Debug, Clone)]
pub struct Sandbox {
    slug: String,
}

impl Sandbox {
    /// Reads the text of a vendor's `sandbox.yaml`.
    pub fn load(slug: &str, yaml: &str) -> Result<Self, LoadError> {
        let _ = yaml;
        todo!("{slug}")
    }

    /// The vendor's folder name.
    pub fn slug(&self) -> &str {
        &self.slug
    }

    /// Starts the simulated vendor; it stops when the returned value is dropped.
    pub async fn start(&self, options: StartOptions) -> Result<Running, StartError> {
        let _ = options;
        todo!()
    }
}
