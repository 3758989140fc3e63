//! Loading model files: what a broken one says, and what a good one becomes.
#![allow(clippy::unwrap_used, clippy::panic, missing_docs)]

use expect_test::{Expect, expect};
use unisono_model::{FilterKind, Models, Shape, Type, ValueType};

const CATEGORY: &str = r#"
title: HRIS
description: People.
base_path: /hris/v1
standard:
  id: { type: string, description: Our id. }
  remote_id: { type: string?, description: Their id. }
  created_at: { type: datetime, description: First stored. }
  modified_at: { type: datetime, description: Last changed. }
  remote_was_deleted: { type: boolean, description: Gone. }
"#;
const ENUMS: &str = "enums:\n  GenderEnum: { description: Genders., values: [MALE, FEMALE] }\n";
const TEAM: &str = r#"
name: Team
path: /teams
resource: teams
operations: [list, retrieve]
description: A team.
fields:
  name: { type: string?, description: Its name. }
  parent_team: { type: ref:Team?, description: The team above. }
list:
  expand: [parent_team]
  order_by: [name]
  filters:
    parent_team_id: { field: parent_team, value: id, description: Below this team. }
retrieve: {}
"#;

fn files(employee: &str) -> Vec<(&'static str, String)> {
    vec![
        ("models/hris/category.yaml", CATEGORY.to_owned()),
        ("models/hris/enums.yaml", ENUMS.to_owned()),
        ("models/hris/team.yaml", TEAM.to_owned()),
        ("models/hris/employee.yaml", employee.to_owned()),
    ]
}

/// An employee file whose tail is given.
fn employee(tail: &str) -> String {
    format!("name: Employee\npath: /employees\nresource: employees\ndescription: A person.\n{tail}")
}

fn check(tail: &str, expected: &Expect) {
    let errors = Models::load(files(&employee(tail))).map(|_| ()).unwrap_err();
    let lines: Vec<String> = errors.iter().map(ToString::to_string).collect();
    expected.assert_eq(&lines.join("\n"));
}

const FIELDS: &str = "fields:\n  first_name: { type: string?, description: Given name. }\n  team: { type: ref:Team?, description: Team. }\n";

#[test]
fn broken_yaml_is_named_with_its_place() {
    check(
        "fields:\n  name: { type: string?, description: \"Name. }\n",
        &expect!["models/hris/employee.yaml:6:39: unclosed quote"],
    );
    check(
        "fields:\n  name: { type: string?\n   description: Name. }\n",
        &expect!["models/hris/employee.yaml:7:15: while parsing a flow mapping, did not find expected ',' or '}'"],
    );
}

#[test]
fn an_unknown_key_gets_a_suggestion() {
    check("feilds: {}\n", &expect!["models/hris/employee.yaml:5:1: unknown key `feilds` (did you mean `fields`?)"]);
    check(
        "fields:\n  name: { typ: string, description: Name. }\n",
        &expect!["models/hris/employee.yaml:6:11: unknown key `typ` (did you mean `type`?)"],
    );
}

#[test]
fn a_missing_key_is_named() {
    check(
        "fields:\n  name: { type: string }\n",
        &expect!["models/hris/employee.yaml:6:11: key `description` is missing"],
    );
}

#[test]
fn an_unknown_relation_gets_a_suggestion() {
    check(
        "fields:\n  team: { type: ref:Taem?, description: Team. }\n",
        &expect!["models/hris/employee.yaml:6:17: unknown model `Taem` (did you mean `Team`?)"],
    );
}

#[test]
fn an_unknown_enum_gets_a_suggestion() {
    check(
        "fields:\n  gender: { type: enum:GendreEnum?, description: Gender. }\n",
        &expect!["models/hris/employee.yaml:6:19: unknown enum `GendreEnum` (did you mean `GenderEnum`?)"],
    );
}

#[test]
fn an_unknown_type_gets_a_suggestion() {
    check(
        "fields:\n  name: { type: strng?, description: Name. }\n",
        &expect!["models/hris/employee.yaml:6:17: unknown type `strng` (did you mean `string`?)"],
    );
}

