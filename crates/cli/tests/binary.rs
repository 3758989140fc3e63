//! The binary as its users run it: what it prints, where, and how it ends.
#![allow(clippy::unwrap_used, clippy::panic, missing_docs)]

use std::path::{Path, PathBuf};
use std::process::{Command, Output};

fn unisono(args: &[&str]) -> Output {
    let mut command = Command::new(env!("CARGO_BIN_EXE_unisono"));
    command.args(args).env_remove("UNISONO_SECRET_KEY").env_remove("UNISONO_DATABASE").current_dir(scratch());
    command.output().unwrap()
}

/// An empty folder to run in, so that no file of the developer's is read.
fn scratch() -> PathBuf {
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join("empty");
    std::fs::create_dir_all(&folder).unwrap();
    folder
}

fn said(output: &Output) -> (String, String) {
    (String::from_utf8_lossy(&output.stdout).into_owned(), String::from_utf8_lossy(&output.stderr).into_owned())
}

fn file(name: &str, text: &str) -> String {
    let path = Path::new(env!("CARGO_TARGET_TMPDIR")).join(name);
    std::fs::write(&path, text).unwrap();
    path.to_str().unwrap().to_owned()
}

#[test]
fn the_demo_links_four_vendors_and_syncs_them_without_a_reject() {
    let output = unisono(&["demo", "--once", "--json", "--size", "6", "--listen", "127.0.0.1:0"]);
    let (data, talk) = said(&output);
    assert!(output.status.success(), "{talk}");
    let told: serde_json::Value = serde_json::from_str(&data).unwrap_or_else(|error| panic!("{error}: {data}"));
    assert!(told["url"].as_str().unwrap().starts_with("http://127.0.0.1:"));
    assert!(told["api_key"].as_str().unwrap().starts_with("unis_live_"));
    let accounts = told["accounts"].as_array().unwrap();
    let connectors: Vec<_> = accounts.iter().map(|account| account["connector"].as_str().unwrap()).collect();
    assert_eq!(connectors, ["bamboohr", "greenhouse", "hubspot", "redmine"]);
    for account in accounts {
        assert!(account["records"].as_u64().unwrap() > 0, "{account}");
        assert!(account["account_token"].as_str().unwrap().starts_with("acct_"), "{account}");
    }
    assert!(!talk.contains("could not be mapped"), "{talk}");
}

#[test]
fn every_connector_lints_and_its_fixtures_hold() {
    for check in ["lint", "test"] {
        let output = unisono(&["connector", check]);
        assert!(output.status.success(), "{check}: {:?}", said(&output));
    }
}

#[test]
fn a_recording_is_mapped_and_one_that_no_stream_knows_is_told_apart() {
    let issue = r#"{"request":{"method":"GET","path":"/issues.json"},"response":{"status":200,"headers":{},
        "body":{"issues":[{"id":7,"subject":"Printer on fire","status":{"id":1,"name":"New","is_closed":false}}],"total_count":1,"offset":0,"limit":25}}}"#;
    let output = unisono(&["connector", "map", "redmine", &file("issue.json", issue)]);
    let (data, talk) = said(&output);
    assert_eq!(output.status.code(), Some(0), "{talk}");
    let line: serde_json::Value = serde_json::from_str(data.lines().next().unwrap()).unwrap();
    assert_eq!(line["model"], "ticketing.ticket");
    assert_eq!((&line["record"]["name"], &line["record"]["status"]), (&"Printer on fire".into(), &"OPEN".into()));

    let other = r#"{"request":{"method":"GET","path":"/nowhere"},"response":{"status":200,"headers":{},"body":{}}}"#;
    let output = unisono(&["connector", "map", "redmine", &file("other.json", other)]);
    assert_eq!(output.status.code(), Some(3), "{:?}", said(&output));
}

#[test]
fn serving_without_a_secret_key_is_refused_with_the_way_out() {
    let output = unisono(&["serve"]);
    let (_, talk) = said(&output);
    assert_eq!(output.status.code(), Some(4));
    assert!(talk.contains("unisono keys generate-secret"), "{talk}");
}

#[test]
fn a_misspelt_setting_is_named_with_its_line_and_the_right_word() {
    let path = file("misspelt.toml", "databse = \"sqlite:x\"\n");
    let output = unisono(&["--config", &path, "migrate"]);
    let (_, talk) = said(&output);
    assert_eq!(output.status.code(), Some(4));
    assert!(talk.contains("misspelt.toml:1") && talk.contains("`databse`, did you mean `database`?"), "{talk}");
}

#[test]
fn a_database_of_no_known_kind_is_named_without_its_password() {
    let output = unisono(&["--database", "postgre://u:hunter2@db/x", "migrate"]);
    let (_, talk) = said(&output);
    assert_eq!(output.status.code(), Some(4));
    assert!(talk.contains("postgre") && !talk.contains("hunter2"), "{talk}");
}
