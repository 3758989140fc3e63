//! The admin API.

use serde_json::{Value, json};
use unisono_server::operation::component;

use crate::app::App;

/// Every field of the component is there, and no other.
fn has_shape(value: &Value, name: &str) {
    let declared: Vec<&str> = component(name).unwrap().fields.iter().map(|(field, _)| *field).collect();
    let found: Vec<&str> = value.as_object().unwrap().keys().map(String::as_str).collect();
    let differ =
        declared.iter().any(|field| !found.contains(field)) || found.iter().any(|field| !declared.contains(field));
    assert!(!differ, "{name} declares {declared:?}, found {found:?}");
}

#[tokio::test]
async fn replies_have_exactly_the_fields_of_their_components() {
    let app = App::start().await;
    let base = "/api/admin/v1";
    has_shape(&app.get(&format!("{base}/project")).await.ok(), "Project");
    has_shape(&app.get(&format!("{base}/keys")).await.ok()[0], "Key");
    has_shape(&app.get(&format!("{base}/linked-accounts")).await.ok()["results"][0], "LinkedAccount");
    has_shape(&app.get(&format!("{base}/linked-accounts/{}", app.hris.id)).await.ok(), "LinkedAccount");
    has_shape(&app.get(&format!("{base}/health")).await.ok(), "Health");
    let made = app.post(&format!("{base}/keys"), json!({ "name": "again" })).await.ok();
    has_shape(&made, "NewKey");
    has_shape(&made["key"], "Key");
}

#[tokio::test]
async fn records_are_browsed_with_what_the_vendor_sent() {
    let app = App::start().await;
    let id = app.records(&app.hris, "hris.employee", &[("1", json!({ "first_name": "Ada" }))]).await[0];
    let base = format!("/api/admin/v1/linked-accounts/{}/records", app.hris.id);
    let page = app.get(&format!("{base}/hris.employee?include_remote_data=true")).await.ok();
    assert_eq!(page["results"][0]["remote_data"][0]["data"]["native"], json!("1"));
    assert_eq!(app.get(&format!("{base}/hris.employee/{id}")).await.ok()["first_name"], json!("Ada"));
    assert_eq!(app.get(&format!("{base}/crm.contact")).await.status, 404);
    assert_eq!(app.get(&format!("{base}/hris.nonsense")).await.status, 404);
}

#[tokio::test]
async fn histories_of_a_quiet_account_are_empty_pages() {
    let app = App::start().await;
    let base = format!("/api/admin/v1/linked-accounts/{}", app.hris.id);
    for list in ["runs", "request-logs", "rejects"] {
        let page = app.get(&format!("{base}/{list}")).await.ok();
        assert_eq!(page, json!({ "next": null, "previous": null, "results": [] }), "{list}");
    }
}

#[tokio::test]
async fn an_unknown_connector_is_not_found_and_cannot_be_linked() {
    let app = App::start().await;
    assert_eq!(app.get("/api/admin/v1/connectors").await.ok(), json!([]));
    assert_eq!(app.get("/api/admin/v1/connectors/acme").await.status, 404);
    let refused = app.post("/api/admin/v1/links", json!({ "link_token": "link_x", "connector": "acme" })).await;
    assert_eq!((refused.status.as_u16(), &refused.json()["code"]), (400, &json!("invalid_body")));
}

#[tokio::test]
async fn deleting_an_account_removes_it() {
    let app = App::start().await;
    let path = format!("/api/admin/v1/linked-accounts/{}", app.crm.id);
    assert_eq!(app.send("DELETE", &path, Some(&app.key), None, None).await.status, 204);
    assert_eq!(app.get(&path).await.status, 404);
}
