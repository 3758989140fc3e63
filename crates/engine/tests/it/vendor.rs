//! A vendor on loopback: employees in pages, their time off, locations with details, and faults on demand.

use std::collections::{HashMap, VecDeque};
use std::sync::{Arc, Mutex};

use axum::Router;
use axum::extract::{Path, Query, State};
use axum::http::{HeaderMap, StatusCode};
use axum::response::{Html, IntoResponse, Json, Response};
use axum::routing::get;
use serde_json::{Value, json};

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Fault {
    Html,
    Truncated,
    WrongType,
    EmptyEarly,
    SameCursor,
    Status(u16),
    RateLimited,
    Hang,
}

#[derive(Default)]
pub struct Data {
    pub key: String,
    pub employees: Vec<Value>,
    pub time_off: HashMap<String, Vec<Value>>,
    pub locations: Vec<Value>,
    /// Faults of the next requests whose path begins so, one each.
    pub script: VecDeque<(&'static str, Fault)>,
    /// A fault of every request whose path begins so, after this many good ones.
    pub broken: Option<(&'static str, usize, Fault)>,
    /// Paths with queries, in order.
    pub requests: Vec<String>,
}

#[derive(Clone, Default)]
pub struct Vendor(pub Arc<Mutex<Data>>);

impl Vendor {
    pub async fn start() -> (Self, String) {
        let vendor = Self::default();
        vendor.0.lock().unwrap().key = "good".to_owned();
        let app = Router::new()
            .route("/me", get(me))
            .route("/employees", get(employees))
            .route("/employees/{id}/time_off", get(time_off))
            .route("/locations", get(locations))
            .route("/locations/{id}/detail", get(detail))
            .with_state(vendor.clone());
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        tokio::spawn(async move { axum::serve(listener, app).await.unwrap() });
        (vendor, url)
    }

    pub fn hire(&self, count: usize) {
        let mut data = self.0.lock().unwrap();
        for _ in 0..count {
            let id = data.employees.len() + 1;
            let boss = (id > 1).then_some("1");
            data.employees.push(json!({
                "id": id.to_string(), "first": format!("Name {id}"), "boss": boss, "gender": "F",
                "ssn": format!("ssn-{id}"), "hired": "2024-01-15", "updated": "2026-01-01T00:00:00Z",
            }));
        }
    }

    pub fn edit(&self, index: usize, field: &str, value: Value) {
        self.0.lock().unwrap().employees[index][field] = value;
    }

    pub fn with<T>(&self, change: impl FnOnce(&mut Data) -> T) -> T {
        change(&mut self.0.lock().unwrap())
    }

    /// Requests since the last call.
    pub fn requests(&self) -> Vec<String> {
        std::mem::take(&mut self.0.lock().unwrap().requests)
    }

    fn arrive(
        &self,
        path: &str,
        query: &HashMap<String, String>,
        headers: &HeaderMap,
    ) -> Result<Option<Fault>, StatusCode> {
        let mut data = self.0.lock().unwrap();
        let mut shown: Vec<String> = query.iter().map(|(name, value)| format!("{name}={value}")).collect();
        shown.sort();
        data.requests.push(format!("{path}?{}", shown.join("&")));
        if headers.get("x-key").and_then(|key| key.to_str().ok()) != Some(&data.key) {
            return Err(StatusCode::UNAUTHORIZED);
        }
        if data.script.front().is_some_and(|(prefix, _)| path.starts_with(prefix)) {
            return Ok(data.script.pop_front().map(|(_, fault)| fault));
        }
        if let Some((prefix, good, fault)) = &mut data.broken
            && path.starts_with(*prefix)
        {
            if *good == 0 {
                return Ok(Some(*fault));
            }
            *good -= 1;
        }
        Ok(None)
    }
}

async fn me(State(vendor): State<Vendor>, headers: HeaderMap) -> Response {
    answer(&vendor, "/me", &HashMap::new(), &headers, json!({"ok": true}), None).await
}

async fn employees(
    State(vendor): State<Vendor>,
    Query(query): Query<HashMap<String, String>>,
    headers: HeaderMap,
) -> Response {
    let since = query.get("updated_after").cloned().unwrap_or_default();
    let (offset, limit): (usize, usize) = (
        query.get("cursor").and_then(|cursor| cursor.parse().ok()).unwrap_or(0),
        query.get("limit").and_then(|limit| limit.parse().ok()).unwrap_or(3),
    );
    let all: Vec<Value> = vendor.with(|data| {
        let newer = |employee: &&Value| employee["updated"].as_str().unwrap_or_default() >= since.as_str();
        data.employees.iter().filter(newer).cloned().collect()
    });
    let page: Vec<Value> = all.iter().skip(offset).take(limit).cloned().collect();
    let next = (offset + limit < all.len()).then(|| (offset + limit).to_string());
    let body = json!({"data": page, "next": next, "total": all.len()});
    answer(&vendor, "/employees", &query, &headers, body, Some(offset)).await
}

async fn time_off(State(vendor): State<Vendor>, Path(id): Path<String>, headers: HeaderMap) -> Response {
    let rows = vendor.with(|data| data.time_off.get(&id).cloned().unwrap_or_default());
    let path = format!("/employees/{id}/time_off");
    answer(&vendor, &path, &HashMap::new(), &headers, json!({"data": rows}), None).await
}

async fn locations(State(vendor): State<Vendor>, headers: HeaderMap) -> Response {
    let rows = vendor.with(|data| data.locations.clone());
    answer(&vendor, "/locations", &HashMap::new(), &headers, json!({"data": rows}), None).await
}

async fn detail(State(vendor): State<Vendor>, Path(id): Path<String>, headers: HeaderMap) -> Response {
    let path = format!("/locations/{id}/detail");
    answer(&vendor, &path, &HashMap::new(), &headers, json!({"city": format!("City {id}")}), None).await
}

async fn answer(
    vendor: &Vendor,
    path: &str,
    query: &HashMap<String, String>,
    headers: &HeaderMap,
    body: Value,
    offset: Option<usize>,
) -> Response {
    let fault = match vendor.arrive(path, query, headers) {
        Ok(fault) => fault,
        Err(status) => return (status, Json(json!({"message": "who are you"}))).into_response(),
    };
    let total = body["total"].clone();
    match fault {
        None => Json(body).into_response(),
        Some(Fault::Html) => Html("<html><title>Sign in</title></html>").into_response(),
        Some(Fault::Truncated) => {
            let text = body.to_string();
            ([("content-type", "application/json")], text[..text.len() / 2].to_owned()).into_response()
        }
        Some(Fault::WrongType) => Json(json!({"data": "none", "next": null, "total": 0})).into_response(),
        Some(Fault::EmptyEarly) => Json(json!({"data": [], "next": null, "total": total})).into_response(),
        Some(Fault::SameCursor) => {
            let cursor = offset.unwrap_or(0).max(3).to_string();
            Json(json!({"data": body["data"], "next": cursor, "total": total})).into_response()
        }
        Some(Fault::Status(status)) => {
            (StatusCode::from_u16(status).unwrap(), Json(json!({"message": "no"}))).into_response()
        }
        Some(Fault::RateLimited) => {
            (StatusCode::TOO_MANY_REQUESTS, [("retry-after", "0")], Json(json!({}))).into_response()
        }
        Some(Fault::Hang) => std::future::pending().await,
    }
}
