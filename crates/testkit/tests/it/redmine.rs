//! A real Redmine, linked twice (SQLite and PostgreSQL) and read through Merge's SDK.

use std::collections::BTreeMap;
use std::time::Duration;

use serde_json::{Value, json};
use unisono_engine::SyncState;
use unisono_testkit::{Linked, TestApp, client, needed, root, run};

use crate::database;

const TICKET: &str = "ticketing.ticket";
const COMMENT: &str = "ticketing.comment";
const EDITED: &str = "101";
const DELETED: &str = "102";

struct Redmine {
    url: String,
    key: String,
    seed: Value,
    python: String,
    client: reqwest::Client,
}

impl Redmine {
    fn find() -> Option<Self> {
        let url = needed("UNISONO_TEST_REDMINE_URL")?;
        let key = needed("UNISONO_TEST_REDMINE_KEY")?;
        let seed = serde_json::from_str(&needed("UNISONO_TEST_REDMINE_SEED")?).unwrap();
        let python = needed("UNISONO_TEST_PYTHON")?;
        Some(Self { url, key, seed, python, client: client() })
    }

    fn seeded(&self, what: &str) -> usize {
        usize::try_from(self.seed[what].as_u64().unwrap()).unwrap()
    }

    async fn edit(&self, issue: &str, subject: &str) {
        let change = json!({ "issue": { "subject": subject, "notes": "a third comment" } });
        let request = self.client.put(format!("{}/issues/{issue}.json", self.url)).json(&change);
        let reply = request.header("X-Redmine-API-Key", &self.key).send().await.unwrap();
        assert!(reply.status().is_success(), "{}", reply.status());
    }

    async fn delete(&self, issue: &str) {
        let request = self.client.delete(format!("{}/issues/{issue}.json", self.url));
        let reply = request.header("X-Redmine-API-Key", &self.key).send().await.unwrap();
        assert!(reply.status().is_success(), "{}", reply.status());
    }

    /// Links this Redmine and reads everything.
    async fn sync(&self, app: &TestApp) -> Linked {
        let fields = [("url", &self.url), ("api_key", &self.key)];
        let fields = fields.into_iter().map(|(name, value)| (name.to_owned(), value.clone())).collect();
        let linked = app.link_with("customer", "redmine", "ticketing", fields).await;
        app.settle().await;
        linked
    }

    /// What Merge's SDK says; it also compares with what Redmine says (`python/redmine_sdk.py`).
    async fn sdk(&self, app: &TestApp, linked: &Linked, args: &[&str]) -> Value {
        let script = root().join("crates/testkit/python/redmine_sdk.py");
        let mut all = vec![script.to_str().unwrap()];
        all.extend(args);
        let base = format!("{}/api", app.url);
        let vars = [
            ("BASE_URL", base.as_str()),
            ("API_KEY", &app.key),
            ("ACCOUNT_TOKEN", &linked.token),
            ("REDMINE_URL", &self.url),
            ("REDMINE_KEY", &self.key),
        ];
        let ran = run(&self.python, &all, &vars, b"", Duration::from_secs(120)).await;
        assert!(ran.ok, "{}\n{}", ran.stdout, ran.stderr);
        serde_json::from_str(&ran.stdout).unwrap()
    }
}

async fn reads_comments(app: &TestApp, linked: &Linked) -> bool {
    let syncs = app.engine.sync_status(app.project, linked.account).await.unwrap();
    syncs.iter().any(|sync| sync.model == COMMENT)
}

async fn everything_is_there(redmine: &Redmine, app: &TestApp, linked: &Linked) {
    assert_eq!(app.rejects(linked).await.len(), 0, "{:?}", app.rejects(linked).await);
    for sync in app.engine.sync_status(app.project, linked.account).await.unwrap() {
        assert_eq!(sync.status, SyncState::Done, "{}", sync.model);
    }
    let attachments = app.records(linked, "ticketing.attachment", false).await.len();
    assert_eq!(attachments, redmine.seeded("attachments"));
    let found = redmine.sdk(app, linked, &["compare"]).await;
    let wanted = json!({
        "tickets": redmine.seeded("issues"),
        "comments": if reads_comments(app, linked).await { redmine.seeded("comments") } else { 0 },
        "users": redmine.seeded("users"),
        "projects": redmine.seeded("projects"),
        "differences": [],
    });
    assert_eq!(found, wanted);
}

