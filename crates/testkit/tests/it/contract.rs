//! The published descriptions hold under schemathesis: no generated request breaks the server or gets what was not announced.

use std::time::Duration;

use unisono_testkit::{Linked, TestApp, needed, run};

/// Operations that would take away the key or the account that the run works with.
const SPARED: &str = "delete-account|regenerate|/keys/rotate";

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn generated_requests_get_what_is_announced() {
    let Some(schemathesis) = needed("UNISONO_TEST_SCHEMATHESIS") else { return };
    let app = TestApp::with().every_vendor().size(12).page(100).start().await;
    let mut accounts = Vec::new();
    for slug in ["bamboohr", "greenhouse", "hubspot", "redmine"] {
        accounts.push(app.link(slug).await);
    }
    app.settle().await;
    let mut broken = Vec::new();
    for linked in &accounts {
        broken.extend(check(&app, &schemathesis, &linked.category, linked).await);
    }
    broken.extend(check(&app, &schemathesis, "admin", &accounts[0]).await);
    assert!(broken.is_empty(), "{}", broken.join("\n"));
}

/// What schemathesis says about one description, if anything is wrong with it.
async fn check(app: &TestApp, schemathesis: &str, surface: &str, linked: &Linked) -> Option<String> {
    let location = format!("{}/openapi/{surface}.json", app.url);
    let (key, token) = (format!("Authorization: Bearer {}", app.key), format!("X-Account-Token: {}", linked.token));
    let args = [
        "run",
        &location,
        "--header",
        &key,
        "--header",
        &token,
        "--phases",
        "fuzzing",
        "--max-examples",
        "4",
        "--seed",
        "1",
        "--checks",
        "not_a_server_error,response_schema_conformance,content_type_conformance",
        "--workers",
        "2",
        "--no-shrink",
        "--suppress-health-check",
        "all",
        "--warnings",
        "off",
        "--exclude-path-regex",
        SPARED,
        "--request-timeout",
        "20",
    ];
    let ran = run(schemathesis, &args, &[("NO_COLOR", "1")], b"", Duration::from_secs(150)).await;
    let told = ran.stdout.lines().find(|line| line.contains("passed")).unwrap_or_default();
    eprintln!("{surface}: {}", told.trim());
    (!ran.ok).then(|| format!("{surface}:\n{}\n{}", ran.stdout, ran.stderr))
}
