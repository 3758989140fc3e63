//! Faults: whatever a vendor answers, nothing is lost or deleted, and somebody is told in plain words.

use serde_json::json;
use unisono_engine::{AccountStatus, PageRequest, SyncState};

use crate::harness::{Bench, EMPLOYEE};
use crate::vendor::Fault;

/// A vendor that was fine once answers oddly from its second page on.
async fn second_page_breaks(fault: Fault) -> (Bench, uuid::Uuid) {
    let bench = Bench::new().await;
    bench.vendor.hire(9);
    let account = bench.link().await;
    bench.run().await;
    bench.vendor.with(|data| data.employees.truncate(8));
    bench.vendor.with(|data| data.broken = Some(("/employees", 1, fault)));
    bench.pass(60);
    bench.full(account).await;
    (bench, account)
}

async fn check_unreadable(fault: Fault, says: &str) {
    let (bench, account) = second_page_breaks(fault).await;
    let run = bench.last_run(account).await;
    assert_eq!((run.result.as_str(), run.deleted), ("failed", 0), "{fault:?}");
    assert!(run.error.as_deref().unwrap().contains(says), "{fault:?}: {:?}", run.error);
    assert_eq!(bench.rows(account, EMPLOYEE).await.len(), 9, "{fault:?}");
    assert_eq!(bench.issues().await, [("unreadable_replies".to_owned(), "ONGOING".to_owned())], "{fault:?}");
    assert_eq!(bench.state(account).await, SyncState::Failed);

    bench.vendor.with(|data| data.broken = None);
    assert_eq!(bench.full(account).await.deleted, 1, "{fault:?}");
    assert_eq!(bench.issues().await, [("unreadable_replies".to_owned(), "RESOLVED".to_owned())], "{fault:?}");
}

#[tokio::test]
async fn an_html_page_is_not_an_empty_list() {
    check_unreadable(Fault::Html, "HTML").await;
}

#[tokio::test]
async fn a_reply_that_is_cut_off_is_noticed() {
    check_unreadable(Fault::Truncated, "repl").await;
}

#[tokio::test]
async fn records_of_a_wrong_type_are_noticed() {
    check_unreadable(Fault::WrongType, "records").await;
}

#[tokio::test]
async fn an_empty_page_before_the_promised_end_is_noticed() {
    check_unreadable(Fault::EmptyEarly, "").await;
}

#[tokio::test]
async fn paging_in_a_circle_is_noticed() {
    check_unreadable(Fault::SameCursor, "circle").await;
}

#[tokio::test]
async fn a_single_odd_reply_is_asked_for_once_more() {
    let bench = Bench::new().await;
    bench.vendor.hire(4);
    bench.vendor.with(|data| data.script = [("/employees", Fault::Html)].into());
    let account = bench.link().await;
    bench.run().await;
    assert_eq!(bench.last_run(account).await.result, "complete");
    assert_eq!(bench.rows(account, EMPLOYEE).await.len(), 4);
}

async fn check_offline(fault: Fault) {
    let (bench, account) = second_page_breaks(fault).await;
    assert_eq!(bench.state(account).await, SyncState::Syncing, "a vendor may be down for a moment");
    assert!(bench.issues().await.is_empty());
    for _ in 0..6 {
        bench.pass(1_000);
        bench.run().await;
        if bench.last_run(account).await.result == "failed" {
            break;
        }
    }
    assert_eq!(bench.last_run(account).await.result, "failed");
    assert_eq!(bench.issues().await, [("vendor_offline".to_owned(), "ONGOING".to_owned())]);
    assert_eq!(bench.rows(account, EMPLOYEE).await.len(), 9);
    bench.vendor.with(|data| data.broken = None);
    bench.full(account).await;
    assert_eq!(bench.issues().await, [("vendor_offline".to_owned(), "RESOLVED".to_owned())]);
}

#[tokio::test]
async fn a_vendor_that_is_down_is_tried_again_and_then_reported() {
    check_offline(Fault::Status(500)).await;
}

#[tokio::test]
async fn a_vendor_that_hangs_is_tried_again_and_then_reported() {
    check_offline(Fault::Hang).await;
}

#[tokio::test]
async fn a_used_up_quota_parks_the_job_and_fails_nothing() {
    let (bench, account) = second_page_breaks(Fault::RateLimited).await;
    let status = bench.status(account).await;
    assert_eq!((status.status, status.sync_status_reason.as_deref()), (SyncState::Syncing, Some("RATE_LIMITED")));
    assert!(bench.issues().await.is_empty());
    bench.vendor.with(|data| data.broken = None);
    bench.pass(60);
    bench.run().await;
    let run = bench.last_run(account).await;
    assert_eq!((run.result.as_str(), run.deleted), ("complete", 1));
    assert_eq!(bench.runs(account).await.len(), 2);
}

#[tokio::test]
async fn refused_credentials_stop_the_account_until_it_is_linked_again() {
    let bench = Bench::new().await;
    bench.vendor.hire(3);
    let account = bench.link().await;
    bench.run().await;
    bench.vendor.with(|data| data.key = "changed".into());
    let run = bench.full(account).await;
    assert_eq!(run.result, "failed");
    let details = bench.engine.account_details(bench.project, account).await.unwrap();
    assert_eq!(details.status, AccountStatus::RelinkNeeded);
    assert_eq!(bench.issues().await, [("invalid_credentials".to_owned(), "ONGOING".to_owned())]);
    bench.vendor.requests();
    bench.pass(30 * 24 * 3_600);
    assert!(bench.run().await.is_idle());
    assert!(bench.vendor.requests().is_empty());
    assert_eq!(bench.rows(account, EMPLOYEE).await.len(), 3, "old data stays readable");

    let token = bench.link_token().await;
    let linked = bench.engine.link(&token, bench.link_request("changed")).await.unwrap();
    assert_eq!((linked.account, linked.is_relink), (account, true));
    bench.run().await;
    assert_eq!(bench.last_run(account).await.result, "complete");
    assert_eq!(bench.issues().await, [("invalid_credentials".to_owned(), "RESOLVED".to_owned())]);
}

#[tokio::test]
async fn a_missing_permission_is_an_issue_and_not_an_empty_list() {
    let (bench, account) = second_page_breaks(Fault::Status(403)).await;
    assert_eq!(bench.issues().await, [("missing_permission".to_owned(), "ONGOING".to_owned())]);
    assert_eq!(bench.rows(account, EMPLOYEE).await.len(), 9);
}

#[tokio::test]
async fn every_request_is_logged_without_secrets() {
    let bench = Bench::new().await;
    bench.vendor.hire(1);
    bench.vendor.edit(0, "note", json!("x"));
    let account = bench.link().await;
    bench.run().await;
    let logs = bench.engine.request_logs(bench.project, account, &PageRequest::default()).await.unwrap().results;
    assert!(logs.iter().any(|log| log.url.contains("/employees") && log.status == Some(200)));
    assert!(!format!("{logs:?}").contains("good"));
}
