//! Lists and single records.

use serde_json::{Value, json};

use crate::app::{App, texts};

const EMPLOYEES: &str = "/api/hris/v1/employees";

async fn three_employees(app: &App) -> Vec<uuid::Uuid> {
    let people = [
        ("1", json!({ "first_name": "Ada", "work_email": "ada@acme.example", "employment_status": "ACTIVE" })),
        (
            "2",
            json!({ "first_name": "Grace", "employment_status": "INACTIVE", "_origins": { "employment_status": "Gone" } }),
        ),
        ("3", json!({ "first_name": "Linus", "employment_status": "ACTIVE" })),
    ];
    app.records(&app.hris, "hris.employee", &people).await
}

#[tokio::test]
async fn a_list_has_every_field_of_the_model_and_no_other() {
    let app = App::start().await;
    three_employees(&app).await;
    let page = app.get(EMPLOYEES).await.ok();
    let declared = crate::app::MODELS.model("hris.employee").unwrap();
    for record in page["results"].as_array().unwrap() {
        let keys: Vec<&String> = record.as_object().unwrap().keys().collect();
        let unknown: Vec<_> = keys.iter().filter(|key| declared.field(key).is_none()).collect();
        let missing: Vec<_> = declared
            .fields
            .iter()
            .filter(|field| !field.sensitive && !keys.contains(&&field.name))
            .map(|field| &field.name)
            .collect();
        assert!(unknown.is_empty() && missing.is_empty(), "unknown {unknown:?}, missing {missing:?}");
    }
}

#[tokio::test]
async fn pages_follow_each_other_without_repeats_and_lead_back() {
    let app = App::start().await;
    let ids = texts(&three_employees(&app).await);
    let first = app.get(&format!("{EMPLOYEES}?page_size=2")).await;
    assert_eq!(first.column("id"), ids[..2]);
    assert_eq!(first.json()["previous"], Value::Null);
    let next = first.json()["next"].as_str().unwrap().to_owned();
    let second = app.get(&format!("{EMPLOYEES}?page_size=2&cursor={next}")).await;
    assert_eq!(second.column("id"), ids[2..]);
    assert_eq!(second.json()["next"], Value::Null);
    let back = second.json()["previous"].as_str().unwrap().to_owned();
    assert_eq!(app.get(&format!("{EMPLOYEES}?page_size=2&cursor={back}")).await.column("id"), ids[..2]);
}

#[tokio::test]
async fn filters_select() {
    let app = App::start().await;
    let ids = texts(&three_employees(&app).await);
    for (query, expected) in [
        ("employment_status=ACTIVE", vec![&ids[0], &ids[2]]),
        ("first_name=Grace", vec![&ids[1]]),
        ("work_email=ada@acme.example", vec![&ids[0]]),
        ("remote_id=3", vec![&ids[2]]),
        ("modified_after=2000-01-01T00:00:00Z", vec![&ids[0], &ids[1], &ids[2]]),
        ("modified_after=2100-01-01T00:00:00Z", vec![]),
        ("created_before=2000-01-01", vec![]),
        ("manager_id=00000000-0000-0000-0000-000000000001", vec![]),
    ] {
        let expected: Vec<String> = expected.into_iter().cloned().collect();
        assert_eq!(app.get(&format!("{EMPLOYEES}?{query}")).await.column("id"), expected, "{query}");
    }
}

#[tokio::test]
async fn deleted_records_are_left_out_of_lists_unless_asked_for_and_found_by_id() {
    let app = App::start().await;
    let ids = three_employees(&app).await;
    app.remove(&app.hris, "hris.employee", &ids[..1]).await;
    assert_eq!(app.get(EMPLOYEES).await.column("id"), texts(&ids[1..]));
    let all = app.get(&format!("{EMPLOYEES}?include_deleted_data=true")).await;
    assert_eq!(all.column("id").len(), 3);
    let one = app.get(&format!("{EMPLOYEES}/{}", ids[0])).await.ok();
    assert_eq!(one["remote_was_deleted"], json!(true));
}

#[tokio::test]
async fn expand_puts_the_object_where_the_id_was() {
    let app = App::start().await;
    let team = app.records(&app.hris, "hris.team", &[("t", json!({ "name": "Engines" }))]).await[0];
    let fields = json!({ "first_name": "Ada", "team": team });
    let ada = app.records(&app.hris, "hris.employee", &[("1", fields)]).await[0];
    let plain = app.get(&format!("{EMPLOYEES}/{ada}")).await.ok();
    assert_eq!(plain["team"], json!(team));
    for path in [format!("{EMPLOYEES}/{ada}?expand=team,manager"), format!("{EMPLOYEES}?expand=team")] {
        let reply = app.get(&path).await.ok();
        let record = reply.get("results").map_or(&reply, |results| &results[0]);
        assert_eq!(record["team"]["name"], json!("Engines"), "{path}");
        assert_eq!(record["team"]["id"], json!(team));
    }
}

#[tokio::test]
async fn remote_data_and_enum_origins_come_only_when_asked_for() {
    let app = App::start().await;
    let ids = three_employees(&app).await;
    let path = format!("{EMPLOYEES}/{}", ids[1]);
    let plain = app.get(&path).await.ok();
    assert_eq!((&plain["remote_data"], &plain["employment_status"]), (&Value::Null, &json!("INACTIVE")));
    let full = app.get(&format!("{path}?include_remote_data=true")).await.ok();
    assert_eq!(full["remote_data"][0]["data"]["native"], json!("2"));
    for name in ["show_enum_origins", "remote_fields"] {
        let shown = app.get(&format!("{path}?{name}=employment_status")).await.ok();
        assert_eq!(shown["employment_status"], json!("Gone"), "{name}");
    }
}

