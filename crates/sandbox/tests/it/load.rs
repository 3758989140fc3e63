//! A description that is wrong says where and what was probably meant.

use unisono_sandbox::Sandbox;

const GOOD: &str = r#"
name: Acme
epoch: 2026-01-01T00:00:00Z
size: 3
collections:
  people:
    count: "{{ size }}"
    record:
      id: "{{ id }}"
      name: "{{ first_name() }}"
endpoints:
  - get: /people
    list: people
"#;

fn problem(from: &str, to: &str) -> String {
    assert!(GOOD.contains(from));
    Sandbox::load("acme", &GOOD.replace(from, to)).unwrap_err().to_string()
}

#[test]
fn a_good_description_loads() {
    let sandbox = Sandbox::load("acme", GOOD).unwrap();
    assert_eq!((sandbox.slug(), sandbox.name()), ("acme", "Acme"));
}

#[test]
fn the_vendors_that_are_compiled_in_load() {
    let slugs: Vec<String> = Sandbox::built_in().unwrap().iter().map(|sandbox| sandbox.slug().to_owned()).collect();
    assert_eq!(slugs, ["bamboohr", "greenhouse", "hubspot", "redmine"]);
}

#[test]
fn an_unknown_key_names_the_line_and_the_nearest_key() {
    assert_eq!(
        problem("collections:", "colections:"),
        "connectors/acme/sandbox.yaml:5: unknown key `colections` (did you mean `collections`?)"
    );
    assert_eq!(
        problem("    list: people", "    lst: people"),
        "connectors/acme/sandbox.yaml:13: unknown key `lst` (did you mean `list`?)"
    );
}

#[test]
fn an_unknown_name_in_a_template_is_found_at_load() {
    assert_eq!(
        problem("first_name()", "frist_name()"),
        "connectors/acme/sandbox.yaml:10: unknown name `frist_name` in `frist_name()` (did you mean `first_name`?)"
    );
    assert!(problem("{{ size }}", "{{ size + }}").starts_with("connectors/acme/sandbox.yaml:7: in `size +`"));
}

#[test]
fn an_unknown_collection_is_found_at_load() {
    assert_eq!(
        problem("list: people", "list: peple"),
        "connectors/acme/sandbox.yaml:13: no collection `peple` (did you mean `people`?)"
    );
}

#[test]
fn an_endpoint_needs_one_method() {
    assert!(problem("  - get: /people\n", "  - status: 200\n").contains("wants one of get, post, put, patch, delete"));
    assert!(problem("epoch: 2026-01-01T00:00:00Z", "epoch: yesterday").contains(":3: `epoch` is not a time"));
}

#[tokio::test]
async fn a_template_that_fails_on_data_is_found_at_start() {
    let text = GOOD.replace("first_name()", "record('nobody', 0)");
    let sandbox = Sandbox::load("acme", &text).unwrap();
    let error = sandbox.start(Default::default()).await.unwrap_err().to_string();
    assert!(error.contains("no collection `nobody`"), "{error}");
}
