//! Linked accounts, their credentials, issues and logs, and how they go.

use crate::db::*;
use unisono_store::*;
use uuid::Uuid;

async fn request(db: &Db, account: Uuid, status: Option<i64>, at_us: i64) {
    let entry = RequestEntry {
        account,
        run: None,
        method: "GET".into(),
        url: "https://x/y".into(),
        status,
        duration_us: 5,
        bytes: 7,
        error: None,
        at_us,
    };
    db.scope().log_requests(vec![entry]).await.unwrap();
}

fn issue(account: Option<Uuid>, key: &str) -> NewIssue {
    NewIssue {
        id: Uuid::new_v4(),
        account,
        kind: "k".into(),
        key: key.into(),
        description: "d".into(),
        details: "[]".into(),
    }
}

/// Something of the account in every table.
async fn fill(db: &Db, account: Uuid, n: u8) {
    let run = db.run(account, RunKind::Full).await;
    let reject = Reject { key: "r".into(), id: None, reason: "r".into(), excerpt: "{}".into(), at_us: 0 };
    db.commit(PageCommit {
        run: Some(run),
        full_pass: true,
        rejects: vec![reject],
        ..page(account, vec![upsert(1, 1)])
    })
    .await;
    request(db, account, Some(200), NOW).await;
    db.scope().put_credential(account, sealed("secret"), NOW).await.unwrap();
    db.scope().report_issue(issue(Some(account), ""), NOW).await.unwrap().unwrap();
    db.scope().create_public_token(hash(n), account, NOW + 10, NOW).await.unwrap();
    let token = NewLinkToken { hash: hash(n), request: "{}".into(), account: Some(account), expires_us: NOW + 10 };
    db.scope().create_link_token(token, NOW).await.unwrap();
    let job = NewJob {
        id: Uuid::new_v4(),
        project: Some(db.project),
        account: Some(account),
        kind: "pull".into(),
        key: account.to_string(),
        payload: "{}".into(),
        due_us: NOW,
    };
    db.store.enqueue(job, NOW).await.unwrap();
}

