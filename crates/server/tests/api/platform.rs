//! What every category repeats.

use serde_json::json;

use crate::app::{App, MODELS};

#[tokio::test]
async fn the_account_is_shown() {
    let app = App::start().await;
    let shown = app.get("/api/hris/v1/account-details").await.ok();
    assert_eq!(
        (&shown["id"], &shown["category"], &shown["status"]),
        (&json!(app.hris.id), &json!("hris"), &json!("COMPLETE"))
    );
}

#[tokio::test]
async fn replies_have_the_fields_of_their_shapes() {
    let app = App::start().await;
    for (path, shape) in [
        ("account-details", "AccountDetails"),
        ("linked-accounts", "AccountDetailsAndActions"),
        ("default-scopes", "CommonModelScopeApi"),
        ("employees/meta/post", "MetaResponse"),
    ] {
        let reply = app.get(&format!("/api/hris/v1/{path}")).await.ok();
        let object = reply.get("results").map_or(&reply, |results| &results[0]);
        let declared = MODELS.resolve("hris", shape).unwrap();
        for field in &declared.fields {
            // Two fields of this shape exist in other categories only.
            let elsewhere =
                shape == "MetaResponse" && ["remote_field_classes", "remote_fields"].contains(&field.name.as_str());
            assert!(elsewhere || object.get(&field.name).is_some(), "{path} lacks {}", field.name);
        }
    }
}

#[tokio::test]
async fn linked_accounts_are_filtered() {
    let app = App::start().await;
    let ids = async |query: &str| app.get(&format!("/api/hris/v1/linked-accounts?{query}")).await.column("id");
    assert_eq!(ids("category=crm").await, [app.crm.id.to_string()]);
    assert_eq!(ids(&format!("id={}", app.hris.id)).await, [app.hris.id.to_string()]);
    assert_eq!(ids("end_user_origin_ids=acme,nobody").await.len(), 2);
    assert!(ids("status=RELINK_NEEDED").await.is_empty());
    assert!(ids("is_test_account=true").await.is_empty());
    assert_eq!(app.get("/api/hris/v1/linked-accounts?ids=x").await.status, 400);
}

#[tokio::test]
async fn scopes_show_every_model_readable_and_none_writable() {
    let app = App::start().await;
    let shown = app.get("/api/hris/v1/linked-account-scopes").await.ok();
    let models = shown["common_models"].as_array().unwrap();
    assert_eq!(models.len(), MODELS.category("hris").unwrap().common().count());
    let employee = models.iter().find(|model| model["model_name"] == "Employee").unwrap();
    assert_eq!(
        employee["model_permissions"],
        json!({ "READ": { "is_enabled": true }, "WRITE": { "is_enabled": false } })
    );
}

#[tokio::test]
async fn meta_describes_the_body_and_says_that_writing_is_not_possible() {
    let app = App::start().await;
    let meta = app.get("/api/hris/v1/employees/meta/post").await.ok();
    let properties = &meta["request_schema"]["properties"]["model"]["properties"];
    assert_eq!(properties["first_name"]["type"], json!("string"));
    assert_eq!(properties["groups"]["type"], json!("array"));
    assert_eq!(meta["status"], json!({ "linked_account_status": "COMPLETE", "can_make_request": false }));
}

#[tokio::test]
async fn what_there_is_none_of_is_empty_and_keyed_by_model() {
    let app = App::start().await;
    assert_eq!(app.get("/api/hris/v1/field-mappings").await.ok()["Employee"], json!([]));
    assert_eq!(app.get("/api/hris/v1/selective-sync/conditions").await.ok(), json!({ "results": [] }));
    assert_eq!(app.get("/api/hris/v1/webhook-receivers").await.ok(), json!([]));
    assert_eq!(app.get("/api/hris/v1/issues").await.ok(), json!({ "next": null, "previous": null, "results": [] }));
}

#[tokio::test]
async fn deleting_the_account_ends_its_token_at_once() {
    let app = App::start().await;
    app.records(&app.hris, "hris.employee", &[("1", json!({}))]).await;
    assert_eq!(app.get("/api/hris/v1/employees").await.status, 200);
    assert_eq!(app.post("/api/hris/v1/delete-account", json!({})).await.status, 200);
    assert_eq!(app.get("/api/hris/v1/employees").await.status, 401);
}

#[tokio::test]
async fn keys_are_made_and_replaced_with_their_names() {
    let app = App::start().await;
    let made = app.post("/api/hris/v1/generate-key", json!({ "name": "backend" })).await.ok();
    assert_eq!(made["name"], json!("backend"));
    let replaced = app.post("/api/hris/v1/regenerate-key", json!({ "name": "backend" })).await.ok();
    assert_ne!(made["key"], replaced["key"]);
    let old = app.send("GET", "/api/hris/v1/default-scopes", made["key"].as_str(), None, None).await;
    let new = app.send("GET", "/api/hris/v1/default-scopes", replaced["key"].as_str(), None, None).await;
    assert_eq!((old.status.as_u16(), new.status.as_u16()), (401, 200));
    let taken = app.post("/api/hris/v1/generate-key", json!({ "name": "backend" })).await;
    assert_eq!((taken.status.as_u16(), taken.json()), (400, json!({ "name": ["Key name is taken."] })));
}

#[tokio::test]
async fn an_unknown_public_token_is_400() {
    let app = App::start().await;
    assert_eq!(app.get("/api/hris/v1/account-token/pub_made_up").await.status, 400);
}
