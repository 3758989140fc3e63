//! The job table.

use crate::db::*;
use std::time::Duration;
use unisono_store::*;
use uuid::Uuid;

fn job(key: &str, due_us: i64) -> NewJob {
    NewJob {
        id: Uuid::new_v4(),
        project: None,
        account: None,
        kind: "pull".into(),
        key: key.into(),
        payload: "{}".into(),
        due_us,
    }
}

both! {
    async fn a_key_has_one_unfinished_job(db: Db) {
        let Enqueued::New(id) = db.store.enqueue(job("k", NOW + 50), NOW).await.unwrap() else { panic!() };
        assert_eq!(db.store.enqueue(job("k", NOW + 10), NOW).await.unwrap(), Enqueued::Waiting(id));
        assert_eq!(db.store.next_due_us(&[]).await.unwrap(), Some(NOW + 10), "the earlier time counts");
        assert!(db.store.claim_jobs("a", &[], 5, NOW, 10).await.unwrap().is_empty(), "not due yet");
        let mine = db.store.claim_jobs("a", &["pull"], 5, NOW + 10, 10).await.unwrap().remove(0);
        assert_eq!(db.store.enqueue(job("k", NOW), NOW).await.unwrap(), Enqueued::Running(id));
        assert!(db.store.complete_job(mine.proof(), NOW + 11).await.unwrap());
        let again = db.store.claim_jobs("a", &[], 5, NOW + 11, 10).await.unwrap().remove(0);
        assert_eq!((again.id, again.again), (id, false), "it runs once more");
        assert!(db.store.complete_job(again.proof(), NOW).await.unwrap());
        assert!(db.store.jobs(10).await.unwrap().is_empty());
    }

    async fn a_job_whose_lease_ran_out_is_claimed_again_and_a_heartbeat_prevents_it(db: Db) {
        db.store.enqueue(job("k", NOW), NOW).await.unwrap();
        let first = db.store.claim_jobs("a", &[], 1, NOW, 10).await.unwrap().remove(0);
        assert!(db.store.heartbeat(first.proof(), NOW + 9, 10).await.unwrap());
        assert!(db.store.claim_jobs("b", &[], 1, NOW + 15, 10).await.unwrap().is_empty());
        let second = db.store.claim_jobs("b", &[], 1, NOW + 19, 10).await.unwrap().remove(0);
        assert!(!db.store.heartbeat(first.proof(), NOW + 20, 10).await.unwrap());
        assert!(!db.store.fail_job(first.proof(), "late", None, NOW).await.unwrap());
        assert!(!db.store.park_job(first.proof(), NOW, "late", None).await.unwrap());
        assert_eq!((second.fence, second.holder.as_deref()), (2, Some("b")));
    }

    async fn a_failure_backs_off_parking_counts_no_failure_and_giving_up_frees_the_key(db: Db) {
        db.store.enqueue(job("k", NOW), NOW).await.unwrap();
        let claim = |at| db.store.claim_jobs("a", &[], 1, at, 10);
        let mine = claim(NOW).await.unwrap().remove(0);
        assert!(db.store.fail_job(mine.proof(), "boom", Some(NOW + 100), NOW).await.unwrap());
        let mine = claim(NOW + 100).await.unwrap().remove(0);
        assert_eq!((mine.failures, mine.error.as_deref()), (1, Some("boom")));
        assert!(db.store.park_job(mine.proof(), NOW + 200, "quota", Some("{\"page\":3}")).await.unwrap());
        let mine = claim(NOW + 200).await.unwrap().remove(0);
        assert_eq!((mine.failures, mine.payload.as_str()), (1, "{\"page\":3}"));
        assert!(db.store.fail_job(mine.proof(), "no use", None, NOW + 201).await.unwrap());
        assert!(matches!(db.store.enqueue(job("k", NOW), NOW).await.unwrap(), Enqueued::New(_)));
        assert_eq!(db.store.prune_jobs(NOW + 202).await.unwrap(), 1);
        assert_eq!(db.store.jobs(10).await.unwrap().len(), 1);
    }

    async fn two_processes_never_claim_the_same_job_and_enqueuing_wakes(db: Db) {
        let wakeups = db.store.job_wakeups();
        for n in 0..20 {
            db.store.enqueue(job(&n.to_string(), NOW), NOW).await.unwrap();
        }
        tokio::time::timeout(Duration::from_secs(5), wakeups.notified()).await.unwrap();
        let other = Store::open(&db.url, options()).await.unwrap();
        let (a, b) = tokio::join!(db.store.claim_jobs("a", &[], 15, NOW, 10), other.claim_jobs("b", &[], 15, NOW, 10));
        let mut ids: Vec<Uuid> = a.unwrap().into_iter().chain(b.unwrap()).map(|job| job.id).collect();
        ids.sort();
        ids.dedup();
        assert!(ids.len() >= 15);
        let fences: Vec<i64> = db.store.jobs(100).await.unwrap().iter().map(|job| job.fence).collect();
        assert!(fences.iter().all(|fence| *fence <= 1), "{fences:?}");
    }

    async fn due_streams_are_those_of_complete_accounts(db: Db) {
        let account = db.account("o").await;
        assert_eq!(db.store.due_streams(NOW - 1, 10).await.unwrap().len(), 0);
        assert_eq!(db.store.due_streams(NOW, 10).await.unwrap()[0].account, account);
        let queued = StreamSchedule { status: Some(StreamStatus::Queued), ..StreamSchedule::default() };
        assert!(db.scope().schedule_stream(account, MODEL, queued).await.unwrap());
        assert_eq!(db.store.due_streams(NOW, 10).await.unwrap().len(), 0);
        let idle = StreamSchedule { status: Some(StreamStatus::Idle), interval_us: Some(None), ..StreamSchedule::default() };
        assert!(db.scope().schedule_stream(account, MODEL, idle).await.unwrap());
        assert_eq!(db.scope().stream(account, MODEL).await.unwrap().unwrap().interval_us, None);
        let update = AccountUpdate { status: Some((AccountStatus::RelinkNeeded, None)), ..AccountUpdate::default() };
        db.scope().update_account(account, update, NOW).await.unwrap();
        assert_eq!(db.store.due_streams(NOW, 10).await.unwrap().len(), 0);
    }
}
