//! Serving: our list and retrieve beside a bare axum handler that returns the same bytes, in turn, in one process.

use axum::Router;
use axum::http::header::CONTENT_TYPE;
use axum::routing::get;
use bytes::Bytes;
use unisono_server::{Options, router};

use crate::load::requests_per_second;
use crate::meter::median;
use crate::ours::Ours;

/// Medians of requests per second: ours and the bare handler's.
#[derive(Debug, serde::Serialize, serde::Deserialize)]
pub struct Rates {
    /// Our list of 100 records.
    pub list: f64,
    /// The bare handler with the same bytes.
    pub list_bare: f64,
    /// Our retrieve.
    pub retrieve: f64,
    /// The bare handler with the same bytes.
    pub retrieve_bare: f64,
    /// Size of the list's body.
    pub list_bytes: usize,
}

/// Serves, fetches both bodies once, serves the same bytes bare, and measures them in turn.
pub async fn measure(ours: &Ours, seconds: f64) -> Rates {
    let key = ours.engine.create_key(ours.project, "bench").await.expect("a key").secret;
    let token = ours.engine.account_token(ours.project, ours.account).await.expect("a token").account_token;
    let headers = format!("Authorization: Bearer {key}\r\nX-Account-Token: {token}\r\n");
    let options = Options { rate_per_min: 0, ..Options::default() };
    let address = spawn(router(ours.engine.clone(), ours.models.clone(), options).expect("a router")).await;

    let list_path = "/api/hris/v1/employees?page_size=100";
    let list = fetch(&address, list_path, &key, &token).await;
    let first: serde_json::Value = serde_json::from_slice(&list).expect("JSON");
    let id = first["results"][50]["id"].as_str().expect("an id").to_owned();
    let retrieve_path = format!("/api/hris/v1/employees/{id}");
    let one = fetch(&address, &retrieve_path, &key, &token).await;
    let list_bytes = list.len();
    let bare = spawn(Router::new().route("/list", bytes_of(list)).route("/one", bytes_of(one))).await;

    let mut rates = [vec![], vec![], vec![], vec![]];
    for _ in 0..3 {
        let cases = [(&address, list_path), (&bare, "/list"), (&address, retrieve_path.as_str()), (&bare, "/one")];
        for (rate, (address, path)) in rates.iter_mut().zip(cases) {
            rate.push(requests_per_second(address, path, &headers, seconds).await);
        }
    }
    let [list, list_bare, retrieve, retrieve_bare] = rates.map(median);
    Rates { list, list_bare, retrieve, retrieve_bare, list_bytes }
}

fn bytes_of(body: Bytes) -> axum::routing::MethodRouter {
    get(move || {
        let body = body.clone();
        async move { ([(CONTENT_TYPE, "application/json")], body) }
    })
}

async fn spawn(router: Router) -> String {
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.expect("a free port");
    let address = listener.local_addr().expect("a bound socket").to_string();
    tokio::spawn(async move { axum::serve(listener, router).await });
    address
}

async fn fetch(address: &str, path: &str, key: &str, token: &str) -> Bytes {
    let request =
        reqwest::Client::new().get(format!("http://{address}{path}")).bearer_auth(key).header("X-Account-Token", token);
    let reply = request.send().await.expect("an answer").error_for_status().expect("a good answer");
    reply.bytes().await.expect("a body")
}
