//! A fresh database per test, and short words for making rows.

use bytes::Bytes;
use unisono_store::*;
use uuid::Uuid;

/// Runs a test's body on every database there is.
macro_rules! both {
    ($($(#[$meta:meta])* async fn $name:ident($db:ident: Db) $body:block)*) => { $(
        $(#[$meta])*
        mod $name {
            use super::*;
            async fn body($db: &Db) $body
            #[tokio::test]
            async fn on_sqlite() {
                let db = Db::sqlite().await;
                body(&db).await;
            }
            #[tokio::test]
            async fn on_postgres() {
                let Some(db) = Db::postgres().await else { return };
                body(&db).await;
                db.drop_schema().await;
            }
        }
    )* };
}
pub(crate) use both;

pub const MODEL: &str = "hris.employee";
pub const NOW: i64 = 1_700_000_000_000_000;

pub struct Db {
    pub store: Store,
    pub url: String,
    pub project: Uuid,
    schema: Option<(String, String)>,
    _dir: Option<tempfile::TempDir>,
}

impl Db {
    pub async fn sqlite() -> Self {
        let dir = tempfile::tempdir().unwrap();
        let url = format!("sqlite:{}", dir.path().join("test.db").display());
        Self::open(url, None, Some(dir)).await
    }

    pub async fn postgres() -> Option<Self> {
        #[allow(clippy::disallowed_methods, reason = "a test has no command line to be configured by")]
        let Ok(base) = std::env::var("UNISONO_TEST_POSTGRES") else {
            eprintln!("UNISONO_TEST_POSTGRES is not set: PostgreSQL is left out");
            return None;
        };
        let schema = format!("t_{}", Uuid::new_v4().simple());
        admin(&base, format!("create schema {schema}")).await;
        let glue = if base.contains('?') { '&' } else { '?' };
        let url = format!("{base}{glue}options=-csearch_path%3D{schema}");
        Some(Self::open(url, Some((base, schema)), None).await)
    }

    async fn open(url: String, schema: Option<(String, String)>, dir: Option<tempfile::TempDir>) -> Self {
        let store = Store::open(&url, options()).await.unwrap();
        let project = Uuid::new_v4();
        store.create_project(project, "test", NOW).await.unwrap();
        Self { store, url, project, schema, _dir: dir }
    }

    pub async fn drop_schema(&self) {
        if let Some((base, schema)) = &self.schema {
            admin(base, format!("drop schema {schema} cascade")).await;
        }
    }

    pub fn scope(&self) -> Scope {
        self.store.project(self.project)
    }

    /// An account with one stream.
    pub async fn account(&self, origin: &str) -> Uuid {
        let id = Uuid::new_v4();
        self.scope().create_account(new_account(id, origin), NOW).await.unwrap();
        self.stream(id, MODEL).await;
        id
    }

    pub async fn stream(&self, account: Uuid, model: &str) {
        let stream = NewStream {
            account,
            model: model.to_owned(),
            interval_us: Some(60),
            full_interval_us: None,
            next_sync_us: Some(NOW),
            disabled: false,
        };
        assert!(self.scope().ensure_stream(stream).await.unwrap());
    }

    pub async fn run(&self, account: Uuid, kind: RunKind) -> Uuid {
        let id = Uuid::new_v4();
        let run = NewRun { id, account, model: MODEL.to_owned(), kind };
        assert!(self.scope().start_run(run, NOW).await.unwrap());
        id
    }

    pub async fn commit(&self, page: PageCommit) -> Counts {
        self.scope().commit(page).await.unwrap()
    }

    pub async fn all(&self, query: ListQuery) -> Vec<RecordRow> {
        let (mut query, mut rows) = (query, Vec::new());
        loop {
            let page = self.scope().list(query.clone()).await.unwrap();
            rows.extend(page.rows);
            match page.next {
                Some(after) => query.after = Some(after),
                None => return rows,
            }
        }
    }

    /// Rows of every table that has an account column, read behind the store's back.
    pub async fn rows_of(&self, account: Uuid) -> Vec<(String, i64)> {
        let (url, schema) = (self.url.clone(), self.schema.clone());
        tokio::task::spawn_blocking(move || match schema {
            None => sqlite_rows(url.strip_prefix("sqlite:").unwrap(), account),
            Some((base, schema)) => postgres_rows(&base, &schema, account),
        })
        .await
        .unwrap()
    }
}

fn sqlite_rows(path: &str, account: Uuid) -> Vec<(String, i64)> {
    let db = rusqlite::Connection::open(path).unwrap();
    let text = "select m.name from sqlite_master m, pragma_table_info(m.name) c where m.type = 'table' and c.name = 'account' order by 1";
    let mut statement = db.prepare(text).unwrap();
    let tables: Vec<String> = statement.query_map([], |row| row.get(0)).unwrap().map(Result::unwrap).collect();
    let count = |table: &String| {
        let text = format!("select count(*) from \"{table}\" where account = ?1");
        db.query_row(&text, [account.as_bytes().as_slice()], |row| row.get(0)).unwrap()
    };
    tables.iter().map(|table| (table.clone(), count(table))).collect()
}

fn postgres_rows(base: &str, schema: &str, account: Uuid) -> Vec<(String, i64)> {
    let mut db = postgres::Client::connect(base, postgres::NoTls).unwrap();
    let text = "select table_name::text from information_schema.columns where table_schema = $1 and column_name = 'account' order by 1";
    let tables: Vec<String> = db.query(text, &[&schema]).unwrap().iter().map(|row| row.get(0)).collect();
    let mut counts = Vec::new();
    for table in tables {
        let text = format!("select count(*) from {schema}.\"{table}\" where account = '{account}'");
        counts.push((table, db.query_one(&text, &[]).unwrap().get(0)));
    }
    counts
}

async fn admin(base: &str, text: String) {
    let base = base.to_owned();
    tokio::task::spawn_blocking(move || {
        postgres::Client::connect(&base, postgres::NoTls).unwrap().batch_execute(&text).unwrap();
    })
    .await
    .unwrap();
}

pub fn options() -> OpenOptions {
    OpenOptions { connections: 2, ..OpenOptions::default() }
}

pub fn hash(n: u8) -> Hash {
    [n; 32]
}

pub fn sealed(text: &str) -> Sealed {
    Sealed { key_id: "k1".to_owned(), bytes: text.as_bytes().to_vec() }
}

pub fn new_account(id: Uuid, origin: &str) -> NewAccount {
    let mut token: Hash = [0; 32];
    token[..16].copy_from_slice(id.as_bytes());
    NewAccount {
        id,
        connector: "acme".to_owned(),
        category: "hris".to_owned(),
        end_user_origin_id: origin.to_owned(),
        end_user_organization_name: "Org".to_owned(),
        end_user_email_address: "a@example.com".to_owned(),
        status: AccountStatus::Complete,
        account_type: "PRODUCTION".to_owned(),
        config: r#"{"subdomain": "x"}"#.to_owned(),
        token: TokenChange { hash: token, sealed: sealed("token") },
    }
}

pub fn record_id(n: i64) -> Uuid {
    Uuid::new_v5(&Uuid::nil(), n.to_string().as_bytes())
}

/// Record `n` in a version.
pub fn upsert(n: i64, version: i64) -> Upsert {
    let unified = format!(r#"{{"first_name":"Name {n:04}","version":{version}}}"#);
    with_json(n, version, &unified)
}

pub fn with_json(n: i64, raw_hash: i64, unified: &str) -> Upsert {
    Upsert {
        id: record_id(n),
        remote_id: n.to_string(),
        raw_hash,
        unified: Bytes::from(unified.to_owned()),
        remote_data: Some(Bytes::from(format!(r#"[{{"path":"/e","data":{{"v":{raw_hash}}}}}]"#))),
        origins: None,
        remote_fields: None,
    }
}

pub fn page(account: Uuid, upserts: Vec<Upsert>) -> PageCommit {
    PageCommit {
        account,
        model: MODEL.to_owned(),
        upserts,
        pages: 1,
        requests: 1,
        now_us: NOW,
        ..PageCommit::default()
    }
}

pub fn query(account: Uuid) -> ListQuery {
    ListQuery { account, model: MODEL.to_owned(), page_size: 100, ..ListQuery::default() }
}

pub fn names(rows: &[RecordRow]) -> Vec<String> {
    rows.iter().map(|row| row.remote_id.clone()).collect()
}
