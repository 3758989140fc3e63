//! A token server that behaves as the RFCs say, with rotation, reuse detection and faults on request.

use std::collections::{BTreeMap, HashMap};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use axum::extract::{Form, State};
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse, Response};
use axum::routing::post;
use axum::{Json, Router};
use serde_json::{Value, json};
use unisono_auth::{App, Login};
use unisono_connector::CompiledScheme;
use unisono_connector::expr::Template;
use unisono_outbound::{Config, Guard, GuardConfig, HeaderMap as Headers, Lane, Outbound, Pace, Secret, Url};

#[derive(Default)]
pub struct Seen {
    /// Every token request: its form and its `Authorization` header.
    pub asked: Vec<(BTreeMap<String, String>, Option<String>)>,
    /// Refresh tokens that are still good.
    pub live: Vec<String>,
    /// Refresh tokens that have been exchanged; using one again ends the family.
    pub spent: Vec<String>,
    /// Answers to give instead, first one first.
    pub faults: Vec<(u16, &'static str, String)>,
    /// Held open until the answer is given.
    pub delay: Duration,
}

#[derive(Clone)]
pub struct Vendor {
    pub seen: Arc<Mutex<Seen>>,
    pub url: Url,
    pub outbound: Outbound,
    pub lane: Lane,
}

impl Vendor {
    pub async fn start() -> Self {
        let seen = Arc::new(Mutex::new(Seen::default()));
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = Url::parse(&format!("http://{}/api", listener.local_addr().unwrap())).unwrap();
        let router = Router::new()
            .route("/api/token", post(token))
            .route("/api/login", post(login))
            .with_state(Arc::clone(&seen));
        tokio::spawn(async move { axum::serve(listener, router).await });
        let guard = Guard::new(GuardConfig { allow_private: true, ..GuardConfig::default() });
        let outbound = Outbound::new(Config::new(guard)).unwrap();
        let lane = outbound.lane("account", &Pace { concurrent: 64, ..Pace::default() });
        Self { seen, url, outbound, lane }
    }

    pub fn login(&self, scheme: CompiledScheme) -> Login {
        Login {
            scheme: Arc::new(scheme),
            base_url: self.url.clone(),
            headers: Headers::new(),
            config: sonic_rs::from_str(r#"{"tenant": "acme"}"#).unwrap(),
            app: Some(App { client_id: "hub".into(), client_secret: Secret::new("hub-secret") }),
        }
    }

    pub fn fail(&self, status: u16, kind: &'static str, body: impl Into<String>) {
        self.seen.lock().unwrap().faults.push((status, kind, body.into()));
    }

    pub fn asked(&self) -> Vec<BTreeMap<String, String>> {
        self.seen.lock().unwrap().asked.iter().map(|(form, _)| form.clone()).collect()
    }
}

pub fn t(text: &str) -> Template {
    Template::parse(text).unwrap()
}

async fn token(
    State(seen): State<Arc<Mutex<Seen>>>,
    headers: HeaderMap,
    Form(form): Form<BTreeMap<String, String>>,
) -> Response {
    let proof = headers.get("authorization").map(|value| value.to_str().unwrap().to_owned());
    let (fault, delay) = {
        let mut seen = seen.lock().unwrap();
        seen.asked.push((form.clone(), proof));
        let fault = (!seen.faults.is_empty()).then(|| seen.faults.remove(0));
        (fault, seen.delay)
    };
    tokio::time::sleep(delay).await;
    if let Some((status, kind, body)) = fault {
        return (StatusCode::from_u16(status).unwrap(), [("content-type", kind)], body).into_response();
    }
    let mut seen = seen.lock().unwrap();
    let number = seen.asked.len();
    if form.get("grant_type").is_some_and(|grant| grant == "refresh_token") {
        let used = form["refresh_token"].clone();
        if seen.spent.contains(&used) {
            seen.live.clear();
        }
        if !seen.live.contains(&used) {
            return (StatusCode::BAD_REQUEST, Json(json!({"error": "invalid_grant"}))).into_response();
        }
        seen.live.retain(|token| *token != used);
        seen.spent.push(used);
    }
    let next = format!("refresh-{number}");
    seen.live.push(next.clone());
    Json(json!({
        "access_token": format!("access-{number}"), "refresh_token": next, "expires_in": 3600, "token_type": "Bearer",
        "instance_url": "https://acme.example.test",
    }))
    .into_response()
}

/// A two-step vendor: name and password in, session token out.
async fn login(headers: HeaderMap, Json(body): Json<HashMap<String, Value>>) -> Response {
    if body.get("password") != Some(&json!("pass-word")) {
        return (StatusCode::UNAUTHORIZED, format!("no such login: {body:?}")).into_response();
    }
    assert_eq!(headers["x-tenant"], "acme");
    Json(json!({"data": {"session": 4711, "ttl": "90"}})).into_response()
}