async fn an_unchanged_pass_writes_nothing(app: &TestApp, linked: &Linked) {
    for model in [TICKET, "ticketing.user", "ticketing.project", "ticketing.collection"] {
        let before = app.records(linked, model, true).await;
        let run = app.sync(linked, model, true).await;
        assert_eq!((run.kind.as_str(), run.result.as_str()), ("full", "complete"), "{model}: {:?}", run.error);
        assert_eq!((run.added, run.changed, run.deleted), (0, 0, 0), "{model}");
        assert_eq!(run.unchanged, before.len() as u64, "{model}");
        assert_eq!(app.records(linked, model, true).await, before, "{model}");
    }
}

async fn one_edit_is_one_change(redmine: &Redmine, app: &TestApp, linked: &Linked, before: &str, subject: &str) {
    let run = app.sync(linked, TICKET, false).await;
    assert_eq!((run.kind.as_str(), run.result.as_str()), ("incremental", "complete"), "{:?}", run.error);
    assert_eq!((run.added, run.changed, run.deleted), (0, 1, 0));
    let found = redmine.sdk(app, linked, &["changed", before]).await;
    assert_eq!(found, json!([[EDITED, subject]]));

    if !reads_comments(app, linked).await {
        return;
    }
    let run = app.sync(linked, COMMENT, false).await;
    assert_eq!((run.added, run.changed, run.deleted), (1, 0, 0), "the third comment");
    assert!(run.requests < 20, "only changed tickets are visited: {} requests", run.requests);
}

async fn one_deletion_is_one_tombstone(redmine: &Redmine, app: &TestApp, linked: &Linked) {
    let run = app.sync(linked, TICKET, true).await;
    assert_eq!((run.result.as_str(), run.added, run.changed, run.deleted), ("complete", 0, 0, 1), "{:?}", run.error);
    let rest = redmine.seeded("issues") - 1;
    let found = redmine.sdk(app, linked, &["deleted"]).await;
    assert_eq!(found, json!({ "listed": rest, "with_deleted": rest + 1, "deleted": [DELETED] }));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_real_redmine_is_read_as_it_is_on_both_databases() {
    let Some(redmine) = Redmine::find() else { return };
    let Some(postgres) = database::postgres().await else { return };
    // Redmine is ours, so nobody has to be spared. Comments take one request an issue, a minute in all: once is enough.
    let sqlite = TestApp::with().page(100).start().await;
    let postgres = TestApp::with().page(100).database(postgres).without("ticketing/comment.yaml").start().await;
    let (on_sqlite, on_postgres) = tokio::join!(redmine.sync(&sqlite), redmine.sync(&postgres));
    let both = [(&sqlite, &on_sqlite), (&postgres, &on_postgres)];
    for (app, linked) in both {
        everything_is_there(&redmine, app, linked).await;
        an_unchanged_pass_writes_nothing(app, linked).await;
    }

    let before = unisono_engine::Clock::now(&*sqlite.clock).to_string();
    let subject = "Reset password, please & <b>soon</b>: 会議室";
    redmine.edit(EDITED, subject).await;
    for (app, linked) in both {
        one_edit_is_one_change(&redmine, app, linked, &before, subject).await;
    }
    redmine.delete(DELETED).await;
    for (app, linked) in both {
        one_deletion_is_one_tombstone(&redmine, app, linked).await;
    }
    same_on_both(both).await;
}

/// Both databases hold the same records, apart from ids and times of their own.
async fn same_on_both(both: [(&TestApp, &Linked); 2]) {
    for model in [TICKET, "ticketing.user", "ticketing.project"] {
        let mut held: Vec<BTreeMap<String, Value>> = Vec::new();
        for (app, linked) in both {
            held.push(app.records(linked, model, true).await);
        }
        assert!(held[0].keys().eq(held[1].keys()), "{model}");
        for (id, record) in &held[0] {
            for field in
                ["name", "description", "status", "priority", "due_date", "email_address", "remote_was_deleted"]
            {
                assert_eq!(record.get(field), held[1][id].get(field), "{model} {id} {field}");
            }
        }
    }
}