both! {
    async fn erasing_an_account_leaves_no_row_of_it_in_any_table(db: Db) {
        let (gone, stays) = (db.account("a").await, db.account("b").await);
        fill(db, gone, 1).await;
        fill(db, stays, 2).await;
        let before = db.rows_of(gone).await;
        let empty: Vec<_> = before.iter().filter(|(_, rows)| *rows == 0).collect();
        assert!(empty.is_empty(), "the test must fill every table: {empty:?}");
        let kept = db.rows_of(stays).await;
        let erased = db.scope().delete_account(gone).await.unwrap().unwrap();
        assert_eq!((erased.records, erased.tables.len()), (1, before.len() + 1));
        assert!(db.rows_of(gone).await.iter().all(|(_, rows)| *rows == 0));
        assert_eq!(db.rows_of(stays).await, kept);
        assert_eq!(db.scope().account(gone).await.unwrap(), None);
    }

    async fn an_account_is_found_by_id_token_and_origin_and_changes(db: Db) {
        let id = db.account("o").await;
        let scope = db.scope();
        let account = scope.account(id).await.unwrap().unwrap();
        let token = new_account(id, "o").token;
        assert_eq!(scope.account_by_token(token.hash).await.unwrap().as_ref(), Some(&account));
        assert_eq!(scope.account_by_origin("hris", "o").await.unwrap().as_ref(), Some(&account));
        assert_eq!((account.token, account.completed_us), (Some(token.sealed), Some(NOW)));
        let taken = scope.create_account(new_account(Uuid::new_v4(), "o"), NOW).await;
        assert!(matches!(taken, Err(StoreError::Conflict { .. })), "one per category and end user");
        let update = AccountUpdate {
            status: Some((AccountStatus::RelinkNeeded, Some("expired".into()))),
            token: Some(TokenChange { hash: hash(9), sealed: sealed("new") }),
            is_duplicate: Some(true),
            ..AccountUpdate::default()
        };
        assert!(scope.update_account(id, update, NOW + 5).await.unwrap());
        let account = scope.account_by_token(hash(9)).await.unwrap().unwrap();
        assert_eq!((account.status, account.status_detail.as_deref()), (AccountStatus::RelinkNeeded, Some("expired")));
        assert_eq!((account.is_duplicate, account.completed_us), (Some(true), Some(NOW)));
    }

    async fn accounts_are_listed_page_by_page_and_filtered(db: Db) {
        let mut ids = Vec::new();
        for n in 0..5 {
            ids.push(db.account(&format!("o{n}")).await);
        }
        let (mut filter, mut listed) = (AccountFilter { page_size: 2, include_duplicates: true, ..AccountFilter::default() }, Vec::new());
        loop {
            let found = db.scope().accounts(filter.clone()).await.unwrap();
            listed.extend(found.items.iter().map(|account| account.id));
            match found.next {
                Some(next) => filter.after = Some(next),
                None => break,
            }
        }
        ids.sort();
        assert_eq!(listed, ids);
        let some = AccountFilter { end_user_origin_ids: vec!["o1".into(), "o3".into(), "x".into()], category: Some("hris".into()), page_size: 10, ..AccountFilter::default() };
        assert_eq!(db.scope().accounts(some).await.unwrap().items.len(), 2);
    }

    async fn only_one_process_refreshes_and_a_late_result_is_ignored(db: Db) {
        let account = db.account("o").await;
        let scope = db.scope();
        assert_eq!(scope.begin_refresh(account, 1, NOW, 10).await.unwrap(), Refresh::Missing);
        scope.put_credential(account, sealed("one"), NOW).await.unwrap();
        let Refresh::Yours { fence: first, interrupted: false } = scope.begin_refresh(account, 1, NOW, 10).await.unwrap() else { panic!() };
        assert_eq!(scope.begin_refresh(account, 1, NOW + 5, 10).await.unwrap(), Refresh::Busy { until_us: NOW + 10 });
        let Refresh::Yours { fence: second, interrupted: true } = scope.begin_refresh(account, 1, NOW + 11, 10).await.unwrap() else { panic!() };
        assert!(!scope.finish_refresh(account, first, Some(sealed("late")), NOW + 12).await.unwrap());
        assert!(scope.finish_refresh(account, second, Some(sealed("two")), NOW + 12).await.unwrap());
        let now = scope.credential(account).await.unwrap().unwrap();
        assert_eq!((now.sealed, now.version), (sealed("two"), 2));
        assert_eq!(scope.begin_refresh(account, 1, NOW + 13, 10).await.unwrap(), Refresh::Changed);
        assert_eq!(scope.credentials_not_sealed_by("k2", 10).await.unwrap(), [account]);
    }

    async fn an_issue_is_one_row_that_repeats_resolves_and_reopens(db: Db) {
        let account = db.account("o").await;
        let scope = db.scope();
        let Some(Reported::New(id)) = scope.report_issue(issue(Some(account), "m"), NOW).await.unwrap() else { panic!() };
        assert_eq!(scope.report_issue(issue(Some(account), "m"), NOW + 1).await.unwrap(), Some(Reported::Repeated(id)));
        assert!(matches!(scope.report_issue(issue(None, "m"), NOW + 2).await.unwrap(), Some(Reported::New(_))));
        assert_eq!(scope.report_issue(issue(Some(Uuid::new_v4()), "m"), NOW).await.unwrap(), None);
        assert_eq!(scope.resolve_issues(account, &[], NOW + 3).await.unwrap(), [id]);
        assert_eq!(scope.resolve_issue(Some(account), "k", "m", NOW + 3).await.unwrap(), None);
        assert_eq!(scope.report_issue(issue(Some(account), "m"), NOW + 4).await.unwrap(), Some(Reported::Reopened(id)));
        let found = scope.issue(id).await.unwrap().unwrap();
        assert_eq!((found.first_us, found.last_us, found.incidents, found.status), (NOW, NOW + 4, 3, IssueStatus::Ongoing));
        assert_eq!(found.account.unwrap().end_user_origin_id, "o");
        assert!(scope.mute_issue(id, true).await.unwrap());
        let filter = IssueFilter { connectors: vec!["acme".into()], last_after_us: Some(NOW + 4), page_size: 5, ..IssueFilter::default() };
        assert_eq!(scope.issues(filter.clone()).await.unwrap().items.len(), 0);
        assert_eq!(scope.issues(IssueFilter { include_muted: true, ..filter }).await.unwrap().items.len(), 1);
    }

    async fn old_rows_are_pruned_and_young_ones_stay(db: Db) {
        let account = db.account("o").await;
        for (n, status) in [(0, Some(200)), (10, Some(500)), (20, None)] {
            request(db, account, status, NOW + n).await;
        }
        let filter = RequestFilter { failed: true, page_size: 1, ..RequestFilter::default() };
        let page_read = db.scope().requests(filter.clone()).await.unwrap();
        assert_eq!((page_read.items[0].entry.status, page_read.next.is_some()), (None, true));
        assert_eq!(db.store.prune_requests(NOW + 10).await.unwrap(), 1);
        assert_eq!(db.scope().requests(RequestFilter { page_size: 9, ..RequestFilter::default() }).await.unwrap().items.len(), 2);
        let old = db.run(account, RunKind::Full).await;
        db.commit(PageCommit { run: Some(old), ..page(account, vec![upsert(1, 1)]) }).await;
        db.scope().finish_run(old, RunResult::Complete, None, None, NOW).await.unwrap();
        let young = db.run(account, RunKind::Full).await;
        db.scope().finish_run(young, RunResult::Failed, Some("why"), None, NOW + 20).await.unwrap();
        assert_eq!(db.store.prune_runs(NOW + 10).await.unwrap(), 1);
        let left = db.scope().runs(account, None, None, 10).await.unwrap().items;
        assert_eq!((left.len(), left[0].error.as_deref()), (1, Some("why")));
        assert_eq!(db.store.prune_outbox(NOW).await.unwrap(), 0);
        assert_eq!(db.store.prune_outbox(NOW + 1_000_000).await.unwrap(), 1);
    }

    async fn the_audit_trail_is_listed_newest_first(db: Db) {
        for n in 0..3 {
            let event = AuditEvent { id: Uuid::new_v4(), user_name: None, user_email: Some("a@b".into()), role: "ADMIN".into(), ip_address: "::1".into(), event_type: format!("e{n}"), description: "d".into(), at_us: NOW + n };
            db.scope().audit(event).await.unwrap();
        }
        let first = db.scope().audit_trail(AuditFilter { page_size: 2, ..AuditFilter::default() }).await.unwrap();
        let rest = db.scope().audit_trail(AuditFilter { page_size: 2, after: first.next, ..AuditFilter::default() }).await.unwrap();
        let kinds: Vec<_> = first.items.iter().chain(&rest.items).map(|event| event.event_type.as_str()).collect();
        assert_eq!((kinds, rest.next), (vec!["e2", "e1", "e0"], None));
    }
}
