//! Dispatch: from an HTTP request to one operation and back.
//!
//! Always true: access is checked before anything else of the request is looked at; a panic, a hang and an internal
//! failure all end in a reply of the surface's own form; each request is logged once, without query, body or secrets.
//! Elsewhere: what an operation does is in `call`.

use std::panic::AssertUnwindSafe;
use std::sync::Arc;
use std::time::{Instant, SystemTime, UNIX_EPOCH};

use axum::body::{Body, HttpBody as _, to_bytes};
use axum::extract::State;
use axum::http::request::Parts;
use axum::http::{HeaderMap, HeaderValue, Method, StatusCode, header};
use axum::middleware::Next;
use axum::response::Response;
use bytes::Bytes;
use futures_util::FutureExt as _;
use percent_encoding::percent_decode_str;
use uuid::Uuid;

use crate::app::App;
use crate::call;
use crate::limit::Quota;
use crate::operation::{Operation, Place, Shape, Surface};
use crate::problem::{INTERNAL, NOT_ACCEPTABLE, PAYLOAD_TOO_LARGE, Refusal, UNSUPPORTED_MEDIA_TYPE, URI_TOO_LONG};
use crate::query::Query;
use crate::reply::Reply;
use crate::request::Request;
use crate::table::Found;

/// The id of a request: the caller's, when it sent a sane one.
#[derive(Debug, Clone)]
struct RequestId(HeaderValue);

/// Place in the operation table of what answered, for metrics.
#[derive(Debug, Clone, Copy)]
struct Answered(usize);

/// Around every request: id, metrics and the one log line.
pub(crate) async fn observe(State(app): State<Arc<App>>, mut request: axum::extract::Request, next: Next) -> Response {
    let started = Instant::now();
    let id = request_id(request.headers());
    request.extensions_mut().insert(RequestId(id.clone()));
    let (method, path) = (request.method().clone(), request.uri().path().to_owned());
    let mut response = next.run(request).await;
    let (took, status) = (started.elapsed(), response.status().as_u16());
    let operation = response.extensions().get::<Answered>().map(|answered| answered.0);
    app.metrics.count(operation, status, took);
    let name = operation.and_then(|place| app.operations.get(place)).map_or("-", |operation| &operation.id);
    tracing::info!(
        request.id = id.to_str().unwrap_or_default(),
        method = method.as_str(),
        path = visible(&path),
        operation = name,
        status,
        duration_ms = took.as_millis() as u64,
        "answered"
    );
    response.headers_mut().insert("x-request-id", id);
    response.headers_mut().insert(header::X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
    response
}

/// Answers every path that is in the operation table, and refuses every other.
pub(crate) async fn dispatch(State(app): State<Arc<App>>, request: axum::extract::Request) -> Response {
    let (parts, body) = request.into_parts();
    let id = parts.extensions.get::<RequestId>().map(|id| id.0.clone());
    let id = id.as_ref().and_then(|id| id.to_str().ok()).unwrap_or_default();
    let path = parts.uri.path();
    let other = Some(&Surface::Admin).filter(|_| path.starts_with("/api/admin/") || path.starts_with("/admin/"));
    if parts.uri.path_and_query().is_some_and(|whole| whole.as_str().len() > app.options.uri_bytes_max) {
        let detail = format!("The address is longer than {} bytes.", app.options.uri_bytes_max);
        return Refusal::new(URI_TOO_LONG, detail).into_response(other, id);
    }
    match app.table.find(parts.method.as_str(), path) {
        Found::Nothing => Refusal::not_found().into_response(other, id),
        Found::OtherMethods(allow) => Refusal::method(parts.method.as_str(), allow).into_response(other, id),
        Found::Operation(place, values) => match app.operations.get(place) {
            None => Refusal::not_found().into_response(other, id),
            Some(operation) => {
                let mut response = answer(&app, operation, &parts, values, body, id).await;
                response.extensions_mut().insert(Answered(place));
                if parts.method == Method::HEAD { without_body(response) } else { response }
            }
        },
    }
}

async fn answer(app: &App, operation: &Operation, parts: &Parts, values: Vec<&str>, body: Body, id: &str) -> Response {
    let mut quota = None;
    let work = AssertUnwindSafe(carry_out(app, operation, parts, values, body, &mut quota)).catch_unwind();
    let outcome = match tokio::time::timeout(app.options.request_timeout, work).await {
        Ok(Ok(outcome)) => outcome,
        Ok(Err(_)) => {
            tracing::error!(request.id = id, operation = %operation.id, "an operation panicked");
            Err(Refusal::internal())
        }
        Err(_) => Err(Refusal::unavailable("The request took too long.")),
    };
    let mut response = match outcome {
        Ok(reply) => {
            let status = StatusCode::from_u16(operation.status).unwrap_or(StatusCode::OK);
            reply.into_response(status, operation.method == crate::operation::Method::Get, &parts.headers)
        }
        Err(refusal) => {
            if refusal.problem == INTERNAL {
                tracing::error!(request.id = id, operation = %operation.id, "answered with an internal error");
            }
            refusal.into_response(Some(&operation.surface), id)
        }
    };
    if let Some(quota) = quota {
        let now = SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |since| since.as_secs());
        quota.write(response.headers_mut(), now);
    }
    response
}

