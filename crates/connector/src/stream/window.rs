//! Splitting a time range when a vendor caps the results of one query.

use super::state::Window;
use super::{Bookmark, Incremental, Stream, StreamState, WindowPlan};
use crate::decode::Body;
use crate::manifest::Order;
use crate::page::{PageFault, PageState, Probe};
use crate::reply::Reply;

/// The narrowest window: vendors' times have seconds.
const NARROWEST_US: i64 = 1_000_000;

impl Stream {
    fn window_plan(&self) -> Option<(&Incremental, &WindowPlan)> {
        let incremental = self.incremental.as_ref()?;
        Some((incremental, incremental.window.as_ref()?))
    }

    /// Lays the first window over the range, if there is a range to split.
    pub(super) fn first_window(&self, state: &mut StreamState) {
        state.window = None;
        let Some((_, plan)) = self.window_plan() else { return };
        let from_us = match &state.since {
            Some(Bookmark::At(at)) => self.with_overlap(*at),
            Some(Bookmark::Token(_)) => return,
            None => match plan.from_us {
                Some(from) => from,
                None => return,
            },
        };
        let until_us = state.began_us.max(from_us.saturating_add(NARROWEST_US));
        state.window = Some(window_from(plan, from_us, until_us, Vec::new(), until_us));
    }

    /// Goes on to the next window; false when the range is read.
    pub(super) fn next_window(&self, state: &mut StreamState) -> bool {
        let Some((_, plan)) = self.window_plan() else { return false };
        let Some(window) = &mut state.window else { return false };
        let next = match window.later.pop() {
            Some((from, to)) => {
                Window { from_us: from, to_us: to, later: std::mem::take(&mut window.later), ..*window }
            }
            None if window.to_us < window.until_us => {
                window_from(plan, window.to_us, window.until_us, Vec::new(), window.until_us)
            }
            None => return false,
        };
        state.window = Some(next);
        state.page = PageState::default();
        state.ended = false;
        true
    }

    /// Halves the window if the query has more results than the vendor gives; true if it did.
    pub(super) fn split_window(
        &self,
        state: &mut StreamState,
        reply: &Reply,
        body: &Body,
        count: u64,
    ) -> Result<bool, PageFault> {
        let Some((_, plan)) = self.window_plan() else { return Ok(false) };
        let (Some(max), Some(window)) = (plan.max_results, &mut state.window) else { return Ok(false) };
        if plan.restart {
            return Ok(false);
        }
        let total = match &plan.total {
            None => None,
            Some(Probe::Header(name)) => reply.header(name).and_then(|text| text.trim().parse().ok()),
            Some(Probe::Body(expr)) => {
                let value = body.eval(expr)?;
                sonic_rs::JsonValueTrait::as_u64(&value)
            }
        };
        // Without a total the cap is met when as many records have come as the vendor ever gives.
        let capped = total.map_or(plan.total.is_none() && state.page.records + count >= max, |total| total > max);
        if !capped {
            return Ok(false);
        }
        let middle = window.from_us + (window.to_us - window.from_us) / 2;
        let middle = middle - middle.rem_euclid(NARROWEST_US);
        if middle <= window.from_us || window.to_us - middle < NARROWEST_US {
            return Err(PageFault::Window {
                reason: format!("more than {max} records changed within one second, more than the vendor gives"),
            });
        }
        window.later.push((middle, window.to_us));
        window.to_us = middle;
        state.page = PageState::default();
        Ok(true)
    }

    /// With `restart`: begins anew at the latest time seen when the cap is near; true if it did.
    pub(super) fn restart_window(&self, state: &mut StreamState, page: &PageState) -> Result<bool, PageFault> {
        let Some((incremental, plan)) = self.window_plan() else { return Ok(false) };
        let (Some(max), Some(window)) = (plan.max_results, &mut state.window) else { return Ok(false) };
        if !plan.restart || incremental.order != Order::Asc || page.records < max {
            return Ok(false);
        }
        let reached = state.seen_us.map(|seen| seen - seen.rem_euclid(NARROWEST_US));
        match reached {
            Some(reached) if reached > window.from_us => window.from_us = reached,
            Some(_) | None => {
                let reason = format!("{max} records changed within one second, as many as the vendor gives");
                return Err(PageFault::Window { reason });
            }
        }
        state.page = PageState::default();
        Ok(true)
    }
}

fn window_from(plan: &WindowPlan, from_us: i64, end_us: i64, later: Vec<(i64, i64)>, until_us: i64) -> Window {
    let to_us = plan.size_us.map_or(end_us, |size| from_us.saturating_add(size).min(end_us));
    Window { from_us, to_us, later, until_us }
}
