//! Vendor: serves pages of employees that were rendered beforehand, in a process of its own.
//!
//! `GET /v1/employees?cursor=N` answers `{"data": [...], "next": "M"|null, "total": T}` with 100 records; `POST /change` switches to a second
//! rendering in which one record in a hundred differs.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use axum::Router;
use axum::extract::{Query, State};
use axum::http::header::CONTENT_TYPE;
use axum::response::IntoResponse;
use axum::routing::{get, post};
use bytes::Bytes;

use crate::employees::employee;

/// Records a page.
pub const PAGE: usize = 100;

struct Pages {
    versions: [Vec<Bytes>; 2],
    current: AtomicUsize,
}

#[derive(serde::Deserialize)]
struct Cursor {
    cursor: Option<usize>,
}

/// Renders and serves until the process ends; prints the address first.
pub async fn serve(records: usize) {
    let pages =
        Arc::new(Pages { versions: [render(records, false), render(records, true)], current: AtomicUsize::new(0) });
    let router = Router::new()
        .route("/v1/employees", get(list))
        .route(
            "/change",
            post(|State(pages): State<Arc<Pages>>| async move { pages.current.store(1, Ordering::SeqCst) }),
        )
        .with_state(pages);
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.expect("a free port");
    println!("http://{}", listener.local_addr().expect("a bound socket"));
    axum::serve(listener, router).await.expect("serving");
}

async fn list(State(pages): State<Arc<Pages>>, Query(query): Query<Cursor>) -> impl IntoResponse {
    let page = query.cursor.unwrap_or(0) / PAGE;
    let body = pages.versions[pages.current.load(Ordering::SeqCst)].get(page).cloned().unwrap_or_default();
    ([(CONTENT_TYPE, "application/json")], body)
}

fn render(records: usize, changed: bool) -> Vec<Bytes> {
    (0..records).step_by(PAGE).map(|first| page(first, records, changed)).collect()
}

fn page(first: usize, records: usize, changed: bool) -> Bytes {
    let end = (first + PAGE).min(records);
    let one = |n: usize| {
        let json = employee(n as u64);
        if changed && n % 100 == 7 {
            json.replacen("\"preferredName\":\"", "\"preferredName\":\"New ", 1)
        } else {
            json
        }
    };
    let data = (first..end).map(one).collect::<Vec<_>>().join(",");
    let next = if end < records { format!("\"{end}\"") } else { "null".to_owned() };
    Bytes::from(format!(r#"{{"data":[{data}],"next":{next},"total":{records}}}"#))
}
