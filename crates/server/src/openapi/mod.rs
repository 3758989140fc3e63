//! OpenAPI: the operation table as an OpenAPI 3.1 document.

use serde_json::{Map, Value, json};
use unisono_model::Models;

use crate::operation::{Operation, Surface};

/// The document of one surface.
pub fn document(_models: &Models, operations: &[Operation], surface: &Surface) -> Value {
    let mut paths = Map::new();
    for operation in operations.iter().filter(|operation| operation.surface == *surface) {
        let path = paths.entry(operation.path.clone()).or_insert_with(|| json!({}));
        path[operation.method.as_str().to_lowercase()] =
            json!({ "operationId": operation.id, "summary": operation.summary });
    }
    let info = json!({ "title": surface.name(), "version": env!("CARGO_PKG_VERSION") });
    json!({ "openapi": "3.1.0", "info": info, "servers": [{ "url": surface.base_path() }], "paths": paths })
}
