//! Requests as plain values: built from templates, never holding credentials (crate `auth` adds them later).

use bytes::Bytes;
use http::{HeaderMap, Method};
use sonic_rs::Value;
use url::Url;

/// What templates see besides the state of the read.
#[derive(Debug, Clone)]
pub struct Context {
    /// The linked account's non-secret link fields: `.config`.
    pub config: Value,
    /// The time, in microseconds since 1970.
    pub now_us: i64,
}

/// A request ready for credentials.
#[derive(Debug, Clone, PartialEq)]
pub struct Request {
    /// HTTP method.
    pub method: Method,
    /// Absolute address with its query, encoded.
    pub url: Url,
    /// Headers, `Content-Type` included.
    pub headers: HeaderMap,
    /// Body; empty for none.
    pub body: Bytes,
}

/// Why a request cannot be built: the linked account's settings do not fit the manifest.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("cannot build the request of {what}: {reason}")]
pub struct RequestError {
    /// Which part of the manifest, such as `streams.employees.request.query.since`.
    pub what: String,
    /// What is wrong.
    pub reason: String,
}
