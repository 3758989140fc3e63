//! The simulated ticket system, tried with plain HTTP.

use std::collections::BTreeSet;

use serde_json::{Value, json};

use crate::common::Client;

async fn redmine(options: unisono_sandbox::StartOptions) -> Client {
    let client = Client::start("redmine", options).await;
    let key = client.credential("api_key");
    client.header("x-redmine-api-key", &key)
}

#[tokio::test]
async fn a_wrong_key_is_refused_and_each_right_way_is_accepted() {
    let app = redmine(Default::default()).await;
    let anonymous = app.anonymous();
    assert_eq!(anonymous.get("/users/current.json").await.status, 401);
    let key = app.credential("api_key");
    assert_eq!(anonymous.get(&format!("/users/current.json?key={key}")).await.status, 200);
    assert_eq!(anonymous.get("/users/current.json?key=wrong").await.status, 401);
    assert_eq!(app.anonymous().basic(&key, "x").get("/users/current.json").await.status, 200);
    assert_eq!(app.get("/users/current.json").await.json()["user"]["login"], "admin");
}

async fn all_issues(app: &Client, query: &str) -> Vec<Value> {
    let mut issues = Vec::new();
    loop {
        let page = app.get(&format!("/issues.json?limit=100&offset={}&{query}", issues.len())).await.json();
        let records = page["issues"].as_array().unwrap().clone();
        if records.is_empty() {
            assert_eq!(page["total_count"], issues.len());
            return issues;
        }
        issues.extend(records);
    }
}

#[tokio::test]
async fn paging_returns_every_issue_once_and_references_resolve() {
    let app = redmine(Default::default()).await;
    let issues = all_issues(&app, "status_id=*&sort=id").await;
    let ids: BTreeSet<u64> = issues.iter().map(|issue| issue["id"].as_u64().unwrap()).collect();
    assert_eq!((issues.len(), ids.len()), (240, 240));
    let open = all_issues(&app, "").await;
    assert!(open.len() < issues.len() && open.iter().all(|issue| issue["status"]["is_closed"] == false));
    for issue in issues.iter().take(20) {
        let project = app.get(&format!("/projects/{}.json", issue["project"]["id"])).await;
        assert_eq!(project.json()["project"]["name"], issue["project"]["name"]);
        let author = app.get(&format!("/users/{}.json", issue["author"]["id"])).await.json();
        let name = format!(
            "{} {}",
            author["user"]["firstname"].as_str().unwrap(),
            author["user"]["lastname"].as_str().unwrap()
        );
        assert_eq!(issue["author"]["name"], name);
    }
}

#[tokio::test]
async fn updated_on_keeps_what_changed_since() {
    let app = redmine(Default::default()).await;
    let all = all_issues(&app, "status_id=*&sort=updated_on").await;
    let since = all[200]["updated_on"].as_str().unwrap().to_owned();
    let changed = all_issues(&app, &format!("status_id=*&sort=updated_on&updated_on=%3E%3D{since}")).await;
    assert_eq!(changed, all[200..]);
}

#[tokio::test]
async fn writes_stick() {
    let app = redmine(Default::default()).await;
    let refused = app.send("POST", "/issues.json", json!({"issue": {"project_id": 1}})).await;
    assert_eq!((refused.status, refused.json()), (422, json!({"errors": ["Subject cannot be blank"]})));
    let made = app.send("POST", "/issues.json", json!({"issue": {"project_id": 1, "subject": "VPN down"}})).await;
    assert_eq!(made.status, 201);
    let id = made.json()["issue"]["id"].clone();
    let put = app.send("PUT", &format!("/issues/{id}.json"), json!({"issue": {"status_id": 5, "notes": "Done"}})).await;
    assert_eq!((put.status, put.body.as_str()), (204, ""));
    let issue = app.get(&format!("/issues/{id}.json?include=journals")).await.json()["issue"].clone();
    assert_eq!((&issue["subject"], &issue["status"]["name"]), (&json!("VPN down"), &json!("Closed")));
    assert_eq!(issue["journals"][0]["notes"], "Done");
    assert_eq!(app.send("DELETE", &format!("/issues/{id}.json"), Value::Null).await.status, 204);
    assert_eq!(app.get(&format!("/issues/{id}.json")).await.status, 404);
    let list = app.get("/issues.json?status_id=*&limit=1").await.json();
    assert_eq!(list["total_count"], 240);
}

#[tokio::test]
async fn a_change_by_hand_shows_up_as_changed() {
    let app = redmine(Default::default()).await;
    let before = app.running().clock().now().to_string();
    app.running().state().update("issues", "7", json!({"subject": "Edited in the vendor's screen"})).unwrap();
    app.running().state().delete("issues", "8").unwrap();
    let new = app.running().state().create("issues", json!({"subject": "Typed in"})).unwrap();
    let since = before.get(..19).unwrap();
    let changed = app.get(&format!("/issues.json?status_id=*&sort=id&updated_on=%3E%3D{since}Z")).await.json();
    let ids: Vec<String> = changed["issues"].as_array().unwrap().iter().map(|issue| issue["id"].to_string()).collect();
    assert_eq!(ids, ["7".to_owned(), new]);
    assert_eq!(app.get("/issues/8.json").await.status, 404);
}

#[tokio::test]
async fn the_same_seed_gives_the_same_bytes() {
    let bytes = |seed| async move {
        let app = redmine(unisono_sandbox::StartOptions { seed, ..Default::default() }).await;
        let url = app.running().url().to_owned();
        app.get("/issues.json?limit=50&status_id=*&include=attachments").await.body.replace(&url, "")
    };
    let (one, again, other) = (bytes(7).await, bytes(7).await, bytes(8).await);
    assert_eq!(one, again);
    assert_ne!(one, other);
}

#[tokio::test]
async fn a_large_system_is_made_only_where_it_is_read() {
    let app = redmine(unisono_sandbox::StartOptions { size: Some(1_000_000), ..Default::default() }).await;
    let page = app.get("/issues.json?status_id=*&offset=999900&limit=100").await.json();
    assert_eq!(page["total_count"], 1_000_000);
}
