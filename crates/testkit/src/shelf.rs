//! Shelf: the connectors a test offers: the tree's own, as they are or fit for little data and haste.
//!
//! Always true: only page sizes and the requests allowed per second are changed, never what is asked or mapped.

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::Arc;

use unisono_catalog::Catalog;
use unisono_connector::Connector;
use unisono_engine::Connectors;
use unisono_model::Models;

/// Connectors by slug.
#[derive(Debug)]
pub struct Shelf {
    connectors: BTreeMap<String, Arc<Connector>>,
    models: Arc<Models>,
}

impl Shelf {
    /// The tree's connectors, and those of these folders. With `page`, every page that a connector asks a size for has this one,
    /// and nothing is paced; files that `left_out` names (`ticketing/attachment.yaml`) are left out.
    #[must_use]
    pub fn load(dirs: &[impl AsRef<Path>], page: Option<u32>, left_out: &[String]) -> Self {
        let catalog = Catalog::load(dirs).expect("the tree's connectors load");
        let models = catalog.models();
        let mut connectors = BTreeMap::new();
        for entry in catalog.entries() {
            if page.is_none() && left_out.is_empty() {
                connectors.insert(entry.slug.clone(), entry.connector().expect("the connector loads"));
                continue;
            }
            let kept = entry.files().filter(|(path, _)| !left_out.iter().any(|gone| gone == path));
            let files: Vec<(String, String)> = kept
                .map(|(path, text)| (path.to_owned(), page.map_or_else(|| text.to_owned(), |size| hasty(text, size))))
                .collect();
            let connector = Connector::load(&entry.slug, files, &models).expect("the changed connector loads");
            connectors.insert(entry.slug.clone(), Arc::new(connector));
        }
        Self { connectors, models }
    }

    /// The common models.
    #[must_use]
    pub fn models(&self) -> Arc<Models> {
        Arc::clone(&self.models)
    }
}

impl Connectors for Shelf {
    fn get(&self, slug: &str) -> Option<Arc<Connector>> {
        self.connectors.get(slug).cloned()
    }

    fn list(&self) -> Vec<Arc<Connector>> {
        self.connectors.values().cloned().collect()
    }
}

/// A manifest with other page sizes and without pacing.
fn hasty(text: &str, size: u32) -> String {
    let mut out = String::with_capacity(text.len());
    for line in text.lines() {
        match (line.trim_start().starts_with("requests: "), line.find(" size: ")) {
            (true, _) => out.push_str(&line.replace(line.trim_start(), "requests: 1000000")),
            (_, Some(at)) if line.trim_start().starts_with("page: ") => {
                let after = &line[at + " size: ".len()..];
                let rest = after.trim_start_matches(|c: char| c.is_ascii_digit());
                out.push_str(&format!("{} size: {size}{rest}", &line[..at]));
            }
            _ => out.push_str(line),
        }
        out.push('\n');
    }
    out
}
