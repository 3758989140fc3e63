use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};
use std::time::Duration;

use unisono_auth::{AuthError, Credentials, Login, Sealer, Tokens, Vault};
use unisono_connector::manifest::Refresh;
use unisono_outbound::{Method, Request, Secret};
use unisono_store::{AccountStatus, NewAccount, OpenOptions, Store, TokenChange};
use uuid::Uuid;

use crate::schemes::code_scheme;
use crate::vendor::Vendor;

const ACCOUNT: Uuid = Uuid::from_u128(7);
const PROJECT: Uuid = Uuid::from_u128(1);
const START: i64 = 1_700_000_000_000_000;
const HOUR: i64 = 3_600_000_000;

/// One database with a linked account, seen by several processes that share a hand-moved clock.
struct Scene {
    vendor: Vendor,
    login: Login,
    clock: Arc<AtomicI64>,
    key: Secret,
    url: String,
    _directory: tempfile::TempDir,
}

impl Scene {
    async fn new() -> Self {
        let (vendor, directory) = (Vendor::start().await, tempfile::tempdir().unwrap());
        let url = format!("sqlite:{}", directory.path().join("unisono.db").display());
        let login = vendor.login(code_scheme(Refresh::Rotating));
        let clock = Arc::new(AtomicI64::new(START));
        let scene = Self { vendor, login, clock, key: Sealer::generate(), url, _directory: directory };
        let store = Store::open(&scene.url, OpenOptions::default()).await.unwrap();
        store.create_project(PROJECT, "test", START).await.unwrap();
        let sealed = Sealer::parse(&scene.key).unwrap().seal(ACCOUNT, "account_token", b"t").unwrap();
        let account = NewAccount {
            id: ACCOUNT,
            connector: "acme".into(),
            category: "crm".into(),
            end_user_origin_id: "o".into(),
            end_user_organization_name: "Org".into(),
            end_user_email_address: "a@b.test".into(),
            status: AccountStatus::Complete,
            account_type: "TEST".into(),
            config: "{}".into(),
            token: TokenChange { hash: [7; 32], sealed },
        };
        store.project(PROJECT).create_account(account, START).await.unwrap();
        assert!(scene.process().await.put(ACCOUNT, &scene.issued("refresh-0")).await.unwrap());
        scene
    }

    /// A process of its own: its own connections, its own sealer.
    async fn process(&self) -> Vault {
        let store = Store::open(&self.url, OpenOptions::default()).await.unwrap();
        let clock = Arc::clone(&self.clock);
        let sealer = Arc::new(Sealer::parse(&self.key).unwrap());
        let now = Arc::new(move || clock.load(Ordering::SeqCst));
        Vault::new(store.project(PROJECT), sealer, self.vendor.outbound.clone(), now)
    }

    /// Credentials that are stale at once, with a refresh token the vendor knows.
    fn issued(&self, refresh: &str) -> Credentials {
        self.vendor.seen.lock().unwrap().live.push(refresh.to_owned());
        let tokens = Tokens {
            access: "access-0".into(),
            refresh: Some(refresh.into()),
            expires_us: Some(START),
            issued_us: START - HOUR,
            extra: Default::default(),
        };
        Credentials { tokens: Some(tokens), ..Credentials::default() }
    }

    async fn sign(&self, vault: &Vault) -> Result<String, AuthError> {
        let mut request = Request::new(Method::GET, self.vendor.url.clone());
        vault.sign(ACCOUNT, &self.login, &self.vendor.lane, &mut request).await?;
        Ok(request.headers["authorization"].to_str().unwrap().to_owned())
    }

