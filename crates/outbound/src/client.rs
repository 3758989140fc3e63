//! The client: connections, timeouts, size limits, redirects and repeats.

use std::collections::HashMap;
use std::error::Error as _;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant, SystemTime};

use bytes::{Bytes, BytesMut};
use http::{Method, StatusCode, header};
use rand::RngExt as _;
use url::Url;

use crate::fault::host_of;
use crate::guard::{GuardError, ResolveError};
use crate::{Exchange, Guard, Lane, LogHook, Pace, Redactor, Reply, Request, SendError, Verdict};

/// Time limits of one request.
#[derive(Debug, Clone, Copy)]
pub struct Timeouts {
    /// Until the connection stands (fixed when the client is built).
    pub connect: Duration,
    /// Longest silence: until the headers and between two pieces of the body.
    pub idle: Duration,
    /// From sending to the last byte.
    pub total: Duration,
}

impl Default for Timeouts {
    fn default() -> Self {
        Self { connect: Duration::from_secs(10), idle: Duration::from_secs(30), total: Duration::from_secs(300) }
    }
}

/// Size and count limits.
#[derive(Debug, Clone, Copy)]
pub struct Limits {
    /// Largest decompressed body.
    pub body_bytes_max: u64,
    /// Tries of one request, the first included.
    pub attempts_max: u32,
    /// Redirects followed (same host, GET and HEAD only).
    pub redirects_max: u32,
    /// First pause before a repeat; doubled each time, with jitter.
    pub backoff: Duration,
    /// Unused connections kept per host.
    pub idle_per_host_max: usize,
    /// Lanes kept before idle ones are forgotten.
    pub lanes_max: usize,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            body_bytes_max: 64 << 20,
            attempts_max: 3,
            redirects_max: 5,
            backoff: Duration::from_millis(500),
            idle_per_host_max: 8,
            lanes_max: 4096,
        }
    }
}

/// How the client is built.
#[derive(Clone)]
pub struct Config {
    /// Which addresses may be contacted.
    pub guard: Guard,
    /// Sizes and counts.
    pub limits: Limits,
    /// Times.
    pub timeouts: Timeouts,
    /// `User-Agent` of every request that brings none.
    pub user_agent: String,
    /// Told about every exchange.
    pub log: Option<LogHook>,
}

impl Config {
    /// The defaults behind a guard.
    pub fn new(guard: Guard) -> Self {
        let user_agent = concat!("unisono/", env!("CARGO_PKG_VERSION")).to_owned();
        Self { guard, limits: Limits::default(), timeouts: Timeouts::default(), user_agent, log: None }
    }
}

/// Why the client cannot be built.
#[derive(Debug, thiserror::Error)]
#[error("http client cannot start: {reason}")]
pub struct ConfigError {
    reason: String,
}

/// The one HTTP client. Clones share connections and lanes.
#[derive(Clone)]
pub struct Outbound(Arc<Inner>);

struct Inner {
    client: reqwest::Client,
    config: Config,
    lanes: Mutex<HashMap<String, Lane>>,
}

/// One request on its way: what its log entries have in common.
struct Sending<'a> {
    request: &'a Request,
    lane: &'a Lane,
    redactor: Redactor,
    attempt: u32,
}

impl Outbound {
    /// Builds the client; TLS is rustls with the system's root certificates.
    pub fn new(config: Config) -> Result<Self, ConfigError> {
        // An error means that a provider is installed already, which serves as well.
        let _ = rustls::crypto::ring::default_provider().install_default();
        let client = reqwest::Client::builder()
            .dns_resolver(config.guard.clone())
            .redirect(reqwest::redirect::Policy::none())
            .retry(reqwest::retry::never())
            .no_proxy()
            .referer(false)
            .user_agent(&config.user_agent)
            .connect_timeout(config.timeouts.connect)
            .pool_max_idle_per_host(config.limits.idle_per_host_max)
            .tcp_nodelay(true)
            .build()
            .map_err(|error| ConfigError { reason: innermost(&error) })?;
        Ok(Self(Arc::new(Inner { client, config, lanes: Mutex::default() })))
    }

    /// The lane of `key` (a linked account's id), shared by all who ask; takes over `pace` if it changed.
    pub fn lane(&self, key: &str, pace: &Pace) -> Lane {
        let mut lanes = self.0.lanes.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(lane) = lanes.get(key) {
            lane.set_pace(pace.clone());
            return lane.clone();
        }
        if lanes.len() >= self.0.config.limits.lanes_max {
            lanes.retain(|_, lane| !lane.is_idle());
        }
        let lane = Lane::new(key, pace.clone());
        lanes.insert(key.to_owned(), lane.clone());
        lane
    }

