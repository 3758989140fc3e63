//! What every reply has: ids, tags, encodings, tolerance.

use axum::body::Body;
use axum::http::Request;
use serde_json::json;
use unisono_server::operation::operations;

use crate::app::{App, MODELS};

const EMPLOYEES: &str = "/api/hris/v1/employees";

#[tokio::test]
async fn a_request_keeps_its_id_or_gets_one() {
    let app = App::start().await;
    assert_eq!(app.get_with(EMPLOYEES, "x-request-id", "abc-123").await.header("x-request-id"), "abc-123");
    let (one, two) = (app.get(EMPLOYEES).await, app.get("/nothing").await);
    assert!(one.header("x-request-id").len() >= 32 && one.header("x-request-id") != two.header("x-request-id"));
    assert_ne!(app.get_with(EMPLOYEES, "x-request-id", "has space").await.header("x-request-id"), "has space");
}

#[tokio::test]
async fn an_unchanged_reply_is_not_sent_again() {
    let app = App::start().await;
    let id = app.records(&app.hris, "hris.employee", &[("1", json!({ "first_name": "Ada" }))]).await[0];
    for path in [EMPLOYEES.to_owned(), format!("{EMPLOYEES}/{id}")] {
        let tag = app.get(&path).await.header("etag").to_owned();
        assert!(tag.starts_with("W/\""), "{tag}");
        let again = app.get_with(&path, "if-none-match", &format!("\"other\", {tag}")).await;
        assert_eq!((again.status.as_u16(), again.body.len(), again.header("etag")), (304, 0, tag.as_str()));
        assert_eq!(app.get_with(&path, "if-none-match", "W/\"other\"").await.status, 200);
    }
    app.records(&app.hris, "hris.employee", &[("2", json!({}))]).await;
    let before = app.get(EMPLOYEES).await.header("etag").to_owned();
    app.records(&app.hris, "hris.employee", &[("3", json!({}))]).await;
    assert_eq!(app.get_with(EMPLOYEES, "if-none-match", &before).await.status, 200);
}

#[tokio::test]
async fn replies_are_compressed_only_when_asked_for() {
    let app = App::start().await;
    app.records(&app.hris, "hris.employee", &[("1", json!({})), ("2", json!({}))]).await;
    assert_eq!(app.get(EMPLOYEES).await.header("content-encoding"), "");
    let packed = app.get_with(EMPLOYEES, "accept-encoding", "gzip").await;
    assert_eq!(packed.header("content-encoding"), "gzip");
    assert_eq!(packed.body[..2], [0x1f, 0x8b]);
}

#[tokio::test]
async fn slashes_at_the_end_and_a_missing_api_prefix_do_not_matter() {
    let app = App::start().await;
    for path in
        ["/hris/v1/employees", "/hris/v1/employees/", "/api/hris/v1/employees/?page_size=1", "/admin/v1/project"]
    {
        assert_eq!(app.get(path).await.status, 200, "{path}");
    }
}

#[tokio::test]
async fn head_is_get_without_the_body() {
    let app = App::start().await;
    let head = app.send("HEAD", EMPLOYEES, Some(&app.key), Some(&app.hris.token), None).await;
    let get = app.get(EMPLOYEES).await;
    assert_eq!((head.status.as_u16(), head.body.len()), (200, 0));
    assert_eq!(head.header("content-length"), get.body.len().to_string());
    assert_eq!(head.header("etag"), get.header("etag"));
}

#[tokio::test]
async fn health_and_metrics_need_no_key() {
    let app = App::start().await;
    app.get(EMPLOYEES).await;
    let plain = async |path: &str| app.raw(Request::get(path).body(Body::empty()).unwrap()).await;
    assert_eq!(plain("/livez").await.body.as_ref(), b"ok\n");
    assert_eq!(plain("/readyz").await.status, 200);
    let text = String::from_utf8(plain("/metrics").await.body.to_vec()).unwrap();
    for line in [
        "unisono_http_requests_total{surface=\"hris\",operation=\"employees_list\",status=\"2xx\"} 1",
        "unisono_http_request_duration_seconds_count{surface=\"hris\",operation=\"employees_list\"} 1",
        "unisono_database_up 1",
        "unisono_jobs{state=\"queued\"} 0",
    ] {
        assert!(text.contains(line), "{line} is not in\n{text}");
    }
}

#[tokio::test]
async fn what_is_published_is_what_is_served() {
    let app = App::start().await;
    let all = operations(&MODELS);
    for name in MODELS.categories().map(|category| category.slug.clone()).chain(["admin".to_owned()]) {
        let document = app.get(&format!("/openapi/{name}.json")).await.ok();
        let mut published = 0;
        for (path, methods) in document["paths"].as_object().unwrap() {
            let methods = methods
                .as_object()
                .unwrap()
                .keys()
                .filter(|key| ["get", "post", "patch", "delete"].contains(&key.as_str()));
            for method in methods {
                let own =
                    |path: &str| path.trim_start_matches("/api").trim_start_matches(&format!("/{name}/v1")).to_owned();
                let known = all.iter().any(|operation| {
                    operation.surface.name() == name
                        && operation.method.as_str().eq_ignore_ascii_case(method)
                        && own(path) == operation.path
                });
                assert!(known, "{name}: {method} {path} is published but not served");
                published += 1;
            }
        }
        assert_eq!(published, all.iter().filter(|operation| operation.surface.name() == name).count(), "{name}");
    }
}
