//! Notation: the types of components (`string?`, `Key[]`, `map<string>`) as JSON Schema.

use serde_json::{Value, json};

/// Reads one type; `named` gives the schema of another component.
pub(super) fn schema(text: &str, named: &mut dyn FnMut(&str) -> Value) -> Value {
    if let Some(inner) = text.strip_suffix('?') {
        return json!({ "anyOf": [schema(inner, named), { "type": "null" }] });
    }
    if let Some(inner) = text.strip_suffix("[]") {
        return json!({ "type": "array", "items": schema(inner, named) });
    }
    if let Some(inner) = text.strip_prefix("map<").and_then(|rest| rest.strip_suffix('>')) {
        return json!({ "type": "object", "additionalProperties": schema(inner, named) });
    }
    if let Some(inner) = text.strip_prefix("enum[").and_then(|rest| rest.strip_suffix(']')) {
        return json!({ "type": "string", "enum": inner.split(',').collect::<Vec<_>>() });
    }
    match text {
        "string" | "integer" | "boolean" | "number" => json!({ "type": text }),
        "uuid" => json!({ "type": "string", "format": "uuid" }),
        "datetime" => json!({ "type": "string", "format": "date-time" }),
        "object" => json!({ "type": "object", "additionalProperties": true }),
        "any" => json!({}),
        name => named(name),
    }
}
