//! From a reply to records and the next state.

use std::collections::VecDeque;
use std::sync::Arc;

use bytes::Bytes;
use sonic_rs::{JsonValueTrait, Value};

use super::state::{Phase, Visited};
use super::{Listing, ParentSource, RawRecord, Stream, StreamState, Turn, TurnError};
use crate::decode::{self, Body};
use crate::expr::Expr;
use crate::fault::date_us;
use crate::manifest::Format;
use crate::page::{Next, PageFault, PageState};
use crate::reply::Reply;
use crate::request::Context;
use crate::times;

impl Stream {
    /// Takes the reply to the request of [`Stream::step`].
    pub fn absorb(&self, cx: &Context, state: &StreamState, reply: &Reply) -> Result<Turn, TurnError> {
        let mut state = state.clone();
        if state.clock_us.is_none() {
            state.clock_us = reply.header("date").and_then(date_us);
        }
        match state.phase {
            Phase::Parents => self.absorb_parents(cx, state, reply),
            Phase::List if !state.fetch.is_empty() => self.absorb_fetched(cx, state, reply),
            Phase::List => self.absorb_page(cx, state, reply),
            Phase::Visit | Phase::Done => Ok(Turn { records: Vec::new(), gone: Vec::new(), state, total: None }),
        }
    }

    /// The raw records of a reply to the list request, whatever the paging.
    pub fn records(&self, cx: &Context, reply: &Reply) -> Result<Vec<RawRecord>, TurnError> {
        self.records_of(cx, self.list.format, self.list.records.as_ref(), reply)
    }

    /// The raw records of a reply to one of the `also` requests.
    pub(crate) fn also_records(&self, cx: &Context, index: usize, reply: &Reply) -> Result<Vec<RawRecord>, TurnError> {
        let Some(also) = self.also.get(index) else { return Ok(Vec::new()) };
        self.records_of(cx, also.format, also.records.as_ref(), reply)
    }

    /// The raw records of a reply to the incremental list request when it differs from the full one.
    pub fn incremental_records(&self, cx: &Context, reply: &Reply) -> Result<Vec<RawRecord>, TurnError> {
        let list = self.incremental.as_ref().and_then(|incremental| incremental.list.as_ref());
        let list = list.unwrap_or(&self.list);
        self.records_of(cx, list.format, list.records.as_ref(), reply)
    }

    fn records_of(
        &self,
        cx: &Context,
        format: Format,
        records: Option<&Expr>,
        reply: &Reply,
    ) -> Result<Vec<RawRecord>, TurnError> {
        if let Some(fault) = self.faults.classify(reply, cx.now_us) {
            return Err(fault.into());
        }
        let body = self.decode(format, reply)?;
        let records = decode::records(&body, records)?;
        Ok(records.into_iter().map(|raw| RawRecord { raw, parent: None }).collect())
    }

    fn absorb_page(&self, cx: &Context, mut state: StreamState, reply: &Reply) -> Result<Turn, TurnError> {
        let list = self.listing(&state);
        if list.request.is_none() {
            return self.absorb_inside(state, list, reply);
        }
        if let Some(fault) = self.faults.classify(reply, cx.now_us) {
            if !self.empty_on.contains(&reply.status) {
                return Err(fault.into());
            }
            self.end_chain(&mut state);
            return Ok(Turn { records: Vec::new(), gone: Vec::new(), state, total: None });
        }
        if self.is_nothing(reply) {
            self.end_chain(&mut state);
            return Ok(Turn { records: Vec::new(), gone: Vec::new(), state, total: None });
        }
        let body = self.decode(list.format, reply)?;
        let records = decode::records(&body, list.records.as_ref())?;
        let count = records.len() as u64;
        if self.split_window(&mut state, reply, &body, count)? {
            return Ok(Turn { records: Vec::new(), gone: Vec::new(), state, total: None });
        }
        self.observe(&mut state, &records)?;
        let next = self.next_page(cx, &state, list, reply, &body, count)?;
        self.note_token(&mut state, &next, &body)?;
        let parent = state.parent.as_ref().map(|parent| Arc::clone(&parent.raw));
        let mut turn = Turn { records: Vec::new(), gone: Vec::new(), state, total: None };
        self.take(&mut turn, records, parent)?;
        match next {
            Next::More(page) => {
                turn.total = page.total;
                if !self.restart_window(&mut turn.state, &page)? {
                    turn.state.page = page;
                }
            }
            Next::End(page) => {
                turn.total = page.total;
                turn.state.page = page;
                turn.state.ended = true;
                if turn.state.fetch.is_empty() {
                    self.end_chain(&mut turn.state);
                }
            }
        }
        Ok(turn)
    }

