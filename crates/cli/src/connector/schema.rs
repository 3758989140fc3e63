//! Schema: manifests as JSON Schema, for editors.

use std::process::ExitCode;

use serde_json::json;
use unisono_connector::manifest;

use super::Kind;
use crate::failure::Failure;
use crate::out;

/// Prints it.
pub fn run(kind: Kind) -> Result<ExitCode, Failure> {
    match kind {
        Kind::Connector => out::json(&manifest::connector_schema())?,
        Kind::Model => out::json(&manifest::model_schema())?,
        Kind::Fixture => out::json(&json!({
            "$schema": "https://json-schema.org/draft/2020-12/schema",
            "title": "Unisono connector fixture",
            "type": "object",
            "required": ["request", "response", "expect"],
            "properties": {
                "source": { "description": "Where the shape of the reply is from." },
                "request": {
                    "type": "object",
                    "required": ["path"],
                    "properties": { "method": { "type": "string" }, "path": { "type": "string" }, "query": {}, "body": {} },
                },
                "response": {
                    "type": "object",
                    "properties": { "status": { "type": ["integer", "null"] }, "headers": { "type": ["object", "null"] }, "body": {} },
                },
                "vars": { "type": "object", "properties": { "config": { "type": "object" }, "parent": {} } },
                "expect": {
                    "type": "array",
                    "items": {
                        "type": "object",
                        "required": ["model"],
                        "properties": {
                            "model": { "type": "string" }, "record": { "type": "object" },
                            "reject": { "type": ["string", "null"] }, "reason": { "type": "string" },
                        },
                    },
                },
            },
        }))?,
    }
    Ok(ExitCode::SUCCESS)
}
