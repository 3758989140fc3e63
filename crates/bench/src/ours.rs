//! Ours: the real engine, joined as the binary joins it, with a connector for the simulated vendor.

use std::collections::BTreeMap;
use std::sync::Arc;

use unisono_auth::Sealer;
use unisono_catalog::Catalog;
use unisono_connector::Connector;
use unisono_engine::{Config, Connectors, Engine, LinkRequest, LinkTokenRequest, Parts, RequestBuffer, SystemClock};
use unisono_model::Models;
use unisono_outbound::{Guard, GuardConfig, Outbound};
use unisono_store::{OpenOptions, Store};
use uuid::Uuid;

use crate::employees::READ;

/// The one model that is pulled.
pub const MODEL: &str = "hris.employee";

struct Only(Arc<Connector>);

impl Connectors for Only {
    fn get(&self, slug: &str) -> Option<Arc<Connector>> {
        (slug == self.0.slug).then(|| Arc::clone(&self.0))
    }

    fn list(&self) -> Vec<Arc<Connector>> {
        vec![Arc::clone(&self.0)]
    }
}

/// The engine with one linked account.
pub struct Ours {
    /// All verbs.
    pub engine: Engine,
    /// The common models.
    pub models: Arc<Models>,
    /// The project.
    pub project: Uuid,
    /// The linked account.
    pub account: Uuid,
}

impl std::fmt::Debug for Ours {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Ours")
    }
}

fn connector(models: &Models) -> Connector {
    let main = "name: Bench HR\ncategories: [hris]\nbase_url: \"{{ .config.url }}\"\nfields:\n  - { name: url, title: Address, type: url }\nauth: [{ scheme: none }]\nlimits: { concurrent: 8 }\nevidence: { level: none }\n";
    let read: String = READ.lines().map(|line| format!("  {line}\n")).collect();
    let model = format!(
        "streams:\n  - request: {{ get: /v1/employees }}\n    records: .data\n    page: {{ by: cursor, at: .next, param: cursor, size: 100, total: .total }}\nread:\n{read}"
    );
    Connector::load("bench-hr", [("connector.yaml", main.to_owned()), ("hris/employee.yaml", model)], models)
        .expect("the bench connector loads")
}

impl Ours {
    /// Joins the engine over this database and links the vendor at `url`.
    pub async fn link(database: &str, url: &str) -> Self {
        let models = Catalog::embedded().expect("the catalog").models();
        let requests = RequestBuffer::default();
        let guard = Guard::new(GuardConfig { allow_private: true, ..GuardConfig::default() });
        let mut outbound = unisono_outbound::Config::new(guard);
        outbound.log = Some(requests.hook());
        let engine = Engine::new(Parts {
            store: Store::open(database, OpenOptions::default()).await.expect("the database"),
            outbound: Outbound::new(outbound).expect("the client"),
            sealer: Arc::new(Sealer::parse(&Sealer::generate()).expect("a key")),
            connectors: Arc::new(Only(Arc::new(connector(&models)))),
            models: Arc::clone(&models),
            requests,
            clock: Arc::new(SystemClock),
            seed: None,
            config: Config::default(),
        });
        let project = engine.create_project("bench").await.expect("a project").id;
        let request = LinkTokenRequest {
            end_user_origin_id: "bench".to_owned(),
            end_user_organization_name: "Bench".to_owned(),
            end_user_email_address: "bench@example.com".to_owned(),
            categories: vec!["hris".to_owned()],
            ..LinkTokenRequest::default()
        };
        let token = engine.create_link_token(project, request).await.expect("a link token").link_token;
        let fields = BTreeMap::from([("url".to_owned(), url.to_owned())]);
        let linked = engine
            .link(&token, LinkRequest { connector: "bench-hr".to_owned(), fields, ..LinkRequest::default() })
            .await;
        let account = linked.expect("the account links").account;
        Self { engine, models, project, account }
    }

    /// Runs what is due until nothing is.
    pub async fn run(&self) {
        while !self.engine.run_due_jobs().await.expect("jobs run").is_idle() {}
    }

    /// A full pass of the one model.
    pub async fn pull(&self) {
        self.engine.sync_now(self.project, self.account, Some(MODEL), true).await.expect("a sync");
        self.run().await;
    }

    /// What the latest run did: added, changed, unchanged.
    pub async fn latest(&self) -> String {
        let page = unisono_engine::PageRequest::default();
        let runs = self.engine.runs(self.project, self.account, Some(MODEL), &page).await.expect("runs");
        runs.results.first().map_or_else(String::new, |run| serde_json::to_string(run).unwrap_or_default())
    }
}
