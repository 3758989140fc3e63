//! Parameters: what a path or query value may be, as JSON Schema.

use serde_json::{Value, json};

use crate::operation::{Kind, Param, Place};

pub(super) fn describe(param: &Param) -> Value {
    let place = match param.place {
        Place::Path => "path",
        Place::Query => "query",
    };
    let mut value = json!({
        "name": param.name,
        "in": place,
        "description": param.about,
        "schema": schema(&param.kind),
    });
    if param.place == Place::Path {
        value["required"] = json!(true);
    }
    if matches!(param.kind, Kind::Csv(_)) {
        value["style"] = json!("form");
        value["explode"] = json!(false);
    }
    value
}

fn schema(kind: &Kind) -> Value {
    match kind {
        Kind::Text => json!({ "type": "string" }),
        Kind::Integer { min, max } => json!({ "type": "integer", "minimum": min, "maximum": max }),
        Kind::Boolean => json!({ "type": "boolean" }),
        Kind::DateTime => json!({ "type": "string", "format": "date-time" }),
        Kind::Id => json!({ "type": "string", "format": "uuid" }),
        Kind::OneOf(choices) => json!({ "type": "string", "enum": choices }),
        Kind::Csv(choices) => json!({ "type": "array", "items": { "type": "string", "enum": choices } }),
    }
}
