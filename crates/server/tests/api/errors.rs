//! What is refused, and in which words.

use axum::body::Body;
use axum::http::Request;
use serde_json::{Value, json};
use unisono_server::{Options, PROBLEMS};

use crate::app::App;

const EMPLOYEES: &str = "/api/hris/v1/employees";

#[tokio::test]
async fn bad_parameters_are_named() {
    let app = App::start().await;
    for (query, body) in [
        ("nonsense=1", json!({ "non_field_errors": ["Provided filters are invalid."] })),
        ("page_size=0", json!({ "page_size": ["Ensure this value is between 1 and 100."] })),
        ("page_size=101", json!({ "page_size": ["Ensure this value is between 1 and 100."] })),
        ("page_size=ten", json!({ "page_size": ["A valid integer is required."] })),
        ("cursor=rubbish", json!({ "cursor": ["Invalid cursor."] })),
        ("include_deleted_data=perhaps", json!({ "include_deleted_data": ["Must be a valid boolean."] })),
        ("modified_after=yesterday", json!({ "modified_after": ["Enter a valid date/time."] })),
    ] {
        let answer = app.get(&format!("{EMPLOYEES}?{query}")).await;
        assert_eq!((answer.status.as_u16(), answer.json()), (400, body), "{query}");
    }
    for query in ["expand=nobody", "employment_status=SLEEPING", "expand=team,nobody"] {
        let answer = app.get(&format!("{EMPLOYEES}?{query}")).await;
        let name = query.split('=').next().unwrap();
        assert_eq!(answer.status, 400, "{query}");
        assert!(answer.json()[name][0].as_str().unwrap().starts_with("Select a valid choice."), "{query}");
    }
}

#[tokio::test]
async fn a_cursor_of_another_list_is_refused() {
    let app = App::start().await;
    app.records(&app.hris, "hris.employee", &[("1", json!({})), ("2", json!({}))]).await;
    let next = app.get(&format!("{EMPLOYEES}?page_size=1")).await.ok()["next"].as_str().unwrap().to_owned();
    let answer = app.get(&format!("/api/hris/v1/teams?page_size=1&cursor={next}")).await;
    assert_eq!((answer.status.as_u16(), answer.json()), (400, json!({ "cursor": ["Invalid cursor."] })));
}

#[tokio::test]
async fn what_is_not_there_is_404_in_the_words_of_each_api() {
    let app = App::start().await;
    for path in
        ["/api/hris/v1/nothing", &format!("{EMPLOYEES}/{}", uuid::Uuid::nil()), &format!("{EMPLOYEES}/x"), "/nothing"]
    {
        let answer = app.get(path).await;
        assert_eq!((answer.status.as_u16(), answer.json()), (404, json!({ "detail": "Not found." })), "{path}");
    }
    let answer = app.get("/api/admin/v1/nothing").await;
    assert_eq!(answer.header("content-type"), "application/problem+json");
    let problem = answer.json();
    assert_eq!((&problem["code"], &problem["status"]), (&json!("not_found"), &json!(404)));
    assert_eq!(problem["request_id"].as_str().unwrap(), answer.header("x-request-id"));
}

#[tokio::test]
async fn another_method_is_405_with_those_allowed() {
    let app = App::start().await;
    let answer = app.post(EMPLOYEES, json!({})).await;
    assert_eq!((answer.status.as_u16(), answer.header("allow")), (405, "GET, HEAD"));
    assert_eq!(answer.json(), json!({ "detail": "Method \"POST\" not allowed." }));
}

#[tokio::test]
async fn one_who_cannot_read_json_is_told() {
    let app = App::start().await;
    assert_eq!(app.get_with(EMPLOYEES, "accept", "text/csv").await.status, 406);
    assert_eq!(app.get_with(EMPLOYEES, "accept", "text/html, */*;q=0.1").await.status, 200);
}

#[tokio::test]
async fn bodies_and_addresses_have_limits() {
    let app = App::with(Options { body_bytes_max: 100, uri_bytes_max: 200, ..Options::default() }).await;
    let answer = app.post("/api/hris/v1/link-token", json!({ "end_user_origin_id": "x".repeat(200) })).await;
    assert_eq!(answer.status, 413);
    assert_eq!(app.get(&format!("{EMPLOYEES}?first_name={}", "x".repeat(300))).await.status, 414);
}

#[tokio::test]
async fn bodies_are_json_objects_with_the_fields_they_need() {
    let app = App::start().await;
    let path = "/api/hris/v1/link-token";
    assert_eq!(app.post(path, json!({})).await.json(), json!({ "end_user_origin_id": ["This field is required."] }));
    assert_eq!(app.post(path, json!([1])).await.json(), json!({ "detail": "Invalid data. Expected an object." }));
    let request = |media: &str, body: &'static str| {
        let head = Request::post(path).header("authorization", format!("Bearer {}", app.key));
        head.header("content-type", media).body(Body::from(body)).unwrap()
    };
    assert_eq!(app.raw(request("application/json", "{nonsense")).await.status, 400);
    assert_eq!(app.raw(request("text/plain", "hello")).await.status, 415);
}

#[tokio::test]
async fn an_account_that_asks_too_much_waits_and_others_do_not() {
    let app = App::with(Options { rate_per_min: 2, ..Options::default() }).await;
    let first = app.get(EMPLOYEES).await;
    assert_eq!((first.header("x-ratelimit-limit"), first.header("x-ratelimit-remaining")), ("2", "1"));
    app.get(EMPLOYEES).await;
    let refused = app.get(EMPLOYEES).await;
    assert_eq!(refused.status, 429);
    assert!((1..=30).contains(&refused.header("retry-after").parse::<u64>().unwrap()));
    assert_eq!(refused.header("x-ratelimit-remaining"), "0");
    assert!(refused.header("x-ratelimit-reset").parse::<u64>().unwrap() > 1_700_000_000);
    let other = app.send("GET", "/api/crm/v1/contacts", Some(&app.key), Some(&app.crm.token), None).await;
    assert_eq!(other.status, 200);
}

#[tokio::test]
async fn every_problem_has_its_page_and_every_page_its_problem() {
    let app = App::start().await;
    for problem in PROBLEMS {
        assert!(problem.page.starts_with(&format!("# {}: {}\n", problem.code, problem.title)), "{}", problem.code);
        assert!(problem.page.contains(&format!("HTTP status {}.", problem.status)), "{}", problem.code);
        let page = app.get(&format!("/problems/{}", problem.code)).await;
        assert_eq!((page.status.as_u16(), page.body.as_ref()), (200, problem.page.as_bytes()));
    }
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/../../docs/problems");
    for page in std::fs::read_dir(folder).unwrap().flatten() {
        let name = page.file_name().into_string().unwrap();
        let known = PROBLEMS.iter().any(|problem| format!("{}.md", problem.code) == name);
        assert!(known || name == "README.md", "{name} is no problem's page");
    }
}

#[tokio::test]
async fn a_refused_parameter_is_a_problem_with_its_name_in_the_admin_api() {
    let app = App::start().await;
    let problem: Value = app.get("/api/admin/v1/issues?status=BORED").await.json();
    assert_eq!((&problem["code"], &problem["parameter"]), (&json!("invalid_parameter"), &json!("status")));
    assert_eq!(problem["retriable"], json!(false));
}