    fn pass(&self, us: i64) {
        self.clock.fetch_add(us, Ordering::SeqCst);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn many_callers_in_two_processes_refresh_exactly_once_per_expiry() {
    let scene = Arc::new(Scene::new().await);
    scene.vendor.seen.lock().unwrap().delay = Duration::from_millis(150);
    let processes = [scene.process().await, scene.process().await];
    for round in 1..=3 {
        let callers = processes.iter().cycle().take(16).cloned();
        let tasks: Vec<_> = callers
            .map(|vault| {
                tokio::spawn({
                    let scene = Arc::clone(&scene);
                    async move { scene.sign(&vault).await }
                })
            })
            .collect();
        for task in tasks {
            assert_eq!(task.await.unwrap().unwrap(), format!("Bearer access-{round}"));
        }
        assert_eq!(scene.vendor.asked().len(), round, "one refresh per expiry");
        scene.pass(HOUR);
    }
    // The vendor ends the whole family when a spent token comes again: the last one still works.
    assert_eq!(scene.vendor.seen.lock().unwrap().live, ["refresh-3"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_refused_token_is_renewed_once_however_many_saw_the_refusal() {
    let scene = Scene::new().await;
    let (one, two) = (scene.process().await, scene.process().await);
    let version = one.get(ACCOUNT).await.unwrap().version;
    let first = one.renew(ACCOUNT, &scene.login, &scene.vendor.lane, version).await.unwrap();
    let second = two.renew(ACCOUNT, &scene.login, &scene.vendor.lane, version).await.unwrap();
    assert_eq!(first.version, second.version);
    assert_eq!(scene.vendor.asked().len(), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_refresh_ends_even_if_its_caller_went_away() {
    let scene = Arc::new(Scene::new().await);
    scene.vendor.seen.lock().unwrap().delay = Duration::from_millis(300);
    let vault = scene.process().await;
    let gone = tokio::time::timeout(Duration::from_millis(100), scene.sign(&vault)).await;
    assert!(gone.is_err(), "the caller has given up");
    assert_eq!(scene.sign(&vault).await.unwrap(), "Bearer access-1");
    assert_eq!(scene.vendor.asked().len(), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_refusal_is_believed_only_after_reading_again() {
    let scene = Arc::new(Scene::new().await);
    let (vault, other) = (scene.process().await, scene.process().await);
    {
        let mut seen = scene.vendor.seen.lock().unwrap();
        seen.live.clear();
        seen.delay = Duration::from_millis(300);
    }
    let task = tokio::spawn({
        let scene = Arc::clone(&scene);
        async move { scene.sign(&vault).await }
    });
    while scene.vendor.asked().is_empty() {
        tokio::task::yield_now().await;
    }
    // While the refresh with the dead token is under way, the end customer links again.
    let mut relinked = scene.issued("refresh-new");
    relinked.tokens.as_mut().unwrap().expires_us = Some(START + HOUR);
    relinked.tokens.as_mut().unwrap().access = "relinked".into();
    other.put(ACCOUNT, &relinked).await.unwrap();
    assert_eq!(task.await.unwrap().unwrap(), "Bearer relinked");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_dead_refresh_token_asks_for_a_relink_and_keeps_the_credentials() {
    let scene = Scene::new().await;
    let vault = scene.process().await;
    scene.vendor.seen.lock().unwrap().live.clear();
    let error = scene.sign(&vault).await.unwrap_err();
    assert!(matches!(&error, AuthError::Relink { reason } if reason == "invalid_grant"), "{error:?}");
    assert!(vault.get(ACCOUNT).await.unwrap().credentials.tokens.is_some());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_vendor_out_of_order_costs_nothing_but_time() {
    let scene = Scene::new().await;
    let vault = scene.process().await;
    scene.vendor.fail(503, "text/plain", "later");
    assert!(scene.sign(&vault).await.unwrap_err().is_temporary());
    assert_eq!(scene.sign(&vault).await.unwrap(), "Bearer access-2");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_holder_that_died_is_succeeded_and_its_loss_is_named() {
    let scene = Scene::new().await;
    let vault = scene.process().await;
    let version = vault.get(ACCOUNT).await.unwrap().version;
    let store = Store::open(&scene.url, OpenOptions::default()).await.unwrap();
    // Another process took the lease, had the token rotated, and died before it could store the result.
    store.project(PROJECT).begin_refresh(ACCOUNT, version, START, 1_000_000).await.unwrap();
    scene.vendor.seen.lock().unwrap().live.clear();
    scene.pass(2_000_000);
    let error = scene.sign(&vault).await.unwrap_err().to_string();
    assert!(error.ends_with("an earlier refresh was interrupted and its result is lost"), "{error}");
}

#[tokio::test(flavor = "multi_thread")]
async fn keys_are_rotated_while_the_server_runs() {
    let scene = Scene::new().await;
    let both = Secret::new(format!("new:{},{}", Sealer::generate().expose(), scene.key.expose()));
    let rotated = Scene { key: both, ..scene };
    let vault = rotated.process().await;
    assert_eq!(vault.reseal(100).await.unwrap(), 1);
    assert_eq!(vault.reseal(100).await.unwrap(), 0);
    assert_eq!(rotated.sign(&vault).await.unwrap(), "Bearer access-1");
}
