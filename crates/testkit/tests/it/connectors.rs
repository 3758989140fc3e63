//! One suite for every connector over its simulated vendor: what it declares is what it does, and no fault costs a record.

use std::collections::BTreeMap;
use std::time::Duration;

use serde_json::{Value, json};
use unisono_engine::{AccountStatus, SyncState};
use unisono_sandbox::{Fault, FaultKind, RecordedRequest, Sandbox, State};
use unisono_testkit::{Linked, TestApp};

/// How many records the vendor holds.
type Count = fn(&State) -> u64;

/// What the suite has to know about a connector beyond its manifests.
struct Case {
    slug: &'static str,
    /// The model that the faults are tried on, its collection at the vendor and the path it is listed at.
    main: (&'static str, &'static str, &'static str),
    /// A change at the vendor, and the field and value it becomes.
    change: fn() -> (Value, &'static str, &'static str),
    /// How many records each model must have.
    counts: &'static [(&'static str, Count)],
    /// Models whose number is not simply that of a collection; they must have some.
    uncounted: &'static [(&'static str, &'static str)],
    /// Requests to `path` that are let through before the process is killed: two pages, with what hangs on their records.
    crash_after: u32,
}

const SIZE: u64 = 40;
const PAGE: u32 = 10;

/// Records of these collections that are not archived.
fn held(state: &State, collections: &[&str]) -> u64 {
    let live = |name: &str, id: &String| state.get(name, id).is_some_and(|record| record["archived"] != true);
    let each = collections.iter().map(|name| state.ids(name).unwrap().iter().filter(|id| live(name, id)).count());
    each.sum::<usize>() as u64
}

const BAMBOOHR: Case = Case {
    slug: "bamboohr",
    main: ("hris.employee", "employees", "/v1/employees"),
    change: || (json!({ "firstName": "Renamed" }), "first_name", "Renamed"),
    counts: &[
        ("hris.employee", |s| held(s, &["employees"])),
        ("hris.dependent", |s| held(s, &["dependents"])),
        ("hris.employment", |s| held(s, &["jobInfo", "compensation", "employmentStatus"])),
        ("hris.time_off", |s| held(s, &["time_off_requests"])),
    ],
    uncounted: &[
        ("hris.company", "one, from the account itself"),
        ("hris.group", "made of lists of names"),
        ("hris.team", "made of lists of names"),
        ("hris.location", "lists of names and employees' addresses"),
        ("hris.time_off_balance", "computed by the vendor for each employee"),
    ],
    crash_after: 15,
};

const GREENHOUSE: Case = Case {
    slug: "greenhouse",
    main: ("ats.candidate", "candidates", "/v1/candidates"),
    change: || (json!({ "first_name": "Renamed" }), "first_name", "Renamed"),
    counts: &[
        ("ats.candidate", |s| held(s, &["candidates"])),
        ("ats.application", |s| held(s, &["applications"])),
        ("ats.department", |s| held(s, &["departments"])),
        ("ats.eeoc", |s| held(s, &["eeoc"])),
        ("ats.job", |s| held(s, &["jobs"])),
        ("ats.job_interview_stage", |s| held(s, &["job_stages"])),
        ("ats.job_posting", |s| held(s, &["job_posts"])),
        ("ats.offer", |s| held(s, &["offers"])),
        ("ats.office", |s| held(s, &["offices"])),
        ("ats.reject_reason", |s| held(s, &["rejection_reasons"])),
        ("ats.remote_user", |s| held(s, &["users"])),
        ("ats.scheduled_interview", |s| held(s, &["scheduled_interviews"])),
        ("ats.scorecard", |s| held(s, &["scorecards"])),
        ("ats.tag", |s| held(s, &["tags"])),
    ],
    uncounted: &[
        ("ats.activity", "the feed of each candidate, partly made by the vendor"),
        ("ats.attachment", "inside candidates"),
    ],
    crash_after: 2,
};

const HUBSPOT: Case = Case {
    slug: "hubspot",
    main: ("crm.contact", "contacts", "/crm/v3/objects/contacts"),
    change: || (json!({ "properties": { "firstname": "Renamed" } }), "first_name", "Renamed"),
    counts: &[
        ("crm.contact", |s| held(s, &["contacts"])),
        ("crm.account", |s| held(s, &["companies"])),
        ("crm.opportunity", |s| held(s, &["deals"])),
        ("crm.engagement", |s| held(s, &["calls", "emails", "meetings"])),
        ("crm.note", |s| held(s, &["notes"])),
        ("crm.task", |s| held(s, &["tasks"])),
        ("crm.user", |s| s.count("owners").unwrap()), // former ones, too
        ("crm.custom_object", |s| held(s, &["vehicles"])),
        ("crm.stage", |s| held(s, &["pipelines_deals_stages"])),
    ],
    uncounted: &[
        ("crm.engagement_type", "fixed by the vendor"),
        ("crm.custom_object_class", "fixed in the simulation"),
    ],
    crash_after: 2,
};

