//! Pulling: what a run writes, deletes and leaves alone.

use serde_json::json;
use unisono_engine::{PageRequest, SyncState};

use crate::harness::{Bench, EMPLOYEE, LOCATION, TIME_OFF};
use crate::vendor::Fault;

#[tokio::test]
async fn a_first_pull_brings_every_page_and_an_unchanged_one_writes_nothing() {
    let bench = Bench::new().await;
    bench.vendor.hire(8);
    let account = bench.link().await;
    assert_eq!(bench.state(account).await, SyncState::Syncing);
    bench.run().await;
    let first = bench.last_run(account).await;
    assert_eq!((first.kind.as_str(), first.result.as_str()), ("full", "complete"));
    assert_eq!((first.added, first.unchanged, first.pages), (8, 0, 3));
    assert_eq!(bench.state(account).await, SyncState::Done);
    let before = bench.rows(account, EMPLOYEE).await;
    assert_eq!(before.len(), 8);

    bench.pass(60);
    let again = bench.full(account).await;
    assert_eq!((again.added, again.changed, again.deleted, again.unchanged), (0, 0, 0, 8));
    assert_eq!(bench.rows(account, EMPLOYEE).await, before);
}

#[tokio::test]
async fn only_what_changed_is_written() {
    let bench = Bench::new().await;
    bench.vendor.hire(8);
    let account = bench.link().await;
    bench.run().await;
    let before = bench.rows(account, EMPLOYEE).await;
    bench.pass(60);
    bench.vendor.edit(4, "first", json!("Renamed"));
    let run = bench.full(account).await;
    assert_eq!((run.changed, run.unchanged), (1, 7));
    let after = bench.rows(account, EMPLOYEE).await;
    for (index, (old, new)) in before.iter().zip(&after).enumerate() {
        assert_eq!(old["modified_at"] == new["modified_at"], index != 4);
    }
    assert_eq!(after[4]["first_name"], "Renamed");
}

#[tokio::test]
async fn an_incremental_read_asks_from_the_bookmark_and_its_overlap_is_no_change() {
    let bench = Bench::new().await;
    bench.vendor.hire(4);
    bench.vendor.edit(3, "updated", json!("2026-01-01T12:00:00Z"));
    let account = bench.link().await;
    bench.run().await;
    bench.vendor.requests();
    let run = bench.changes(account).await;
    assert_eq!(run.kind, "incremental");
    assert_eq!(bench.vendor.requests(), ["/employees?limit=3&updated_after=2026-01-01T11:59:00Z"]);
    assert_eq!((run.added, run.changed, run.unchanged), (0, 0, 1));

    bench.vendor.edit(0, "first", json!("New"));
    bench.vendor.edit(0, "updated", json!("2026-01-02T09:00:00Z"));
    let run = bench.changes(account).await;
    assert_eq!((run.changed, run.unchanged), (1, 1));
    assert_eq!(bench.rows(account, EMPLOYEE).await.len(), 4, "an incremental read deletes nothing");
}

#[tokio::test]
async fn a_record_is_deleted_only_after_a_full_pass() {
    let bench = Bench::new().await;
    bench.vendor.hire(5);
    let account = bench.link().await;
    bench.run().await;
    bench.vendor.with(|data| data.employees.remove(2));
    bench.changes(account).await;
    assert_eq!(bench.rows(account, EMPLOYEE).await.len(), 5);
    let run = bench.full(account).await;
    assert_eq!(run.deleted, 1);
    assert_eq!(bench.rows(account, EMPLOYEE).await.len(), 4);
    let all = bench.deleted_too(account).await;
    assert_eq!(all.len(), 5);
    assert_eq!(all[2]["remote_was_deleted"], true);
}

#[tokio::test]
async fn a_record_that_says_it_is_deleted_goes_at_once_and_may_come_back() {
    let bench = Bench::new().await;
    bench.vendor.hire(3);
    let account = bench.link().await;
    bench.run().await;
    bench.vendor.edit(1, "gone", json!(true));
    assert_eq!(bench.changes(account).await.deleted, 1);
    assert_eq!(bench.rows(account, EMPLOYEE).await.len(), 2);
    bench.vendor.edit(1, "gone", json!(false));
    bench.changes(account).await;
    assert_eq!(bench.rows(account, EMPLOYEE).await.len(), 3);
}

#[tokio::test]
async fn too_many_deletions_are_held_until_they_are_accepted() {
    let bench = Bench::new().await;
    bench.vendor.hire(60);
    let account = bench.link().await;
    bench.run().await;
    bench.vendor.with(|data| data.employees.truncate(30));
    let run = bench.full(account).await;
    assert_eq!((run.result.as_str(), run.deleted), ("partial", 0));
    assert_eq!(bench.rows(account, EMPLOYEE).await.len(), 60);
    assert_eq!(bench.issues().await, [("deletions_held".to_owned(), "ONGOING".to_owned())]);
    assert!(bench.engine.accept_deletions(bench.project, account, EMPLOYEE).await.unwrap());
    assert_eq!(bench.rows(account, EMPLOYEE).await.len(), 30);
    assert_eq!(bench.issues().await, [("deletions_held".to_owned(), "RESOLVED".to_owned())]);
}

