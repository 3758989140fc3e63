//! App: a running server, its engine and its vendors, and the short ways to them that tests read well with.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use serde_json::Value;
use tempfile::TempDir;
use tokio::task::JoinHandle;
use unisono_engine::{Engine, JobsDone, LinkRequest, LinkTokenRequest, PageRequest, Reject, Run};
use unisono_model::Models;
use unisono_sandbox::Running;
use uuid::Uuid;

use crate::setup::Engines;
use crate::{Setup, TestClock};

/// What is due within this time (microseconds) is only waiting for something else.
const SOON_US: i64 = 10_000_000;

/// Unisono, running.
pub struct TestApp {
    /// Every verb.
    pub engine: Engine,
    /// The common models.
    pub models: Arc<Models>,
    /// The time.
    pub clock: Arc<TestClock>,
    /// The one project.
    pub project: Uuid,
    /// Its API key.
    pub key: String,
    /// `http://127.0.0.1:<port>`.
    pub url: String,
    vendors: BTreeMap<String, Running>,
    engines: Engines,
    client: reqwest::Client,
    server: JoinHandle<std::io::Result<()>>,
    _dir: TempDir,
}

/// A linked account.
#[derive(Debug, Clone)]
pub struct Linked {
    /// Its id.
    pub account: Uuid,
    /// Its account token.
    pub token: String,
    /// Its category.
    pub category: String,
    slug: String,
    customer: String,
    fields: BTreeMap<String, String>,
}

/// What the server said.
#[derive(Debug)]
pub struct Answer {
    /// HTTP status.
    pub status: u16,
    /// The body; null when it is no JSON.
    pub body: Value,
}

impl TestApp {
    /// Says what an app is made of.
    #[must_use]
    pub fn with() -> Setup {
        Setup::default()
    }

    pub(crate) async fn over(engines: Engines, vendors: BTreeMap<String, Running>, dir: TempDir) -> Self {
        let engine = engines.make();
        let models = engines.shelf.models();
        let project = engine.create_project("test").await.expect("a project is made").id;
        let key = engine.create_key(project, "test").await.expect("a key is made").secret;
        let options = unisono_server::Options { rate_per_min: 0, ..unisono_server::Options::default() };
        let router =
            unisono_server::router(engine.clone(), Arc::clone(&models), options).expect("the operations fit together");
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.expect("a free port");
        let url = format!("http://{}", listener.local_addr().expect("its address"));
        let drain = Duration::from_secs(1);
        let server = tokio::spawn(unisono_server::serve(listener, router, drain, std::future::pending()));
        let clock = Arc::clone(&engines.clock);
        let client = crate::outside::client();
        Self { engine, models, clock, project, key, url, vendors, engines, client, server, _dir: dir }
    }

    /// The simulated vendor.
    #[must_use]
    pub fn vendor(&self, slug: &str) -> &Running {
        self.vendors.get(slug).unwrap_or_else(|| panic!("{slug} was not started"))
    }

    /// Another process over the same database.
    #[must_use]
    pub fn another_engine(&self) -> Engine {
        self.engines.make()
    }

    /// Links a simulated vendor as a customer would; its first sync is due.
    pub async fn link(&self, slug: &str) -> Linked {
        self.link_for("customer", slug).await
    }

    /// Links a simulated vendor for this customer.
    pub async fn link_for(&self, customer: &str, slug: &str) -> Linked {
        let known = self.vendor(slug).credentials();
        let offer =
            self.engine.integrations().into_iter().find(|one| one.slug == slug).expect("its connector is on offer");
        let asked = offer.fields.iter().filter_map(|field| Some((field.name.clone(), known.get(&field.name)?.clone())));
        self.link_with(customer, slug, &offer.categories[0], asked.collect()).await
    }

    /// Links any system with these values.
    pub async fn link_with(
        &self,
        customer: &str,
        slug: &str,
        category: &str,
        fields: BTreeMap<String, String>,
    ) -> Linked {
        let wanted = LinkTokenRequest {
            end_user_origin_id: format!("{customer}-{slug}"),
            end_user_organization_name: customer.to_owned(),
            end_user_email_address: format!("it@{customer}.example"),
            categories: vec![category.to_owned()],
            integration: Some(slug.to_owned()),
            ..LinkTokenRequest::default()
        };
        let token = self.engine.create_link_token(self.project, wanted).await.expect("a link token").link_token;
        let entered = LinkRequest {
            connector: slug.to_owned(),
            category: Some(category.to_owned()),
            auth: None,
            fields: fields.clone(),
        };
        let done =
            self.engine.link(&token, entered).await.unwrap_or_else(|error| panic!("{slug} cannot be linked: {error}"));
        let token = self.engine.account_token(self.project, done.account).await.expect("its token").account_token;
        let (slug, category, customer) = (slug.to_owned(), category.to_owned(), customer.to_owned());
        Linked { account: done.account, token, category, slug, customer, fields }
    }

