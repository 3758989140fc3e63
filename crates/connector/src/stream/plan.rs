//! From a state to the next request.

use std::sync::Arc;

use serde_json::json;
use sonic_rs::Value;

use super::state::{Phase, Visited};
use super::{Bookmark, Listing, Moment, Parent, ParentSource, Start, Step, Stream, StreamState};
use crate::manifest::TokenAs;
use crate::page::PageState;
use crate::reply::Reply;
use crate::request::{Context, Param, Request, RequestError, problem};
use crate::times;

impl Stream {
    /// The state before the first request. A stream that cannot read changes reads everything.
    #[must_use]
    pub fn begin(&self, start: Start, now_us: i64) -> StreamState {
        let since = match start {
            Start::Since(bookmark) if self.is_incremental() => Some(bookmark),
            Start::Since(_) | Start::Full => None,
        };
        let mut state = StreamState::new(since.is_none(), since, now_us);
        self.first_window(&mut state);
        state.phase = self.first_phase();
        state
    }

    /// What to do next.
    pub fn step(&self, cx: &Context, state: &StreamState) -> Result<Step, RequestError> {
        Ok(match state.phase {
            Phase::Done => Step::Done,
            Phase::Visit => Step::Parent {
                model: self.parent_model().unwrap_or_default().to_owned(),
                after: state.parent.as_ref().map(|parent| parent.key.clone()),
                visit: if state.full { crate::manifest::Visit::All } else { self.parent_visit() },
                since_us: match &state.since {
                    Some(Bookmark::At(at)) => Some(*at),
                    Some(Bookmark::Token(_)) | None => None,
                },
            },
            Phase::Parents => {
                let Some(list) = self.parent_list() else { return Ok(Step::Done) };
                Step::Send(self.page_request(cx, state, list, &state.parents)?)
            }
            Phase::List => match state.fetch.first() {
                Some(id) => match self.retrieve(cx, id)? {
                    Some(request) => Step::Send(request),
                    None => return Err(problem(&self.name, "`fetch: true` needs `retrieve`")),
                },
                None => match &self.listing(state).request {
                    Some(_) => Step::Send(self.page_request(cx, state, self.listing(state), &state.page)?),
                    None => Step::Ready(inside(state)),
                },
            },
        })
    }

    /// Takes the next stored parent; `None` when there is none left.
    pub fn visit(&self, state: &StreamState, parent: Option<Parent>) -> Result<StreamState, RequestError> {
        let mut state = state.clone();
        if state.phase != Phase::Visit {
            return Ok(state);
        }
        let Some(parent) = parent else {
            state.phase = Phase::Done;
            state.parent = None;
            return Ok(state);
        };
        let raw: Value = sonic_rs::from_slice(&parent.raw)
            .map_err(|error| problem(&self.name, &format!("the stored parent is not JSON: {error}")))?;
        let wanted = self.is_wanted_parent(&raw).map_err(|reason| problem(&self.name, &reason))?;
        state.parent = Some(Visited { key: parent.key, raw: Arc::new(raw) });
        if wanted {
            self.restart_chain(&mut state);
        }
        Ok(state)
    }

    /// Where the next incremental read begins; `None` when the read told no time (then the next one is full again).
    #[must_use]
    pub fn bookmark(&self, state: &StreamState) -> Option<Bookmark> {
        let Some(incremental) = &self.incremental else {
            return self.visits_changed().then_some(Bookmark::At(state.began_us));
        };
        if incremental.token.is_some() {
            return state.token.clone().map(Bookmark::Token);
        }
        let clock = state.clock_us;
        if incremental.clock == crate::manifest::Clock::DateHeader || incremental.field.is_none() {
            return clock.map(Bookmark::At).or_else(|| state.since.clone());
        }
        // A record dated in the future must not hide what changes until then.
        let latest = clock.unwrap_or(state.began_us);
        let since = match &state.since {
            Some(Bookmark::At(at)) => Some(*at),
            Some(Bookmark::Token(_)) | None => None,
        };
        let seen = state.seen_us.map(|seen| seen.min(latest));
        seen.max(since).map(Bookmark::At)
    }

    /// The bookmark that already holds although the read is not complete: only if the vendor sorts by time of change.
    #[must_use]
    pub fn bookmark_so_far(&self, state: &StreamState) -> Option<Bookmark> {
        let incremental = self.incremental.as_ref()?;
        let sorted = incremental.order == crate::manifest::Order::Asc && self.parent.is_none() && !state.full;
        (sorted && state.fetch.is_empty() && incremental.token.is_none()).then(|| self.bookmark(state))?
    }

    /// The list that this read uses.
    pub(super) fn listing(&self, state: &StreamState) -> &Listing {
        let other = self.incremental.as_ref().and_then(|incremental| incremental.list.as_ref());
        match other {
            Some(list) if !state.full => list,
            Some(_) | None => &self.list,
        }
    }

    pub(super) fn parent_list(&self) -> Option<&Listing> {
        match &self.parent.as_ref()?.source {
            ParentSource::List(list) => Some(list),
            ParentSource::Model(_) => None,
        }
    }

    fn parent_visit(&self) -> crate::manifest::Visit {
        self.parent.as_ref().map(|parent| parent.visit).unwrap_or_default()
    }

    fn first_phase(&self) -> Phase {
        match self.parent.as_ref().map(|parent| &parent.source) {
            None => Phase::List,
            Some(ParentSource::List(_)) => Phase::Parents,
            Some(ParentSource::Model(_)) => Phase::Visit,
        }
    }

