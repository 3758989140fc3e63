//! Pace: one lane per linked account, shared by all its callers, keeps within the vendor's quota.
//!
//! Always true: no window of `per` sees more than `requests`; nothing is sent before the time the vendor named; a
//! caller waits at most `wait_max` in place and is told to park beyond that.
//! Elsewhere: reading the headers is `quota`; retries are `client`.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, SystemTime};

use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tokio::time::Instant;

use crate::quota::Quota;
use crate::{QuotaHeaders, Secret};

/// How fast a lane may go: the manifest's declared limits.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Pace {
    /// Requests per `per`; 0 for no declared limit.
    pub requests: u32,
    /// Length of the window.
    pub per: Duration,
    /// Requests at the same time.
    pub concurrent: u32,
    /// Longest wait in place; beyond it `Park`.
    pub wait_max: Duration,
    /// Headers to learn from.
    pub headers: QuotaHeaders,
}

impl Default for Pace {
    fn default() -> Self {
        Self {
            requests: 0,
            per: Duration::from_secs(1),
            concurrent: 8,
            wait_max: Duration::from_secs(10),
            headers: QuotaHeaders::default(),
        }
    }
}

/// Not now: come back later.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Park {
    /// Wall clock time to come back at.
    pub until: SystemTime,
    /// The same as a span from now.
    pub wait: Duration,
}

impl Park {
    fn after(wait: Duration) -> Self {
        Self { until: SystemTime::now() + wait, wait }
    }
}

/// Leave to send one request; hold it until the reply is complete.
#[derive(Debug)]
pub struct Permit {
    _slot: OwnedSemaphorePermit,
}

/// The pace of one linked account. Clones share it.
#[derive(Clone)]
pub struct Lane(Arc<Inner>);

struct Inner {
    key: String,
    state: Mutex<State>,
}

struct State {
    pace: Pace,
    slots: Arc<Semaphore>,
    /// Theoretical arrival time of the declared limit (GCRA).
    due: Option<Instant>,
    /// Nothing is sent before this.
    closed_until: Option<Instant>,
    /// What the headers said last.
    learnt: Option<Learnt>,
    last_start: Option<Instant>,
    refusals: u32,
    secrets: Vec<Secret>,
}

struct Learnt {
    limit: u64,
    remaining: u64,
    reset_at: Instant,
}

/// Known secret values per lane; the oldest are forgotten.
const SECRETS_MAX: usize = 64;

/// Two reset times closer than this belong to the same window.
const WINDOW_SLACK: Duration = Duration::from_secs(2);

/// First wait after a refusal that names no time, doubled with each further one.
const REFUSAL_WAIT: Duration = Duration::from_secs(1);

impl Lane {
    /// A lane of its own; usually taken from `Outbound::lane`, so that callers share it.
    pub fn new(key: impl Into<String>, pace: Pace) -> Self {
        let slots = Arc::new(Semaphore::new(pace.concurrent.max(1) as usize));
        let state = State {
            pace,
            slots,
            due: None,
            closed_until: None,
            learnt: None,
            last_start: None,
            refusals: 0,
            secrets: Vec::new(),
        };
        Self(Arc::new(Inner { key: key.into(), state: Mutex::new(state) }))
    }

    /// Its key, usually the id of the linked account.
    pub fn key(&self) -> &str {
        &self.0.key
    }

    /// Waits for leave to send; `Err` if that takes longer than `wait_max`.
    pub async fn acquire(&self) -> Result<Permit, Park> {
        let deadline = Instant::now() + self.state().pace.wait_max;
        loop {
            let (start, slots) = self.reserve(deadline)?;
            tokio::time::sleep_until(start).await;
            let busy = || Park::after(Duration::from_secs(1));
            let slot = tokio::time::timeout_at(deadline.max(start), slots.acquire_owned());
            let slot = slot.await.map_err(|_| busy())?.map_err(|_| busy())?;
            // A refusal may have come in meanwhile; then queue again.
            if self.state().closed_until.is_none_or(|until| until <= Instant::now()) {
                return Ok(Permit { _slot: slot });
            }
        }
    }

    /// Takes over changed limits; what was learnt stays.
    pub(crate) fn set_pace(&self, pace: Pace) {
        let mut state = self.state();
        if state.pace.concurrent != pace.concurrent {
            state.slots = Arc::new(Semaphore::new(pace.concurrent.max(1) as usize));
        }
        state.pace = pace;
    }

    /// Learns from a reply that was not a refusal.
    pub(crate) fn observe(&self, headers: &http::HeaderMap) {
        let (now, mut state) = (Instant::now(), self.state());
        state.refusals = 0;
        let quota = state.pace.headers.read(headers, SystemTime::now());
        state.learn(quota, now);
    }

