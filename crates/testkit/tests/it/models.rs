//! The common models agree with the types of Merge's SDK.

use std::time::Duration;

use serde_json::json;
use unisono_catalog::Catalog;
use unisono_testkit::{needed, root, run};

#[tokio::test]
async fn the_models_agree_with_merges_sdk() {
    let Some(python) = needed("UNISONO_TEST_PYTHON") else { return };
    let models = Catalog::embedded().unwrap().models();
    let categories: Vec<_> = models.categories().collect();
    let printed = json!({ "categories": categories, "platform": models.platform() }).to_string();
    let script = root().join("crates/testkit/python/models_agree.py");
    let ran = run(&python, &[script.to_str().unwrap()], &[], printed.as_bytes(), Duration::from_secs(120)).await;
    assert!(ran.ok, "{}\n{}", ran.stdout, ran.stderr);
    eprintln!("{}", ran.stdout.trim());
}