    /// Links an account once more with the same values.
    pub async fn relink(&self, linked: &Linked) -> Linked {
        self.link_with(&linked.customer, &linked.slug, &linked.category, linked.fields.clone()).await
    }

    /// Runs what is due until nothing is.
    pub async fn run_jobs(&self) -> JobsDone {
        self.engine.run_due_jobs().await.expect("jobs run")
    }

    /// Runs what is due, and what only waits a moment for something else, until nothing is.
    pub async fn settle(&self) {
        for _ in 0..50 {
            self.run_jobs().await;
            let due = self.engine.next_due().await.expect("the jobs can be asked");
            let wait = due.map_or(i64::MAX, |due| due.0.saturating_sub(unisono_engine::Clock::now(&*self.clock).0));
            if wait > SOON_US {
                return;
            }
            self.clock.pass(wait.max(0) / 1_000_000 + 1);
        }
        panic!("jobs never come to rest");
    }

    /// Reads one model, in full or only what changed; gives the model's latest run.
    pub async fn sync(&self, linked: &Linked, model: &str, full: bool) -> Run {
        self.engine.sync_now(self.project, linked.account, Some(model), full).await.expect("it can be synced");
        self.run_jobs().await;
        self.last_run(linked, model).await
    }

    /// The latest run of a model.
    pub async fn last_run(&self, linked: &Linked, model: &str) -> Run {
        let page = PageRequest::default();
        let runs = self.engine.runs(self.project, linked.account, Some(model), &page).await.expect("its runs");
        runs.results.into_iter().next().unwrap_or_else(|| panic!("{model} has never run"))
    }

    /// What could not be mapped.
    pub async fn rejects(&self, linked: &Linked) -> Vec<Reject> {
        let page = PageRequest { page_size: Some(100), ..PageRequest::default() };
        self.engine.rejects(self.project, linked.account, None, &page).await.expect("its rejects").results
    }

    /// Kinds and states of the issues of an account.
    pub async fn issues(&self, linked: &Linked) -> Vec<(String, String)> {
        let mine = unisono_engine::IssueFilters { account: Some(linked.account), ..Default::default() };
        let found = self.engine.issues(self.project, &mine, &PageRequest::default()).await.expect("its issues");
        found.results.into_iter().map(|issue| (issue.kind, issue.status)).collect()
    }

    /// All records of a model over HTTP (the admin API), page by page, by remote id.
    pub async fn records(&self, linked: &Linked, model: &str, deleted_too: bool) -> BTreeMap<String, Value> {
        let mut found = BTreeMap::new();
        let mut cursor = String::new();
        loop {
            let account = linked.account;
            let path = format!(
                "/api/admin/v1/linked-accounts/{account}/records/{model}?page_size=100&include_deleted_data={deleted_too}{cursor}"
            );
            let page = self.get(None, &path).await.ok();
            for record in page["results"].as_array().expect("results") {
                let id = record["remote_id"].as_str().expect("a remote id").to_owned();
                assert!(found.insert(id.clone(), record.clone()).is_none(), "{model} {id} is listed twice");
            }
            match page["next"].as_str() {
                Some(next) => cursor = format!("&cursor={next}"),
                None => return found,
            }
        }
    }

    /// GET with the key, and the token of this account.
    pub async fn get(&self, linked: Option<&Linked>, path: &str) -> Answer {
        self.answer(self.client.get(format!("{}{path}", self.url)), linked).await
    }

    /// POST with the key, and the token of this account.
    pub async fn post(&self, linked: Option<&Linked>, path: &str, body: &Value) -> Answer {
        self.answer(self.client.post(format!("{}{path}", self.url)).json(body), linked).await
    }

    async fn answer(&self, request: reqwest::RequestBuilder, linked: Option<&Linked>) -> Answer {
        let mut request = request.bearer_auth(&self.key);
        if let Some(linked) = linked {
            request = request.header("X-Account-Token", &linked.token);
        }
        let reply = request.send().await.expect("the server answers");
        let status = reply.status().as_u16();
        let bytes = reply.bytes().await.expect("the whole answer");
        Answer { status, body: serde_json::from_slice(&bytes).unwrap_or_default() }
    }
}

impl Answer {
    /// The body of a success.
    #[must_use]
    pub fn ok(self) -> Value {
        assert!((200..300).contains(&self.status), "{}: {}", self.status, self.body);
        self.body
    }
}

impl Drop for TestApp {
    fn drop(&mut self) {
        self.server.abort();
    }
}
