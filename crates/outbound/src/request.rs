//! What is sent and what comes back.

use std::time::Duration;

use bytes::Bytes;
use http::{HeaderMap, Method, StatusCode};
use url::Url;

use crate::{Classify, Secret, Timeouts};

/// A request ready to be sent. Build it with [`Request::new`] and set the public fields.
#[derive(Debug, Clone)]
pub struct Request {
    /// HTTP method.
    pub method: Method,
    /// Absolute address, http or https.
    pub url: Url,
    /// Headers, credentials included.
    pub headers: HeaderMap,
    /// Body; empty for none.
    pub body: Bytes,
    /// Header names to redact beside the well-known ones (lower case).
    pub sensitive_headers: Vec<String>,
    /// Query parameter names to redact beside the well-known ones.
    pub sensitive_query: Vec<String>,
    /// Values to redact wherever they appear; the lane remembers them for later requests and errors.
    pub secrets: Vec<Secret>,
    /// May it be repeated when the outcome is not known? `None`: GET, HEAD and OPTIONS may.
    pub repeatable: Option<bool>,
    /// Tells what a reply means; `None`: by status.
    pub classify: Option<Classify>,
    /// Overrides the client's timeouts.
    pub timeouts: Option<Timeouts>,
    /// Overrides the client's limit of the decompressed body.
    pub body_bytes_max: Option<u64>,
}

impl Request {
    /// A request without headers and body.
    pub fn new(method: Method, url: Url) -> Self {
        Self {
            method,
            url,
            headers: HeaderMap::new(),
            body: Bytes::new(),
            sensitive_headers: Vec::new(),
            sensitive_query: Vec::new(),
            secrets: Vec::new(),
            repeatable: None,
            classify: None,
            timeouts: None,
            body_bytes_max: None,
        }
    }

    /// Marks a value as secret: it is replaced wherever it would be logged.
    pub fn hide(&mut self, secret: &Secret) {
        self.secrets.push(secret.clone());
    }

    /// Whether it may be sent again when nobody knows if it arrived.
    pub fn is_repeatable(&self) -> bool {
        self.repeatable.unwrap_or(matches!(self.method, Method::GET | Method::HEAD | Method::OPTIONS))
    }
}

/// A complete reply, body decompressed. Any status: a refusal is a reply too.
#[derive(Debug, Clone)]
pub struct Reply {
    /// HTTP status.
    pub status: StatusCode,
    /// Headers as sent (without content encoding and length where the body was decompressed).
    pub headers: HeaderMap,
    /// The whole body.
    pub body: Bytes,
    /// From sending to the last byte.
    pub duration: Duration,
    /// Where it came from, after redirects.
    pub url: Url,
}

impl Reply {
    /// A header's text, if present and readable.
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(name)?.to_str().ok()
    }
}
