//! Send: a connector's request to the vendor of one linked account, with its proof, within its pace.
//!
//! Always true: credentials are put into a request here and nowhere else; a reply that says the proof is stale is tried again
//! once with a renewed one; texts that leave here carry no secret.
//! Elsewhere: schemes and refresh are `auth`, pacing and repeats are `outbound`, what a reply means is `connector`.

use std::sync::Arc;
use std::time::Duration;

use sonic_rs::{JsonValueMutTrait as _, Value};
use unisono_auth::{App, AuthError, Credentials, GrantError, Login, Vault};
use unisono_connector::manifest::{LimitHeaders, ResetAs};
use unisono_connector::{Connector, Context, FaultKind, Faults, Reply, Request};
use unisono_outbound::{Classify, HeaderMap, Lane, Pace, QuotaHeaders, Redactor, SendError, Verdict};
use unisono_store::{Account, Scope};
use uuid::Uuid;

use crate::Engine;
use crate::request_log::lane_key;

/// Key under which an account's settings name the way it proves itself.
pub(crate) const AUTH_KEY: &str = "_auth";
/// What binds the seal of a project's client secrets.
pub(crate) const APP_PURPOSE: &str = "app";

/// Why there is no reply to work with.
#[derive(Debug, thiserror::Error)]
pub(crate) enum Trouble {
    /// The quota is used up until then (microseconds).
    #[error("the vendor's rate limit is used up")]
    RateLimited(i64),
    /// The vendor is out of order; it may work later.
    #[error("{0}")]
    Offline(String),
    /// The credentials no longer work.
    #[error("{0}")]
    Unauthorized(String),
    /// The credentials lack a permission.
    #[error("{0}")]
    Forbidden(String),
    /// The vendor refuses the request.
    #[error("{0}")]
    Refused(String),
    /// A bookmark or cursor is no longer valid.
    #[error("{0}")]
    Expired(String),
    /// The reply is not a page.
    #[error("{0}")]
    Unreadable(String),
    /// The account's settings or the manifest do not give a request.
    #[error("{0}")]
    Misconfigured(String),
    /// Something broke on our side.
    #[error(transparent)]
    Internal(anyhow::Error),
}

/// Where the proof comes from.
enum Proof {
    /// The stored credentials of the account.
    Stored(Vault),
    /// Credentials that are not stored yet.
    Given(Box<Credentials>),
}

/// The way to one vendor for one linked account.
pub(crate) struct Line {
    engine: Engine,
    account: Uuid,
    pub(crate) connector: Arc<Connector>,
    config: Value,
    login: Option<Login>,
    proof: Proof,
    lane: Lane,
}

impl Line {
    /// The line of a stored account.
    pub(crate) async fn of(
        engine: &Engine,
        scope: &Scope,
        account: &Account,
        connector: Arc<Connector>,
    ) -> Result<Self, Trouble> {
        let now = engine.clone();
        let clock: unisono_auth::Clock = Arc::new(move || now.now().0);
        let vault = Vault::new(scope.clone(), engine.parts.sealer.clone(), engine.parts.outbound.clone(), clock);
        let (config, auth) = settings(&account.config);
        let app = app(engine, scope, &connector.slug).await?;
        let proof = Proof::Stored(vault);
        Self::new(engine, scope.id(), account.id, connector, (config, auth.as_deref()), app, proof)
    }

    /// The line of an account that is being linked.
    pub(crate) fn trial(
        engine: &Engine,
        project: Uuid,
        account: Uuid,
        connector: Arc<Connector>,
        config: &str,
        app: Option<App>,
        credentials: Credentials,
    ) -> Result<Self, Trouble> {
        let (config, auth) = settings(config);
        let proof = Proof::Given(Box::new(credentials));
        Self::new(engine, project, account, connector, (config, auth.as_deref()), app, proof)
    }

    fn new(
        engine: &Engine,
        project: Uuid,
        account: Uuid,
        connector: Arc<Connector>,
        (config, auth): (Value, Option<&str>),
        app: Option<App>,
        proof: Proof,
    ) -> Result<Self, Trouble> {
        let config = with_origin(config, engine.parts.config.origins.get(&connector.slug));
        let cx = Context { config: config.clone(), now_us: engine.now().0 };
        let odd = |error: unisono_connector::RequestError| Trouble::Misconfigured(error.to_string());
        let login = match Login::scheme_of(&connector, auth) {
            None => None,
            Some(scheme) => Some(Login {
                scheme,
                base_url: connector.base_url(&cx).map_err(odd)?,
                headers: HeaderMap::new(),
                config: config.clone(),
                app,
            }),
        };
        let lane = engine.parts.outbound.lane(&lane_key(project, account), &pace(&connector));
        Ok(Self { engine: engine.clone(), account, connector, config, login, proof, lane })
    }

    /// What templates see.
    pub(crate) fn context(&self) -> Context {
        Context { config: self.config.clone(), now_us: self.engine.now().0 }
    }