    /// The guard, for checking addresses before they are stored.
    pub fn guard(&self) -> &Guard {
        &self.0.config.guard
    }

    /// Sends within the lane's pace and returns the complete reply, whatever its status, except that a used-up quota
    /// is `SendError::Parked`. Repeats a repeatable request a few times when the other side is out of order.
    pub async fn send(&self, lane: &Lane, request: Request) -> Result<Reply, SendError> {
        let secrets = lane.know(&request.secrets);
        let redactor = Redactor::new(&secrets, &request.sensitive_headers, &request.sensitive_query);
        let mut sending = Sending { request: &request, lane, redactor, attempt: 1 };
        let mut refused = None;
        loop {
            let permit = lane.acquire().await;
            let permit = permit.map_err(|park| SendError::Parked { park, reply: refused.take() })?;
            let result = self.follow(&sending).await;
            drop(permit);
            let last = sending.attempt >= self.0.config.limits.attempts_max;
            match result {
                Ok(reply) => match verdict(&request, &reply) {
                    Verdict::Deliver => {
                        lane.observe(&reply.headers);
                        return Ok(reply);
                    }
                    Verdict::RateLimited { retry_after } => {
                        let park = lane.refused(&reply.headers, retry_after);
                        if last {
                            return Err(SendError::Parked { park, reply: Some(Box::new(reply)) });
                        }
                        refused = Some(Box::new(reply));
                    }
                    Verdict::Unavailable if last || !request.is_repeatable() => return Ok(reply),
                    Verdict::Unavailable => self.pause(&sending, Some(&reply)).await,
                },
                Err(error) if last || !request.is_repeatable() || !error.is_temporary() => return Err(error),
                Err(_) => self.pause(&sending, None).await,
            }
            sending.attempt += 1;
        }
    }

    /// Backoff with full jitter; a `Retry-After` within the lane's patience is respected.
    async fn pause(&self, sending: &Sending<'_>, reply: Option<&Reply>) {
        let ceiling = self.0.config.limits.backoff * 2u32.pow((sending.attempt - 1).min(8));
        let jitter = ceiling.mul_f64(rand::rng().random_range(0.5..1.0));
        let asked = reply.and_then(|reply| crate::quota::retry_after(&reply.headers, SystemTime::now()));
        let wait = asked.map_or(jitter, |asked| asked.clamp(jitter, Duration::from_secs(10)));
        tokio::time::sleep(wait).await;
    }

    /// Follows redirects on the same host, each checked by the guard and logged like any other request.
    async fn follow(&self, sending: &Sending<'_>) -> Result<Reply, SendError> {
        let mut url = sending.request.url.clone();
        let mut hops = 0;
        loop {
            let reply = self.exchange(sending, &url).await?;
            let Some(target) = redirect_of(&reply) else { return Ok(reply) };
            self.0.config.guard.check(&target)?;
            hops += 1;
            let refusal = refuse_redirect(sending.request, &url, &target)
                .or((hops > self.0.config.limits.redirects_max).then_some("too many redirects"));
            if let Some(reason) = refusal {
                let mut to = target;
                to.set_query(None);
                let to = sending.redactor.url(&to);
                return Err(SendError::Redirected { host: host_of(&url), to, reason });
            }
            url = target;
        }
    }

    /// One request and its reply, within the time limits, logged.
    async fn exchange(&self, sending: &Sending<'_>, url: &Url) -> Result<Reply, SendError> {
        let (at, start) = (SystemTime::now(), Instant::now());
        let timeouts = sending.request.timeouts.unwrap_or(self.0.config.timeouts);
        let result = tokio::time::timeout(timeouts.total, self.receive(sending, url, timeouts, start)).await;
        let result = result.unwrap_or_else(|_| {
            Err(SendError::Timeout { host: host_of(url), what: "the whole reply", after: timeouts.total })
        });
        if let Some(log) = &self.0.config.log {
            log.tell(Exchange {
                lane: sending.lane.key().to_owned(),
                at,
                method: sending.request.method.to_string(),
                url: sending.redactor.url(url),
                status: result.as_ref().ok().map(|reply| reply.status.as_u16()),
                duration: start.elapsed(),
                bytes: result.as_ref().map_or(0, |reply| reply.body.len() as u64),
                attempt: sending.attempt,
                error: result.as_ref().err().map(|error| sending.redactor.text(&error.to_string())),
            });
        }
        result
    }

