//! Problems: the closed table of everything a request can be refused for, and how a refusal looks.
//!
//! Always true: each code has one page in `docs/problems/`, served at `/problems/<code>`; a client never sees
//! internal text; permanent failures never have a status that makes client libraries try again (408, 409 for the
//! unified API, 429, 5xx).
//! Elsewhere: turning the engine's errors into problems is `fault`.

use axum::http::{HeaderValue, StatusCode, header};
use axum::response::Response;
use serde_json::{Map, Value, json};

use crate::operation::Surface;
use crate::reply;

/// One way a request can fail.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Problem {
    /// Stable code, also the name of its page.
    pub code: &'static str,
    /// HTTP status.
    pub status: u16,
    /// What it is, in a few words.
    pub title: &'static str,
    /// Whether the same request may succeed later.
    pub retriable: bool,
    /// Its page in Markdown.
    pub page: &'static str,
}

macro_rules! problems {
    ($($name:ident $code:literal $status:literal $retriable:literal $title:literal;)*) => {
        $(pub(crate) const $name: &Problem = &Problem {
            code: $code, status: $status, title: $title, retriable: $retriable,
            page: include_str!(concat!("../../../docs/problems/", $code, ".md")),
        };)*
        /// Every problem there is.
        pub const PROBLEMS: &[&Problem] = &[$($name),*];
    };
}

problems! {
    UNAUTHORIZED "unauthorized" 401 false "No valid API key";
    ACCOUNT_TOKEN "account_token" 401 false "No valid account token";
    NOT_FOUND "not_found" 404 false "Not found";
    INVALID_PARAMETER "invalid_parameter" 400 false "A parameter has an invalid value";
    UNKNOWN_PARAMETER "unknown_parameter" 400 false "A parameter is not known";
    INVALID_BODY "invalid_body" 400 false "The request body is invalid";
    METHOD_NOT_ALLOWED "method_not_allowed" 405 false "Method not allowed";
    NOT_ACCEPTABLE "not_acceptable" 406 false "Only JSON is available";
    PAYLOAD_TOO_LARGE "payload_too_large" 413 false "The request body is too large";
    URI_TOO_LONG "uri_too_long" 414 false "The address is too long";
    UNSUPPORTED_MEDIA_TYPE "unsupported_media_type" 415 false "Only JSON is accepted";
    LINK_REFUSED "link_refused" 400 false "Linking was refused";
    STATE_CONFLICT "state_conflict" 400 false "The state does not allow this";
    RATE_LIMITED "rate_limited" 429 true "Too many requests";
    INTERNAL "internal" 500 true "Internal error";
    UNAVAILABLE "unavailable" 503 true "Not available now";
}

/// A refused request: the problem, and what to say about this one.
#[derive(Debug)]
pub(crate) struct Refusal {
    pub(crate) problem: &'static Problem,
    detail: String,
    parameter: Option<String>,
    retry_after_s: Option<u64>,
    allow: Option<String>,
}

impl Refusal {
    pub(crate) fn new(problem: &'static Problem, detail: impl Into<String>) -> Self {
        Self { problem, detail: detail.into(), parameter: None, retry_after_s: None, allow: None }
    }

    /// No such thing, or not yours; both look the same.
    pub(crate) fn not_found() -> Self {
        Self::new(NOT_FOUND, "Not found.")
    }

    /// A value of a known parameter that cannot be used.
    pub(crate) fn parameter(name: impl Into<String>, detail: impl Into<String>) -> Self {
        Self { parameter: Some(name.into()), ..Self::new(INVALID_PARAMETER, detail) }
    }

    /// A field of the body that cannot be used.
    pub(crate) fn field(name: impl Into<String>, detail: impl Into<String>) -> Self {
        Self { parameter: Some(name.into()), ..Self::new(INVALID_BODY, detail) }
    }

    /// A parameter the operation does not have.
    pub(crate) fn unknown_parameter(name: &str) -> Self {
        Self { parameter: Some(name.to_owned()), ..Self::new(UNKNOWN_PARAMETER, "Provided filters are invalid.") }
    }

    pub(crate) fn throttled(wait_s: u64) -> Self {
        let detail = format!("Request was throttled. Expected available in {wait_s} seconds.");
        Self { retry_after_s: Some(wait_s), ..Self::new(RATE_LIMITED, detail) }
    }

    pub(crate) fn method(method: &str, allow: String) -> Self {
        Self { allow: Some(allow), ..Self::new(METHOD_NOT_ALLOWED, format!("Method \"{method}\" not allowed.")) }
    }

    /// The failure is ours and its cause is in the log, not in the reply.
    pub(crate) fn internal() -> Self {
        Self::new(INTERNAL, "Internal error. The request id finds it in the log.")
    }

    pub(crate) fn unavailable(detail: impl Into<String>) -> Self {
        Self { retry_after_s: Some(1), ..Self::new(UNAVAILABLE, detail) }
    }

    /// The reply, in the form of the surface that was asked.
    pub(crate) fn into_response(self, surface: Option<&Surface>, request_id: &str) -> Response {
        let status = StatusCode::from_u16(self.problem.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
        let (body, media) = match surface {
            Some(Surface::Admin) => (self.problem_json(request_id), "application/problem+json"),
            Some(Surface::Unified(_)) | None => (self.detail_json(), "application/json"),
        };
        let mut response = reply::bytes(status, media, body.to_string().into());
        let headers = response.headers_mut();
        if status == StatusCode::UNAUTHORIZED {
            headers.insert(header::WWW_AUTHENTICATE, HeaderValue::from_static("Bearer"));
        }
        if let Some(wait) = self.retry_after_s {
            headers.insert(header::RETRY_AFTER, wait.into());
        }
        if let Some(allow) = self.allow.and_then(|allow| HeaderValue::from_str(&allow).ok()) {
            headers.insert(header::ALLOW, allow);
        }
        response
    }

    /// The unified API's form: `{"detail": …}`, or the parameter's name with its messages.
    fn detail_json(&self) -> Value {
        match &self.parameter {
            Some(_) if self.problem == UNKNOWN_PARAMETER => json!({ "non_field_errors": [self.detail] }),
            Some(name) => Value::Object(Map::from_iter([(name.clone(), json!([self.detail]))])),
            None => json!({ "detail": self.detail }),
        }
    }

    /// RFC 9457, with our stable code.
    fn problem_json(&self, request_id: &str) -> Value {
        let mut problem = json!({
            "type": format!("/problems/{}", self.problem.code),
            "title": self.problem.title,
            "status": self.problem.status,
            "detail": self.detail,
            "code": self.problem.code,
            "request_id": request_id,
            "retriable": self.problem.retriable,
        });
        if let Some(name) = &self.parameter {
            problem["parameter"] = json!(name);
        }
        problem
    }
}
