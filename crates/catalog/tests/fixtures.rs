//! Recorded replies become the records that the fixtures expect, and no model is without one.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use std::collections::BTreeSet;

use unisono_catalog::{Catalog, Entry};
use unisono_connector::{Line, Recording};

fn fixtures(entry: &Entry) -> Vec<(String, Recording)> {
    let files = entry.files().filter(|(path, _)| path.starts_with("fixtures/"));
    files.map(|(path, text)| (format!("{}/{path}", entry.slug), serde_json::from_str(text).unwrap())).collect()
}

#[test]
fn every_fixture_becomes_what_it_expects() {
    let catalog = Catalog::embedded().unwrap();
    let mut wrong = Vec::new();
    for entry in catalog.entries() {
        let connector = entry.connector().unwrap();
        for (name, fixture) in fixtures(entry) {
            let expected = fixture.expect.clone().unwrap_or_else(|| panic!("{name} expects nothing"));
            if connector.map_recording(&fixture) != Some(expected) {
                wrong.push(name);
            }
        }
    }
    assert!(wrong.is_empty(), "see `unisono connector test`: {}", wrong.join(", "));
}

#[test]
fn every_model_of_every_connector_has_a_fixture() {
    let catalog = Catalog::embedded().unwrap();
    let mut without = Vec::new();
    for entry in catalog.entries() {
        let expected = fixtures(entry).into_iter().flat_map(|(_, fixture)| fixture.expect.unwrap_or_default());
        let proven: BTreeSet<String> = expected
            .filter_map(|line| match line {
                Line::Record { model, .. } => Some(model),
                Line::Reject { .. } => None,
            })
            .collect();
        let connector = entry.connector().unwrap();
        let models = connector.streams.values().flatten().map(|stream| stream.model.clone());
        without.extend(models.filter(|model| !proven.contains(model)).map(|model| format!("{}/{model}", entry.slug)));
    }
    assert!(without.is_empty(), "no fixture shows {}", without.join(", "));
}