    /// Closes the lane after a refusal and says for how long.
    pub(crate) fn refused(&self, headers: &http::HeaderMap, retry_after: Option<Duration>) -> Park {
        let (now, wall) = (Instant::now(), SystemTime::now());
        let mut state = self.state();
        let quota = state.pace.headers.read(headers, wall);
        let backoff = REFUSAL_WAIT * 2u32.pow(state.refusals.min(6));
        let asked = retry_after.or_else(|| crate::quota::retry_after(headers, wall)).or(quota.reset);
        // A window that has just ended still gets a breath, else a wrong vendor clock makes a tight loop.
        let wait = asked.map_or(backoff, |wait| wait.max(Duration::from_millis(100)));
        state.refusals = state.refusals.saturating_add(1);
        let until = now + wait;
        state.closed_until = Some(state.closed_until.map_or(until, |earlier| earlier.max(until)));
        Park::after(wait)
    }

    /// Remembers values that must never be logged.
    pub(crate) fn know(&self, secrets: &[Secret]) -> Vec<Secret> {
        let mut state = self.state();
        for secret in secrets {
            if !state.secrets.iter().any(|known| known.expose() == secret.expose()) {
                state.secrets.push(secret.clone());
            }
        }
        let surplus = state.secrets.len().saturating_sub(SECRETS_MAX);
        state.secrets.drain(..surplus);
        state.secrets.clone()
    }

    /// Nobody else holds it and nothing learnt would be lost by forgetting it.
    pub(crate) fn is_idle(&self) -> bool {
        let (now, state) = (Instant::now(), self.state());
        let open = state.closed_until.is_none_or(|until| until <= now);
        let calm = state.due.is_none_or(|due| due <= now);
        let fresh = state.learnt.as_ref().is_none_or(|learnt| learnt.reset_at <= now);
        Arc::strong_count(&self.0) == 1 && open && calm && fresh
    }

