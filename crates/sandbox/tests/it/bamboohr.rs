//! The simulated HR system, tried with plain HTTP.

use std::collections::BTreeSet;

use serde_json::{Value, json};
use unisono_sandbox::StartOptions;

use crate::common::Client;

async fn bamboo() -> Client {
    let client = Client::start("bamboohr", StartOptions::default()).await;
    let key = client.credential("api_key");
    client.basic(&key, "x")
}

async fn all(app: &Client, path: &str) -> Vec<Value> {
    let mut next = path.to_owned();
    let mut records = Vec::new();
    loop {
        let page = app.get(&next).await.json();
        records.extend(page["data"].as_array().unwrap().clone());
        match page["_links"]["next"]["href"].as_str() {
            Some(link) => next = link.to_owned(),
            None => {
                assert_eq!(
                    (page["meta"]["total"].as_u64(), &page["meta"]["page"]["nextCursor"]),
                    (Some(records.len() as u64), &Value::Null)
                );
                return records;
            }
        }
    }
}

#[tokio::test]
async fn a_wrong_key_is_refused_in_headers() {
    let app = bamboo().await;
    let refused = app.anonymous().get("/api/v1/meta/fields").await;
    assert_eq!((refused.status, refused.body.as_str()), (401, ""));
    assert_eq!(refused.headers["x-bamboohr-error-messsage"], "API key not provided or invalid");
    assert_eq!(app.get("/api/gateway.php/cedaroptics/v1/meta/fields").await.status, 200);
}

#[tokio::test]
async fn cursors_lead_to_every_employee_once() {
    let app = bamboo().await;
    let people = all(&app, "/api/v1/employees?page[limit]=7&fields=workEmail,supervisorEId").await;
    let ids: BTreeSet<&str> = people.iter().map(|one| one["employeeId"].as_str().unwrap()).collect();
    assert_eq!((people.len(), ids.len()), (120, 120));
    for person in people.iter().skip(1) {
        assert!(ids.contains(person["supervisorEId"].as_str().unwrap()));
    }
    let tables = app.get("/api/v1/employees/all/tables/jobInfo").await.json();
    assert_eq!(tables.as_array().unwrap().len(), 160);
    assert!(tables.as_array().unwrap().iter().all(|row| ids.contains(row["employeeId"].as_str().unwrap())));
    let directory = app.get("/api/v1/employees/directory").await.json();
    assert_eq!(directory["employees"].as_array().unwrap().len(), 110);
    let data = app
        .send(
            "POST",
            "/api/v2/datasets/employee/data",
            json!({"fields": ["firstName", "jobInformationDepartment"], "page": 2, "pageSize": 50}),
        )
        .await
        .json();
    assert_eq!((data["data"].as_array().unwrap().len(), &data["meta"]["totalPages"]), (50, &json!(3)));
    assert!(data["data"][0]["fields"]["jobInformationDepartment"].is_string());
}

#[tokio::test]
async fn one_employee_has_the_fields_asked_for() {
    let app = bamboo().await;
    let one = app.get("/api/v1/employees/4?fields=firstName,terminationDate").await.json();
    assert_eq!(one["terminationDate"], "0000-00-00");
    assert_eq!(one.as_object().unwrap().len(), 3);
    assert_eq!(app.get("/api/v1/employees/0").await.json(), json!({"id": "4"}));
    assert_eq!(app.get("/api/v1/employees/999999").await.status, 404);
    for path in [
        "/v1/meta/users",
        "/v1/meta/lists",
        "/v1/meta/time_off/types",
        "/v1/employees/4/time_off/calculator",
        "/v1/employeedependents",
        "/v1/hris/org/locations",
        "/v1/employees/4/files/view",
        "/v1/company_information",
    ] {
        assert_eq!(app.get(path).await.status, 200, "{path}");
    }
}