    pub(super) fn is_wanted_parent(&self, raw: &Value) -> Result<bool, String> {
        let Some(filter) = self.parent.as_ref().and_then(|parent| parent.filter.as_ref()) else { return Ok(true) };
        filter.eval_bool(raw, &[]).map_err(|error| format!("`{}`: {error}", filter.source()))
    }

    /// Begins the page chain of a parent or window anew.
    pub(super) fn restart_chain(&self, state: &mut StreamState) {
        self.first_window(state);
        state.phase = Phase::List;
        state.page = PageState::default();
        state.ended = false;
        state.fetch.clear();
    }

    fn page_request(
        &self,
        cx: &Context,
        state: &StreamState,
        list: &Listing,
        page: &PageState,
    ) -> Result<Request, RequestError> {
        let (since, until) = self.range(state)?;
        let context = self.context(cx, state, list, page, &since, &until);
        let delta = match (&self.incremental, &state.since) {
            (Some(incremental), Some(Bookmark::Token(url)))
                if page.index == 0 && incremental.token.as_ref().is_some_and(|(_, used)| *used == TokenAs::Url) =>
            {
                Some(url)
            }
            _ => None,
        };
        let is_list = std::ptr::eq(list, self.listing(state));
        let Some(plan) = list.pager.following(page).or(list.request.as_ref()) else {
            return Err(problem(&self.name, "it has no request"));
        };
        if let Some(url) = page.url.as_ref().or(delta.filter(|_| is_list)) {
            // The vendor's own address holds all parameters; only headers are ours.
            let mut request = self.base.bare(&context, plan.method.clone(), url)?;
            let built = plan.build(&self.base, &context, &[])?;
            request.headers = built.headers;
            request.body = built.body;
            return Ok(request);
        }
        let mut params = list.pager.params(page);
        let changes = !state.full && list.pager.following(page).is_none();
        if is_list && (changes || state.window.is_some()) {
            self.range_params(&since, &until, &mut params);
        }
        plan.build(&self.base, &context, &params)
    }

    fn range_params(&self, since: &serde_json::Value, until: &serde_json::Value, params: &mut Vec<Param>) {
        let Some(incremental) = &self.incremental else { return };
        for (moment, value) in [(&incremental.since, since), (&incremental.until, until)] {
            let param = moment.as_ref().and_then(|moment| moment.param.as_ref());
            if let (Some((place, name)), false) = (param, value.is_null()) {
                params.push(Param { place: *place, name: name.clone(), value: value.clone() });
            }
        }
    }

    /// `.since` and `.until`, formatted; null where there is none.
    fn range(&self, state: &StreamState) -> Result<(serde_json::Value, serde_json::Value), RequestError> {
        let Some(incremental) = &self.incremental else { return Ok((json!(null), json!(null))) };
        let print = |moment: &Option<Moment>, at: i64| {
            let format = moment.as_ref().map(|moment| moment.format.clone()).unwrap_or_default();
            times::format(at, &format).map_err(|reason| problem(&self.name, &reason))
        };
        if let Some(window) = &state.window {
            return Ok((print(&incremental.since, window.from_us)?, print(&incremental.until, window.to_us)?));
        }
        let since = match &state.since {
            Some(Bookmark::Token(token)) => json!(token),
            Some(Bookmark::At(at)) => print(&incremental.since, self.with_overlap(*at))?,
            None => json!(null),
        };
        Ok((since, print(&incremental.until, state.began_us)?))
    }

    pub(super) fn with_overlap(&self, at_us: i64) -> i64 {
        let overlap_s = self.incremental.as_ref().map_or(0, |incremental| incremental.overlap_s);
        let overlap_us = i64::try_from(overlap_s).unwrap_or(i64::MAX).saturating_mul(1_000_000);
        at_us.saturating_sub(overlap_us).max(0)
    }

    fn context(
        &self,
        cx: &Context,
        state: &StreamState,
        list: &Listing,
        page: &PageState,
        since: &serde_json::Value,
        until: &serde_json::Value,
    ) -> Value {
        let mut object = sonic_rs::Object::new();
        object.insert("config", cx.config.clone());
        object.insert(
            "now",
            value(&times::format(cx.now_us, &crate::manifest::SinceFormat::Rfc3339).unwrap_or_default()),
        );
        object.insert("since", value(since));
        object.insert("until", value(until));
        object.insert("page", Value::from(list.pager.number(page)));
        object.insert("offset", Value::from(list.pager.offset(page)));
        object.insert("cursor", page.cursor.as_deref().map_or_else(Value::new_null, Value::copy_str));
        object.insert("limit", list.pager.size.map_or_else(Value::new_null, Value::from));
        let parent = state.parent.as_ref().map(|parent| parent.raw.as_ref().clone());
        object.insert("parent", parent.unwrap_or_default());
        object.into()
    }
}

/// The parent as if it were a reply.
fn inside(state: &StreamState) -> Reply {
    let text = state.parent.as_ref().map(|parent| parent.raw.to_string()).unwrap_or_default();
    Reply { status: 200, headers: http::HeaderMap::new(), body: bytes::Bytes::from(text) }
}

/// The same value for expressions.
pub(crate) fn value(json: &serde_json::Value) -> Value {
    match json {
        serde_json::Value::String(text) => Value::copy_str(text),
        serde_json::Value::Null => Value::new_null(),
        other => sonic_rs::from_str(&other.to_string()).unwrap_or_default(),
    }
}
