//! A server without a socket: two projects, an HR account with records, a CRM account, and another project's account.

use std::sync::{Arc, LazyLock};

use axum::Router;
use axum::body::{Body, to_bytes};
use axum::http::{HeaderMap, Request, StatusCode};
use bytes::Bytes;
use serde_json::{Map, Value, json};
use sha2::{Digest as _, Sha256};
use tempfile::TempDir;
use tower::ServiceExt as _;
use unisono_auth::Sealer;
use unisono_connector::{Connector, record_id};
use unisono_engine::{Connectors, Engine, Parts, RequestBuffer, SystemClock};
use unisono_model::Models;
use unisono_outbound::{Guard, GuardConfig, Outbound};
use unisono_server::{Options, router};
use unisono_store::{AccountStatus, NewAccount, NewStream, OpenOptions, PageCommit, Store, TokenChange, Upsert};
use uuid::Uuid;

/// The models are read once for all tests.
pub static MODELS: LazyLock<Arc<Models>> = LazyLock::new(|| Arc::new(read_models()));

pub struct App {
    pub router: Router,
    pub engine: Engine,
    pub project: Uuid,
    pub key: String,
    pub hris: Account,
    pub crm: Account,
    /// Another project's key and account.
    pub foreign_key: String,
    pub foreign: Account,
    store: Store,
    _dir: TempDir,
}

#[derive(Clone)]
pub struct Account {
    pub id: Uuid,
    pub token: String,
}

pub struct Answer {
    pub status: StatusCode,
    pub headers: HeaderMap,
    pub body: Bytes,
}

impl Answer {
    pub fn json(&self) -> Value {
        serde_json::from_slice(&self.body)
            .unwrap_or_else(|_| panic!("not JSON: {}", String::from_utf8_lossy(&self.body)))
    }

    pub fn header(&self, name: &str) -> &str {
        self.headers.get(name).map_or("", |value| value.to_str().unwrap())
    }

    /// Asserts success and gives the JSON.
    pub fn ok(&self) -> Value {
        assert!(self.status.is_success(), "{} {}", self.status, String::from_utf8_lossy(&self.body));
        self.json()
    }

    /// Values of one field over a page's results.
    pub fn column(&self, field: &str) -> Vec<String> {
        let results = self.ok()["results"].as_array().unwrap().clone();
        results.iter().map(|record| record[field].as_str().unwrap_or_default().to_owned()).collect()
    }
}

impl App {
    pub async fn start() -> Self {
        Self::with(Options::default()).await
    }

    pub async fn with(options: Options) -> Self {
        let dir = tempfile::tempdir().unwrap();
        let url = format!("sqlite:{}", dir.path().join("unisono.db").display());
        let store = Store::open(&url, OpenOptions { connections: 2, migrate: true }).await.unwrap();
        let sealer = Sealer::parse(&Sealer::generate()).unwrap();
        let engine = engine(store.clone(), sealer);
        let project = engine.create_project("first").await.unwrap().id;
        let other = engine.create_project("second").await.unwrap().id;
        let key = engine.create_key(project, "test").await.unwrap().secret;
        let foreign_key = engine.create_key(other, "test").await.unwrap().secret;
        let hris = account(&store, project, "hris", "acme").await;
        let crm = account(&store, project, "crm", "acme").await;
        let foreign = account(&store, other, "hris", "rival").await;
        let router = router(engine.clone(), Arc::clone(&MODELS), options).unwrap();
        Self { router, engine, project, key, hris, crm, foreign_key, foreign, store, _dir: dir }
    }

    /// Another account of the first project.
    pub async fn account(&self, category: &str) -> Account {
        account(&self.store, self.project, category, "more").await
    }

    /// Stores records of one model, `(remote id, fields)` each, and gives their ids.
    pub async fn records(&self, account: &Account, model: &str, records: &[(&str, Value)]) -> Vec<Uuid> {
        let project = if account.id == self.foreign.id { self.other_project().await } else { self.project };
        let scope = self.store.project(project);
        let stream = NewStream {
            account: account.id,
            model: model.to_owned(),
            interval_us: None,
            full_interval_us: None,
            next_sync_us: None,
            disabled: false,
        };
        scope.ensure_stream(stream).await.unwrap();
        let upserts: Vec<Upsert> = records.iter().map(|(id, fields)| upsert(account.id, model, id, fields)).collect();
        let ids = upserts.iter().map(|upsert| upsert.id).collect();
        let page = PageCommit {
            account: account.id,
            model: model.to_owned(),
            upserts,
            now_us: 1_700_000_000_000_000,
            ..PageCommit::default()
        };
        scope.commit(page).await.unwrap();
        ids
    }

    /// Marks records as deleted at the vendor.
    pub async fn remove(&self, account: &Account, model: &str, ids: &[Uuid]) {
        let page = PageCommit {
            account: account.id,
            model: model.to_owned(),
            removed: ids.to_vec(),
            now_us: 1_700_000_100_000_000,
            ..PageCommit::default()
        };
        self.store.project(self.project).commit(page).await.unwrap();
    }

