//! The simulated CRM, tried with plain HTTP.

use std::collections::BTreeSet;

use serde_json::{Value, json};
use unisono_sandbox::StartOptions;

use crate::common::Client;

async fn hubspot(options: StartOptions) -> Client {
    let client = Client::start("hubspot", StartOptions { limits: false, ..options }).await;
    let token = client.credential("access_token");
    client.bearer(&token)
}

async fn all(app: &Client, path: &str) -> Vec<Value> {
    let mut next = path.to_owned();
    let mut records = Vec::new();
    loop {
        let page = app.get(&next).await.json();
        records.extend(page["results"].as_array().unwrap_or_else(|| panic!("{page}")).clone());
        match page["paging"]["next"]["link"].as_str() {
            Some(link) => next = link.to_owned(),
            None => return records,
        }
    }
}

#[tokio::test]
async fn a_wrong_token_is_refused() {
    let app = hubspot(Default::default()).await;
    let refused = app.anonymous().bearer("pat-wrong").get("/crm/v3/owners").await;
    assert_eq!((refused.status, &refused.json()["category"]), (401, &json!("INVALID_AUTHENTICATION")));
    assert_eq!(app.get("/crm/v3/owners/").await.status, 200);
}

#[tokio::test]
async fn paging_returns_every_object_of_every_type_once() {
    let app = hubspot(Default::default()).await;
    let mut total = 0;
    for kind in ["contacts", "companies", "deals", "tickets", "notes", "tasks", "calls", "emails", "meetings", "2-1001"]
    {
        let live = all(&app, &format!("/crm/v3/objects/{kind}?limit=9")).await;
        let archived = all(&app, &format!("/crm/v3/objects/{kind}?limit=100&archived=true")).await;
        let ids: BTreeSet<&str> = live.iter().chain(&archived).map(|one| one["id"].as_str().unwrap()).collect();
        assert_eq!(ids.len(), live.len() + archived.len(), "{kind}");
        assert!(
            live.iter().all(|one| one["archived"] == false) && archived.iter().all(|one| one["archivedAt"].is_string())
        );
        let alias = if kind == "2-1001" { "vehicles" } else { kind };
        assert_eq!(ids.len() as u64, app.running().state().count(alias).unwrap(), "{kind}");
        total += ids.len();
    }
    assert!(total > 200, "{total}");
}

#[tokio::test]
async fn only_the_properties_asked_for_come_and_all_are_text() {
    let app = hubspot(Default::default()).await;
    let plain = app.get("/crm/v3/objects/contacts?limit=1").await.json()["results"][0].clone();
    let names: Vec<&String> = plain["properties"].as_object().unwrap().keys().collect();
    assert_eq!(names, ["createdate", "email", "firstname", "hs_object_id", "lastmodifieddate", "lastname"]);
    let known = app.get("/crm/v3/properties/deals").await.json();
    let known: Vec<&str> =
        known["results"].as_array().unwrap().iter().map(|one| one["name"].as_str().unwrap()).collect();
    let deal =
        app.get(&format!("/crm/v3/objects/deals?limit=1&properties={}", known.join(","))).await.json()["results"][0]
            .clone();
    assert!(
        deal["properties"].as_object().unwrap().values().all(|value| value.is_string() || value.is_null()),
        "{deal}"
    );
}

#[tokio::test]
async fn associations_resolve_both_ways() {
    let app = hubspot(Default::default()).await;
    let deals = all(&app, "/crm/v3/objects/deals?limit=50&associations=companies,contacts").await;
    let deal = &deals[3];
    let company = deal["associations"]["companies"]["results"][0].clone();
    assert_eq!(company["type"], "deal_to_company");
    let back = app
        .get(&format!("/crm/v4/objects/companies/{}/associations/deals", company["id"].as_str().unwrap()))
        .await
        .json();
    let ids: Vec<String> =
        back["results"].as_array().unwrap().iter().map(|one| one["toObjectId"].to_string()).collect();
    assert!(ids.contains(&deal["id"].as_str().unwrap().to_owned()), "{ids:?}");
}

