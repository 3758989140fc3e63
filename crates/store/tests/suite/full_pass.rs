//! The end of a full pass.

use crate::db::*;
use unisono_store::*;
use uuid::Uuid;

async fn filled(db: &Db, records: i64) -> Uuid {
    let account = db.account("o").await;
    db.commit(page(account, (0..records).map(|n| upsert(n, 1)).collect())).await;
    account
}

async fn pass(db: &Db, account: Uuid, seen: Vec<i64>) -> (Uuid, FullPass) {
    let run = db.run(account, RunKind::Full).await;
    db.commit(PageCommit { run: Some(run), full_pass: true, seen, ..page(account, vec![]) }).await;
    let end = db.scope().finish_full_pass(account, MODEL, run, None, Budget::default(), NOW).await.unwrap();
    (run, end)
}

both! {
    async fn what_a_full_pass_did_not_see_is_deleted(db: Db) {
        let account = filled(db, 30).await;
        let (run, end) = pass(db, account, (0..28).collect()).await;
        assert_eq!(end, FullPass::Tombstoned { deleted: 2 });
        assert!(db.scope().finish_run(run, RunResult::Complete, None, Some(NOW + 60), NOW + 1).await.unwrap());
        assert_eq!(db.all(query(account)).await.len(), 28);
        let stream = db.scope().stream(account, MODEL).await.unwrap().unwrap();
        assert_eq!((stream.live, stream.is_initial, stream.last_full_us), (28, false, Some(NOW + 1)));
        assert_eq!(db.scope().run(run).await.unwrap().unwrap().counts.deleted, 2);
        assert_eq!(db.store.outbox(0, 10).await.unwrap().last().unwrap().counts.deleted, 2);
        assert!(db.rows_of(account).await.contains(&("seen".to_owned(), 0)), "the marks are gone");
    }

    async fn too_many_deletions_are_held_until_approved(db: Db) {
        let account = filled(db, 100).await;
        let (run, end) = pass(db, account, (0..79).collect()).await;
        assert_eq!(end, FullPass::Held { would_delete: 21, live: 100 });
        db.scope().finish_run(run, RunResult::Partial, None, None, NOW).await.unwrap();
        assert_eq!(db.all(query(account)).await.len(), 100);
        assert_eq!(db.scope().stream(account, MODEL).await.unwrap().unwrap().held, Some((run, 21)));
        let later = PageCommit { seen: vec![99], ..page(account, vec![upsert(98, 2)]) };
        db.commit(later).await;
        assert_eq!(db.scope().approve_held_deletions(account, MODEL, NOW).await.unwrap(), Some(19), "two were seen since");
        assert_eq!(db.all(query(account)).await.len(), 81);
        assert_eq!(db.scope().approve_held_deletions(account, MODEL, NOW).await.unwrap(), None);
    }

    async fn held_deletions_can_be_dropped(db: Db) {
        let account = filled(db, 100).await;
        pass(db, account, vec![]).await;
        assert!(db.scope().drop_held_deletions(account, MODEL).await.unwrap());
        assert!(!db.scope().drop_held_deletions(account, MODEL).await.unwrap());
        assert_eq!(db.scope().approve_held_deletions(account, MODEL, NOW).await.unwrap(), None);
        assert_eq!(db.all(query(account)).await.len(), 100);
    }

    async fn seen_marks_survive_a_crash_and_span_chunks(db: Db) {
        let account = db.account("o").await;
        for start in (0..9000).step_by(1000) {
            db.commit(page(account, (start..start + 1000).map(|n| upsert(n, 1)).collect())).await;
        }
        let run = db.run(account, RunKind::Full).await;
        let mark = |seen: Vec<i64>| PageCommit { run: Some(run), full_pass: true, seen, ..page(account, vec![]) };
        db.commit(mark((0..5000).collect())).await;
        let reopened = Store::open(&db.url, options()).await.unwrap().project(db.project);
        reopened.commit(mark((4990..8990).collect())).await.unwrap();
        let end = reopened.finish_full_pass(account, MODEL, run, None, Budget::default(), NOW).await.unwrap();
        assert_eq!(end, FullPass::Tombstoned { deleted: 10 });
        let rows = db.all(ListQuery { page_size: 1000, ..query(account) }).await;
        assert_eq!((rows.len(), rows.last().unwrap().pos), (8990, 8989));
    }

    async fn a_record_written_by_somebody_else_during_the_pass_stays(db: Db) {
        let account = filled(db, 10).await;
        let run = db.run(account, RunKind::Full).await;
        db.commit(page(account, vec![upsert(100, 1), upsert(3, 2)])).await;
        let end = db.scope().finish_full_pass(account, MODEL, run, None, Budget::default(), NOW).await.unwrap();
        assert_eq!(end, FullPass::Tombstoned { deleted: 9 });
        assert_eq!(names(&db.all(query(account)).await), ["3", "100"]);
    }

    async fn a_stored_record_that_no_longer_maps_is_not_deleted(db: Db) {
        let account = filled(db, 2).await;
        let run = db.run(account, RunKind::Full).await;
        let reject = Reject { key: "0".into(), id: Some(record_id(0)), reason: "r".into(), excerpt: "{}".into(), at_us: 0 };
        db.commit(PageCommit { run: Some(run), full_pass: true, rejects: vec![reject], ..page(account, vec![upsert(1, 1)]) }).await;
        let end = db.scope().finish_full_pass(account, MODEL, run, None, Budget::default(), NOW).await.unwrap();
        assert_eq!(end, FullPass::Tombstoned { deleted: 0 });
    }
}