#[tokio::test]
async fn a_record_that_does_not_fit_is_a_reject_until_it_does() {
    let bench = Bench::new().await;
    bench.vendor.hire(4);
    let account = bench.link().await;
    bench.run().await;
    bench.vendor.edit(1, "hired", json!("the day before"));
    let run = bench.full(account).await;
    assert_eq!((run.result.as_str(), run.rejected, run.deleted), ("partial", 1, 0));
    assert_eq!(bench.state(account).await, SyncState::PartiallySynced);
    assert_eq!(bench.rows(account, EMPLOYEE).await.len(), 4, "the last good form stays");
    let page = PageRequest::default();
    let rejects = bench.engine.rejects(bench.project, account, None, &page).await.unwrap().results;
    assert_eq!(rejects[0].key, "2");
    assert!(rejects[0].reason.contains("hire_date") && rejects[0].reason.contains("the day before"));
    assert!(!rejects[0].excerpt.contains("ssn-2"));
    bench.vendor.edit(1, "hired", json!("2024-02-01"));
    assert_eq!(bench.full(account).await.result, "complete");
    assert!(bench.engine.rejects(bench.project, account, None, &page).await.unwrap().results.is_empty());
}

#[tokio::test]
async fn a_run_that_stops_between_pages_goes_on_where_it_stood() {
    let bench = Bench::new().await;
    bench.vendor.hire(12);
    bench.vendor.with(|data| data.broken = Some(("/employees", 2, Fault::Status(503))));
    let account = bench.link().await;
    bench.run().await;
    assert_eq!(bench.rows(account, EMPLOYEE).await.len(), 6, "pages before the fault are readable");
    assert_eq!(bench.state(account).await, SyncState::Syncing);
    bench.vendor.with(|data| data.broken = None);
    bench.vendor.requests();
    bench.pass(120);
    bench.run().await;
    let asked = bench.vendor.requests();
    assert_eq!(asked, ["/employees?cursor=6&limit=3", "/employees?cursor=9&limit=3"], "no page is read twice");
    let runs = bench.runs(account).await;
    assert_eq!(runs.len(), 1, "it is the same run");
    assert_eq!((runs[0].result.as_str(), runs[0].added, runs[0].deleted), ("complete", 12, 0));
}

#[tokio::test]
async fn a_killed_process_repeats_at_most_one_page() {
    let bench = Bench::new().await;
    bench.vendor.hire(12);
    bench.vendor.with(|data| data.broken = Some(("/employees", 2, Fault::Hang)));
    let account = bench.link().await;
    let doomed = bench.another_engine(2);
    let task = tokio::spawn(async move { doomed.run_due_jobs().await });
    while bench.rows(account, EMPLOYEE).await.len() < 6 {
        tokio::task::yield_now().await;
    }
    task.abort();
    let _ = task.await;
    bench.vendor.with(|data| data.broken = None);
    bench.vendor.requests();
    assert!(bench.run().await.is_idle(), "the dead process still holds the lease");
    bench.pass(61);
    bench.run().await;
    assert_eq!(bench.vendor.requests().len(), 2);
    let run = bench.last_run(account).await;
    assert_eq!((run.result.as_str(), run.added, run.deleted), ("complete", 12, 0));
}

#[tokio::test]
async fn two_engines_never_run_the_same_stream_at_once() {
    let bench = Bench::new().await;
    bench.vendor.hire(30);
    let account = bench.link().await;
    let other = bench.another_engine(2);
    let (one, two) = tokio::join!(bench.engine.run_due_jobs(), other.run_due_jobs());
    assert_eq!(one.unwrap().finished + two.unwrap().finished, 1);
    let asked = bench.vendor.requests().into_iter().filter(|path| path.starts_with("/employees"));
    assert_eq!(asked.count(), 10);
    assert_eq!(bench.runs(account).await.len(), 1);
}

#[tokio::test]
async fn children_are_read_for_every_stored_parent_and_after_it() {
    let bench = Bench::reading(&[EMPLOYEE, TIME_OFF]).await;
    bench.vendor.hire(5);
    bench.vendor.with(|data| {
        data.time_off.insert("2".into(), vec![json!({"id": "t1", "start": "2026-02-01"})]);
        data.time_off.insert("5".into(), vec![json!({"id": "t2", "start": "2026-03-01"}), json!({"id": "t3"})]);
    });
    let account = bench.link().await;
    bench.run().await;
    let rows = bench.rows(account, TIME_OFF).await;
    assert_eq!(rows.len(), 3);
    let employees = bench.rows(account, EMPLOYEE).await;
    assert_eq!(rows[0]["employee"], employees[1]["id"]);
    assert_eq!(rows[1]["employee"], employees[4]["id"]);
    bench.vendor.with(|data| data.time_off.remove("2"));
    bench.full(account).await;
    assert_eq!(bench.rows(account, TIME_OFF).await.len(), 2);
}

#[tokio::test]
async fn details_are_fetched_for_new_and_changed_records_only() {
    let bench = Bench::reading(&[LOCATION]).await;
    bench.vendor.with(|data| data.locations = vec![json!({"id": 1, "name": "A"}), json!({"id": 2, "name": "B"})]);
    let account = bench.link().await;
    bench.run().await;
    assert_eq!(bench.rows(account, LOCATION).await[1]["city"], "City 2");
    bench.vendor.requests();
    bench.engine.resync(bench.project, account).await.unwrap();
    bench.run().await;
    assert_eq!(bench.vendor.requests(), ["/locations?"]);
    bench.vendor.with(|data| data.locations[0]["name"] = json!("C"));
    bench.engine.resync(bench.project, account).await.unwrap();
    bench.run().await;
    assert_eq!(bench.vendor.requests(), ["/locations?", "/locations/1/detail?"]);
}

#[tokio::test]
async fn syncs_come_back_on_their_schedule() {
    let bench = Bench::new().await;
    bench.vendor.hire(2);
    let account = bench.link().await;
    bench.run().await;
    bench.pass(3_599);
    assert!(bench.run().await.is_idle());
    bench.pass(2);
    assert_eq!(bench.run().await.finished, 1);
    assert_eq!(bench.last_run(account).await.kind, "incremental");
    bench.pass(7 * 24 * 3_600);
    bench.run().await;
    assert_eq!(bench.last_run(account).await.kind, "full");
}
