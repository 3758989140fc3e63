//! Meta: what a write of a model takes, as JSON Schema.
//!
//! Always true: the schema is made from the model's declared request; writing is not possible yet, and
//! `can_make_request` says so.

use serde_json::{Map, Value, json};
use unisono_engine::Shape;
use unisono_model::{Format, Input, Type, Write};

use crate::fault;
use crate::problem::Refusal;
use crate::reply::Reply;
use crate::request::Request;

pub(super) async fn call(request: &Request<'_>, model: &str, update: bool) -> Result<Reply, Refusal> {
    let account = request.visitor.account()?;
    let Some(declared) = request.app.models.model(model) else { return Err(Refusal::not_found()) };
    if update {
        let (project, id) = (request.visitor.project(), request.path_id("id")?);
        let found = request.app.engine.retrieve(project, account.id, model, id, &Shape::default()).await;
        found.map_err(fault::read)?;
    }
    let write = if update { &declared.update } else { &declared.create };
    let schema =
        write.as_ref().map_or_else(|| json!({ "type": "object" }), |write| body(request, &account.category, write));
    let mut reply = Map::new();
    reply.insert("request_schema".into(), schema);
    let status = json!({ "linked_account_status": account.status, "can_make_request": false });
    reply.insert("status".into(), status);
    reply.insert("has_conditional_params".into(), json!(false));
    reply.insert("has_required_linked_account_params".into(), json!(false));
    if account.category != "accounting" {
        reply.insert("remote_field_classes".into(), json!({}));
    }
    if matches!(account.category.as_str(), "hris" | "accounting") {
        reply.insert("remote_fields".into(), json!([]));
    }
    Reply::of(&reply)
}

fn body(request: &Request<'_>, category: &str, write: &Write) -> Value {
    let mut model = object(request, category, &write.fields);
    if write.params {
        for name in ["integration_params", "linked_account_params"] {
            model["properties"][name] = json!({ "type": "object", "additionalProperties": true });
        }
    }
    let mut whole = object(request, category, &write.envelope);
    whole["properties"]["model"] = model;
    match whole["required"].as_array_mut() {
        Some(required) => required.push(json!("model")),
        None => whole["required"] = json!(["model"]),
    }
    whole
}

fn object(request: &Request<'_>, category: &str, fields: &[Input]) -> Value {
    let mut properties = Map::new();
    for field in fields {
        let one = value(request, category, &field.kind);
        let mut schema = if field.list { json!({ "type": "array", "items": one }) } else { one };
        schema["description"] = json!(field.description);
        properties.insert(field.name.clone(), schema);
    }
    let required: Vec<&str> = fields.iter().filter(|field| field.required).map(|field| field.name.as_str()).collect();
    let mut schema = json!({ "type": "object", "properties": properties });
    if !required.is_empty() {
        schema["required"] = json!(required);
    }
    schema
}

fn value(request: &Request<'_>, category: &str, kind: &Type) -> Value {
    match kind {
        Type::String { format } => match format {
            Format::Plain => json!({ "type": "string" }),
            Format::Email => json!({ "type": "string", "format": "email" }),
            Format::Uri => json!({ "type": "string", "format": "uri" }),
            Format::Decimal => json!({ "type": "string", "format": "decimal" }),
        },
        Type::Integer => json!({ "type": "integer" }),
        Type::Number => json!({ "type": "number" }),
        Type::Boolean => json!({ "type": "boolean" }),
        Type::DateTime => json!({ "type": "string", "format": "date-time" }),
        Type::Object => json!({ "type": "object", "additionalProperties": true }),
        Type::Any => json!({}),
        Type::Map { of } => json!({ "type": "object", "additionalProperties": value(request, category, of) }),
        Type::Enum { name } => match request.app.models.enumeration(category, name) {
            Some(found) => json!({ "type": "string", "enum": found.values }),
            None => json!({ "type": "string" }),
        },
        Type::Ref { .. } => json!({ "type": "string", "format": "uuid" }),
        Type::Nested { model } => nested(request, category, model),
        Type::OneOf { of } => {
            json!({ "anyOf": of.iter().map(|kind| value(request, category, kind)).collect::<Vec<_>>() })
        }
    }
}

/// Nested models hold plain values and relations; one inside another is described as a free object.
fn nested(request: &Request<'_>, category: &str, model: &str) -> Value {
    let found = request.app.models.resolve(category, model).and_then(|found| found.create.as_ref());
    let Some(write) = found else { return json!({ "type": "object", "additionalProperties": true }) };
    let plain = |field: &&Input| !matches!(field.kind, Type::Nested { .. });
    let fields: Vec<Input> = write.fields.iter().filter(plain).cloned().collect();
    object(request, category, &fields)
}
