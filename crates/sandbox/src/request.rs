//! Request and reply as plain values, apart from any HTTP library.

use std::collections::BTreeMap;

use minijinja::value::Value as Mj;
use serde_json::Value;

use crate::scope::Scope;

/// A request as the vendor sees it.
#[derive(Debug, Clone)]
pub(crate) struct Request {
    pub method: String,
    pub path: String,
    pub raw_query: String,
    /// Decoded; a repeated name has its values joined by commas.
    pub query: BTreeMap<String, String>,
    /// Lower-case names.
    pub headers: BTreeMap<String, String>,
    pub body: Vec<u8>,
}

impl Request {
    /// The body as JSON, or a form as a mapping; null if it is neither.
    pub fn json(&self) -> Value {
        if let Ok(json) = serde_json::from_slice(&self.body) {
            return json;
        }
        if self.headers.get("content-type").is_some_and(|kind| kind.starts_with("application/x-www-form-urlencoded")) {
            let pairs = url::form_urlencoded::parse(&self.body)
                .map(|(name, value)| (name.into_owned(), Value::String(value.into_owned())));
            return Value::Object(pairs.collect());
        }
        Value::Null
    }

    /// The scope in which an endpoint or an error of this request is evaluated.
    pub fn scope(&self, scope: &Scope) -> Scope {
        let query = crate::template::from_serde(&self.query);
        scope
            .with("query", query.clone())
            .with("params", query)
            .with("headers", crate::template::from_serde(&self.headers))
            .with("method", Mj::from(self.method.as_str()))
            .with("path", Mj::from_pairs::<_, &str, &str>([]))
            .with("body", crate::template::from_serde(self.json()))
    }
}

/// A reply before it is sent.
#[derive(Debug, Clone)]
pub(crate) struct Reply {
    pub status: u16,
    pub headers: Vec<(String, String)>,
    pub body: Vec<u8>,
}

impl Reply {
    pub fn new(status: u16, content_type: &str, body: impl Into<Vec<u8>>) -> Self {
        Self { status, headers: vec![("content-type".into(), content_type.into())], body: body.into() }
    }

    pub fn json(status: u16, body: &Value) -> Self {
        Self::new(status, "application/json", body.to_string())
    }

    pub fn has(&self, name: &str) -> bool {
        self.headers.iter().any(|(known, _)| known.eq_ignore_ascii_case(name))
    }
}
