//! Who may call what: every operation is tried.

use serde_json::{Value, json};
use unisono_server::operation::{Access, Operation, Place, operations};
use uuid::Uuid;

use crate::app::{App, MODELS};

fn address(operation: &Operation) -> String {
    let mut path = format!("{}{}", operation.surface.base_path(), operation.path);
    for param in operation.params.iter().filter(|param| param.place == Place::Path) {
        path = path.replace(&format!("{{{}}}", param.name), &Uuid::nil().to_string());
    }
    path
}

#[tokio::test]
async fn no_operation_answers_without_a_valid_key() {
    let app = App::start().await;
    let revoked = app.engine.create_key(app.project, "revoked").await.unwrap();
    app.engine.revoke_key(app.project, revoked.key.id).await.unwrap();
    let all = operations(&MODELS);
    assert!(all.len() > 500, "only {} operations", all.len());
    for operation in &all {
        let path = address(operation);
        for key in [None, Some(revoked.secret.as_str()), Some("unis_live_made_up"), Some("")] {
            let answer = app.send(operation.method.as_str(), &path, key, Some(&app.hris.token), Some(json!({}))).await;
            assert_eq!(answer.status, 401, "{} {path} with key {key:?}", operation.method.as_str());
            assert_eq!(answer.header("www-authenticate"), "Bearer");
        }
    }
}

#[tokio::test]
async fn no_operation_on_an_account_answers_without_its_token_or_with_a_foreign_one() {
    let app = App::start().await;
    let all = operations(&MODELS);
    for operation in all.iter().filter(|operation| operation.access == Access::Account) {
        let path = address(operation);
        let method = operation.method.as_str();
        for (key, token) in [
            (&app.key, None),
            (&app.key, Some("acct_made_up")),
            (&app.key, Some(app.foreign.token.as_str())),
            (&app.foreign_key, Some(app.hris.token.as_str())),
        ] {
            let answer = app.send(method, &path, Some(key), token, None).await;
            assert_eq!(answer.status, 401, "{method} {path} with token {token:?}");
            assert!(answer.json()["detail"].is_string());
        }
    }
}

#[tokio::test]
async fn nothing_of_another_project_can_be_named() {
    let app = App::start().await;
    let record = app.records(&app.foreign, "hris.employee", &[("1", json!({}))]).await[0];
    let account = app.foreign.id;
    assert_eq!(app.get(&format!("/api/hris/v1/employees/{record}")).await.status, 404);
    for operation in operations(&MODELS).iter().filter(|operation| operation.path.contains("{account}")) {
        let path = format!("{}{}", operation.surface.base_path(), operation.path)
            .replace("{account}", &account.to_string())
            .replace("{model}", "hris.employee")
            .replace("{id}", &record.to_string());
        let answer = app
            .send(operation.method.as_str(), &path, Some(&app.key), None, Some(json!({ "model": "hris.employee" })))
            .await;
        assert_eq!(answer.status, 404, "{} {path}", operation.method.as_str());
    }
    let listed = app.get("/api/admin/v1/linked-accounts").await.column("id");
    assert!(!listed.contains(&account.to_string()) && listed.contains(&app.hris.id.to_string()));
}

#[tokio::test]
async fn the_words_say_what_is_missing() {
    let app = App::start().await;
    let path = "/api/hris/v1/employees";
    let detail = async |key: Option<&str>, token: Option<&str>| -> Value {
        app.send("GET", path, key, token, None).await.json()["detail"].clone()
    };
    assert_eq!(detail(None, None).await, json!("Authentication credentials were not provided."));
    assert_eq!(detail(Some("x"), None).await, json!("Invalid API key."));
    assert_eq!(detail(Some(&app.key), None).await, json!("X-Account-Token header is required."));
    assert_eq!(detail(Some(&app.key), Some("x")).await, json!("Invalid account token."));
    let other = detail(Some(&app.key), Some(&app.crm.token)).await;
    assert_eq!(other, json!("Invalid account token: the linked account is for crm."));
}

#[tokio::test]
async fn a_key_revoked_through_the_api_stops_working_at_once() {
    let app = App::start().await;
    let made = app.post("/api/admin/v1/keys", json!({ "name": "short-lived" })).await;
    assert_eq!(made.status, 201);
    let (id, secret) = (made.json()["key"]["id"].as_str().unwrap().to_owned(), made.json()["secret"].clone());
    let secret = secret.as_str().unwrap();
    let show = async || app.send("GET", "/api/admin/v1/project", Some(secret), None, None).await.status;
    assert_eq!(show().await, 200);
    assert_eq!(app.send("DELETE", &format!("/api/admin/v1/keys/{id}"), Some(&app.key), None, None).await.status, 204);
    assert_eq!(show().await, 401);
}
