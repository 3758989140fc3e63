//! The published documents agree with themselves and with the operation table.
#![allow(clippy::unwrap_used, clippy::expect_used)]

use std::collections::HashSet;
use std::path::Path;

use serde_json::Value;
use unisono_model::Models;

use super::{admin, category};
use crate::operation::{Surface, operations};

fn models() -> Models {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../models");
    let mut files = Vec::new();
    for folder in std::fs::read_dir(root).unwrap() {
        for file in std::fs::read_dir(folder.unwrap().path()).unwrap() {
            let path = file.unwrap().path();
            files.push((path.to_string_lossy().into_owned(), std::fs::read_to_string(&path).unwrap()));
        }
    }
    Models::load(files).expect("the models of the repository load")
}

fn documents(models: &Models) -> Vec<(Surface, Value)> {
    let unified = models.categories().map(|found| {
        (Surface::Unified(found.slug.clone()), category(models, &found.slug).expect("a category has a document"))
    });
    unified.chain([(Surface::Admin, admin(models))]).collect()
}

fn each_ref<'v>(value: &'v Value, seen: &mut Vec<&'v str>) {
    match value {
        Value::Object(map) => {
            seen.extend(map.get("$ref").and_then(Value::as_str));
            map.values().for_each(|inner| each_ref(inner, seen));
        }
        Value::Array(items) => items.iter().for_each(|inner| each_ref(inner, seen)),
        _ => {}
    }
}

#[test]
fn every_reference_resolves() {
    let models = models();
    for (surface, document) in documents(&models) {
        let mut seen = Vec::new();
        each_ref(&document, &mut seen);
        assert!(!seen.is_empty());
        for target in seen {
            let found = document.pointer(target.trim_start_matches('#'));
            assert!(found.is_some_and(|found| !found.is_null()), "{}: {target} leads nowhere", surface.name());
        }
    }
}

#[test]
fn every_operation_is_published_once() {
    let models = models();
    let all = operations(&models);
    for (surface, document) in documents(&models) {
        let mut ids = HashSet::new();
        let declared: Vec<_> = all.iter().filter(|operation| operation.surface == surface).collect();
        for operation in &declared {
            assert!(ids.insert(operation.id.as_str()), "{}: `{}` is declared twice", surface.name(), operation.id);
            let found = &document["paths"][&operation.path][operation.method.as_str().to_lowercase()];
            assert_eq!(found["operationId"], operation.id.as_str(), "{} {}", surface.name(), operation.path);
        }
        let paths = document["paths"].as_object().unwrap().values();
        assert_eq!(paths.map(|path| path.as_object().unwrap().len()).sum::<usize>(), declared.len());
    }
}

#[test]
fn every_reply_and_body_has_a_named_schema() {
    let models = models();
    for (surface, document) in documents(&models) {
        for (path, methods) in document["paths"].as_object().unwrap() {
            for (method, operation) in methods.as_object().unwrap() {
                let contents = operation["responses"].as_object().unwrap().values().chain([&operation["requestBody"]]);
                for schema in contents.filter_map(|part| part.pointer("/content/application~1json/schema")) {
                    let mut named = Vec::new();
                    each_ref(schema, &mut named);
                    assert!(!named.is_empty(), "{} {method} {path} has no schema", surface.name());
                }
            }
        }
    }
}

#[test]
fn a_list_declares_what_its_model_declares() {
    let document = category(&models(), "hris").unwrap();
    let list = &document["paths"]["/employees"]["get"];
    assert_eq!(list["operationId"], "employees_list");
    let params = list["parameters"].as_array().unwrap();
    let param = |name: &str| params.iter().find(|param| param["name"] == name).unwrap();
    assert_eq!(param("started_after")["schema"]["format"], "date-time");
    assert_eq!(param("employment_status")["schema"]["enum"][0], "ACTIVE");
    assert_eq!(param("expand")["explode"], false);
    let employee = &document["components"]["schemas"]["Employee"];
    assert_eq!(employee["properties"]["first_name"]["type"], serde_json::json!(["string", "null"]));
    assert_eq!(employee["properties"]["manager"]["anyOf"][1]["$ref"], "#/components/schemas/Employee");
    assert!(employee["required"].as_array().unwrap().contains(&"remote_id".into()));
}