const REDMINE: Case = Case {
    slug: "redmine",
    main: ("ticketing.ticket", "issues", "/issues.json"),
    change: || (json!({ "subject": "Renamed" }), "name", "Renamed"),
    counts: &[
        ("ticketing.ticket", |s| held(s, &["issues"])),
        ("ticketing.attachment", |s| held(s, &["attachments"])),
        ("ticketing.collection", |s| held(s, &["projects", "versions"])),
        ("ticketing.comment", |s| {
            let ids = s.ids("journals").unwrap();
            ids.iter().filter(|id| s.get("journals", id).is_some_and(|one| one["notes"] != "")).count() as u64
        }),
        ("ticketing.project", |s| held(s, &["projects"])),
        ("ticketing.role", |s| held(s, &["roles"])),
        ("ticketing.tag", |s| held(s, &["issue_categories"])),
        ("ticketing.team", |s| held(s, &["groups"])),
        ("ticketing.user", |s| held(s, &["users"])),
    ],
    uncounted: &[],
    crash_after: 2,
};

const CASES: [&Case; 4] = [&BAMBOOHR, &GREENHOUSE, &HUBSPOT, &REDMINE];

/// Faults a connector cannot notice by itself, with what happens instead.
const WAIVED: &[(&str, FaultKind, &str)] = &[];

macro_rules! suite {
    ($($module:ident: $case:ident),+ $(,)?) => {$(
        mod $module {
            #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
            async fn everything_is_read_and_only_what_changed_is_written() {
                super::reads_everything(&super::$case).await;
            }

            #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
            async fn a_killed_process_loses_nothing() {
                super::goes_on_after_a_crash(&super::$case).await;
            }

            #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
            async fn refused_credentials_ask_for_a_new_link() {
                super::asks_for_a_new_link(&super::$case).await;
            }

            #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
            async fn odd_replies_delete_nothing_and_are_told() {
                super::survives_odd_replies(&super::$case).await;
            }

            #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
            async fn quota_and_outages_are_waited_for() {
                super::waits(&super::$case).await;
            }
        }
    )+};
}

suite!(bamboohr: BAMBOOHR, greenhouse: GREENHOUSE, hubspot: HUBSPOT, redmine: REDMINE);

#[test]
fn every_connector_is_in_this_suite_with_every_model() {
    let catalog = unisono_catalog::Catalog::embedded().unwrap();
    let simulated: Vec<String> = Sandbox::built_in().unwrap().iter().map(|one| one.slug().to_owned()).collect();
    for connector in catalog.list() {
        assert!(simulated.contains(&connector.slug), "{} has no sandbox.yaml", connector.slug);
        let case = CASES
            .iter()
            .find(|case| case.slug == connector.slug)
            .unwrap_or_else(|| panic!("{} has no case", connector.slug));
        let counted = case.counts.iter().map(|(model, _)| *model);
        let known: Vec<&str> = counted.chain(case.uncounted.iter().map(|(model, _)| *model)).collect();
        for model in connector.models() {
            assert!(known.contains(&model), "{}: {model} is not counted", connector.slug);
        }
    }
}

async fn start(case: &Case, patience: u64) -> TestApp {
    TestApp::with().vendor(case.slug).size(SIZE).page(PAGE).patience(Duration::from_secs(patience)).start().await
}

/// Linked and read once.
async fn synced(case: &Case) -> (TestApp, Linked) {
    let app = start(case, 5).await;
    let linked = app.link(case.slug).await;
    app.settle().await;
    let run = app.last_run(&linked, case.main.0).await;
    assert_eq!(run.result, "complete", "{:?}", run.error);
    (app, linked)
}

