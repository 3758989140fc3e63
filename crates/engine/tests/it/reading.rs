//! Reading: lists, cursors, filters and shapes.

use serde_json::{Value, json};
use unisono_engine::{ListParams, ReadError, Shape};
use uuid::Uuid;

use crate::harness::{Bench, EMPLOYEE};

async fn eight() -> (Bench, Uuid) {
    let bench = Bench::new().await;
    bench.vendor.hire(8);
    let account = bench.link().await;
    bench.run().await;
    (bench, account)
}

fn filter(name: &str, value: &str) -> ListParams {
    ListParams { filters: vec![(name.into(), value.into())], ..ListParams::default() }
}

#[tokio::test]
async fn pages_lead_on_and_back() {
    let (bench, account) = eight().await;
    let mut params = ListParams { page_size: Some(3), ..ListParams::default() };
    let mut seen = Vec::new();
    let mut previous = None;
    loop {
        let page = bench.engine.list(bench.project, account, EMPLOYEE, &params).await.unwrap();
        let body: Value = serde_json::from_slice(&page.body).unwrap();
        assert_eq!(body["next"].as_str(), page.next.as_deref());
        seen.extend(body["results"].as_array().unwrap().iter().map(|row| row["employee_number"].clone()));
        if page.next.is_none() {
            previous = page.previous.or(previous);
            break;
        }
        params.cursor = page.next;
    }
    assert_eq!(seen, ["1", "2", "3", "4", "5", "6", "7", "8"]);
    params.cursor = previous;
    assert_eq!(bench.rows_with(account, EMPLOYEE, &params).await[0]["employee_number"], "4");
    params.cursor = Some("nonsense".into());
    let odd = bench.engine.list(bench.project, account, EMPLOYEE, &params).await;
    assert!(matches!(odd, Err(ReadError::Cursor)));
}

#[tokio::test]
async fn a_row_has_the_fields_of_its_model_and_hides_what_is_sensitive() {
    let (bench, account) = eight().await;
    let row = bench.rows(account, EMPLOYEE).await.remove(1);
    let model = crate::harness::models();
    for field in &model.model(EMPLOYEE).unwrap().fields {
        assert!(row.get(&field.name).is_some(), "{} is missing", field.name);
    }
    assert_eq!(row["ssn"], json!(null));
    assert_eq!(
        (&row["remote_id"], &row["gender"], &row["hire_date"]),
        (&json!("2"), &json!("FEMALE"), &json!("2024-01-15T00:00:00Z"))
    );
    assert_eq!(row["remote_data"], json!(null));
    assert_eq!(row["field_mappings"]["organization_defined_targets"], json!({}));
    let id = Uuid::parse_str(row["id"].as_str().unwrap()).unwrap();

    let shape = Shape {
        expand: vec!["manager".into()],
        show_enum_origins: vec!["gender".into()],
        include_remote_data: true,
        include_sensitive: true,
        ..Shape::default()
    };
    let full = bench.engine.retrieve(bench.project, account, EMPLOYEE, id, &shape).await.unwrap();
    let full: Value = serde_json::from_slice(&full).unwrap();
    assert_eq!((&full["ssn"], &full["gender"]), (&json!("ssn-2"), &json!("F")));
    assert_eq!(full["manager"]["employee_number"], "1");
    assert_eq!(full["manager"]["ssn"], json!(null), "an expanded record hides what is sensitive");
    assert_eq!(full["remote_data"][0]["path"], "/employees");
    assert_eq!(full["remote_data"][0]["data"]["first"], "Name 2");
}

#[tokio::test]
async fn filters_select() {
    let (bench, account) = eight().await;
    let rows = bench.rows(account, EMPLOYEE).await;
    let count = |params: ListParams| {
        let bench = &bench;
        async move { bench.rows_with(account, EMPLOYEE, &params).await.len() }
    };
    assert_eq!(count(filter("first_name", "Name 3")).await, 1);
    assert_eq!(count(filter("manager_id", rows[0]["id"].as_str().unwrap())).await, 7);
    assert_eq!(count(filter("manager_id", "not an id")).await, 0);
    assert_eq!(count(filter("remote_id", "5")).await, 1);
    assert_eq!(count(filter("remote_id", "nobody")).await, 0);
    assert_eq!(count(filter("modified_after", rows[3]["modified_at"].as_str().unwrap())).await, 5);
    let odd = bench.engine.list(bench.project, account, EMPLOYEE, &filter("modified_after", "soon")).await;
    assert!(matches!(odd, Err(ReadError::Parameter { .. })));
    let odd = bench.engine.list(bench.project, account, EMPLOYEE, &filter("employment_status", "ODD")).await;
    assert!(matches!(odd, Err(ReadError::Parameter { .. })));
}

#[tokio::test]
async fn another_project_sees_nothing() {
    let (bench, account) = eight().await;
    let other = bench.engine.create_project("other").await.unwrap().id;
    let page = bench.engine.list(other, account, EMPLOYEE, &ListParams::default()).await.unwrap();
    assert_eq!(page.count, 0);
    assert!(bench.engine.sync_status(other, account).await.is_err());
    assert!(bench.engine.runs(other, account, None, &Default::default()).await.is_err());
}
