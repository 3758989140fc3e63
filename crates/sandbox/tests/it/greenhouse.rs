//! The simulated recruiting system, tried with plain HTTP.

use std::collections::BTreeSet;

use serde_json::{Value, json};
use unisono_sandbox::StartOptions;

use crate::common::Client;

async fn greenhouse() -> Client {
    let client = Client::start("greenhouse", StartOptions { limits: false, ..Default::default() }).await;
    let key = client.credential("api_key");
    client.basic(&key, "")
}

/// Follows the Link header to the end.
async fn all(app: &Client, path: &str) -> Vec<Value> {
    let mut next = Some(path.to_owned());
    let mut records = Vec::new();
    while let Some(path) = next {
        let page = app.get(&path).await;
        records.extend(page.json().as_array().unwrap_or_else(|| panic!("{path}: {page:?}")).clone());
        next = page.headers.get("link").and_then(|links| {
            let link = links.split(", ").find(|link| link.ends_with("rel=\"next\""))?;
            Some(link.split(['<', '>']).nth(1).unwrap().to_owned())
        });
    }
    records
}

#[tokio::test]
async fn a_wrong_key_is_refused() {
    let app = greenhouse().await;
    let refused = app.anonymous().basic("wrong", "").get("/v1/users").await;
    assert_eq!((refused.status, refused.json()), (401, json!({"message": "Invalid Basic Auth credentials"})));
    assert_eq!(app.get("/v1/users").await.status, 200);
}

#[tokio::test]
async fn following_links_returns_every_record_of_every_list_once() {
    let app = greenhouse().await;
    let mut total = 0;
    for list in [
        "candidates",
        "applications",
        "jobs",
        "job_posts",
        "job_stages",
        "offers",
        "scorecards",
        "scheduled_interviews",
        "users",
        "departments",
        "offices",
        "sources",
        "rejection_reasons",
        "close_reasons",
        "tags/candidate",
    ] {
        let records = all(&app, &format!("/v1/{list}?per_page=7")).await;
        let ids: BTreeSet<u64> = records.iter().map(|record| record["id"].as_u64().unwrap()).collect();
        assert_eq!(ids.len(), records.len(), "{list}");
        assert!(!records.is_empty(), "{list}");
        total += records.len();
    }
    assert!(total > 200, "{total}");
    assert_eq!(all(&app, "/v1/eeoc?per_page=9").await.len(), 40);
}

#[tokio::test]
async fn applications_point_at_candidates_that_point_back() {
    let app = greenhouse().await;
    for application in all(&app, "/v1/applications?per_page=500").await.iter().step_by(7) {
        let candidate = app.get(&format!("/v1/candidates/{}", application["candidate_id"])).await.json();
        assert!(candidate["application_ids"].as_array().unwrap().contains(&application["id"]));
        if application["prospect"] == false {
            assert_eq!(app.get(&format!("/v1/jobs/{}", application["jobs"][0]["id"])).await.status, 200);
        }
    }
}

#[tokio::test]
async fn updated_after_keeps_what_changed_since() {
    let app = greenhouse().await;
    let everyone = all(&app, "/v1/candidates?per_page=500").await;
    let since = "2026-07-01T00:00:00.000Z";
    let expected: Vec<_> =
        everyone.iter().filter(|one| one["updated_at"].as_str().unwrap() >= since).cloned().collect();
    assert!(!expected.is_empty() && expected.len() < everyone.len());
    assert_eq!(all(&app, &format!("/v1/candidates?per_page=10&updated_after={since}")).await, expected);
}

#[tokio::test]
async fn writes_stick_and_want_to_know_who_writes() {
    let app = greenhouse().await;
    let new = json!({"first_name": "Nora", "last_name": "Quist", "email_addresses": [{"value": "nora@mailbox.example", "type": "personal"}]});
    assert_eq!(app.send("POST", "/v1/candidates", new.clone()).await.status, 422);
    let me = app.credential("on_behalf_of");
    let app = app.header("on-behalf-of", &me);
    let made = app.send("POST", "/v1/candidates", new).await;
    assert_eq!(made.status, 201);
    let id = made.json()["id"].clone();
    let changed = app.send("PATCH", &format!("/v1/candidates/{id}"), json!({"title": "Pilot"})).await.json();
    assert_eq!((&changed["title"], &changed["last_name"]), (&json!("Pilot"), &json!("Quist")));
    assert_eq!(app.get(&format!("/v1/candidates/{id}")).await.json(), changed);
    app.send("DELETE", &format!("/v1/candidates/{id}"), Value::Null).await;
    assert_eq!(app.get(&format!("/v1/candidates/{id}")).await.status, 404);
}

#[tokio::test]
async fn the_fifty_first_request_in_ten_seconds_waits() {
    let client = Client::start("greenhouse", StartOptions::default()).await;
    let key = client.credential("api_key");
    let app = client.basic(&key, "");
    for remaining in (0..50).rev() {
        let answer = app.get("/v1/sources").await;
        assert_eq!(
            (answer.status, answer.headers["x-ratelimit-remaining"].as_str()),
            (200, remaining.to_string().as_str())
        );
    }
    let answer = app.get("/v1/sources").await;
    assert_eq!(answer.status, 429);
    assert!(answer.headers["retry-after"].parse::<u64>().unwrap() <= 10);
}
