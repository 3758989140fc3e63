//! Serve: one simulated vendor on a port.
//!
//! Always true: dropping `Running` closes the port and every connection; control requests go to `control`
//! and are neither recorded nor touched by faults.

use std::collections::BTreeMap;
use std::convert::Infallible;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use http_body_util::{BodyExt as _, Full, Limited};
use hyper::body::Incoming;
use hyper::service::service_fn;
use hyper_util::rt::TokioIo;
use tokio::net::TcpListener;
use tokio::task::{JoinHandle, JoinSet};

use crate::plan::Plan;
use crate::record_log::RecordedRequest;
use crate::request::{Reply, Request};
use crate::state::World;
use crate::vendor::{Outcome, Vendor};
use crate::{Clock, Faults, State, control};

/// The largest body a client may send.
const BODY_BYTES_MAX: usize = 32 * 1024 * 1024;
/// How much of a body is recorded.
const RECORDED_BYTES_MAX: usize = 64 * 1024;

/// How to run a simulated vendor.
#[derive(Debug, Clone)]
pub struct StartOptions {
    /// Where to listen; port 0 takes a free one. Default `127.0.0.1:0`.
    pub addr: SocketAddr,
    /// The same seed gives the same records. Default 1.
    pub seed: u64,
    /// How many records the main collection has; without it, the description's own size.
    pub size: Option<u64>,
    /// Added to every reply.
    pub latency: Duration,
    /// Whether the vendor's rate limits hold. Default true.
    pub limits: bool,
}

impl Default for StartOptions {
    fn default() -> Self {
        Self { addr: SocketAddr::from(([127, 0, 0, 1], 0)), seed: 1, size: None, latency: Duration::ZERO, limits: true }
    }
}

/// A simulated vendor that could not be started.
#[derive(Debug, thiserror::Error)]
pub enum StartError {
    /// The address is taken or not ours.
    #[error("cannot listen on {addr}")]
    Listen {
        /// The address asked for.
        addr: SocketAddr,
        /// Why.
        #[source]
        source: std::io::Error,
    },
    /// A template of the description failed on real data.
    #[error("cannot generate {what}: {problem}")]
    Generate {
        /// The collection or credential.
        what: String,
        /// Why.
        problem: String,
    },
}

/// A simulated vendor that is running; dropping it stops it.
#[derive(Debug)]
pub struct Running {
    url: String,
    credentials: BTreeMap<String, String>,
    vendor: Arc<Vendor>,
    accepting: JoinHandle<()>,
}

impl Running {
    pub(crate) async fn start(plan: Arc<Plan>, options: StartOptions) -> Result<Self, StartError> {
        let addr = options.addr;
        let listener = TcpListener::bind(addr).await.map_err(|source| StartError::Listen { addr, source })?;
        let bound = listener.local_addr().map_err(|source| StartError::Listen { addr, source })?;
        let url = format!("http://{bound}");
        let clock = Arc::new(Clock::new(plan.epoch));
        let world = World::new(&plan, options.seed, options.size, clock, url.clone());
        let credentials = world.prepare().map_err(|(what, problem)| StartError::Generate { what, problem })?;
        let vendor = Arc::new(Vendor {
            state: Arc::new(State::new(Arc::clone(&world))),
            world,
            faults: Faults::default(),
            log: Default::default(),
            tokens: Default::default(),
            selections: Default::default(),
            windows: Default::default(),
            limits: options.limits,
            latency: options.latency,
        });
        let accepting = tokio::spawn(accept(listener, Arc::clone(&vendor)));
        Ok(Self { url, credentials, vendor, accepting })
    }

    /// `http://127.0.0.1:<port>`, without a slash at the end.
    pub fn url(&self) -> &str {
        &self.url
    }

    /// What a customer would type into the link form: field name -> value. More names than one form has;
    /// take the ones the form asks for.
    pub fn credentials(&self) -> BTreeMap<String, String> {
        self.credentials.clone()
    }

    /// The newest requests, oldest first.
    pub fn requests(&self) -> Vec<RecordedRequest> {
        self.vendor.log.all()
    }

    /// Forgets the recorded requests.
    pub fn clear_requests(&self) {
        self.vendor.log.clear();
    }

    /// Switches faults on and off.
    pub fn faults(&self) -> &Faults {
        &self.vendor.faults
    }

    /// Changes records as a person in the vendor's own screens would.
    pub fn state(&self) -> &Arc<State> {
        &self.vendor.state
    }

    /// The vendor's clock.
    pub fn clock(&self) -> &Clock {
        &self.vendor.world.clock
    }