    /// The records inside a parent; a parent may well have none.
    fn absorb_inside(&self, mut state: StreamState, list: &Listing, reply: &Reply) -> Result<Turn, TurnError> {
        let body = decode::decode(Format::Json, reply)?;
        let records = decode::inside(&body, list.records.as_ref())?;
        let parent = state.parent.as_ref().map(|parent| Arc::clone(&parent.raw));
        self.end_chain(&mut state);
        let mut turn = Turn { records: Vec::new(), gone: Vec::new(), state, total: None };
        turn.records = records.into_iter().map(|raw| RawRecord { raw, parent: parent.clone() }).collect();
        Ok(turn)
    }

    /// Puts a page's records, or the ids to fetch for them, into the turn.
    fn take(&self, turn: &mut Turn, records: Vec<Bytes>, parent: Option<Arc<Value>>) -> Result<(), TurnError> {
        let fetch = self.incremental.as_ref().and_then(|incremental| incremental.fetch.as_ref());
        let Some(fetch) = fetch.filter(|_| !turn.state.full) else {
            turn.records = records.into_iter().map(|raw| RawRecord { raw, parent: parent.clone() }).collect();
            return Ok(());
        };
        for raw in records {
            let entry = decode::parse(&raw, Format::Json)?;
            let wrong = |reason: String| PageFault::Malformed { expected: "JSON", reason };
            let id = fetch.id.eval(&entry, &[]).map_err(|error| wrong(error.to_string()))?;
            let Some(id) = text_of(&id) else {
                return Err(wrong(format!("`{}` finds no id in a listed entry", fetch.id.source())).into());
            };
            let gone = fetch.deleted.as_ref().map(|deleted| deleted.eval_bool(&entry, &[])).transpose();
            if gone.map_err(|error| wrong(error.to_string()))?.unwrap_or(false) {
                turn.gone.push(id);
            } else if !turn.state.fetch.contains(&id) {
                turn.state.fetch.push(id);
            }
        }
        Ok(())
    }

    fn absorb_fetched(&self, cx: &Context, mut state: StreamState, reply: &Reply) -> Result<Turn, TurnError> {
        let record = self.retrieved(cx, reply)?;
        let id = state.fetch.remove(0);
        let parent = state.parent.as_ref().map(|parent| Arc::clone(&parent.raw));
        if state.fetch.is_empty() && state.ended {
            self.end_chain(&mut state);
        }
        let mut turn = Turn { records: Vec::new(), gone: Vec::new(), state, total: None };
        match record {
            Some(record) => turn.records.push(RawRecord { parent, ..record }),
            None => turn.gone.push(id),
        }
        Ok(turn)
    }

    fn absorb_parents(&self, cx: &Context, mut state: StreamState, reply: &Reply) -> Result<Turn, TurnError> {
        let Some((list, plan)) = self.parent_list().zip(self.parent.as_ref()) else {
            state.phase = Phase::Done;
            return Ok(Turn { records: Vec::new(), gone: Vec::new(), state, total: None });
        };
        if let Some(fault) = self.faults.classify(reply, cx.now_us) {
            return Err(fault.into());
        }
        let (records, next) = if self.is_nothing(reply) {
            (Vec::new(), Next::End(PageState { index: state.parents.index + 1, ..state.parents.clone() }))
        } else {
            let body = self.decode(list.format, reply)?;
            let records = decode::records(&body, list.records.as_ref())?;
            let url = self.page_url(cx, &state)?;
            let next = list.pager.next(&state.parents, &url, reply, &body, records.len() as u64)?;
            (records, next)
        };
        let mut queue = VecDeque::with_capacity(records.len());
        for raw in &records {
            let raw = decode::parse(raw, Format::Json)?;
            let wrong = |reason: String| PageFault::Malformed { expected: "JSON", reason };
            let id = plan.id.eval(&raw, &[]).map_err(|error| wrong(error.to_string()))?;
            let Some(key) = text_of(&id) else {
                return Err(wrong(format!("`{}` finds no id in a parent", plan.id.source())).into());
            };
            if self.is_wanted_parent(&raw).map_err(wrong)? {
                queue.push_back(Visited { key, raw: Arc::new(raw) });
            }
        }
        // After a restart the page is fetched again; the parents up to the one visited last are done.
        if let Some(done) = &state.parent
            && let Some(at) = queue.iter().position(|parent| parent.key == done.key)
        {
            queue.drain(..=at);
        }
        state.queue = Some(queue);
        state.parents_next = match next {
            Next::More(page) => Some(page),
            Next::End(_) => None,
        };
        self.next_parent(&mut state);
        Ok(Turn { records: Vec::new(), gone: Vec::new(), state, total: None })
    }