async fn check_counts(case: &Case, app: &TestApp, linked: &Linked) {
    let state = app.vendor(case.slug).state().clone();
    let rejects = app.rejects(linked).await;
    assert!(rejects.is_empty(), "{} rejects, such as {:?}", rejects.len(), &rejects[..rejects.len().min(2)]);
    for sync in app.engine.sync_status(app.project, linked.account).await.unwrap() {
        let run = app.last_run(linked, &sync.model).await;
        assert_eq!((sync.status, run.error), (SyncState::Done, None), "{}", sync.model);
    }
    for (model, count) in case.counts {
        assert_eq!(app.records(linked, model, false).await.len() as u64, count(&state), "{model}");
    }
    for (model, why) in case.uncounted {
        assert!(!app.records(linked, model, false).await.is_empty(), "{model} ({why})");
    }
    assert!(app.issues(linked).await.is_empty());
}

async fn reads_everything(case: &Case) {
    let (app, linked) = synced(case).await;
    check_counts(case, &app, &linked).await;
    let models: Vec<&str> = case.counts.iter().map(|(model, _)| *model).collect();
    let mut before = BTreeMap::new();
    for model in &models {
        before.insert(*model, app.records(&linked, model, true).await);
    }
    app.engine.resync(app.project, linked.account).await.unwrap();
    app.settle().await;
    for model in &models {
        let run = app.last_run(&linked, model).await;
        assert_eq!((run.kind.as_str(), run.result.as_str()), ("full", "complete"), "{model}");
        assert_eq!((run.added, run.changed, run.deleted), (0, 0, 0), "{model}: an unchanged pass writes nothing");
        assert_eq!(app.records(&linked, model, true).await, before[model], "{model}");
    }
    sees_one_change(case, &app, &linked).await;
    sees_one_deletion(case, &app, &linked).await;
}

async fn sees_one_change(case: &Case, app: &TestApp, linked: &Linked) {
    let (model, collection, _) = case.main;
    let state = app.vendor(case.slug).state();
    let id = state.ids(collection).unwrap()[7].clone();
    let (fields, field, value) = (case.change)();
    let before = app.records(linked, model, false).await;
    state.update(collection, &id, fields).unwrap();
    let run = app.sync(linked, model, false).await;
    assert_eq!((run.kind.as_str(), run.result.as_str()), ("incremental", "complete"), "{:?}", run.error);
    assert_eq!((run.added, run.changed, run.deleted), (0, 1, 0));
    let after = app.records(linked, model, false).await;
    assert_eq!(after[&id][field], value);
    for (other, record) in &before {
        assert_eq!(*record == after[other], *other != id, "{other}");
    }
}

async fn sees_one_deletion(case: &Case, app: &TestApp, linked: &Linked) {
    let (model, collection, _) = case.main;
    let state = app.vendor(case.slug).state();
    let id = state.ids(collection).unwrap()[5].clone();
    state.delete(collection, &id).unwrap();
    let run = app.sync(linked, model, true).await;
    assert_eq!((run.result.as_str(), run.changed, run.deleted), ("complete", 0, 1), "{:?}", run.error);
    assert!(!app.records(linked, model, false).await.contains_key(&id));
    assert_eq!(app.records(linked, model, true).await[&id]["remote_was_deleted"], true);
}

async fn goes_on_after_a_crash(case: &Case) {
    let (model, _, path) = case.main;
    let app = start(case, 60).await;
    let vendor = app.vendor(case.slug);
    let linked = app.link(case.slug).await;
    vendor.faults().add(Fault::new(FaultKind::Hang).on(path).after(case.crash_after));
    let doomed = app.another_engine();
    let task = tokio::spawn(async move { doomed.run_due_jobs().await });
    while app.records(&linked, model, false).await.is_empty() {
        tokio::task::yield_now().await;
    }
    task.abort();
    let _ = task.await;
    vendor.faults().clear();
    vendor.clear_requests();
    app.clock.pass(120);
    app.settle().await;
    check_counts(case, &app, &linked).await;
    let page = |request: &RecordedRequest| request.path.ends_with(path) && !request.query.contains("archived");
    let again = vendor.requests().iter().filter(|request| page(request)).count();
    let pages = SIZE.div_ceil(u64::from(PAGE)) as usize;
    assert!((1..pages).contains(&again), "it went on instead of starting over: {again} of {pages} pages");
    let run = app.last_run(&linked, model).await;
    assert_eq!((run.result.as_str(), run.deleted), ("complete", 0));
}

