//! What is compiled in is whole.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use unisono_catalog::Catalog;

#[test]
fn every_connector_that_is_compiled_in_loads() {
    let catalog = Catalog::embedded().unwrap();
    let mut broken = Vec::new();
    for entry in catalog.entries() {
        if let Err(errors) = entry.connector() {
            broken.extend(errors.iter().map(ToString::to_string));
        }
    }
    assert!(broken.is_empty(), "{} errors\n{}", broken.len(), broken.join("\n"));
}