    /// The page chain is closed: the next window, the next parent, or the end.
    fn end_chain(&self, state: &mut StreamState) {
        if self.next_window(state) {
            return;
        }
        match self.parent.as_ref().map(|parent| &parent.source) {
            None => state.phase = Phase::Done,
            Some(ParentSource::Model(_)) => state.phase = Phase::Visit,
            Some(ParentSource::List(_)) => self.next_parent(state),
        }
    }

    fn next_parent(&self, state: &mut StreamState) {
        let Some(queue) = &mut state.queue else {
            state.phase = Phase::Parents; // taken up again from a saved state: fetch the parents' page once more
            return;
        };
        if let Some(parent) = queue.pop_front() {
            state.parent = Some(parent);
            self.restart_chain(state);
            return;
        }
        state.queue = None;
        state.parent = None;
        match state.parents_next.take() {
            Some(page) => {
                state.parents = page;
                state.phase = Phase::Parents;
            }
            None => state.phase = Phase::Done,
        }
    }

    fn next_page(
        &self,
        cx: &Context,
        state: &StreamState,
        list: &Listing,
        reply: &Reply,
        body: &Body,
        count: u64,
    ) -> Result<Next, TurnError> {
        let url = self.page_url(cx, state)?;
        let next = list.pager.next(&state.page, &url, reply, body, count)?;
        if let Next::More(PageState { url: Some(next), .. }) = &next
            && let Ok(next) = url::Url::parse(next)
            && !self.base.allows(&next, &crate::connector::base_context(cx))?
        {
            let host = next.host_str().unwrap_or_default().to_owned();
            return Err(PageFault::ForeignHost { host }.into());
        }
        Ok(next)
    }

    /// The address of the request that the state asks for.
    fn page_url(&self, cx: &Context, state: &StreamState) -> Result<url::Url, TurnError> {
        match self.step(cx, state)? {
            super::Step::Send(request) => Ok(request.url),
            super::Step::Ready(_) | super::Step::Parent { .. } | super::Step::Done => {
                Ok(self.base.bare(&crate::connector::base_context(cx), http::Method::GET, "")?.url)
            }
        }
    }

    fn note_token(&self, state: &mut StreamState, next: &Next, body: &Body) -> Result<(), TurnError> {
        let token = self.incremental.as_ref().and_then(|incremental| incremental.token.as_ref());
        if let (Some((at, _)), Next::End(_)) = (token, next) {
            let found = text_of(&body.eval(at)?);
            state.token = found.or(state.token.take());
        }
        Ok(())
    }

    fn observe(&self, state: &mut StreamState, records: &[Bytes]) -> Result<(), TurnError> {
        let field = self.incremental.as_ref().and_then(|incremental| incremental.field.as_ref());
        let Some(field) = field else { return Ok(()) };
        for raw in records {
            let seen = times::moment_us(&decode::field(raw, field)?);
            state.seen_us = state.seen_us.max(seen);
        }
        Ok(())
    }

    pub(super) fn decode(&self, format: Format, reply: &Reply) -> Result<Body, PageFault> {
        let native = self.native.and_then(|native| native.decode(&self.model, &self.name, reply));
        match native {
            None => decode::decode(format, reply),
            Some(json) => {
                let reply = Reply { status: reply.status, headers: http::HeaderMap::new(), body: json? };
                decode::decode(Format::Json, &reply)
            }
        }
    }

    /// 204 and 304 say that there is nothing (new), and have no body.
    fn is_nothing(&self, reply: &Reply) -> bool {
        matches!(reply.status, 204 | 304) && decode::trim(&reply.body).is_empty()
    }
}

/// An id's text.
pub(super) fn text_of(value: &Value) -> Option<String> {
    if let Some(text) = value.as_str() {
        return Some(text.to_owned()).filter(|text| !text.is_empty());
    }
    value.is_number().then(|| value.to_string())
}