#[tokio::test]
async fn search_filters_by_time_sorts_and_stops_at_ten_thousand() {
    let app = hubspot(StartOptions { size: Some(10_500), ..Default::default() }).await;
    let search = async |after: u64, limit: u64| {
        let body = json!({"filterGroups": [{"filters": [{"propertyName": "lastmodifieddate", "operator": "GTE", "value": "1000"}]}],
            "sorts": [{"propertyName": "hs_object_id", "direction": "ASCENDING"}], "properties": ["email"], "limit": limit, "after": after.to_string()});
        app.send("POST", "/crm/v3/objects/contacts/search", body).await
    };
    let page = search(0, 200).await.json();
    assert_eq!((page["results"].as_array().unwrap().len(), &page["paging"]["next"]["after"]), (200, &json!("200")));
    assert!(page["total"].as_u64().unwrap() > 10_000);
    assert_eq!(search(9_800, 200).await.status, 200);
    assert_eq!(search(10_000, 200).await.status, 400);
}

#[tokio::test]
async fn search_since_agrees_with_the_list() {
    let app = hubspot(Default::default()).await;
    let live = all(&app, "/crm/v3/objects/deals?limit=100").await;
    let since = "2026-06-01T00:00:00Z";
    let expected = live.iter().filter(|one| one["updatedAt"].as_str().unwrap() >= since).count();
    let ms = since.parse::<jiff::Timestamp>().unwrap().as_millisecond().to_string();
    let body = json!({"filterGroups": [{"filters": [{"propertyName": "hs_lastmodifieddate", "operator": "GTE", "value": ms}]}],
        "sorts": [{"propertyName": "hs_lastmodifieddate", "direction": "ASCENDING"}], "properties": [], "limit": 200});
    let found = app.send("POST", "/crm/v3/objects/deals/search", body).await.json();
    assert_eq!(found["total"], expected);
    let times: Vec<&str> =
        found["results"].as_array().unwrap().iter().map(|one| one["updatedAt"].as_str().unwrap()).collect();
    assert!(times.is_sorted() && !times.is_empty() && times.len() < live.len());
}

#[tokio::test]
async fn writes_stick_and_deleting_archives() {
    let app = hubspot(Default::default()).await;
    let new = json!({"properties": {"email": "nora@willow.example", "firstname": "Nora"}});
    let made = app.send("POST", "/crm/v3/objects/contacts", new.clone()).await;
    assert_eq!(made.status, 201);
    assert_eq!(app.send("POST", "/crm/v3/objects/contacts", new).await.status, 409);
    let id = made.json()["id"].as_str().unwrap().to_owned();
    app.send("PATCH", &format!("/crm/v3/objects/contacts/{id}"), json!({"properties": {"firstname": "Eleonora"}}))
        .await;
    let read = app.get(&format!("/crm/v3/objects/contacts/{id}?properties=firstname,email")).await.json();
    assert_eq!(
        (&read["properties"]["firstname"], &read["properties"]["email"]),
        (&json!("Eleonora"), &json!("nora@willow.example"))
    );
    assert_eq!(app.send("DELETE", &format!("/crm/v3/objects/contacts/{id}"), Value::Null).await.status, 204);
    assert_eq!(app.get(&format!("/crm/v3/objects/contacts/{id}")).await.status, 404);
    assert!(
        all(&app, "/crm/v3/objects/contacts?archived=true&limit=100").await.iter().any(|one| one["id"] == json!(id))
    );
}

#[tokio::test]
async fn pipelines_schemas_and_account_answer() {
    let app = hubspot(Default::default()).await;
    let stages = app.get("/crm/v3/pipelines/deals").await.json()["results"][0]["stages"].clone();
    assert_eq!(stages.as_array().unwrap().len(), 6);
    for path in ["/crm/v3/pipelines/tickets", "/crm/v3/schemas", "/account-info/v3/details", "/settings/v3/users"] {
        assert_eq!(app.get(path).await.status, 200, "{path}");
    }
    assert_eq!(app.get("/crm/v3/objects/unicorns").await.status, 404);
}
