//! Replies: bodies as bytes, with a weak ETag where they may be asked for again.
//!
//! Always true: a body is built once; its ETag is the hash of those bytes, so equal replies have equal tags.

use axum::body::Body;
use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use axum::response::Response;
use bytes::Bytes;
use serde::Serialize;
use xxhash_rust::xxh3::xxh3_64;

use crate::problem::Refusal;

/// What an operation answers when it succeeds.
#[derive(Debug)]
pub(crate) enum Reply {
    /// JSON that is complete already.
    Json(Bytes),
    /// No content.
    Empty,
}

impl Reply {
    /// A value written as JSON.
    pub(crate) fn of<T: Serialize>(value: &T) -> Result<Self, Refusal> {
        serde_json::to_vec(value).map(|body| Self::Json(body.into())).map_err(|error| {
            tracing::error!(%error, "a reply could not be written");
            Refusal::internal()
        })
    }

    /// The HTTP response. `GET` replies carry an ETag and answer 304 to the one who has it already.
    pub(crate) fn into_response(self, status: StatusCode, get: bool, headers: &HeaderMap) -> Response {
        let Self::Json(body) = self else { return bytes(status, "application/json", Bytes::new()) };
        if !get {
            return bytes(status, "application/json", body);
        }
        let tag = format!("W/\"{:016x}\"", xxh3_64(&body));
        let known = headers.get_all(header::IF_NONE_MATCH).iter().any(|value| matches(value, &tag));
        let mut response = match known {
            true => plain(StatusCode::NOT_MODIFIED),
            false => bytes(status, "application/json", body),
        };
        if let Ok(tag) = HeaderValue::from_str(&tag) {
            response.headers_mut().insert(header::ETAG, tag);
        }
        response.headers_mut().insert(header::CACHE_CONTROL, HeaderValue::from_static("private, no-cache"));
        response
    }
}

/// A response of these bytes.
pub(crate) fn bytes(status: StatusCode, media: &'static str, body: Bytes) -> Response {
    let empty = body.is_empty();
    let mut response = Response::new(Body::from(body));
    *response.status_mut() = status;
    if !empty {
        response.headers_mut().insert(header::CONTENT_TYPE, HeaderValue::from_static(media));
    }
    response
}

fn plain(status: StatusCode) -> Response {
    let mut response = Response::new(Body::empty());
    *response.status_mut() = status;
    response
}

/// `If-None-Match` compares weakly: the `W/` prefix does not count.
fn matches(value: &HeaderValue, tag: &str) -> bool {
    let opaque = tag.trim_start_matches("W/");
    value.to_str().is_ok_and(|list| {
        list.split(',').map(str::trim).any(|one| one == "*" || one.trim_start_matches("W/") == opaque)
    })
}