    /// The login, for consent pages.
    pub(crate) fn login(&self) -> Option<&Login> {
        self.login.as_ref()
    }

    /// The lane, for token requests.
    pub(crate) fn lane(&self) -> &Lane {
        &self.lane
    }

    /// The credentials that were given, with the tokens obtained on the way.
    pub(crate) fn given(self) -> Option<Credentials> {
        match self.proof {
            Proof::Given(credentials) => Some(*credentials),
            Proof::Stored(_) => None,
        }
    }

    /// Obtains first tokens for given credentials where the scheme needs some.
    pub(crate) async fn obtain_tokens(&mut self) -> Result<(), Trouble> {
        let (Some(login), Proof::Given(credentials)) = (&self.login, &mut self.proof) else { return Ok(()) };
        if login.needs_tokens() && credentials.tokens.is_none() {
            let now = self.engine.now().0;
            let outbound = &self.engine.parts.outbound;
            let tokens = login.obtain(outbound, &self.lane, credentials, now).await;
            credentials.tokens = Some(tokens.map_err(|error| of_auth(error, now))?);
        }
        Ok(())
    }

    /// Sends a request that only reads; it may be repeated. The reply may still be a refusal.
    pub(crate) async fn send(&self, request: &Request) -> Result<Reply, Trouble> {
        let (reply, version) = self.try_once(request).await?;
        let stale = reply.status >= 400 && {
            let fault = self.connector.faults.classify(&reply, self.engine.now().0);
            fault.is_some_and(|fault| fault.kind == FaultKind::Unauthorized)
        };
        match (&self.proof, &self.login, version) {
            (Proof::Stored(vault), Some(login), Some(version)) if stale && login.can_renew() => {
                let renewed = vault.renew(self.account, login, &self.lane, version).await;
                renewed.map_err(|error| of_auth(error, self.engine.now().0))?;
                Ok(self.try_once(request).await?.0)
            }
            _ => Ok(reply),
        }
    }

    async fn try_once(&self, request: &Request) -> Result<(Reply, Option<i64>), Trouble> {
        let mut out = unisono_outbound::Request::new(request.method.clone(), request.url.clone());
        out.headers = request.headers.clone();
        out.body = request.body.clone();
        out.repeatable = Some(true);
        out.classify = Some(classify(self.connector.faults.clone(), self.engine.clone()));
        let now = self.engine.now().0;
        let version = match (&self.login, &self.proof) {
            (None, _) => None,
            (Some(login), Proof::Stored(vault)) => {
                let signed = vault.sign(self.account, login, &self.lane, &mut out).await;
                Some(signed.map_err(|error| of_auth(error, now))?)
            }
            (Some(login), Proof::Given(credentials)) => {
                login.apply(credentials, &mut out).map_err(|error| of_auth(error, now))?;
                None
            }
        };
        let secrets = out.secrets.clone();
        let reply = self.engine.parts.outbound.send(&self.lane, out).await.map_err(|error| of_send(&error, now))?;
        let body = redact_refusal(reply.status.as_u16(), reply.body, &secrets);
        Ok((Reply { status: reply.status.as_u16(), headers: reply.headers, body }, version))
    }
}

/// A refusal's text ends up in issues and logs; a vendor may repeat the key in it.
fn redact_refusal(
    status: u16,
    body: unisono_outbound::Bytes,
    secrets: &[unisono_outbound::Secret],
) -> unisono_outbound::Bytes {
    if status < 400 || secrets.is_empty() {
        return body;
    }
    match std::str::from_utf8(&body) {
        Ok(text) => Redactor::new(secrets, &[], &[]).text(text).into(),
        Err(_) => body,
    }
}

fn classify(faults: Arc<Faults>, engine: Engine) -> Classify {
    Classify::new(move |reply| {
        let status = reply.status.as_u16();
        if status < 400 {
            return Verdict::Deliver;
        }
        let seen = Reply { status, headers: reply.headers.clone(), body: reply.body.clone() };
        match faults.classify(&seen, engine.now().0) {
            Some(fault) if fault.kind == FaultKind::RateLimited => {
                Verdict::RateLimited { retry_after: fault.retry_after_s.map(Duration::from_secs) }
            }
            Some(fault) if fault.kind == FaultKind::Unavailable => Verdict::Unavailable,
            Some(_) | None => Verdict::Deliver,
        }
    })
}

/// What a refusal means to the run it happened in.
pub(crate) fn of_fault(fault: &unisono_connector::Fault, now_us: i64) -> Trouble {
    let text = fault.message.clone();
    match fault.kind {
        FaultKind::Unauthorized => Trouble::Unauthorized(text),
        FaultKind::Forbidden => Trouble::Forbidden(text),
        FaultKind::RateLimited => {
            let wait_s = i64::try_from(fault.retry_after_s.unwrap_or(60)).unwrap_or(60);
            Trouble::RateLimited(now_us.saturating_add(wait_s.saturating_mul(1_000_000)))
        }
        FaultKind::Unavailable => Trouble::Offline(text),
        FaultKind::Expired => Trouble::Expired(text),
        FaultKind::None | FaultKind::NotFound | FaultKind::Rejected => Trouble::Refused(text),
    }
}

