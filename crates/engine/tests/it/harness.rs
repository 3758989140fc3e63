//! One engine over a fresh database, a vendor and a clock that stands still until it is moved.

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};
use std::time::Duration;

use serde_json::Value;
use unisono_auth::Sealer;
use unisono_connector::Connector;
use unisono_engine::{
    Clock, Config, Connectors, Engine, LinkRequest, LinkTokenRequest, ListParams, PageRequest, Parts, RequestBuffer,
    Run, Shape, SyncState, SyncStatus, Time,
};
use unisono_model::Models;
use unisono_outbound::{Guard, GuardConfig, Outbound};
use unisono_store::{OpenOptions, Store};
use uuid::Uuid;

use crate::vendor::Vendor;

pub const EMPLOYEE: &str = "hris.employee";
pub const TIME_OFF: &str = "hris.time_off";
pub const LOCATION: &str = "hris.location";

const CONNECTOR: &str = r#"
name: Acme HR
categories: [hris]
base_url: "{{ .config.url }}"
fields:
  - { name: url, title: Address, type: url }
  - { name: key, title: Key, type: secret }
auth:
  - { scheme: api_key, in: header, name: X-Key, value: "{{ .credentials.key }}" }
check: { get: /me }
message: .body.message
evidence: { level: none }
"#;
const EMPLOYEES: &str = r#"
streams:
  - name: employees
    request: { get: /employees }
    records: .data
    page: { by: cursor, at: .next, param: cursor, size: 3, size_param: limit, total: .total }
    incremental:
      since: { param: updated_after, format: rfc3339 }
      field: .updated
      overlap_s: 60
    deleted: .gone == true
read:
  id: .id
  fields:
    employee_number: .id
    first_name: .first
    manager: .boss
    hire_date: .hired
    ssn: .ssn
    gender: { from: .gender, map: { F: FEMALE, M: MALE } }
"#;
const TIME_OFFS: &str = r#"
streams:
  - request: { get: "/employees/{{ .parent.id }}/time_off" }
    records: .data
    parent: { model: hris.employee }
read:
  id: .id
  fields:
    employee: $parent.id
    start_time: .start
"#;
const LOCATIONS: &str = r#"
streams:
  - request: { get: /locations }
    records: .data
    join:
      - { as: detail, request: { get: "/locations/{{ .record.id }}/detail" } }
read:
  id: .id
  fields:
    name: .name
    city: .detail.city
"#;

pub struct HandClock(pub AtomicI64);

impl Clock for HandClock {
    fn now(&self) -> Time {
        Time(self.0.load(Ordering::SeqCst))
    }
}

struct One(Arc<Connector>);

impl Connectors for One {
    fn get(&self, slug: &str) -> Option<Arc<Connector>> {
        (slug == self.0.slug).then(|| self.0.clone())
    }

    fn list(&self) -> Vec<Arc<Connector>> {
        vec![self.0.clone()]
    }
}

pub struct Bench {
    pub engine: Engine,
    pub vendor: Vendor,
    pub url: String,
    pub clock: Arc<HandClock>,
    pub store: Store,
    pub project: Uuid,
    models: Arc<Models>,
    sealer: Arc<Sealer>,
    config: Config,
    connector: Arc<Connector>,
    _dir: tempfile::TempDir,
}

pub fn models() -> Models {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../models");
    let mut files = Vec::new();
    for category in ["hris", "platform"] {
        let Ok(entries) = std::fs::read_dir(root.join(category)) else { continue };
        for entry in entries {
            let path = entry.unwrap().path();
            let name = format!("{category}/{}", path.file_name().unwrap().to_string_lossy());
            files.push((name, std::fs::read_to_string(&path).unwrap()));
        }
    }
    Models::load(files).unwrap()
}

impl Bench {
    /// A project on a fresh database, and a vendor that reads employees only.
    pub async fn new() -> Self {
        Self::reading(&[EMPLOYEE]).await
    }

    pub async fn reading(wanted: &[&str]) -> Self {
        let models = Arc::new(models());
        let texts = [(EMPLOYEE, EMPLOYEES), (TIME_OFF, TIME_OFFS), (LOCATION, LOCATIONS)];
        let mut files = vec![("connector.yaml".to_owned(), CONNECTOR.to_owned())];
        for (model, text) in texts.iter().filter(|(model, _)| wanted.contains(model)) {
            files.push((format!("{}.yaml", model.replace('.', "/")), (*text).to_owned()));
        }
        let connector = Arc::new(Connector::load("acme", files, &models).unwrap());
        let dir = tempfile::tempdir().unwrap();
        let path = format!("sqlite:{}", dir.path().join("unisono.db").display());
        let store = Store::open(&path, OpenOptions::default()).await.unwrap();
        let (vendor, url) = Vendor::start().await;
        let clock = Arc::new(HandClock(AtomicI64::new(Time::parse("2026-01-02T00:00:00Z").unwrap().0)));
        let sealer = Arc::new(Sealer::parse(&Sealer::generate()).unwrap());
        let config = Config { jitter: 0.0, ..Config::default() };
        let engine = build(&store, &clock, &models, &sealer, &connector, &config, 1);
        let project = engine.create_project("acme").await.unwrap().id;
        Self { engine, vendor, url, clock, store, project, models, sealer, config, connector, _dir: dir }
    }

