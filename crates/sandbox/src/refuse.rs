//! Refuse: replies in the vendor's words when something is not allowed, not there, or wrong.
//!
//! Always true: an error the description does not name gets a plain JSON body and its usual status.

use indexmap::IndexMap;
use minijinja::Error;
use minijinja::value::Value as Mj;

use crate::plan::{Content, ErrorPlan, Plan};
use crate::request::Reply;
use crate::scope::Scope;
use crate::template::Template;

/// What an error reply may mention.
#[derive(Debug, Default)]
pub(crate) struct Details {
    pub messages: Vec<String>,
    pub retry_after_s: Option<u64>,
    /// Replaces the status the description gives.
    pub status: Option<u16>,
}

impl Details {
    pub fn message(text: impl Into<String>) -> Self {
        Self { messages: vec![text.into()], ..Self::default() }
    }
}

/// The named error as a reply.
pub(crate) fn refuse(plan: &Plan, name: &str, details: &Details, scope: &Scope) -> Reply {
    let retry_after = details.retry_after_s.unwrap_or(1);
    let scope = scope
        .with("messages", Mj::from(details.messages.clone()))
        .with("message", Mj::from(details.messages.first().cloned().unwrap_or_default()))
        .with("status", Mj::from(details.status.unwrap_or_default()))
        .with("retry_after", Mj::from(retry_after));
    let mut reply = match plan.errors.get(name) {
        Some(error) => rendered(error, &scope).unwrap_or_else(|problem| internal(&problem)),
        None => plain(name, details),
    };
    if let Some(status) = details.status {
        reply.status = status;
    }
    if details.retry_after_s.is_some() && !reply.has("retry-after") {
        reply.headers.push(("Retry-After".into(), retry_after.to_string()));
    }
    reply
}

/// A template failed while answering: the description is at fault, not the client.
pub(crate) fn internal(problem: &Error) -> Reply {
    Reply::json(500, &serde_json::json!({ "sandbox_problem": format!("{problem:#}") }))
}

/// Body and headers from their templates.
pub(crate) fn content(
    status: u16,
    headers: &IndexMap<String, Template>,
    content: &Content,
    scope: &Scope,
) -> Result<Reply, Error> {
    let json_type = "application/json;charset=utf-8";
    let mut reply = match content {
        Content::Json { body, content_type } => {
            let body = serde_json::to_vec(&body.eval(scope)?).unwrap_or_default();
            Reply::new(status, content_type.as_deref().unwrap_or(json_type), body)
        }
        Content::Text { text, content_type } => {
            Reply::new(status, content_type.as_deref().unwrap_or("text/plain;charset=utf-8"), text.eval_text(scope)?)
        }
        Content::Nothing { content_type: Some(content_type) } => Reply::new(status, content_type, ""),
        Content::Nothing { content_type: None } => Reply { status, headers: Vec::new(), body: Vec::new() },
    };
    for (name, value) in headers {
        reply.headers.push((name.clone(), value.eval_text(scope)?));
    }
    Ok(reply)
}

fn rendered(error: &ErrorPlan, scope: &Scope) -> Result<Reply, Error> {
    content(error.status, &error.headers, &error.body, scope)
}

fn plain(name: &str, details: &Details) -> Reply {
    let status = match name {
        "unauthorized" => 401,
        "forbidden" => 403,
        "not_found" => 404,
        "rate_limited" => 429,
        "server_error" => 500,
        _ => 400,
    };
    let message = details.messages.first().map_or(name, String::as_str);
    Reply::json(status, &serde_json::json!({ "error": name, "message": message }))
}
