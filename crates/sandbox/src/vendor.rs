//! Vendor: one request through the simulated vendor: fault, limit, credentials, endpoint.
//!
//! Always true: a fault strikes before anything is counted or changed, except those that change how a page looks.
//! Elsewhere: bytes on the wire are `serve`; what an endpoint says is `answer`.

use std::sync::Arc;
use std::time::Duration;

use crate::answer::Call;
use crate::auth::{self, Tokens};
use crate::fault::{Fault, FaultKind, Faults};
use crate::limit::Windows;
use crate::record_log::RecordLog;
use crate::refuse::{Details, refuse};
use crate::request::{Reply, Request};
use crate::route;
use crate::scope::Scope;
use crate::select::Selections;
use crate::state::{State, World};

/// A running vendor without its port.
#[derive(Debug)]
pub(crate) struct Vendor {
    pub world: Arc<World>,
    pub state: Arc<State>,
    pub faults: Faults,
    pub log: RecordLog,
    pub tokens: Tokens,
    pub selections: Selections,
    pub windows: Windows,
    pub limits: bool,
    pub latency: Duration,
}

/// What happens on the wire.
pub(crate) enum Outcome {
    Reply(Reply),
    /// Nothing is ever sent.
    Silence,
    /// The connection is dropped.
    Dropped,
}

impl Vendor {
    /// Answers one request; waits for latency and `slow`.
    pub async fn ask(self: &Arc<Self>, request: Request) -> (Outcome, Option<FaultKind>) {
        if !self.latency.is_zero() {
            tokio::time::sleep(self.latency).await;
        }
        let fault = self.faults.strike(&request.method, &request.path);
        let kind = fault.as_ref().map(|fault| fault.kind);
        let instead = fault.as_ref().and_then(|fault| self.instead(fault, &request));
        if let Some(outcome) = instead {
            return (outcome, kind);
        }
        if let Some(Fault { kind: FaultKind::Slow, delay_ms, .. }) = &fault {
            tokio::time::sleep(Duration::from_millis(delay_ms.unwrap_or(500))).await;
        }
        let vendor = Arc::clone(self);
        let worked = tokio::task::spawn_blocking(move || vendor.work(&request, kind)).await;
        let reply = worked.unwrap_or_else(|_| Reply::new(500, "text/plain", "the simulator failed"));
        (Outcome::Reply(reply), kind)
    }

    /// What a fault sends instead of an answer; none for faults that spoil the answer.
    fn instead(&self, fault: &Fault, request: &Request) -> Option<Outcome> {
        let refused = |name: &str, status: Option<u16>, retry_after_s: Option<u64>| {
            let scope = request.scope(&Scope::new(&self.world));
            let details = Details { messages: vec!["simulated fault".into()], retry_after_s, status };
            Some(Outcome::Reply(refuse(self.world.plan(), name, &details, &scope)))
        };
        match fault.kind {
            FaultKind::Html => Some(Outcome::Reply(Reply::new(200, "text/html; charset=utf-8", HTML))),
            FaultKind::RateLimit => refused("rate_limited", fault.status, Some(fault.retry_after_s.unwrap_or(1))),
            FaultKind::ServerError => refused("server_error", Some(fault.status.unwrap_or(500)), None),
            FaultKind::Unauthorized => refused("unauthorized", None, None),
            FaultKind::Hang => Some(Outcome::Silence),
            FaultKind::Reset => Some(Outcome::Dropped),
            FaultKind::Truncated
            | FaultKind::WrongType
            | FaultKind::EmptyPage
            | FaultKind::RepeatedCursor
            | FaultKind::Slow => None,
        }
    }

    fn work(&self, request: &Request, fault: Option<FaultKind>) -> Reply {
        let scope = request.scope(&Scope::new(&self.world));
        let plan = self.world.plan();
        let mut reply = match auth::oauth(&self.world, &self.tokens, request) {
            Some(reply) => reply,
            None => self.endpoint(request, fault, &scope),
        };
        for (name, value) in &plan.headers {
            if !reply.has(name) {
                reply.headers.push((name.clone(), value.eval_text(&scope).unwrap_or_default()));
            }
        }
        if fault == Some(FaultKind::Truncated) {
            reply.body.truncate(reply.body.len() / 2);
        }
        reply
    }

    fn endpoint(&self, request: &Request, fault: Option<FaultKind>, scope: &Scope) -> Reply {
        let plan = self.world.plan();
        let found = route::find(&plan.endpoints, &request.method, &request.path);
        let public = found.as_ref().is_some_and(|(_, endpoint, _)| !endpoint.needs_auth);
        if !public && !auth::allowed(&self.world, &self.tokens, request) {
            return refuse(plan, "unauthorized", &Details::default(), scope);
        }
        let verdict = if self.limits { self.windows.count(&self.world, &request.path) } else { Default::default() };
        let mut reply = match (verdict.wait_s, found) {
            (Some(wait_s), _) => {
                refuse(plan, "rate_limited", &Details { retry_after_s: Some(wait_s), ..Details::default() }, scope)
            }
            (None, None) => refuse(plan, "not_found", &Details::default(), scope),
            (None, Some((place, endpoint, path))) => {
                let call = Call { world: &self.world, selections: &self.selections, endpoint, place, request, fault };
                call.answer(&path)
            }
        };
        for (name, value) in verdict.headers {
            if !reply.has(&name) {
                reply.headers.push((name, value));
            }
        }
        reply
    }
}

const HTML: &str = "<!DOCTYPE html>\n<html><head><title>Scheduled maintenance</title></head>\
<body><h1>We will be back soon</h1><p>The service is being updated.</p></body></html>\n";