    async fn receive(
        &self,
        sending: &Sending<'_>,
        url: &Url,
        timeouts: Timeouts,
        start: Instant,
    ) -> Result<Reply, SendError> {
        let request = sending.request;
        self.0.config.guard.check(url)?;
        let mut builder = self.0.client.request(request.method.clone(), url.clone()).headers(request.headers.clone());
        if !request.body.is_empty() {
            builder = builder.body(request.body.clone());
        }
        let host = host_of(url);
        let silent = |what| SendError::Timeout { host: host.clone(), what, after: timeouts.idle };
        let fail = |error: reqwest::Error| failure(&host, &sending.redactor, error);
        let reply = tokio::time::timeout(timeouts.idle, builder.send()).await;
        let mut reply = reply.map_err(|_| silent("a reply"))?.map_err(fail)?;
        let (status, headers) = (reply.status(), std::mem::take(reply.headers_mut()));

        let limit = request.body_bytes_max.unwrap_or(self.0.config.limits.body_bytes_max);
        let mut body = Body::default();
        loop {
            let piece = tokio::time::timeout(timeouts.idle, reply.chunk()).await;
            let Some(piece) = piece.map_err(|_| silent("the rest of its reply"))?.map_err(fail)? else { break };
            if body.len() + piece.len() as u64 > limit {
                return Err(SendError::TooLarge { host, limit });
            }
            body.push(piece);
        }
        Ok(Reply { status, headers, body: body.finish(), duration: start.elapsed(), url: url.clone() })
    }
}

/// The pieces of a body; a single one is handed on without copying.
#[derive(Default)]
struct Body {
    first: Bytes,
    all: BytesMut,
}

impl Body {
    fn len(&self) -> u64 {
        self.first.len().max(self.all.len()) as u64
    }

    fn push(&mut self, piece: Bytes) {
        if self.first.is_empty() && self.all.is_empty() {
            self.first = piece;
            return;
        }
        if self.all.is_empty() {
            self.all.extend_from_slice(&self.first);
        }
        self.all.extend_from_slice(&piece);
    }

    fn finish(self) -> Bytes {
        if self.all.is_empty() { self.first } else { self.all.freeze() }
    }
}

fn verdict(request: &Request, reply: &Reply) -> Verdict {
    match &request.classify {
        Some(classify) => classify.of(reply),
        None => Verdict::by_status(reply.status),
    }
}

fn redirect_of(reply: &Reply) -> Option<Url> {
    let moved = matches!(
        reply.status,
        StatusCode::MOVED_PERMANENTLY
            | StatusCode::FOUND
            | StatusCode::SEE_OTHER
            | StatusCode::TEMPORARY_REDIRECT
            | StatusCode::PERMANENT_REDIRECT
    );
    let location = moved.then(|| reply.header(header::LOCATION.as_str())).flatten()?;
    reply.url.join(location).ok()
}

fn refuse_redirect(request: &Request, from: &Url, to: &Url) -> Option<&'static str> {
    if !matches!(request.method, Method::GET | Method::HEAD) {
        return Some("only GET follows redirects");
    }
    let same_host = from.host() == to.host();
    let same_door = from.scheme() == to.scheme() && from.port_or_known_default() == to.port_or_known_default();
    let upgrade = from.scheme() == "http" && to.scheme() == "https" && from.port().is_none() && to.port().is_none();
    (!(same_host && (same_door || upgrade))).then_some("another host")
}

/// What an error of the HTTP library means, without its address and without secrets.
fn failure(host: &str, redactor: &Redactor, error: reqwest::Error) -> SendError {
    let mut source = error.source();
    while let Some(cause) = source {
        if let Some(refused) = cause.downcast_ref::<GuardError>() {
            return SendError::Refused(refused.clone());
        }
        if let Some(ResolveError::Refused(refused)) = cause.downcast_ref::<ResolveError>() {
            return SendError::Refused(refused.clone());
        }
        source = cause.source();
    }
    let (host, reason) = (host.to_owned(), redactor.text(&innermost(&error)));
    if error.is_builder() {
        SendError::Invalid { host, reason }
    } else if error.is_connect() {
        SendError::Unconnected { host, reason }
    } else if error.is_request() {
        SendError::HungUp { host, reason }
    } else {
        SendError::Truncated { host, reason }
    }
}

/// The innermost cause; the outer texts only repeat the address.
fn innermost(error: &reqwest::Error) -> String {
    let mut cause: &dyn std::error::Error = error;
    while let Some(source) = cause.source() {
        cause = source;
    }
    cause.to_string()
}
