//! Opening and migrating.

use crate::db::*;
use unisono_store::*;

both! {
    async fn opening_twice_at_once_migrates_once(db: Db) {
        let version = db.store.schema_version().await.unwrap();
        let opens = (0..4).map(|_| {
            let url = db.url.clone();
            tokio::spawn(async move { Store::open(&url, options()).await.unwrap().schema_version().await.unwrap() })
        });
        for open in opens.collect::<Vec<_>>() {
            assert_eq!(open.await.unwrap(), version);
        }
        assert_eq!(db.store.projects().await.unwrap().len(), 1);
        db.store.ping().await.unwrap();
    }

    async fn a_database_of_a_newer_version_is_refused(db: Db) {
        let url = db.url.clone();
        let raise = "insert into schema_version (version) values (9999)";
        tokio::task::spawn_blocking(move || match url.strip_prefix("sqlite:") {
            Some(path) => rusqlite::Connection::open(path).unwrap().execute_batch(raise).unwrap(),
            None => postgres::Client::connect(&url, postgres::NoTls).unwrap().batch_execute(raise).unwrap(),
        })
        .await
        .unwrap();
        let refused = Store::open(&db.url, options()).await.unwrap_err();
        assert!(matches!(refused, OpenError::Newer { found: 9999, .. }));
        assert!(refused.to_string().contains("newer than"));
    }
}

#[tokio::test]
async fn fresh_databases_opened_at_once_are_migrated_once() {
    let dir = tempfile::tempdir().unwrap();
    let url = format!("sqlite:{}", dir.path().join("new.db").display());
    let opens: Vec<_> = (0..4)
        .map(|_| {
            let url = url.clone();
            tokio::spawn(async move { Store::open(&url, options()).await.map(drop) })
        })
        .collect();
    for open in opens {
        open.await.unwrap().unwrap();
    }
}

#[tokio::test]
async fn an_outdated_database_is_refused_unless_migrating_is_allowed() {
    let dir = tempfile::tempdir().unwrap();
    let url = format!("sqlite:{}", dir.path().join("new.db").display());
    let refused = Store::open(&url, OpenOptions { migrate: false, ..options() }).await.unwrap_err();
    assert!(matches!(refused, OpenError::Older { found: 0, .. }));
}

#[tokio::test]
async fn a_broken_url_is_explained_without_its_password() {
    let cases = [
        ("", "no scheme"),
        ("data.db", "no scheme"),
        ("mysql://x", "`mysql` is not a known kind"),
        ("sqlite:", "needs a path"),
        ("sqlite::memory:", "not supported"),
        ("postgres://u:hunter2@h/d?sslmode=maybe", "sslmode `maybe`"),
        ("postgres://u:hunter2@h:port/d", "port"),
        ("postgres:", "host"),
    ];
    for (url, part) in cases {
        let message = Store::open(url, options()).await.unwrap_err().to_string();
        assert!(message.contains("database url is invalid") && message.contains(part), "{url}: {message}");
        assert!(!message.contains("hunter2"), "{message}");
    }
    let message = Store::open("postgres://u:hunter2@127.0.0.1:1/d", options()).await.unwrap_err().to_string();
    assert!(message.contains("d on 127.0.0.1") && !message.contains("hunter2"), "{message}");
    let message = Store::open("sqlite:/nonexistent/x.db", options()).await.unwrap_err().to_string();
    assert!(message.contains("/nonexistent/x.db"), "{message}");
}
