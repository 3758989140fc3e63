//! Replies held against the vendors' published contracts, when those are present beside the repository.

use serde_json::Value;
use unisono_sandbox::StartOptions;

use crate::common::Client;

/// Vendor, template of the path in the contract, method, the path asked, body.
const CALLS: &[(&str, &str, &str, &str, &str)] = &[
    ("bamboohr", "/api/v1/employees", "get", "/api/v1/employees?page[limit]=5", ""),
    ("bamboohr", "/api/v1/employees/directory", "get", "/api/v1/employees/directory", ""),
    ("bamboohr", "/api/v1/employees/changed", "get", "/api/v1/employees/changed?since=2026-08-01T00:00:00Z", ""),
    ("bamboohr", "/api/v1/meta/users", "get", "/api/v1/meta/users", ""),
    ("bamboohr", "/api/v1/meta/fields", "get", "/api/v1/meta/fields", ""),
    ("bamboohr", "/api/v1/meta/lists", "get", "/api/v1/meta/lists", ""),
    ("bamboohr", "/api/v1/company_information", "get", "/api/v1/company_information", ""),
    (
        "bamboohr",
        "/api/v2/datasets/{datasetName}/data",
        "post",
        "/api/v2/datasets/employee/data",
        r#"{"fields": ["firstName"], "page": 1}"#,
    ),
    ("hubspot", "/crm/v3/objects/contacts", "get", "/crm/v3/objects/contacts?limit=3", ""),
    ("hubspot", "/crm/v3/objects/0-3", "get", "/crm/v3/objects/0-3?limit=3&associations=companies,contacts", ""),
    (
        "hubspot",
        "/crm/v3/objects/contacts/search",
        "post",
        "/crm/v3/objects/contacts/search",
        r#"{"limit": 3, "properties": ["email"]}"#,
    ),
    ("hubspot", "/crm/v3/owners", "get", "/crm/v3/owners?limit=3", ""),
    ("hubspot", "/crm/v3/pipelines/{objectType}", "get", "/crm/v3/pipelines/deals", ""),
    ("hubspot", "/crm/v3/properties/{objectType}", "get", "/crm/v3/properties/contacts", ""),
];

#[tokio::test]
async fn replies_fit_the_published_contracts() {
    // Only contracts that the vendors themselves publish.
    for slug in ["bamboohr", "hubspot"] {
        let file = format!("{}/../../../shared/reference/vendors/{slug}/openapi.json", env!("CARGO_MANIFEST_DIR"));
        let Ok(text) = std::fs::read_to_string(file) else { continue };
        let contract: Value = serde_json::from_str(&text).unwrap();
        let client = Client::start(slug, StartOptions { limits: false, ..Default::default() }).await;
        let app = match slug {
            "hubspot" => client.clone().bearer(&client.credential("access_token")),
            _ => client.clone().basic(&client.credential("api_key"), "x"),
        };
        for (_, template, method, path, body) in CALLS.iter().filter(|call| call.0 == slug) {
            let operation = &contract["paths"][template][method];
            let content = &operation["responses"]["200"]["content"];
            let schema =
                content.as_object().and_then(|content| content.values().next()).map(|content| &content["schema"]);
            let Some(schema) = schema.filter(|schema| schema.is_object()) else { panic!("{slug} {path}: no schema") };
            let answer = app.try_send(&method.to_uppercase(), path, "application/json", body).await.unwrap();
            assert_eq!(answer.status, 200, "{path}");
            let mut problems = Vec::new();
            check(&contract, schema, &answer.json(), path, &mut problems);
            assert!(problems.is_empty(), "{slug}: {problems:#?}");
        }
    }
}

/// Where a recorded reply is known to differ from the contract; the sandbox follows the recording.
const RECORDED_OTHERWISE: [&str; 1] = [".fieldId"];

/// The parts of JSON Schema that the contracts use: references, types, required and declared properties, items, enums.
fn check(contract: &Value, schema: &Value, value: &Value, at: &str, problems: &mut Vec<String>) {
    if let Some(reference) = schema["$ref"].as_str() {
        let target = contract.pointer(reference.trim_start_matches('#')).unwrap_or(&Value::Null);
        return check(contract, target, value, at, problems);
    }
    for part in schema["allOf"].as_array().into_iter().flatten() {
        check(contract, part, value, at, problems);
    }
    let kinds: Vec<&str> = match &schema["type"] {
        Value::String(kind) => vec![kind],
        Value::Array(kinds) => kinds.iter().filter_map(Value::as_str).collect(),
        _ => Vec::new(),
    };
    let is = |kind: &&str| match *kind {
        "null" => value.is_null(),
        "boolean" => value.is_boolean(),
        "integer" => value.is_i64() || value.is_u64(),
        "number" => value.is_number(),
        "string" => value.is_string(),
        "array" => value.is_array(),
        _ => value.is_object(),
    };
    // Recorded replies hold null where the contracts say string, so null is let through.
    let otherwise = RECORDED_OTHERWISE.iter().any(|end| at.ends_with(end));
    if !kinds.is_empty() && !value.is_null() && !otherwise && !kinds.iter().any(is) {
        problems.push(format!("{at} is {value}, not {kinds:?}"));
    }
    let allowed = schema["enum"].as_array();
    if !value.is_null() && allowed.is_some_and(|allowed| !allowed.contains(value)) {
        problems.push(format!("{at} is {value}, not one of {allowed:?}"));
    }
    for name in schema["required"].as_array().into_iter().flatten().filter_map(Value::as_str) {
        if value.is_object() && value.get(name).is_none() {
            problems.push(format!("{at} lacks `{name}`"));
        }
    }
    for (name, inner) in schema["properties"].as_object().into_iter().flatten() {
        if let Some(inner_value) = value.get(name) {
            check(contract, inner, inner_value, &format!("{at}.{name}"), problems);
        }
    }
    for (place, item) in value.as_array().into_iter().flatten().enumerate() {
        check(contract, &schema["items"], item, &format!("{at}[{place}]"), problems);
    }
    if schema["additionalProperties"].is_object() {
        let declared = schema["properties"].as_object();
        for (name, inner) in value.as_object().into_iter().flatten() {
            if declared.is_none_or(|declared| !declared.contains_key(name)) {
                check(contract, &schema["additionalProperties"], inner, &format!("{at}.{name}"), problems);
            }
        }
    }
}
