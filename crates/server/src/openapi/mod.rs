//! OpenAPI: the operation table as an OpenAPI 3.1 document.
//!
//! Always true: paths, parameters, bodies and replies come from the table the router is built from, schemas from the
//! models the records are written by; nothing is written by hand, every `$ref` resolves (a test walks all documents).
//! Elsewhere: the table is `operation`; what a refusal looks like is `problem`.

mod notation;
mod parameter;
mod reply;
mod schema;

use serde_json::{Map, Value, json};
use unisono_model::Models;

use crate::operation::{Access, Method, Operation, Shape, Surface, operations};
use schema::Schemas;

/// The document of one category of the unified API; none if there is no such category.
pub fn category(models: &Models, slug: &str) -> Option<Value> {
    models.category(slug)?;
    Some(document(models, &operations(models), &Surface::Unified(slug.to_owned())))
}

/// The document of the admin API.
pub fn admin(models: &Models) -> Value {
    document(models, &operations(models), &Surface::Admin)
}

/// The document of one surface.
pub fn document(models: &Models, operations: &[Operation], surface: &Surface) -> Value {
    let mut schemas = Schemas::new(models, surface);
    let mut paths: Map<String, Value> = Map::new();
    let mut tags: Vec<&str> = Vec::new();
    for operation in operations.iter().filter(|operation| operation.surface == *surface) {
        let path = paths.entry(operation.path.clone()).or_insert_with(|| json!({}));
        path[operation.method.as_str().to_lowercase()] = describe(operation, &mut schemas);
        if !tags.contains(&operation.tag.as_str()) {
            tags.push(&operation.tag);
        }
    }
    let components = json!({
        "securitySchemes": security_schemes(surface),
        "headers": reply::headers(),
        "responses": reply::refusals(surface),
        "schemas": schemas.finish(),
    });
    json!({
        "openapi": "3.1.0",
        "info": info(models, surface),
        "servers": [{ "url": surface.base_path() }],
        "tags": tags.iter().map(|name| json!({ "name": name })).collect::<Vec<_>>(),
        "paths": paths,
        "components": components,
    })
}

fn info(models: &Models, surface: &Surface) -> Value {
    let (title, about) = match surface {
        Surface::Unified(slug) => match models.category(slug) {
            Some(category) => (format!("Unisono: {}", category.title), category.description.clone()),
            None => (format!("Unisono: {slug}"), String::new()),
        },
        Surface::Admin => {
            ("Unisono: administration".to_owned(), "Everything that is needed to run a project.".to_owned())
        }
    };
    json!({
        "title": title,
        "description": about,
        "version": env!("CARGO_PKG_VERSION"),
        "license": { "name": "Apache 2.0", "identifier": "Apache-2.0" },
    })
}

fn security_schemes(surface: &Surface) -> Value {
    let mut schemes = json!({
        "apiKey": { "type": "http", "scheme": "bearer", "description": "API key of the project." },
    });
    if matches!(surface, Surface::Unified(_)) {
        schemes["accountToken"] = json!({
            "type": "apiKey",
            "in": "header",
            "name": "X-Account-Token",
            "description": "Token of the linked account that is read.",
        });
    }
    schemes
}

fn describe(operation: &Operation, schemas: &mut Schemas<'_>) -> Value {
    let security = match operation.access {
        Access::Key => json!([{ "apiKey": [] }]),
        Access::Account => json!([{ "apiKey": [], "accountToken": [] }]),
    };
    let mut value = json!({
        "operationId": operation.id,
        "tags": [operation.tag],
        "summary": operation.summary,
        "security": security,
    });
    if !operation.params.is_empty() {
        value["parameters"] = operation.params.iter().map(parameter::describe).collect();
    }
    if operation.body != Shape::Empty {
        let schema = schemas.body(&operation.body);
        value["requestBody"] = json!({ "required": true, "content": { "application/json": { "schema": schema } } });
    }
    let success = match &operation.reply {
        Shape::Empty => None,
        shape => Some(schemas.reply(shape)),
    };
    value["responses"] = reply::responses(operation, success);
    value
}

/// Whether replies carry an ETag.
fn is_read(operation: &Operation) -> bool {
    operation.method == Method::Get
}

#[cfg(test)]
mod tests;