#[tokio::test]
async fn order_by_sorts_both_ways() {
    let app = App::start().await;
    let entries = [
        ("a", json!({ "start_time": "2024-01-02T00:00:00Z" })),
        ("b", json!({ "start_time": "2024-01-03T00:00:00Z" })),
        ("c", json!({ "start_time": "2024-01-01T00:00:00Z" })),
    ];
    app.records(&app.hris, "hris.timesheet_entry", &entries).await;
    let path = "/api/hris/v1/timesheet-entries";
    assert_eq!(app.get(&format!("{path}?order_by=start_time")).await.column("remote_id"), ["c", "a", "b"]);
    assert_eq!(app.get(&format!("{path}?order_by=-start_time")).await.column("remote_id"), ["b", "a", "c"]);
}

#[tokio::test]
async fn custom_objects_are_read_below_their_class() {
    let app = App::start().await;
    let classes = [("c1", json!({ "name": "Ship" })), ("c2", json!({ "name": "Port" }))];
    let classes = app.records(&app.crm, "crm.custom_object_class", &classes).await;
    let objects = [("o1", json!({ "object_class": classes[0] })), ("o2", json!({ "object_class": classes[1] }))];
    let objects = app.records(&app.crm, "crm.custom_object", &objects).await;
    let base = "/api/crm/v1/custom-object-classes";
    let get = async |path: String| app.send("GET", &path, Some(&app.key), Some(&app.crm.token), None).await;
    assert_eq!(get(format!("{base}/{}/custom-objects", classes[0])).await.column("id"), texts(&objects[..1]));
    assert_eq!(get(format!("{base}/{}/custom-objects/{}", classes[0], objects[0])).await.ok()["id"], json!(objects[0]));
    assert_eq!(get(format!("{base}/{}/custom-objects", uuid::Uuid::nil())).await.status, 404);
}

#[tokio::test]
async fn the_types_of_groups_are_listed_once_each() {
    let app = App::start().await;
    let groups =
        [("1", json!({ "type": "TEAM" })), ("2", json!({ "type": "DEPARTMENT" })), ("3", json!({ "type": "TEAM" }))];
    app.records(&app.hris, "hris.group", &groups).await;
    assert_eq!(app.get("/api/hris/v1/groups/types").await.ok(), json!({ "types": ["TEAM", "DEPARTMENT"] }));
}

#[tokio::test]
async fn every_list_of_every_category_answers() {
    let app = App::start().await;
    let operations = unisono_server::operation::operations(&crate::app::MODELS);
    let mut asked = 0;
    for operation in &operations {
        let path = format!("{}{}", operation.surface.base_path(), operation.path);
        let token = match operation.surface.name() {
            "hris" => &app.hris.token,
            "crm" => &app.crm.token,
            _ => continue,
        };
        if operation.method.as_str() == "GET" && !path.contains('{') {
            let answer = app.send("GET", &path, Some(&app.key), Some(token), None).await;
            let connector_needed = path.ends_with("/available-actions") || path.ends_with("/sync-status");
            assert!(answer.status == 200 || connector_needed, "{path}: {}", String::from_utf8_lossy(&answer.body));
            asked += 1;
        }
    }
    assert!(asked > 60, "only {asked} operations were asked");
}

#[tokio::test]
async fn lines_that_a_record_holds_are_listed_below_it() {
    let app = App::start().await;
    let account = app.account("accounting").await;
    let project = app.records(&account, "accounting.project", &[("p", json!({ "name": "Bridge" }))]).await[0];
    let lines =
        json!([{ "id": null, "description": "Train", "project": project }, { "id": null, "description": "Hotel" }]);
    let report = app.records(&account, "accounting.expense_report", &[("r", json!({ "lines": lines }))]).await[0];
    let base = "/api/accounting/v1/expense-reports";
    let get = async |path: String| app.send("GET", &path, Some(&app.key), Some(&account.token), None).await;
    let page = get(format!("{base}/{report}/lines?page_size=1&expand=project")).await;
    assert_eq!(page.column("description"), ["Train"]);
    assert_eq!(page.json()["results"][0]["project"]["name"], json!("Bridge"));
    let next = page.json()["next"].as_str().unwrap().to_owned();
    assert_eq!(get(format!("{base}/{report}/lines?page_size=1&cursor={next}")).await.column("description"), ["Hotel"]);
    assert_eq!(get(format!("{base}/{}/lines", uuid::Uuid::nil())).await.status, 404);
}

#[tokio::test]
async fn a_relation_that_is_always_an_id_stays_one() {
    let app = App::start().await;
    let account = app.account("ats").await;
    let candidate = app.records(&account, "ats.candidate", &[("c", json!({}))]).await[0];
    let files = app.records(&account, "ats.attachment", &[("f", json!({ "candidate": candidate }))]).await;
    let path = format!("/api/ats/v1/attachments/{}?expand=candidate", files[0]);
    let shown = app.send("GET", &path, Some(&app.key), Some(&account.token), None).await.ok();
    assert_eq!(shown["candidate"], json!(candidate));
}