    async fn other_project(&self) -> Uuid {
        let projects = self.engine.projects().await.unwrap();
        projects.iter().find(|project| project.id != self.project).unwrap().id
    }

    /// GET as the first project with the HR account.
    pub async fn get(&self, path: &str) -> Answer {
        self.send("GET", path, Some(&self.key), Some(&self.hris.token), None).await
    }

    pub async fn post(&self, path: &str, body: Value) -> Answer {
        self.send("POST", path, Some(&self.key), Some(&self.hris.token), Some(body)).await
    }

    pub async fn send(
        &self,
        method: &str,
        path: &str,
        key: Option<&str>,
        token: Option<&str>,
        body: Option<Value>,
    ) -> Answer {
        let mut request = Request::builder().method(method).uri(path);
        if let Some(key) = key {
            request = request.header("authorization", format!("Bearer {key}"));
        }
        if let Some(token) = token {
            request = request.header("x-account-token", token);
        }
        let body = match body {
            Some(body) => {
                request = request.header("content-type", "application/json");
                Body::from(body.to_string())
            }
            None => Body::empty(),
        };
        self.raw(request.body(body).unwrap()).await
    }

    /// A GET with one more header.
    pub async fn get_with(&self, path: &str, name: &str, value: &str) -> Answer {
        let request = Request::get(path)
            .header("authorization", format!("Bearer {}", self.key))
            .header("x-account-token", &self.hris.token)
            .header(name, value);
        self.raw(request.body(Body::empty()).unwrap()).await
    }

    pub async fn raw(&self, request: Request<Body>) -> Answer {
        let response = self.router.clone().oneshot(request).await.unwrap();
        let (parts, body) = response.into_parts();
        let body = to_bytes(body, 10_000_000).await.unwrap();
        Answer { status: parts.status, headers: parts.headers, body }
    }
}

fn engine(store: Store, sealer: Sealer) -> Engine {
    let config = unisono_outbound::Config::new(Guard::new(GuardConfig::default()));
    Engine::new(Parts {
        store,
        outbound: Outbound::new(config).unwrap(),
        sealer: Arc::new(sealer),
        connectors: Arc::new(NoConnectors),
        models: Arc::clone(&MODELS),
        requests: RequestBuffer::default(),
        clock: Arc::new(SystemClock),
        seed: None,
        config: unisono_engine::Config::default(),
    })
}

struct NoConnectors;

impl Connectors for NoConnectors {
    fn get(&self, _slug: &str) -> Option<Arc<Connector>> {
        None
    }

    fn list(&self) -> Vec<Arc<Connector>> {
        Vec::new()
    }
}

async fn account(store: &Store, project: Uuid, category: &str, customer: &str) -> Account {
    let id = Uuid::new_v4();
    let token = format!("acct_{id}");
    let hash = Sha256::digest(token.as_bytes()).into();
    let sealed = unisono_store::Sealed { key_id: "test".to_owned(), bytes: vec![0] };
    let new = NewAccount {
        id,
        connector: "acme".to_owned(),
        category: category.to_owned(),
        end_user_origin_id: customer.to_owned(),
        end_user_organization_name: customer.to_owned(),
        end_user_email_address: format!("it@{customer}.example"),
        status: AccountStatus::Complete,
        account_type: "PRODUCTION".to_owned(),
        config: "{}".to_owned(),
        token: TokenChange { hash, sealed },
    };
    store.project(project).create_account(new, 1_700_000_000_000_000).await.unwrap();
    Account { id, token }
}

/// The whole record as the engine stores it: every field of the model, null or empty when not given.
fn upsert(account: Uuid, model: &str, remote_id: &str, fields: &Value) -> Upsert {
    let declared = MODELS.model(model).unwrap();
    let mut unified = Map::new();
    for field in declared.own_fields() {
        let empty = if field.list { json!([]) } else { Value::Null };
        unified.insert(field.name.clone(), fields.get(&field.name).cloned().unwrap_or(empty));
    }
    Upsert {
        id: record_id(account, model, remote_id),
        remote_id: remote_id.to_owned(),
        raw_hash: 1,
        unified: Value::Object(unified).to_string().into(),
        remote_data: Some(json!([{ "path": "/people", "data": { "native": remote_id } }]).to_string().into()),
        origins: fields.get("_origins").map(|origins| origins.to_string().into()),
        remote_fields: None,
    }
}

fn read_models() -> Models {
    let root = concat!(env!("CARGO_MANIFEST_DIR"), "/../../models");
    let mut files = Vec::new();
    for category in std::fs::read_dir(root).unwrap().flatten() {
        for file in std::fs::read_dir(category.path()).unwrap().flatten() {
            files.push((file.path().display().to_string(), std::fs::read_to_string(file.path()).unwrap()));
        }
    }
    Models::load(files).unwrap()
}

/// Ids as they stand in replies.
pub fn texts(ids: &[Uuid]) -> Vec<String> {
    ids.iter().map(Uuid::to_string).collect()
}