async fn asks_for_a_new_link(case: &Case) {
    let (app, linked) = synced(case).await;
    let model = case.main.0;
    let before = app.records(&linked, model, true).await;
    app.vendor(case.slug).faults().add(Fault::new(FaultKind::Unauthorized));
    let run = app.sync(&linked, model, true).await;
    assert_eq!((run.result.as_str(), run.deleted), ("failed", 0));
    let status = async || app.engine.account_details(app.project, linked.account).await.unwrap().status;
    assert_eq!(status().await, AccountStatus::RelinkNeeded);
    assert_eq!(app.issues(&linked).await, [("invalid_credentials".to_owned(), "ONGOING".to_owned())]);
    assert_eq!(app.records(&linked, model, true).await, before, "what was read stays readable");

    app.vendor(case.slug).faults().clear();
    assert_eq!(app.relink(&linked).await.account, linked.account);
    app.settle().await;
    assert_eq!(status().await, AccountStatus::Complete);
    assert_eq!(app.last_run(&linked, model).await.result, "complete");
    assert_eq!(app.issues(&linked).await, [("invalid_credentials".to_owned(), "RESOLVED".to_owned())]);
}

/// A record goes at the vendor while a fault is on; gives the records as they were and the id.
async fn faulty_pass(case: &Case, app: &TestApp, linked: &Linked, kind: FaultKind) -> String {
    let (model, collection, path) = case.main;
    let vendor = app.vendor(case.slug);
    let before = app.records(linked, model, true).await;
    let gone = vendor.state().ids(collection).unwrap()[3].clone();
    vendor.state().delete(collection, &gone).unwrap();
    vendor.faults().add(Fault::new(kind).on(path).after(1));
    let run = app.sync(linked, model, true).await;
    assert_ne!(run.result, "complete", "{kind:?} is not an end");
    assert_eq!(run.deleted, 0, "{kind:?}");
    assert_eq!(app.records(linked, model, true).await, before, "{kind:?}: nothing is lost");
    gone
}

/// The vendor is well again: the record that went is gone, and nothing else.
async fn recovered(case: &Case, app: &TestApp, linked: &Linked, kind: FaultKind, gone: &str) {
    let (model, collection, _) = case.main;
    let vendor = app.vendor(case.slug);
    vendor.faults().clear();
    app.clock.pass(120);
    app.settle().await;
    let run = app.sync(linked, model, true).await;
    assert_eq!(run.result, "complete", "{kind:?}: {:?}", run.error);
    let live = app.records(linked, model, false).await;
    assert_eq!(live.len() as u64, held(vendor.state(), &[collection]), "{kind:?}");
    assert!(!live.contains_key(gone), "{kind:?}");
    let ongoing = app.issues(linked).await.into_iter().filter(|(_, status)| status == "ONGOING").count();
    assert_eq!(ongoing, 0, "{kind:?}: {:?}", app.issues(linked).await);
}

async fn survives_odd_replies(case: &Case) {
    use FaultKind::{EmptyPage, Html, RepeatedCursor, Truncated, WrongType};
    let (app, linked) = synced(case).await;
    for kind in [Html, Truncated, WrongType, EmptyPage, RepeatedCursor] {
        if let Some((_, _, why)) = WAIVED.iter().find(|(slug, waived, _)| *slug == case.slug && *waived == kind) {
            eprintln!("{}: {kind:?} is waived: {why}", case.slug);
            continue;
        }
        let gone = faulty_pass(case, &app, &linked, kind).await;
        let run = app.last_run(&linked, case.main.0).await;
        assert!(
            run.error.as_deref().is_some_and(|error| error.contains(' ')),
            "{kind:?} is told in words: {:?}",
            run.error
        );
        let told = app.issues(&linked).await.iter().any(|(_, status)| status == "ONGOING");
        assert!(told, "{kind:?} opens an issue: {run:?}");
        recovered(case, &app, &linked, kind, &gone).await;
    }
}

async fn waits(case: &Case) {
    use FaultKind::{Hang, RateLimit, Reset, ServerError};
    let (app, linked) = synced(case).await;
    for kind in [RateLimit, ServerError, Reset, Hang] {
        let gone = faulty_pass(case, &app, &linked, kind).await;
        let status = app.engine.sync_status(app.project, linked.account).await.unwrap();
        let status = status.into_iter().find(|sync| sync.model == case.main.0).unwrap();
        assert_eq!(status.status, SyncState::Syncing, "{kind:?} ends nothing");
        let limited = status.sync_status_reason.as_deref() == Some("RATE_LIMITED");
        assert_eq!(limited, kind == RateLimit, "{kind:?}: {:?}", status.sync_status_reason);
        assert!(
            app.issues(&linked).await.iter().all(|(_, status)| status != "ONGOING"),
            "{kind:?} may pass by itself: {:?}",
            app.issues(&linked).await
        );
        recovered(case, &app, &linked, kind, &gone).await;
    }
}
