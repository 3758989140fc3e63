//! Merge's official SDK reads every category, and finds nothing missing, unknown or of another type.

use std::collections::BTreeMap;
use std::path::Path;
use std::time::Duration;

use unisono_sandbox::{Running, Sandbox};
use unisono_testkit::{Linked, Ran, TestApp, beside, needed, run};

/// A vendor for the categories that no connector of the tree serves: one list of things with names.
const VENDOR: &str = r#"
name: Tiny
epoch: 2026-01-01T00:00:00Z
size: 5
collections:
  things:
    count: "{{ size }}"
    record:
      id: "{{ id }}"
      name: "{{ first_name() }}"
endpoints:
  - get: /things
    list: things
"#;
const CONNECTOR: &str = r#"
name: Tiny
categories: [accounting, calendar, chat, email, filestorage, knowledgebase]
base_url: "{{ .config.url }}"
fields:
  - { name: url, title: Address, type: url }
auth:
  - { scheme: none }
check: { get: /things }
evidence: { level: none, note: For tests. }
"#;
const MODEL: &str = r#"
streams:
  - request: { get: /things }
    records: .
    page: { by: none }
read:
  id: .id
  fields:
    name: .name
"#;
const MODELS: [&str; 6] = [
    "accounting/payment_method",
    "calendar/calendar",
    "chat/group",
    "email/group",
    "filestorage/group",
    "knowledgebase/group",
];

fn write_connector(dir: &Path) {
    let write = |path: String, text: &str| {
        let file = dir.join("tiny").join(path);
        std::fs::create_dir_all(file.parent().unwrap()).unwrap();
        std::fs::write(file, text).unwrap();
    };
    write("connector.yaml".to_owned(), CONNECTOR);
    for model in MODELS {
        write(format!("{model}.yaml"), MODEL);
    }
}

/// A linked and synced account of each category.
async fn every_category(app: &TestApp, tiny: &Running) -> Vec<Linked> {
    let mut linked = Vec::new();
    for slug in ["bamboohr", "greenhouse", "hubspot", "redmine"] {
        linked.push(app.link(slug).await);
    }
    for model in MODELS {
        let category = model.split('/').next().unwrap();
        let fields = BTreeMap::from([("url".to_owned(), tiny.url().to_owned())]);
        linked.push(app.link_with(&format!("tiny-{category}"), "tiny", category, fields).await);
    }
    app.settle().await;
    linked
}

/// `hris\.(employees|...)\.list` for every model that the tree's connectors read.
fn served(app: &TestApp) -> String {
    let mut resources: BTreeMap<String, Vec<String>> = BTreeMap::new();
    for offer in app.engine.integrations().iter().filter(|offer| offer.slug != "tiny") {
        for model in &offer.models {
            let known = app.models.model(model).unwrap();
            let category = model.split('.').next().unwrap().to_owned();
            resources.entry(category).or_default().extend(known.resource.clone());
        }
    }
    let each = resources.iter().map(|(category, names)| format!(r"{category}\.({})", names.join("|")));
    format!(r"^({})\.list$", each.collect::<Vec<_>>().join("|"))
}

async fn smoke(app: &TestApp, linked: &[Linked], python: &str, script: &str, args: &[&str]) -> Ran {
    let mut vars = vec![("BASE_URL".to_owned(), format!("{}/api", app.url)), ("API_KEY".to_owned(), app.key.clone())];
    vars.extend(linked.iter().map(|one| (format!("ACCOUNT_TOKEN_{}", one.category.to_uppercase()), one.token.clone())));
    let vars: Vec<(&str, &str)> = vars.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();
    let mut all = vec![script, "--report", "/dev/null", "--strict", "--strict-unknown"];
    all.extend(args);
    run(python, &all, &vars, b"", Duration::from_secs(240)).await
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn merges_sdk_finds_every_field_of_every_category() {
    let Some(python) = needed("UNISONO_TEST_PYTHON") else { return };
    let Some(script) = beside("shared/reference/merge-api/sdk_smoke.py") else { return };
    let script = script.to_str().unwrap();
    let dir = tempfile::tempdir().unwrap();
    write_connector(dir.path());
    let tiny = Sandbox::load("tiny", VENDOR).unwrap().start(Default::default()).await.unwrap();
    let app = TestApp::with().every_vendor().size(24).page(100).connectors(dir.path()).start().await;
    let linked = every_category(&app, &tiny).await;
    for one in &linked {
        assert!(app.issues(one).await.is_empty(), "{}: {:?}", one.category, app.issues(one).await);
    }
    let ran = smoke(&app, &linked, &python, script, &[]).await;
    let failures = |ran: &Ran| ran.stderr.lines().filter(|line| !line.starts_with("ok")).collect::<Vec<_>>().join("\n");
    eprintln!("{}", ran.stdout.trim());
    assert!(ran.ok, "{}\n{}", ran.stdout, failures(&ran));
    let ran = smoke(
        &app,
        &linked[..4],
        &python,
        script,
        &["--require-data", "--only", &served(&app), "hris,ats,crm,ticketing"],
    )
    .await;
    eprintln!("{}", ran.stdout.trim());
    assert!(ran.ok, "{}\n{}", ran.stdout, failures(&ran));
}