fn of_send(error: &SendError, now_us: i64) -> Trouble {
    match error {
        SendError::Parked { park, .. } => {
            let wait = i64::try_from(park.wait.as_micros()).unwrap_or(i64::MAX);
            Trouble::RateLimited(now_us.saturating_add(wait))
        }
        SendError::Truncated { .. } | SendError::TooLarge { .. } => Trouble::Unreadable(error.to_string()),
        SendError::Unconnected { .. } | SendError::HungUp { .. } | SendError::Timeout { .. } => {
            Trouble::Offline(error.to_string())
        }
        SendError::Redirected { .. } => Trouble::Refused(error.to_string()),
        SendError::Refused(_) | SendError::Invalid { .. } => Trouble::Misconfigured(error.to_string()),
    }
}

fn of_auth(error: AuthError, now_us: i64) -> Trouble {
    let text = error.to_string();
    match error {
        AuthError::Missing | AuthError::Relink { .. } => Trouble::Unauthorized(text),
        AuthError::Manifest { .. } | AuthError::Grant(GrantError::Client { .. }) => Trouble::Misconfigured(text),
        AuthError::Grant(GrantError::Dead { .. }) => Trouble::Unauthorized(text),
        AuthError::Grant(GrantError::Reply { .. }) => Trouble::Unreadable(text),
        AuthError::Grant(GrantError::Unavailable { .. }) | AuthError::Busy => Trouble::Offline(text),
        AuthError::Grant(GrantError::Send(error)) => of_send(&error, now_us),
        AuthError::Sealed(_) | AuthError::Store(_) => Trouble::Internal(error.into()),
    }
}

/// An account's settings for templates, and the id of its auth option.
fn settings(config: &str) -> (Value, Option<String>) {
    let plain: serde_json::Value = serde_json::from_str(config).unwrap_or_default();
    let auth = plain.get(AUTH_KEY).and_then(serde_json::Value::as_str).map(str::to_owned);
    (sonic_rs::from_str(config).unwrap_or_else(|_| Value::new_object()), auth)
}

/// The settings with the origin that the configuration puts in place of the manifest's.
fn with_origin(mut config: Value, origin: Option<&String>) -> Value {
    if let (Some(origin), Some(object)) = (origin, config.as_object_mut()) {
        object.insert(unisono_connector::ORIGIN_KEY, origin.as_str());
    }
    config
}

/// The project's registration with the vendor, if it has one.
pub(crate) async fn app(engine: &Engine, scope: &Scope, slug: &str) -> Result<Option<App>, Trouble> {
    let internal = |error: unisono_store::StoreError| Trouble::Internal(error.into());
    let Some(integration) = scope.integration(slug).await.map_err(internal)? else { return Ok(None) };
    let config: serde_json::Value = serde_json::from_str(&integration.config).unwrap_or_default();
    let Some(client_id) = config.get("client_id").and_then(serde_json::Value::as_str) else { return Ok(None) };
    let secret = match &integration.secrets {
        None => String::new(),
        Some(sealed) => {
            let opened = engine.parts.sealer.open(scope.id(), APP_PURPOSE, sealed);
            let opened = opened.map_err(|error| Trouble::Internal(error.into()))?;
            String::from_utf8_lossy(&opened).into_owned()
        }
    };
    Ok(Some(App { client_id: client_id.to_owned(), client_secret: secret.into() }))
}

fn pace(connector: &Connector) -> Pace {
    let limits = &connector.limits;
    let usual = Pace::default();
    Pace {
        requests: limits.requests.unwrap_or(usual.requests),
        per: limits.per_s.map_or(usual.per, |seconds| Duration::from_secs(seconds.into())),
        concurrent: limits.concurrent.unwrap_or(usual.concurrent),
        wait_max: usual.wait_max,
        headers: limits.headers.as_ref().map(quota_headers).unwrap_or_default(),
    }
}

fn quota_headers(headers: &LimitHeaders) -> QuotaHeaders {
    use unisono_outbound::ResetAs as Counted;
    QuotaHeaders {
        limit: headers.limit.clone(),
        remaining: headers.remaining.clone(),
        reset: headers.reset.clone(),
        reset_as: match headers.reset_as {
            ResetAs::Unix => Some(Counted::Unix),
            ResetAs::UnixMs => Some(Counted::UnixMs),
            ResetAs::Seconds => Some(Counted::Seconds),
            ResetAs::Millis => Some(Counted::Millis),
            ResetAs::Date => Some(Counted::Date),
            // The window's length is at most the time until it ends.
            ResetAs::MillisWindow => Some(Counted::Millis),
        },
    }
}
