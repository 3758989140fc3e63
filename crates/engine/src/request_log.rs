//! The request log: what was sent to vendors, kept in memory for a moment and then stored in one go.
//!
//! Always true: what arrives here is redacted already; at most [`HELD_MAX`] entries wait, the oldest are dropped beyond that.

use std::collections::{HashMap, VecDeque};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::UNIX_EPOCH;

use unisono_outbound::{Exchange, LogHook};
use unisono_store::{RequestEntry, StoreError};
use uuid::Uuid;

use crate::Engine;

/// Entries that may wait to be stored.
const HELD_MAX: usize = 10_000;

/// Requests that were sent and are not stored yet; clones share them.
#[derive(Clone, Default)]
pub struct RequestBuffer(Arc<Mutex<VecDeque<Exchange>>>);

impl RequestBuffer {
    /// The hook to build the HTTP client with.
    #[must_use]
    pub fn hook(&self) -> LogHook {
        let held = self.0.clone();
        LogHook::new(move |exchange| {
            let mut held = held.lock().unwrap_or_else(PoisonError::into_inner);
            if held.len() >= HELD_MAX {
                held.pop_front();
            }
            held.push_back(exchange);
        })
    }

    fn take(&self) -> VecDeque<Exchange> {
        std::mem::take(&mut *self.0.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

/// The lane of a linked account; its project is in it so that a log entry finds its way back.
pub(crate) fn lane_key(project: Uuid, account: Uuid) -> String {
    format!("{project}/{account}")
}

fn owner(lane: &str) -> Option<(Uuid, Uuid)> {
    let (project, account) = lane.split_once('/')?;
    Some((Uuid::parse_str(project).ok()?, Uuid::parse_str(account).ok()?))
}

impl Engine {
    /// Stores the requests that wait.
    pub(crate) async fn flush_request_log(&self) -> Result<(), StoreError> {
        let mut by_project: HashMap<Uuid, Vec<RequestEntry>> = HashMap::new();
        for exchange in self.parts.requests.take() {
            if let Some((project, account)) = owner(&exchange.lane) {
                by_project.entry(project).or_default().push(entry(account, exchange));
            }
        }
        for (project, entries) in by_project {
            self.scope(project).log_requests(entries).await?;
        }
        Ok(())
    }
}

fn entry(account: Uuid, exchange: Exchange) -> RequestEntry {
    let micros = |span: std::time::Duration| i64::try_from(span.as_micros()).unwrap_or(i64::MAX);
    RequestEntry {
        account,
        run: None,
        method: exchange.method,
        url: exchange.url,
        status: exchange.status.map(i64::from),
        duration_us: micros(exchange.duration),
        bytes: i64::try_from(exchange.bytes).unwrap_or(i64::MAX),
        error: exchange.error,
        at_us: exchange.at.duration_since(UNIX_EPOCH).map_or(0, micros),
    }
}