    /// Another process over the same database.
    pub fn another_engine(&self, seed: u64) -> Engine {
        build(&self.store, &self.clock, &self.models, &self.sealer, &self.connector, &self.config, seed)
    }

    pub fn pass(&self, seconds: i64) {
        self.clock.0.fetch_add(seconds * 1_000_000, Ordering::SeqCst);
    }

    pub async fn link_token(&self) -> String {
        let request = LinkTokenRequest {
            end_user_origin_id: "customer-1".into(),
            end_user_organization_name: "Customer".into(),
            end_user_email_address: "c@example.com".into(),
            categories: vec!["hris".into()],
            ..LinkTokenRequest::default()
        };
        self.engine.create_link_token(self.project, request).await.unwrap().link_token
    }

    pub fn link_request(&self, key: &str) -> LinkRequest {
        let fields = BTreeMap::from([("url".to_owned(), self.url.clone()), ("key".to_owned(), key.to_owned())]);
        LinkRequest { connector: "acme".into(), fields, ..LinkRequest::default() }
    }

    /// Links an account; its first sync is due.
    pub async fn link(&self) -> Uuid {
        let token = self.link_token().await;
        self.engine.link(&token, self.link_request("good")).await.unwrap().account
    }

    pub async fn run(&self) -> unisono_engine::JobsDone {
        self.engine.run_due_jobs().await.unwrap()
    }

    pub async fn full(&self, account: Uuid) -> Run {
        self.engine.sync_now(self.project, account, None, true).await.unwrap();
        self.run().await;
        self.last_run(account).await
    }

    pub async fn changes(&self, account: Uuid) -> Run {
        self.engine.sync_now(self.project, account, None, false).await.unwrap();
        self.run().await;
        self.last_run(account).await
    }

    pub async fn last_run(&self, account: Uuid) -> Run {
        self.runs(account).await.remove(0)
    }

    pub async fn runs(&self, account: Uuid) -> Vec<Run> {
        let runs = self.engine.runs(self.project, account, Some(EMPLOYEE), &PageRequest::default()).await;
        runs.unwrap().results
    }

    pub async fn status(&self, account: Uuid) -> SyncStatus {
        self.engine.sync_status(self.project, account).await.unwrap().remove(0)
    }

    pub async fn state(&self, account: Uuid) -> SyncState {
        self.status(account).await.status
    }

    /// All records of a model.
    pub async fn rows(&self, account: Uuid, model: &str) -> Vec<Value> {
        self.rows_with(account, model, &ListParams::default()).await
    }

    pub async fn rows_with(&self, account: Uuid, model: &str, params: &ListParams) -> Vec<Value> {
        let page = self.engine.list(self.project, account, model, params).await.unwrap();
        let body: Value = serde_json::from_slice(&page.body).unwrap();
        body["results"].as_array().unwrap().clone()
    }

    pub async fn deleted_too(&self, account: Uuid) -> Vec<Value> {
        let shape = Shape { include_deleted: true, ..Shape::default() };
        self.rows_with(account, EMPLOYEE, &ListParams { shape, ..ListParams::default() }).await
    }

    pub async fn issues(&self) -> Vec<(String, String)> {
        let all = self.engine.issues(self.project, &Default::default(), &PageRequest::default()).await.unwrap();
        all.results.into_iter().map(|issue| (issue.kind, issue.status)).collect()
    }
}

fn build(
    store: &Store,
    clock: &Arc<HandClock>,
    models: &Arc<Models>,
    sealer: &Arc<Sealer>,
    connector: &Arc<Connector>,
    config: &Config,
    seed: u64,
) -> Engine {
    let requests = RequestBuffer::default();
    let guard = Guard::new(GuardConfig { allow_private: true, allow_http: true, ..GuardConfig::default() });
    let mut out = unisono_outbound::Config::new(guard);
    out.limits.attempts_max = 1;
    out.timeouts.idle = Duration::from_millis(400);
    out.log = Some(requests.hook());
    Engine::new(Parts {
        store: store.clone(),
        outbound: Outbound::new(out).unwrap(),
        sealer: sealer.clone(),
        connectors: Arc::new(One(connector.clone())),
        models: models.clone(),
        requests,
        clock: clock.clone(),
        seed: Some(seed),
        config: config.clone(),
    })
}
