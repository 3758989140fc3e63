//! Limit: the vendor's rate limits, counted in fixed windows, with the vendor's headers.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use minijinja::value::Value as Mj;

use crate::scope::Scope;
use crate::state::World;

/// The windows of one running sandbox, in the order of the description.
#[derive(Debug, Default)]
pub(crate) struct Windows {
    inner: Mutex<Vec<Option<(Instant, u64)>>>,
}

/// What the limits say to one request.
#[derive(Debug, Default)]
pub(crate) struct Verdict {
    pub headers: Vec<(String, String)>,
    /// Seconds to wait, if the request came too early.
    pub wait_s: Option<u64>,
}

impl Windows {
    /// Counts a request.
    pub fn count(&self, world: &Arc<World>, path: &str) -> Verdict {
        let limits = &world.plan().limits;
        let now = Instant::now();
        let mut windows = self.inner.lock().unwrap_or_else(PoisonError::into_inner);
        windows.resize(limits.len(), None);
        let mut verdict = Verdict::default();
        for (limit, window) in limits.iter().zip(windows.iter_mut()) {
            if limit.spec.path.as_deref().is_some_and(|part| !path.contains(part)) {
                continue;
            }
            let length = Duration::from_secs(limit.spec.per_s);
            let (start, used) = window.filter(|(start, _)| now.duration_since(*start) < length).unwrap_or((now, 0));
            let left = length.saturating_sub(now.duration_since(start));
            let reset_s = left.as_millis().div_ceil(1000).max(1) as u64;
            if used >= limit.spec.requests {
                verdict.wait_s = Some(verdict.wait_s.unwrap_or(0).max(reset_s));
            } else {
                *window = Some((start, used + 1));
            }
            let remaining = limit.spec.requests.saturating_sub(used + 1);
            let reset_unix = world.clock.now().as_second().saturating_add(i64::try_from(reset_s).unwrap_or(0));
            let scope = Scope::new(world)
                .with("limit", Mj::from(limit.spec.requests))
                .with("remaining", Mj::from(remaining))
                .with("reset_s", Mj::from(reset_s))
                .with("reset_unix", Mj::from(reset_unix))
                .with("per_s", Mj::from(limit.spec.per_s))
                .with("per_ms", Mj::from(limit.spec.per_s * 1000));
            for (name, value) in &limit.headers {
                verdict.headers.push((name.clone(), value.eval_text(&scope).unwrap_or_default()));
            }
        }
        verdict
    }
}