async fn carry_out(
    app: &App,
    operation: &Operation,
    parts: &Parts,
    values: Vec<&str>,
    body: Body,
    quota: &mut Option<Quota>,
) -> Result<Reply, Refusal> {
    let visitor = app.doorman.admit(&app.engine, &parts.headers, operation.access, &operation.surface).await?;
    if let Some(account) = &visitor.account {
        *quota = app.limits.take(account.id, Instant::now());
        if let Some(spent) = quota.filter(|quota| !quota.granted) {
            return Err(Refusal::throttled(spent.wait_s));
        }
    }
    acceptable(&parts.headers)?;
    let path = path_values(operation, values)?;
    let query = Query::parse(operation, parts.uri.query())?;
    let body = match operation.body {
        Shape::Empty => Bytes::new(),
        _ => json_body(&parts.headers, body, app.options.body_bytes_max).await?,
    };
    call::call(Request { app, operation, visitor, path, query, body }).await
}

/// Pairs the path's values with the names the operation gives them.
fn path_values<'o>(operation: &'o Operation, values: Vec<&str>) -> Result<Vec<(&'o str, String)>, Refusal> {
    let names = operation.path.split('/').filter_map(|part| part.strip_prefix('{')?.strip_suffix('}'));
    let mut path = Vec::with_capacity(values.len());
    for (name, value) in names.zip(values) {
        let value = percent_decode_str(value).decode_utf8().map_err(|_| Refusal::not_found())?.into_owned();
        let param = operation.params.iter().find(|p| p.place == Place::Path && p.name == name);
        let must_be_id = param.is_some_and(|param| param.kind == crate::operation::Kind::Id);
        if value.contains('\0') || must_be_id && Uuid::parse_str(&value).is_err() {
            return Err(Refusal::not_found());
        }
        path.push((name, value));
    }
    Ok(path)
}

/// JSON is all there is; a caller that cannot take it is told so.
fn acceptable(headers: &HeaderMap) -> Result<(), Refusal> {
    let Some(accept) = headers.get(header::ACCEPT).and_then(|value| value.to_str().ok()) else { return Ok(()) };
    let takes_json = accept.split(',').any(|media| {
        let media = media.split(';').next().unwrap_or_default().trim();
        media.is_empty() || media == "*/*" || media == "application/*" || media.ends_with("json")
    });
    let refused = || Refusal::new(NOT_ACCEPTABLE, "Could not satisfy the request Accept header.");
    takes_json.then_some(()).ok_or_else(refused)
}

async fn json_body(headers: &HeaderMap, body: Body, bytes_max: usize) -> Result<Bytes, Refusal> {
    let media = headers.get(header::CONTENT_TYPE).and_then(|value| value.to_str().ok()).unwrap_or("application/json");
    if !media.split(';').next().unwrap_or_default().trim().ends_with("json") {
        return Err(Refusal::new(UNSUPPORTED_MEDIA_TYPE, format!("Unsupported media type \"{media}\" in request.")));
    }
    to_bytes(body, bytes_max).await.map_err(|_| {
        Refusal::new(PAYLOAD_TOO_LARGE, format!("The request body is longer than {bytes_max} bytes or broke off."))
    })
}

fn request_id(headers: &HeaderMap) -> HeaderValue {
    let sane =
        |value: &&HeaderValue| (1..=128).contains(&value.len()) && value.as_bytes().iter().all(u8::is_ascii_graphic);
    match headers.get("x-request-id").filter(sane) {
        Some(given) => given.clone(),
        None => HeaderValue::from_str(&Uuid::new_v4().to_string()).unwrap_or(HeaderValue::from_static("-")),
    }
}

/// Public tokens stand in a path; they are not logged.
fn visible(path: &str) -> &str {
    match path.find("/account-token/") {
        Some(at) if !path.ends_with("/regenerate") => &path[..at + "/account-token".len()],
        _ => path,
    }
}

fn without_body(response: Response) -> Response {
    let (mut parts, body) = response.into_parts();
    if let Some(length) = body.size_hint().exact() {
        parts.headers.insert(header::CONTENT_LENGTH, length.into());
    }
    Response::from_parts(parts, Body::empty())
}
