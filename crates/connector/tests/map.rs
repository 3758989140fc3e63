//! Records become common models, or are rejected with the field and the value.
#![allow(clippy::unwrap_used, clippy::panic, missing_docs)]

use std::path::Path;

use unisono_connector::manifest::ReadManifest;
use unisono_connector::map::{AccountIds, MapError, Mapping, Outcome, Reject, RemoteIds};
use unisono_model::Models;
use uuid::Uuid;

fn models() -> Models {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../models");
    let mut files = Vec::new();
    for folder in std::fs::read_dir(root).unwrap() {
        for file in std::fs::read_dir(folder.unwrap().path()).unwrap() {
            let path = file.unwrap().path();
            files.push((path.to_str().unwrap().to_owned(), std::fs::read_to_string(&path).unwrap()));
        }
    }
    Models::load(files).unwrap()
}

fn compile(model: &str, read: &str) -> Result<Mapping, Vec<MapError>> {
    let models = models();
    let read: ReadManifest = serde_saphyr::from_str(read).unwrap();
    Mapping::compile(&models, models.model(model).unwrap(), &read, None, &["$parent"])
}

fn mapping(model: &str, read: &str) -> Mapping {
    compile(model, read).unwrap_or_else(|e| panic!("{e:?}"))
}

fn mapped(mapping: &Mapping, raw: &str) -> serde_json::Value {
    match map(mapping, raw) {
        Outcome::Mapped(mapped) => serde_json::from_slice(&mapped.unified).unwrap(),
        other => panic!("{other:?}"),
    }
}