#[test]
fn two_lists_cannot_share_a_path() {
    let tail = format!("{FIELDS}lists:\n  - operation: employees.other_list\n    path: /teams\n");
    check(&tail, &expect!["models/hris/employee.yaml:10:11: `GET /teams` is already served by models/hris/team.yaml"]);
}

#[test]
fn a_filter_names_a_field_of_the_model() {
    let tail = format!("{FIELDS}list:\n  filters:\n    first_name: {{ field: frist_name, description: Name. }}\n");
    check(
        &tail,
        &expect![
            "models/hris/employee.yaml:10:26: model `Employee` has no field `frist_name` (did you mean `first_name`?)"
        ],
    );
    let tail = format!("{FIELDS}list:\n  filters:\n    team_name: {{ field: team.nmae, description: Name. }}\n");
    check(&tail, &expect!["models/hris/employee.yaml:10:25: model `Team` has no field `nmae` (did you mean `name`?)"]);
    let tail =
        format!("{FIELDS}list:\n  filters:\n    first_name: {{ field: first_name, is: equal, description: Name. }}\n");
    check(&tail, &expect!["models/hris/employee.yaml:10:42: unknown value `equal` (did you mean `equals`?)"]);
}

#[test]
fn expands_and_orders_name_fields_of_the_model() {
    let tail = format!("{FIELDS}list:\n  expand: [taem]\n  order_by: [last_name]\n");
    check(
        &tail,
        &expect![[r#"
        models/hris/employee.yaml:9:12: model `Employee` has no field `taem` (did you mean `team`?)
        models/hris/employee.yaml:10:14: model `Employee` has no field `last_name` (did you mean `first_name`?)"#]],
    );
}

#[test]
fn every_path_parameter_has_a_scope() {
    let tail = format!("{FIELDS}lists:\n  - operation: teams.members_list\n    path: \"/teams/{{team_id}}/members\"\n");
    check(&tail, &expect!["models/hris/employee.yaml:10:11: path parameter `team_id` has no scope"]);
}

#[test]
fn all_faults_are_reported_at_once() {
    let mut broken = files(&employee("feilds: {}\n"));
    broken.push(("models/crm/contact.yaml", "name: Contact\n".to_owned()));
    let errors = Models::load(broken).map(|_| ()).unwrap_err();
    let lines: Vec<String> = errors.iter().map(ToString::to_string).collect();
    expect![[r#"
        crm/category.yaml: the category has no `category.yaml`
        models/crm/contact.yaml:1:1: key `description` is missing
        models/hris/employee.yaml:5:1: unknown key `feilds` (did you mean `fields`?)"#]]
    .assert_eq(&lines.join("\n"));
}

#[test]
fn a_model_has_its_standard_fields_around_its_own() {
    let models = Models::load(files(&employee(FIELDS))).unwrap();
    let employee = models.model("hris.employee").unwrap();
    let names: Vec<&str> = employee.fields.iter().map(|field| field.name.as_str()).collect();
    assert_eq!(names, ["id", "remote_id", "created_at", "modified_at", "first_name", "team", "remote_was_deleted"]);
    let own: Vec<&str> = employee.own_fields().map(|field| field.name.as_str()).collect();
    assert_eq!(own, ["first_name", "team"]);
    let team = employee.field("team").unwrap();
    assert_eq!(team.kind, Type::Ref { model: "Team".to_owned(), shape: Shape::IdOrObject });
    assert!(team.nullable && !team.list);
}

#[test]
fn a_list_has_the_standard_filters_and_its_own() {
    let models = Models::load(files(&employee(FIELDS))).unwrap();
    let list = models.model("hris.team").and_then(|team| team.list()).unwrap();
    let params: Vec<&str> = list.filters.iter().map(|filter| filter.param.as_str()).collect();
    let standard = ["created_after", "created_before", "modified_after", "modified_before", "remote_id"];
    assert_eq!(params, [&standard[..], &["parent_team_id"]].concat());
    let filter = list.filter("parent_team_id").unwrap();
    assert_eq!((filter.kind, filter.value, filter.field.as_str()), (FilterKind::Equals, ValueType::Id, "parent_team"));
}