    fn reserve(&self, deadline: Instant) -> Result<(Instant, Arc<Semaphore>), Park> {
        let (now, mut state) = (Instant::now(), self.state());
        let start = state.next_start(now);
        if start > deadline {
            return Err(Park::after(start - now));
        }
        state.take(start);
        Ok((start, Arc::clone(&state.slots)))
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.0.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl State {
    /// The earliest moment at which one more request keeps within everything known.
    fn next_start(&mut self, now: Instant) -> Instant {
        if self.learnt.as_ref().is_some_and(|learnt| learnt.reset_at <= now) {
            self.learnt = None;
        }
        let mut start = now.max(self.closed_until.unwrap_or(now));
        if let (Some((interval, burst)), Some(due)) = (self.interval(), self.due) {
            start = start.max(due.checked_sub(interval * (burst - 1)).unwrap_or(now));
        }
        let Some(learnt) = &self.learnt else { return start };
        if learnt.remaining == 0 {
            return start.max(learnt.reset_at);
        }
        // Near the end of the quota the rest is spread over the rest of the window.
        if learnt.remaining <= learnt.limit / 10 {
            let rest = learnt.reset_at.saturating_duration_since(now);
            let parts = u32::try_from(learnt.remaining + 1).unwrap_or(u32::MAX);
            start = start.max(self.last_start.unwrap_or(now) + rest / parts);
        }
        start
    }

    fn take(&mut self, start: Instant) {
        if let Some((interval, _)) = self.interval() {
            self.due = Some(self.due.map_or(start, |due| due.max(start)) + interval);
        }
        if let Some(learnt) = &mut self.learnt {
            learnt.remaining = learnt.remaining.saturating_sub(1);
        }
        self.last_start = Some(start);
    }

    /// Spacing and burst: a quarter of the window may go at once, the rest evenly, so that no window exceeds it.
    fn interval(&self) -> Option<(Duration, u32)> {
        let requests = self.pace.requests;
        if requests == 0 {
            return None;
        }
        let burst = (requests / 4).max(1);
        let spread = if requests > burst { requests - burst } else { 1 };
        Some((self.pace.per / spread, burst))
    }

    fn learn(&mut self, quota: Quota, now: Instant) {
        let Some(remaining) = quota.remaining else { return };
        let reset_at = now + quota.reset.unwrap_or(self.pace.per);
        let limit = quota.limit.unwrap_or(u64::from(self.pace.requests));
        // Replies overtake each other: within one window the lower count is the newer one.
        let remaining = match &self.learnt {
            Some(known) if near(known.reset_at, reset_at) => remaining.min(known.remaining),
            _ => remaining,
        };
        self.learnt = Some(Learnt { limit, remaining, reset_at });
    }
}

fn near(a: Instant, b: Instant) -> bool {
    let apart = if a > b { a - b } else { b - a };
    apart <= WINDOW_SLACK
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    fn pace(requests: u32, per_s: u64) -> Pace {
        Pace { requests, per: Duration::from_secs(per_s), wait_max: Duration::from_secs(60), ..Pace::default() }
    }

    fn headers(lines: &[(&'static str, &str)]) -> http::HeaderMap {
        lines.iter().map(|(name, value)| (http::HeaderName::from_static(name), value.parse().unwrap())).collect()
    }

    async fn starts(lane: &Lane, count: usize) -> Vec<Duration> {
        let zero = Instant::now();
        let mut starts = Vec::new();
        for _ in 0..count {
            drop(lane.acquire().await.unwrap());
            starts.push(zero.elapsed());
        }
        starts
    }

    #[tokio::test(start_paused = true)]
    async fn no_window_sees_more_than_declared() {
        let starts = starts(&Lane::new("a", pace(20, 10)), 100).await;
        for (at, start) in starts.iter().enumerate() {
            let window = starts[at..].iter().take_while(|other| **other - *start < Duration::from_secs(10)).count();
            assert!(window <= 20, "{window} requests in the window from {start:?}");
        }
        let spent = starts[99].as_secs_f32();
        assert!(spent < 66.0, "declared speed is not reached: {spent}");
    }

    #[tokio::test(start_paused = true)]
    async fn callers_of_one_lane_share_its_pace() {
        let lane = Lane::new("a", pace(4, 4));
        let zero = Instant::now();
        let tasks: Vec<_> = (0..7)
            .map(|_| {
                tokio::spawn({
                    let lane = lane.clone();
                    async move { lane.acquire().await.map(drop) }
                })
            })
            .collect();
        for task in tasks {
            task.await.unwrap().unwrap();
        }
        assert!(zero.elapsed() >= Duration::from_secs(7), "{:?}", zero.elapsed());
    }

    #[tokio::test(start_paused = true)]
    async fn a_used_up_quota_waits_for_the_reset_or_parks() {
        let lane = Lane::new("a", Pace { wait_max: Duration::from_secs(10), ..Pace::default() });
        lane.observe(&headers(&[("ratelimit-limit", "100"), ("ratelimit-remaining", "0"), ("ratelimit-reset", "8")]));
        let zero = Instant::now();
        drop(lane.acquire().await.unwrap());
        assert_eq!(zero.elapsed().as_secs(), 8);
        lane.observe(&headers(&[("ratelimit-limit", "100"), ("ratelimit-remaining", "0"), ("ratelimit-reset", "50")]));
        let park = lane.acquire().await.unwrap_err();
        assert_eq!(park.wait.as_secs(), 50);
    }

    #[tokio::test(start_paused = true)]
    async fn the_last_tenth_of_a_quota_is_spread_over_the_window() {
        let lane = Lane::new("a", Pace { wait_max: Duration::from_secs(60), ..Pace::default() });
        lane.observe(&headers(&[("ratelimit-limit", "100"), ("ratelimit-remaining", "4"), ("ratelimit-reset", "50")]));
        let starts = starts(&lane, 4).await;
        assert_eq!(starts.iter().map(Duration::as_secs).collect::<Vec<_>>(), [10, 20, 30, 40]);
    }

    #[tokio::test(start_paused = true)]
    async fn a_refusal_closes_the_lane_and_repeated_ones_close_it_longer() {
        let lane = Lane::new("a", Pace::default());
        assert_eq!(lane.refused(&headers(&[("retry-after", "7")]), None).wait, Duration::from_secs(7));
        let zero = Instant::now();
        drop(lane.acquire().await.unwrap());
        assert_eq!(zero.elapsed().as_secs(), 7);
        assert_eq!(lane.refused(&headers(&[]), None).wait, Duration::from_secs(2));
        assert_eq!(lane.refused(&headers(&[]), None).wait, Duration::from_secs(4));
        lane.observe(&headers(&[]));
        assert_eq!(lane.refused(&headers(&[]), None).wait, Duration::from_secs(1));
    }

    #[tokio::test(start_paused = true)]
    async fn at_most_the_declared_number_runs_at_once() {
        let lane = Lane::new("a", Pace { concurrent: 2, ..Pace::default() });
        let held = [lane.acquire().await.unwrap(), lane.acquire().await.unwrap()];
        assert!(lane.acquire().await.is_err());
        drop(held);
        assert!(lane.acquire().await.is_ok());
    }
}
