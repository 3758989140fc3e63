//! App: the state every request shares, and the router around it.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use axum::Router;
use axum::extract::{Path, State};
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use bytes::Bytes;
use tower_http::CompressionLevel;
use tower_http::compression::CompressionLayer;
use unisono_engine::Engine;
use unisono_model::Models;

use crate::access::Doorman;
use crate::dispatch::{dispatch, observe};
use crate::limit::Limits;
use crate::metrics::{Metrics, print_health};
use crate::openapi;
use crate::operation::{Operation, Surface, operations};
use crate::problem::PROBLEMS;
use crate::reply;
use crate::table::{Table, TableError};

/// Limits of the HTTP surface.
#[derive(Debug, Clone)]
pub struct Options {
    /// Requests per linked account and minute; 0 is unlimited.
    pub rate_per_min: u32,
    /// Largest request body.
    pub body_bytes_max: usize,
    /// Longest address, query included.
    pub uri_bytes_max: usize,
    /// Longest time a request may take.
    pub request_timeout: Duration,
    /// Longest time running requests get to finish when the server stops.
    pub drain: Duration,
}

impl Default for Options {
    fn default() -> Self {
        Self {
            rate_per_min: 6000,
            body_bytes_max: 1024 * 1024,
            uri_bytes_max: 8 * 1024,
            request_timeout: Duration::from_secs(30),
            drain: Duration::from_secs(20),
        }
    }
}

/// What requests share.
pub(crate) struct App {
    pub(crate) engine: Engine,
    pub(crate) models: Arc<Models>,
    pub(crate) operations: Vec<Operation>,
    pub(crate) table: Table,
    pub(crate) doorman: Doorman,
    pub(crate) limits: Limits,
    pub(crate) metrics: Metrics,
    pub(crate) options: Options,
    /// OpenAPI documents by file name, each printed once.
    published: Mutex<HashMap<String, Bytes>>,
}

/// Everything this server answers, as one router.
pub fn router(engine: Engine, models: Arc<Models>, options: Options) -> Result<Router, TableError> {
    let operations = operations(&models);
    let app = Arc::new(App {
        table: Table::new(&operations)?,
        metrics: Metrics::new(&operations),
        limits: Limits::new(options.rate_per_min),
        doorman: Doorman::default(),
        engine,
        models,
        operations,
        options,
        published: Mutex::default(),
    });
    let compression = CompressionLayer::new().gzip(true).quality(CompressionLevel::Fastest);
    Ok(Router::new()
        .route("/livez", get(|| async { "ok\n" }))
        .route("/readyz", get(readyz))
        .route("/metrics", get(metrics))
        .route("/openapi/{file}", get(published))
        .route("/problems/{code}", get(problem_page))
        .fallback(dispatch)
        .layer(compression)
        .layer(axum::middleware::from_fn_with_state(Arc::clone(&app), observe))
        .with_state(app))
}

/// Ready means that the database answers.
async fn readyz(State(app): State<Arc<App>>) -> Response {
    match app.engine.health().await.database {
        true => "ok\n".into_response(),
        false => (StatusCode::SERVICE_UNAVAILABLE, "the database does not answer\n").into_response(),
    }
}

async fn metrics(State(app): State<Arc<App>>) -> Response {
    let health = app.engine.health().await;
    let mut text = String::with_capacity(8 * 1024);
    app.metrics.print(&mut text);
    let now = SystemTime::now().duration_since(UNIX_EPOCH).map_or(0.0, |since| since.as_secs_f64());
    print_health(&health, now, &mut text);
    ([(header::CONTENT_TYPE, "text/plain; version=0.0.4; charset=utf-8")], text).into_response()
}

async fn published(State(app): State<Arc<App>>, Path(file): Path<String>) -> Response {
    let surface = match file.strip_suffix(".json") {
        Some("admin") => Surface::Admin,
        Some(category) if app.models.category(category).is_some() => Surface::Unified(category.to_owned()),
        _ => return (StatusCode::NOT_FOUND, "there is no such API; try /openapi/admin.json\n").into_response(),
    };
    let mut published = app.published.lock().unwrap_or_else(PoisonError::into_inner);
    let document = published
        .entry(file)
        .or_insert_with(|| openapi::document(&app.models, &app.operations, &surface).to_string().into());
    reply::bytes(StatusCode::OK, "application/json", document.clone())
}

async fn problem_page(Path(code): Path<String>) -> Response {
    match PROBLEMS.iter().find(|problem| problem.code == code.trim_end_matches(".md")) {
        Some(problem) => ([(header::CONTENT_TYPE, "text/markdown; charset=utf-8")], problem.page).into_response(),
        None => (StatusCode::NOT_FOUND, "there is no such problem\n").into_response(),
    }
}