fn map(mapping: &Mapping, raw: &str) -> Outcome {
    let parent = sonic_rs::from_str(r#"{"id": 7}"#).unwrap();
    mapping.map(raw.as_bytes(), &[&parent], &RemoteIds)
}

fn rejected(mapping: &Mapping, raw: &str) -> Reject {
    match map(mapping, raw) {
        Outcome::Reject(reject) => reject,
        other => panic!("{other:?}"),
    }
}

const EMPLOYEE: &str = r#"
id: .id
where: .kind != "bot"
fields:
  first_name: .first
  employee_number: .number
  gender: { from: .sex, map: { F: FEMALE, M: MALE } }
  marital_status: { from: .married, map: { "true": MARRIED_FILING_JOINTLY }, else: SINGLE }
  hire_date: .hired
  manager: .boss
  company: $parent.id
  groups: .groups
"#;

#[test]
fn every_field_of_the_model_is_there_in_its_order() {
    let mapping = mapping("hris.employee", EMPLOYEE);
    let Outcome::Mapped(mapped) = map(&mapping, r#"{"id":5,"first":"Ada"}"#) else { panic!() };
    let unified: serde_json::Value = serde_json::from_slice(&mapped.unified).unwrap();
    let models = models();
    let names: Vec<_> = models.model("hris.employee").unwrap().own_fields().map(|f| f.name.clone()).collect();
    assert_eq!(unified.as_object().unwrap().keys().cloned().collect::<Vec<_>>(), names);
    assert_eq!(mapped.remote_id, "5");
    assert_eq!(unified["first_name"], "Ada");
    assert_eq!(unified["last_name"], serde_json::Value::Null);
    assert_eq!(unified["groups"], serde_json::json!([]));
    assert_eq!(unified["company"], "7");
    assert_eq!(mapped.origins, None);
    assert_eq!(mapped.remote_fields, None);
}

#[test]
fn values_are_coerced_to_the_type_of_the_field() {
    let mapping = mapping("hris.employee", EMPLOYEE);
    let dates = [
        (r#""2024-01-15""#, Some("2024-01-15T00:00:00Z")),
        (r#""2024-01-15 10:00:00""#, Some("2024-01-15T10:00:00Z")),
        (r#""2024-01-15T10:00:00.120+02:00""#, Some("2024-01-15T08:00:00.12Z")),
        (r#""2024-01-01T00:30:00+0100""#, Some("2023-12-31T23:30:00Z")),
        (r#""2024-02-29T23:59:60Z""#, Some("2024-03-01T00:00:00Z")),
        (r#""0000-00-00""#, None),
        (r#""""#, None),
        ("null", None),
    ];
    for (given, expected) in dates {
        let unified = mapped(&mapping, &format!(r#"{{"id":"x","hired":{given}}}"#));
        assert_eq!(unified["hire_date"].as_str(), expected, "{given}");
    }
    let unified = mapped(&mapping, r#"{"id":"x","number":12,"first":"","groups":["a",null,"",3]}"#);
    assert_eq!(unified["employee_number"], "12");
    assert_eq!(unified["first_name"], serde_json::Value::Null);
    assert_eq!(unified["groups"], serde_json::json!(["a", "3"]));
}

#[test]
fn what_does_not_fit_is_rejected_with_field_and_value() {
    let mapping = mapping("hris.employee", EMPLOYEE);
    let reject = rejected(&mapping, r#"{"id":5,"hired":"15.01.2024"}"#);
    assert_eq!(reject.to_string(), r#"record 5: hire_date: a date or time is wanted, not string ("15.01.2024")"#);
    assert_eq!(rejected(&mapping, r#"{"id":5,"hired":"2023-02-29"}"#).field, "hire_date");
    assert_eq!(rejected(&mapping, r#"{"id":5,"boss":{"id":1}}"#).field, "manager");
    assert_eq!(rejected(&mapping, r#"{"id":5,"groups":"a"}"#).field, "groups");
    assert_eq!(rejected(&mapping, r#"{"id":5,"first":["a"]}"#).reason, "text is wanted, not an array");
    assert_eq!(rejected(&mapping, r#"{"id":null}"#).field, "id");
    assert_eq!(rejected(&mapping, r#"{"id":5,"#).field, "record");
    assert_eq!(rejected(&mapping, r#"[1]"#).field, "where");
}

#[test]
fn where_skips_and_tables_keep_origins() {
    let mapping = mapping("hris.employee", EMPLOYEE);
    assert_eq!(map(&mapping, r#"{"id":5,"kind":"bot"}"#), Outcome::Skipped);
    let Outcome::Mapped(record) = map(&mapping, r#"{"id":5,"sex":"F","married":false}"#) else { panic!() };
    let unified: serde_json::Value = serde_json::from_slice(&record.unified).unwrap();
    assert_eq!((&unified["gender"], &unified["marital_status"]), (&"FEMALE".into(), &"SINGLE".into()));
    assert_eq!(String::from_utf8(record.origins.unwrap()).unwrap(), r#"{"gender":"F","marital_status":false}"#);
    assert_eq!(mapped(&mapping, r#"{"id":5,"sex":"X","married":true}"#)["gender"], "X");
}

#[test]
fn relations_become_record_ids() {
    let mapping = mapping("hris.employee", EMPLOYEE);
    let account = Uuid::from_u128(9);
    let parent = sonic_rs::from_str("{}").unwrap();
    let outcome = mapping.map(br#"{"id":5,"boss":4,"groups":["g"]}"#, &[&parent], &AccountIds(account));
    let Outcome::Mapped(record) = outcome else { panic!("{outcome:?}") };
    let unified: serde_json::Value = serde_json::from_slice(&record.unified).unwrap();
    let id = |model, remote| unisono_connector::record_id(account, model, remote).to_string();
    assert_eq!(unified["manager"], id("hris.employee", "4"));
    assert_eq!(unified["groups"], serde_json::json!([id("hris.group", "g")]));
}

#[test]
fn the_remote_id_is_read_without_parsing_the_record() {
    let mapping = mapping("hris.employee", EMPLOYEE);
    let id = |raw: &str| mapping.remote_id(raw.as_bytes(), &[&sonic_rs::Value::new_null()]);
    assert_eq!(id(r#"{"a":{"id":1},"id":17,"rest":[}"#).unwrap(), "17");
    assert_eq!(id(r#"{"id":"a\u0062"}"#).unwrap(), "ab");
    assert_eq!(id(r#"{"id":9.0}"#).unwrap(), "9");
    assert_eq!(id(r#"{"x":1}"#).unwrap_err().field, "id");
}

const CONTACT: &str = r#"
id: .id
fields:
  first_name: .f
  email_addresses: '[.emails[]? | {email_address: .a, email_address_type: .t}]'
  addresses: '[.address | select(.) | {street_1: .street, country: .land}]'
remote_fields: '[.custom[]? | {key: .k, name: .n, value: .v}]'
"#;

#[test]
fn nested_objects_are_completed() {
    let mapping = mapping("crm.contact", CONTACT);
    let unified = mapped(&mapping, r#"{"id":1,"emails":[{"a":"x@y.z"}],"address":{"street":"S","land":""}}"#);
    let email = unified["email_addresses"][0].as_object().unwrap();
    assert_eq!(email["email_address"], "x@y.z");
    assert!(email.contains_key("email_address_type") && email.contains_key("created_at"));
    assert_eq!(unified["addresses"][0]["street_1"], "S");
    assert_eq!(unified["addresses"][0]["country"], serde_json::Value::Null);
}

#[test]
fn remote_fields_carry_their_class() {
    let mapping = mapping("crm.contact", CONTACT);
    let Outcome::Mapped(record) = map(&mapping, r#"{"id":1,"custom":[{"k":"c1","n":"Colour","v":["red"]}]}"#) else {
        panic!()
    };
    let fields: serde_json::Value = serde_json::from_slice(&record.remote_fields.unwrap()).unwrap();
    assert_eq!(fields[0]["value"], serde_json::json!(["red"]));
    let class = &fields[0]["remote_field_class"];
    assert_eq!((&class["display_name"], &class["remote_key_name"]), (&"Colour".into(), &"c1".into()));
    assert!(class.as_object().unwrap().contains_key("field_choices"));
}

#[test]
fn mistakes_name_the_field_and_the_nearest_name() {
    let messages = |model: &str, read: &str| -> Vec<String> {
        compile(model, read).unwrap_err().iter().map(ToString::to_string).collect()
    };
    let read = "id: .id\nfields:\n  firts_name: .a\n  gender: { from: .x | ascii_upcas, map: {} }\n  created_at: .c\n";
    assert_eq!(
        messages("hris.employee", read),
        [
            "fields.firts_name: hris.employee has no field `firts_name`, did you mean `first_name`?",
            "fields.created_at: `created_at` is set by Unisono; it cannot be mapped",
            "fields.gender.from: unknown function `ascii_upcas`, did you mean `ascii_upcase`?",
        ]
    );
    let read = "id: .id\nfields:\n  email_addresses: '[.e[] | {emial_address: .a}]'\n";
    assert_eq!(
        messages("crm.contact", read),
        ["fields.email_addresses: EmailAddress has no field `emial_address`, did you mean `email_address`?"]
    );
}

#[test]
fn the_version_changes_with_the_spec_and_says_what_is_interpreted() {
    let first = mapping("hris.employee", EMPLOYEE);
    assert_eq!(first.version(), mapping("hris.employee", EMPLOYEE).version());
    assert_ne!(first.version(), mapping("hris.employee", &EMPLOYEE.replace(".first", ".given")).version());
    assert!(first.interpreted().is_empty());
    let slow = mapping("hris.employee", "id: .id\nfields: { first_name: '.a | sub(\"x\"; \"y\")' }");
    assert_eq!(slow.interpreted(), ["fields.first_name"]);
    assert_eq!(mapped(&slow, r#"{"id":1,"a":"axe"}"#)["first_name"], "aye");
}

#[test]
fn a_record_of_absurd_depth_is_rejected() {
    let mapping = mapping("hris.employee", "id: .id\nfields: { custom_fields: .c }");
    let deep = format!(r#"{{"id":1,"c":{{"x":{}{}}}}}"#, "[".repeat(200_000), "]".repeat(200_000));
    assert_eq!(rejected(&mapping, &deep).field, "record");
    let fine = format!(r#"{{"id":1,"c":{{"x":{}{}}}}}"#, "[".repeat(50), "]".repeat(50));
    assert!(mapped(&mapping, &fine)["custom_fields"]["x"].is_array());
}

#[test]
fn a_value_without_a_row_may_be_decided_by_the_rest_of_the_record() {
    let read = "id: .id\nfields:\n  gender: { from: .sex, map: { F: FEMALE }, else: '{{ if .adult then \"OTHER\" else .sex end }}' }\n";
    let mapping = mapping("hris.employee", read);
    assert_eq!(mapped(&mapping, r#"{"id":1,"sex":"F","adult":true}"#)["gender"], "FEMALE");
    assert_eq!(mapped(&mapping, r#"{"id":1,"sex":"X","adult":true}"#)["gender"], "OTHER");
    assert_eq!(mapped(&mapping, r#"{"id":1,"sex":"X"}"#)["gender"], "X");
}
