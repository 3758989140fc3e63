//! Pages: all or nothing, once.

use crate::db::*;
use bytes::Bytes;
use unisono_store::*;
use uuid::Uuid;

both! {
    async fn a_crash_between_pages_goes_on_after_the_last_complete_page(db: Db) {
        let account = db.account("o").await;
        let run = db.run(account, RunKind::Full).await;
        let state = Bytes::from_static(b"{\"cursor\": 2}");
        let first = PageCommit { run: Some(run), full_pass: true, state: Some(state.clone()), ..page(account, vec![upsert(1, 1), upsert(2, 1)]) };
        db.commit(first).await;
        let reopened = Store::open(&db.url, options()).await.unwrap().project(db.project);
        let stream = reopened.stream(account, MODEL).await.unwrap().unwrap();
        assert_eq!(stream.state, Some(state), "the state comes back as the same bytes");
        let open = reopened.open_run(account, MODEL).await.unwrap().unwrap();
        assert_eq!((open.id, open.counts.added, open.counts.pages), (run, 2, 1));
        assert_eq!(reopened.count(account, MODEL).await.unwrap(), 2);
    }

    async fn a_page_committed_twice_changes_nothing_the_second_time(db: Db) {
        let account = db.account("o").await;
        let both = vec![upsert(1, 1), upsert(2, 1)];
        assert_eq!(db.commit(page(account, both.clone())).await.added, 2);
        let before = db.all(query(account)).await;
        let again = db.commit(page(account, both)).await;
        assert_eq!((again.added, again.changed, again.unchanged), (0, 0, 2));
        assert_eq!(db.all(query(account)).await, before);
        assert_eq!(db.store.outbox(0, 10).await.unwrap().len(), 1, "nothing changed, nothing is announced");
    }

    async fn a_changed_record_gets_a_new_modified_time_and_keeps_its_place(db: Db) {
        let account = db.account("o").await;
        db.commit(page(account, vec![upsert(1, 1), upsert(2, 1)])).await;
        let before = db.all(query(account)).await;
        let counts = db.commit(page(account, vec![upsert(1, 2)])).await;
        assert_eq!((counts.changed, counts.added), (1, 0));
        let after = db.all(query(account)).await;
        assert_eq!((after[0].pos, after[0].created_us), (before[0].pos, before[0].created_us));
        assert!(after[0].modified_us > before[1].modified_us);
        assert_eq!(&after[0].unified[..], upsert(1, 2).unified);
        assert_eq!(after[1], before[1]);
    }

    async fn raw_data_that_changes_without_the_unified_form_is_kept_but_is_no_change(db: Db) {
        let account = db.account("o").await;
        db.commit(page(account, vec![with_json(1, 1, "{\"a\":1}")])).await;
        let before = db.all(query(account)).await;
        let counts = db.commit(page(account, vec![with_json(1, 2, "{\"a\":1}")])).await;
        assert_eq!((counts.changed, counts.unchanged), (0, 1));
        let include = Include { remote_data: true, ..Include::default() };
        let after = db.scope().record(account, MODEL, record_id(1), include).await.unwrap().unwrap();
        assert_eq!((after.modified_us, after.raw_hash), (before[0].modified_us, 2));
        assert_eq!(after.remote_data.unwrap(), Bytes::from_static(b"[{\"path\":\"/e\",\"data\":{\"v\":2}}]"));
    }

    async fn a_record_that_reappears_is_no_longer_deleted(db: Db) {
        let account = db.account("o").await;
        db.commit(page(account, vec![upsert(1, 1)])).await;
        let gone = PageCommit { removed: vec![record_id(1), record_id(9)], ..page(account, vec![]) };
        assert_eq!(db.commit(gone).await.deleted, 1);
        assert!(db.all(query(account)).await.is_empty());
        assert!(db.all(ListQuery { include_deleted: true, ..query(account) }).await[0].deleted);
        let known = db.scope().known(account, MODEL, &[record_id(9), record_id(1)]).await.unwrap();
        assert_eq!((known[0], known[1].map(|k| k.deleted)), (None, Some(true)));
        assert_eq!(db.commit(page(account, vec![upsert(1, 1)])).await.changed, 1);
        assert_eq!(db.scope().count(account, MODEL).await.unwrap(), 1);
    }

    async fn the_clock_only_grows_under_two_writers_and_a_clock_that_goes_back(db: Db) {
        let account = db.account("o").await;
        let other = Store::open(&db.url, options()).await.unwrap().project(db.project);
        let mut tasks = Vec::new();
        for writer in 0..2 {
            let scope = if writer == 0 { db.scope() } else { other.clone() };
            tasks.push(tokio::spawn(async move {
                for n in 0..20 {
                    let upserts = (0..5).map(|k| upsert(writer * 1000 + n * 5 + k, 1)).collect();
                    let now_us = NOW - n * 1000 * writer;
                    scope.commit(PageCommit { now_us, ..page(account, upserts) }).await.unwrap();
                }
            }));
        }
        for task in tasks {
            task.await.unwrap();
        }
        let rows = db.all(query(account)).await;
        assert_eq!(rows.len(), 200);
        let positions: Vec<i64> = rows.iter().map(|row| row.pos).collect();
        assert_eq!(positions, (0..200).collect::<Vec<i64>>(), "dense");
        assert!(rows.windows(2).all(|pair| pair[0].modified_us < pair[1].modified_us));
    }

    async fn a_zombies_commit_is_refused_and_leaves_nothing(db: Db) {
        let account = db.account("o").await;
        let job = NewJob { id: Uuid::new_v4(), project: Some(db.project), account: Some(account), kind: "pull".into(), key: "k".into(), payload: "{}".into(), due_us: NOW };
        db.store.enqueue(job, NOW).await.unwrap();
        let mine = db.store.claim_jobs("a", &[], 1, NOW, 10).await.unwrap().remove(0);
        let with = |proof| PageCommit { fence: Some(proof), ..page(account, vec![upsert(1, 1)]) };
        db.commit(with(mine.proof())).await;
        let theirs = db.store.claim_jobs("b", &[], 1, NOW + 11, 10).await.unwrap().remove(0);
        assert_eq!((theirs.id, theirs.fence), (mine.id, mine.fence + 1));
        let refused = db.scope().commit(PageCommit { fence: Some(mine.proof()), ..page(account, vec![upsert(2, 1)]) }).await;
        assert!(matches!(refused, Err(CommitError::Fenced { job }) if job == mine.id));
        assert_eq!(db.all(query(account)).await.len(), 1);
        assert!(!db.store.complete_job(mine.proof(), NOW).await.unwrap());
        db.commit(with(theirs.proof())).await;
    }

    async fn a_reject_is_cleared_when_its_record_maps_again(db: Db) {
        let account = db.account("o").await;
        db.commit(page(account, vec![upsert(2, 1)])).await;
        let pos = db.all(query(account)).await[0].pos;
        let reject = |key: &str| Reject { key: key.into(), id: None, reason: "bad date".into(), excerpt: "{}".into(), at_us: 0 };
        let bad = PageCommit { rejects: ["1", "2", "3", "4"].map(reject).to_vec(), ..page(account, vec![]) };
        assert_eq!(db.commit(bad).await.rejected, 4);
        assert_eq!(db.scope().reject_counts(account).await.unwrap(), [(MODEL.to_owned(), 4)]);
        let good = PageCommit { cleared_rejects: vec!["3".into(), "never".into()], seen: vec![pos], ..page(account, vec![upsert(1, 1)]) };
        db.commit(good).await;
        let left = db.scope().rejects(account, None, None, 10).await.unwrap();
        assert_eq!(left.iter().map(|(_, reject)| reject.key.as_str()).collect::<Vec<_>>(), ["4"]);
    }

    async fn a_foreign_project_sees_and_changes_nothing(db: Db) {
        let account = db.account("o").await;
        db.commit(page(account, vec![upsert(1, 1)])).await;
        let run = db.run(account, RunKind::Full).await;
        let foreign = db.store.project(Uuid::new_v4());
        assert_eq!(foreign.account(account).await.unwrap(), None);
        assert!(foreign.list(query(account)).await.unwrap().rows.is_empty());
        assert_eq!(foreign.record(account, MODEL, record_id(1), Include::default()).await.unwrap(), None);
        assert_eq!(foreign.known(account, MODEL, &[record_id(1)]).await.unwrap(), [None]);
        assert_eq!(foreign.run(run).await.unwrap(), None);
        assert!(foreign.streams(account).await.unwrap().is_empty());
        assert!(foreign.delete_account(account).await.unwrap().is_none());
        assert!(matches!(foreign.commit(page(account, vec![upsert(2, 1)])).await, Err(CommitError::NoStream { .. })));
        assert_eq!(db.all(query(account)).await.len(), 1);
    }
}