    /// Makes every access token handed out so far invalid (refresh tokens stay valid).
    pub fn expire_tokens(&self) {
        self.vendor.tokens.expire();
    }

    /// Stops and waits for the port to be free.
    pub async fn stop(mut self) {
        self.accepting.abort();
        let _ = (&mut self.accepting).await;
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        self.accepting.abort();
        self.vendor.world.forget();
    }
}

/// Accepts until aborted; its connections end with it.
async fn accept(listener: TcpListener, vendor: Arc<Vendor>) {
    let mut connections = JoinSet::new();
    loop {
        while connections.try_join_next().is_some() {}
        let Ok((stream, _)) = listener.accept().await else { continue };
        let _ = stream.set_nodelay(true);
        let vendor = Arc::clone(&vendor);
        connections.spawn(async move {
            let service = service_fn(move |request| respond(Arc::clone(&vendor), request));
            let _ = hyper::server::conn::http1::Builder::new().serve_connection(TokioIo::new(stream), service).await;
        });
    }
}

/// Ends the connection without a reply.
#[derive(Debug, thiserror::Error)]
#[error("connection dropped on request")]
struct Dropped;

async fn respond(
    vendor: Arc<Vendor>,
    request: http::Request<Incoming>,
) -> Result<http::Response<Full<Bytes>>, Dropped> {
    let request = read(request).await?;
    if let Some(rest) = request.path.strip_prefix("/__sandbox/") {
        let reply = control::answer(&vendor, rest, &request);
        return Ok(finish(&vendor, reply));
    }
    let mut body = String::from_utf8_lossy(&request.body[..request.body.len().min(RECORDED_BYTES_MAX)]).into_owned();
    body.shrink_to_fit();
    let mut recorded = RecordedRequest {
        method: request.method.clone(),
        path: request.path.clone(),
        query: request.raw_query.clone(),
        headers: request.headers.clone(),
        body,
        status: None,
        fault: None,
    };
    let (outcome, fault) = vendor.ask(request).await;
    recorded.fault = fault;
    if let Outcome::Reply(reply) = &outcome {
        recorded.status = Some(reply.status);
    }
    vendor.log.push(recorded);
    match outcome {
        Outcome::Reply(reply) => Ok(finish(&vendor, reply)),
        Outcome::Dropped => Err(Dropped),
        Outcome::Silence => match std::future::pending::<Infallible>().await {},
    }
}

async fn read(request: http::Request<Incoming>) -> Result<Request, Dropped> {
    let (head, body) = request.into_parts();
    let body = Limited::new(body, BODY_BYTES_MAX).collect().await.map_err(|_| Dropped)?.to_bytes().to_vec();
    let raw_query = head.uri.query().unwrap_or_default().to_owned();
    let text = |value: &http::HeaderValue| String::from_utf8_lossy(value.as_bytes()).into_owned();
    Ok(Request {
        method: head.method.as_str().to_owned(),
        path: head.uri.path().to_owned(),
        query: joined(&raw_query),
        raw_query,
        headers: head.headers.iter().map(|(name, value)| (name.as_str().to_owned(), text(value))).collect(),
        body,
    })
}

/// Decoded parameters; a repeated name has its values joined by commas.
fn joined(raw_query: &str) -> BTreeMap<String, String> {
    let mut query: BTreeMap<String, String> = BTreeMap::new();
    for (name, value) in url::form_urlencoded::parse(raw_query.as_bytes()) {
        match query.get_mut(name.as_ref()) {
            Some(values) => {
                values.push(',');
                values.push_str(&value);
            }
            None => {
                query.insert(name.into_owned(), value.into_owned());
            }
        }
    }
    query
}

fn finish(vendor: &Vendor, reply: Reply) -> http::Response<Full<Bytes>> {
    let mut response = http::Response::new(Full::new(Bytes::from(reply.body)));
    *response.status_mut() =
        http::StatusCode::from_u16(reply.status).unwrap_or(http::StatusCode::INTERNAL_SERVER_ERROR);
    let headers = response.headers_mut();
    for (name, value) in &reply.headers {
        if let (Ok(name), Ok(value)) =
            (http::HeaderName::try_from(name.as_str()), http::HeaderValue::try_from(value.as_str()))
        {
            headers.append(name, value);
        }
    }
    let date = vendor.world.clock.now().strftime("%a, %d %b %Y %H:%M:%S GMT").to_string();
    if let Ok(date) = http::HeaderValue::try_from(date) {
        headers.insert(http::header::DATE, date);
    }
    response
}
