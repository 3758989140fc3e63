//! Every fault can be seen with plain HTTP, at every vendor, and goes away again.

use std::time::{Duration, Instant};

use serde_json::json;
use unisono_sandbox::{Fault, FaultKind, StartOptions};

use crate::common::{Answer, Client};

/// Vendor, a list of several pages, and where its records are.
const LISTS: [(&str, &str, &str); 4] = [
    ("redmine", "/issues.json?limit=10&status_id=*", "/issues"),
    ("bamboohr", "/api/v1/employees?page[limit]=10", "/data"),
    ("hubspot", "/crm/v3/objects/contacts?limit=10", "/results"),
    ("greenhouse", "/v1/candidates?per_page=10", ""),
];

async fn signed_in(slug: &str) -> Client {
    let client = Client::start(slug, StartOptions { limits: false, ..Default::default() }).await;
    match slug {
        "hubspot" => client.clone().bearer(&client.credential("access_token")),
        _ => client.clone().basic(&client.credential("api_key"), "x"),
    }
}

async fn with(app: &Client, path: &str, fault: Fault) -> Option<Answer> {
    app.running().faults().add(fault.times(1));
    app.try_send("GET", path, "application/json", "").await
}

#[tokio::test]
async fn every_fault_shows_once_and_is_gone() {
    for (slug, path, records) in LISTS {
        let app = signed_in(slug).await;
        let right = app.get(path).await;
        assert_eq!(right.status, 200, "{slug}");
        let strike = |kind| with(&app, path, Fault::new(kind));

        let html = strike(FaultKind::Html).await.unwrap();
        assert!(
            html.status == 200
                && html.headers["content-type"].starts_with("text/html")
                && html.body.starts_with("<!DOCTYPE")
        );
        let cut = strike(FaultKind::Truncated).await.unwrap();
        assert!(cut.status == 200 && right.body.starts_with(&cut.body) && cut.body.len() < right.body.len(), "{slug}");
        let wrong = strike(FaultKind::WrongType).await.unwrap().json();
        assert!(wrong.pointer(records).unwrap().is_object(), "{slug}");
        let empty = strike(FaultKind::EmptyPage).await.unwrap().json();
        assert_eq!(empty.pointer(records), Some(&json!([])), "{slug}");
        let unauthorized = strike(FaultKind::Unauthorized).await.unwrap();
        assert_eq!(unauthorized.status, 401, "{slug}");
        let error = strike(FaultKind::ServerError).await.unwrap();
        assert_eq!(error.status, 500, "{slug}");
        let limited = strike(FaultKind::RateLimit).await.unwrap();
        assert_eq!(limited.status, if slug == "bamboohr" { 503 } else { 429 }, "{slug}");
        assert_eq!(limited.headers["retry-after"], "1", "{slug}");
        assert!(strike(FaultKind::Reset).await.is_none(), "{slug}");

        let again = app.get(path).await;
        assert_eq!(again.body, right.body, "{slug}");
        let seen: Vec<_> = app.running().requests().iter().filter_map(|request| request.fault).collect();
        assert_eq!(seen.len(), 8, "{slug}");
    }
}

#[tokio::test]
async fn a_repeated_cursor_leads_back_to_the_same_page() {
    for (slug, path, records) in LISTS {
        let app = signed_in(slug).await;
        app.running().faults().add(Fault::new(FaultKind::RepeatedCursor));
        let page = app.get(path).await;
        let next = match slug {
            "redmine" => "/issues.json?limit=10&status_id=*&offset=10".to_owned(),
            "bamboohr" => page.json()["_links"]["next"]["href"].as_str().unwrap().to_owned(),
            "hubspot" => page.json()["paging"]["next"]["link"].as_str().unwrap().to_owned(),
            _ => page.headers["link"].split(['<', '>']).nth(1).unwrap().to_owned(),
        };
        assert_eq!(app.get(&next).await.json().pointer(records), page.json().pointer(records), "{slug}");
    }
}

#[tokio::test]
async fn slow_is_late_and_hang_never_comes() {
    let app = signed_in("redmine").await;
    let slow = Fault { delay_ms: Some(80), ..Fault::new(FaultKind::Slow) };
    let start = Instant::now();
    assert_eq!(with(&app, "/trackers.json", slow).await.unwrap().status, 200);
    assert!(start.elapsed() >= Duration::from_millis(80));
    let hang = with(&app, "/trackers.json", Fault::new(FaultKind::Hang));
    assert!(tokio::time::timeout(Duration::from_millis(150), hang).await.is_err());
}

#[tokio::test]
async fn a_fault_can_wait_for_a_page_and_keep_to_a_path() {
    let app = signed_in("redmine").await;
    app.running()
        .faults()
        .add(Fault { status: Some(503), ..Fault::new(FaultKind::ServerError).on("/issues").after(2).times(2) });
    let mut seen = Vec::new();
    for _ in 0..6 {
        assert_eq!(app.get("/projects.json").await.status, 200);
        seen.push(app.get("/issues.json").await.status);
    }
    assert_eq!(seen, [200, 200, 503, 503, 200, 200]);
}

#[tokio::test]
async fn another_process_can_switch_faults_change_records_and_read_requests() {
    let app = signed_in("redmine").await;
    let outside = app.anonymous();
    let added = outside.send("POST", "/__sandbox/faults", json!({"kind": "html", "path": "/users"})).await;
    assert_eq!((added.status, added.json()), (200, json!({"id": 1})));
    assert!(app.get("/users.json").await.body.starts_with("<!DOCTYPE"));
    outside.send("DELETE", "/__sandbox/faults", json!({})).await;
    assert_eq!(app.get("/users.json").await.status, 200);
    assert_eq!(outside.send("POST", "/__sandbox/faults", json!({"kind": "flood"})).await.status, 400);

    let change =
        json!({"op": "update", "collection": "issues", "id": "3", "fields": {"subject": "Changed from outside"}});
    assert_eq!(outside.send("POST", "/__sandbox/mutate", change).await.status, 200);
    assert_eq!(app.get("/issues/3.json").await.json()["issue"]["subject"], "Changed from outside");
    let gone = json!({"op": "delete", "collection": "issues", "id": "4"});
    outside.send("POST", "/__sandbox/mutate", gone).await;
    assert_eq!(app.get("/issues/4.json").await.status, 404);

    let requests = outside.get("/__sandbox/requests").await.json();
    let paths: Vec<&str> =
        requests.as_array().unwrap().iter().map(|request| request["path"].as_str().unwrap()).collect();
    assert_eq!(paths, ["/users.json", "/users.json", "/issues/3.json", "/issues/4.json"]);
    assert_eq!(requests[0]["fault"], "html");
    let collections = outside.get("/__sandbox/collections").await.json();
    assert_eq!(collections["issues"], 239);
}