#[tokio::test]
async fn changed_tells_inserted_updated_and_deleted() {
    let app = bamboo().await;
    let before = app.running().clock().now().to_string();
    app.running().clock().advance(std::time::Duration::from_secs(5));
    app.running().state().update("employees", "9", json!({"jobTitle": "Captain"})).unwrap();
    app.running().state().delete("employees", "10").unwrap();
    let made = app.send("POST", "/api/v1/employees", json!({"firstName": "Nora", "lastName": "Quist"})).await;
    assert_eq!((made.status, made.body.as_str()), (201, ""));
    let new = made.headers["location"].rsplit('/').next().unwrap().to_owned();
    let changed = app.get(&format!("/api/v1/employees/changed?since={before}")).await.json()["employees"].clone();
    let actions: Vec<_> = changed
        .as_object()
        .unwrap()
        .iter()
        .map(|(id, change)| (id.as_str(), change["action"].as_str().unwrap()))
        .collect();
    assert_eq!(actions, [("9", "Updated"), (new.as_str(), "Inserted"), ("10", "Deleted")]);
    assert_eq!(app.get(&format!("/api/v1/employees/{new}?fields=lastName")).await.json()["lastName"], "Quist");
    assert_eq!(app.get("/api/v1/employees/changed").await.status, 400);
    let rows = app.get(&format!("/api/v1/employees/changed/tables/jobInfo?since={before}")).await.json();
    assert!(rows["employees"]["9"]["rows"].is_array() && rows["employees"]["11"].is_null());
}

#[tokio::test]
async fn time_off_is_asked_for_by_dates_and_can_be_requested() {
    let app = bamboo().await;
    assert_eq!(app.get("/api/v1/time_off/requests").await.status, 400);
    let everything = app.get("/api/v1/time_off/requests?start=2020-01-01&end=2030-01-01").await.json();
    assert_eq!(everything.as_array().unwrap().len(), 120);
    let asked =
        json!({"status": "requested", "start": "2027-06-15", "end": "2027-06-16", "timeOffTypeId": 78, "amount": 16});
    let made = app.send("PUT", "/api/v1/employees/4/time_off/request", asked).await;
    assert_eq!(made.status, 201);
    let found = app.get("/api/v1/time_off/requests?start=2027-06-01&end=2027-06-30&employeeId=4").await.json();
    assert_eq!((found.as_array().unwrap().len(), &found[0]["id"]), (1, &made.json()["id"]));
}

#[tokio::test]
async fn a_rotating_refresh_token_works_once() {
    let app = bamboo().await;
    let secret = app.credential("client_secret");
    let outside = app.anonymous();
    let back = outside.get("/authorize.php?request=authorize&response_type=code&client_id=sandbox-client&redirect_uri=http%3A%2F%2F127.0.0.1%2Fback&state=s1").await;
    assert_eq!(back.status, 302);
    let back = url::Url::parse(&back.headers["location"]).unwrap();
    let code = back.query_pairs().find(|(name, _)| name == "code").unwrap().1.into_owned();
    let client = [("client_id", "sandbox-client"), ("client_secret", secret.as_str())];
    let grant = |more: &[(&'static str, String)]| {
        let mut form: Vec<(String, String)> = client.iter().map(|(a, b)| ((*a).to_owned(), (*b).to_owned())).collect();
        form.extend(more.iter().map(|(a, b)| ((*a).to_owned(), b.clone())));
        form
    };
    let ask = async |form: Vec<(String, String)>| {
        let pairs: Vec<(&str, &str)> = form.iter().map(|(a, b)| (a.as_str(), b.as_str())).collect();
        outside.form("/token.php?request=token", &pairs).await
    };
    let first = ask(grant(&[
        ("grant_type", "authorization_code".into()),
        ("code", code),
        ("redirect_uri", "http://127.0.0.1/back".into()),
    ]))
    .await
    .json();
    let token = first["access_token"].as_str().unwrap();
    assert_eq!(app.anonymous().bearer(token).get("/api/v1/meta/fields").await.status, 200);
    app.running().clock().advance(std::time::Duration::from_secs(3601));
    assert_eq!(app.anonymous().bearer(token).get("/api/v1/meta/fields").await.status, 401);
    let refresh = first["refresh_token"].as_str().unwrap().to_owned();
    let form = grant(&[("grant_type", "refresh_token".into()), ("refresh_token", refresh)]);
    let second = ask(form.clone()).await.json();
    assert_eq!(
        app.anonymous().bearer(second["access_token"].as_str().unwrap()).get("/api/v1/meta/fields").await.status,
        200
    );
    let again = ask(form).await;
    assert_eq!((again.status, &again.json()["error"]), (400, &json!("invalid_grant")));
}
