//! Replies: what an operation answers, success and refusals, with their headers.
//!
//! Always true: the body of a refusal is described in the form of its surface, as `problem` writes it.

use serde_json::{Map, Value, json};

use super::is_read;
use crate::operation::{Access, Operation, Place, Surface};

/// Replies of one operation; `success` is the schema of the body, if there is one.
pub(super) fn responses(operation: &Operation, success: Option<Value>) -> Value {
    let mut all = Map::new();
    let mut good = json!({ "description": "Done.", "headers": success_headers(operation) });
    if let Some(schema) = success {
        good["content"] = json!({ "application/json": { "schema": schema } });
    }
    all.insert(operation.status.to_string(), good);
    if is_read(operation) {
        all.insert("304".into(), refer("NotModified"));
    }
    all.insert("400".into(), refer("BadRequest"));
    all.insert("401".into(), refer("Unauthorized"));
    let named = operation.params.iter().any(|param| param.place == Place::Path);
    if named {
        all.insert("404".into(), refer("NotFound"));
    }
    if operation.access == Access::Account {
        all.insert("429".into(), refer("TooManyRequests"));
    }
    all.insert("default".into(), refer("Refused"));
    Value::Object(all)
}

fn refer(name: &str) -> Value {
    json!({ "$ref": format!("#/components/responses/{name}") })
}

fn success_headers(operation: &Operation) -> Value {
    let mut names = vec!["X-Request-Id"];
    if is_read(operation) {
        names.push("ETag");
    }
    if operation.access == Access::Account {
        names.extend(["X-RateLimit-Limit", "X-RateLimit-Remaining", "X-RateLimit-Reset"]);
    }
    Value::Object(names.into_iter().map(|name| (name.to_owned(), header(name))).collect())
}

fn header(name: &str) -> Value {
    json!({ "$ref": format!("#/components/headers/{name}") })
}

/// Headers that replies share.
pub(super) fn headers() -> Value {
    let text = json!({ "type": "string" });
    let count = json!({ "type": "integer", "minimum": 0 });
    let all = [
        ("X-Request-Id", "Id of the request; it finds the request in the log.", &text),
        ("ETag", "Sent back as `If-None-Match`, it saves the body when nothing has changed.", &text),
        ("Retry-After", "Seconds to wait.", &count),
        ("WWW-Authenticate", "How to prove oneself.", &text),
        ("X-RateLimit-Limit", "Requests the linked account may make in a minute.", &count),
        ("X-RateLimit-Remaining", "Requests left now.", &count),
        ("X-RateLimit-Reset", "Unix time at which all of them are available again.", &count),
    ];
    let described = all
        .into_iter()
        .map(|(name, about, schema)| (name.to_owned(), json!({ "description": about, "schema": schema })));
    Value::Object(described.collect())
}

/// Refusals that operations share, in the form of the surface.
pub(super) fn refusals(surface: &Surface) -> Value {
    let (media, schema) = match surface {
        Surface::Unified(_) => ("application/json", "Error"),
        Surface::Admin => ("application/problem+json", "Problem"),
    };
    let refusal = |about: &str, headers: &[&str]| {
        let headers: Map<String, Value> = headers.iter().map(|name| ((*name).to_owned(), header(name))).collect();
        json!({
            "description": about,
            "headers": headers,
            "content": { media: { "schema": { "$ref": format!("#/components/schemas/{schema}") } } },
        })
    };
    json!({
        "NotModified": { "description": "The caller has it already.", "headers": { "ETag": header("ETag") } },
        "BadRequest": refusal("A parameter or the body is not valid.", &["X-Request-Id"]),
        "Unauthorized": refusal("The API key or the account token is missing or not valid.", &["X-Request-Id", "WWW-Authenticate"]),
        "NotFound": refusal("There is no such thing in this project.", &["X-Request-Id"]),
        "TooManyRequests": refusal("The linked account's quota is used up.", &["X-Request-Id", "Retry-After"]),
        "Refused": refusal("Any other refusal.", &["X-Request-Id"]),
    })
}

/// Schemas of the bodies of refusals.
pub(super) fn schemas(surface: &Surface) -> Vec<(String, Value)> {
    match surface {
        Surface::Unified(_) => vec![("Error".to_owned(), error())],
        Surface::Admin => vec![("Problem".to_owned(), problem())],
    }
}

fn error() -> Value {
    let messages = json!({ "type": "array", "items": { "type": "string" } });
    json!({
        "description": "Why a request was refused: `detail`, or the messages for each parameter or field at fault.",
        "type": "object",
        "properties": {
            "detail": { "type": "string", "description": "What is wrong." },
            "non_field_errors": { "description": "What is wrong with the request as a whole.", "type": "array", "items": { "type": "string" } },
        },
        "additionalProperties": messages,
        "minProperties": 1,
    })
}

fn problem() -> Value {
    json!({
        "description": "Why a request was refused (RFC 9457).",
        "type": "object",
        "required": ["type", "title", "status", "detail", "code", "request_id", "retriable"],
        "properties": {
            "type": { "type": "string", "format": "uri-reference", "description": "Page that says how to put it right." },
            "title": { "type": "string", "description": "Kind of problem, in a few words." },
            "status": { "type": "integer", "description": "HTTP status." },
            "detail": { "type": "string", "description": "What is wrong with this request." },
            "code": { "type": "string", "description": "Stable code of the kind of problem." },
            "request_id": { "type": "string", "description": "Id of the request; it finds the request in the log." },
            "retriable": { "type": "boolean", "description": "The same request may succeed later." },
            "parameter": { "type": "string", "description": "The parameter or field at fault." },
        },
    })
}
