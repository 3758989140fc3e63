//! Paging: from one reply to the next request, or to an end that was really told.
//!
//! Always true: a page chain closes only where the vendor says so; anything odd is a [`PageFault`], never a short list;
//! memory does not grow with the number of pages (circles are found by Brent's method).
//! Elsewhere: `stream` strings page chains together (parents, windows, fetches).

mod fault;

use serde::{Deserialize, Serialize};
use serde_json::json;
use sonic_rs::{JsonContainerTrait, JsonValueTrait, Value};
use url::Url;
use xxhash_rust::xxh3::xxh3_64;

use crate::decode::Body;
use crate::expr::Expr;
use crate::manifest::{CursorIn, End};
use crate::reply::Reply;
use crate::request::{Param, RequestPlan};

pub use fault::PageFault;

/// A list with more pages than this is a mistake of somebody's.
const PAGES_MAX: u64 = 1_000_000;

/// Where a page chain stands: enough to ask for exactly this page again.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct PageState {
    /// Pages read so far.
    pub index: u64,
    /// Records read so far.
    pub records: u64,
    /// The cursor of the page to ask for.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cursor: Option<String>,
    /// The address of the page to ask for.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub url: Option<String>,
    /// How many records the vendor promised.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub total: Option<u64>,
    /// Hash of an earlier cursor or address, to notice a circle.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub mark: Option<u64>,
}

/// What follows a page.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Next {
    More(PageState),
    End(PageState),
}

/// A value in the body or in a header.
#[derive(Debug)]
pub(crate) enum Probe {
    Body(Expr),
    Header(String),
}

/// Compiled paging.
#[derive(Debug)]
pub(crate) struct Pager {
    pub(crate) kind: Kind,
    pub(crate) size: Option<u64>,
    pub(crate) size_param: Option<(CursorIn, String)>,
    pub(crate) total: Option<Probe>,
    pub(crate) more: Option<Expr>,
}

#[derive(Debug)]
pub(crate) enum Kind {
    None,
    Number { param: Option<(CursorIn, String)>, start: u64, total_pages: Option<Probe>, end: End },
    Offset { param: Option<(CursorIn, String)>, start: u64, end: End },
    Cursor { at: Probe, param: Option<(CursorIn, String)>, following: Option<Box<RequestPlan>> },
    NextUrl { at: Expr },
    LinkHeader { rel: String },
    Odata,
}

/// The OData keys that hold the next address, newest version first.
const ODATA: [&[&str]; 3] = [&["@odata.nextLink"], &["odata.nextLink"], &["d", "__next"]];

impl Pager {
    /// The page's number as `.page` shows it.
    pub(crate) fn number(&self, state: &PageState) -> u64 {
        match self.kind {
            Kind::Number { start, .. } => start + state.index,
            _ => state.index,
        }
    }

    /// The offset as `.offset` shows it.
    pub(crate) fn offset(&self, state: &PageState) -> u64 {
        match self.kind {
            Kind::Offset { start, .. } => start + state.records,
            _ => state.records,
        }
    }

    /// The request for this page when it is not the first one's.
    pub(crate) fn following(&self, state: &PageState) -> Option<&RequestPlan> {
        match &self.kind {
            Kind::Cursor { following, .. } if state.index > 0 => following.as_deref(),
            _ => None,
        }
    }

    /// The parameters for this page.
    pub(crate) fn params(&self, state: &PageState) -> Vec<Param> {
        let mut params = Vec::new();
        if let (Some((place, name)), Some(size)) = (&self.size_param, self.size) {
            params.push(Param { place: *place, name: name.clone(), value: json!(size) });
        }
        let (param, value) = match &self.kind {
            Kind::Number { param, .. } => (param.as_ref(), Some(json!(self.number(state)))),
            Kind::Offset { param, .. } => (param.as_ref(), Some(json!(self.offset(state)))),
            Kind::Cursor { param, .. } => (param.as_ref(), state.cursor.as_ref().map(|cursor| json!(cursor))),
            Kind::None | Kind::NextUrl { .. } | Kind::LinkHeader { .. } | Kind::Odata => (None, None),
        };
        if let (Some((place, name)), Some(value)) = (param, value) {
            params.push(Param { place: *place, name: name.clone(), value });
        }
        params
    }

    /// What follows this page. `url` is the address it came from; `count` its number of records.
    pub(crate) fn next(
        &self,
        state: &PageState,
        url: &Url,
        reply: &Reply,
        body: &Body,
        count: u64,
    ) -> Result<Next, PageFault> {
        let mut after = PageState { index: state.index + 1, records: state.records + count, ..state.clone() };
        if after.index > PAGES_MAX {
            return Err(PageFault::TooMany { limit: PAGES_MAX });
        }
        if let Some(probe) = &self.total {
            after.total = self.count_at(probe, reply, body)?.or(state.total);
        }
        let more = self.more.as_ref().map(|more| self.flag(more, body, after.index)).transpose()?;
        let goes_on = match &self.kind {
            Kind::None => false,
            Kind::Number { total_pages, end, .. } => {
                let pages =
                    total_pages.as_ref().map(|probe| self.required(probe, reply, body, after.index)).transpose()?;
                let by_total = after.total.map(|total| after.records < total);
                match more.or(pages.map(|pages| after.index < pages)).or(by_total) {
                    Some(goes_on) => goes_on,
                    None => self.by_length(*end, count),
                }
            }
            Kind::Offset { end, .. } => {
                let by_total = after.total.map(|total| after.records < total);
                more.or(by_total).unwrap_or_else(|| self.by_length(*end, count))
            }
            Kind::Cursor { at, .. } => {
                let cursor = cursor(at, reply, body)?;
                after.cursor = cursor.clone();
                self.leads_on(cursor.as_deref(), more, &mut after)?
            }
            Kind::NextUrl { at } => {
                let next = text(&body.eval(at)?);
                self.follow(next, more, url, &mut after)?
            }
            Kind::LinkHeader { rel } => {
                let next = link(reply, rel);
                self.follow(next, more, url, &mut after)?
            }
            Kind::Odata => {
                let value = body.value()?;
                let next = ODATA.iter().find_map(|path| text(value.pointer(*path)?));
                self.follow(next, more, url, &mut after)?
            }
        };
        self.judge(goes_on, after, count)
    }

    /// Compares what the page says of the rest with what was promised.
    fn judge(&self, goes_on: bool, after: PageState, count: u64) -> Result<Next, PageFault> {
        let numbered = matches!(self.kind, Kind::Number { .. } | Kind::Offset { .. });
        if goes_on && count == 0 && (numbered || after.total.is_some_and(|total| after.records < total)) {
            let promised = match after.total {
                Some(total) => format!("the vendor promised {total} records and gave {}", after.records),
                None => "the vendor says that more follows".to_owned(),
            };
            return Err(PageFault::EmptyEarly { page: after.index, promised });
        }
        if goes_on {
            return Ok(Next::More(after));
        }
        match after.total {
            Some(total) if after.records < total => Err(PageFault::Short { seen: after.records, total }),
            _ => Ok(Next::End(after)),
        }
    }

    fn by_length(&self, end: End, count: u64) -> bool {
        match (end, self.size) {
            (End::Short, Some(size)) => count >= size,
            (End::Short, None) | (End::Empty, _) => count > 0,
        }
    }

    /// Whether a cursor leads on; one that was there before is a circle.
    fn leads_on(&self, cursor: Option<&str>, more: Option<bool>, after: &mut PageState) -> Result<bool, PageFault> {
        let Some(cursor) = cursor else {
            if more == Some(true) {
                let reason = "it says that more follows but gives no cursor".to_owned();
                return Err(PageFault::NoEnd { page: after.index, reason });
            }
            return Ok(false);
        };
        if more == Some(false) {
            return Ok(false);
        }
        let hash = xxh3_64(cursor.as_bytes());
        if after.mark == Some(hash) {
            let cursor = cursor.chars().take(80).collect();
            return Err(PageFault::RepeatedCursor { page: after.index, cursor });
        }
        // Brent: the remembered cursor moves up at powers of two, so every circle is met within three times its length.
        if after.index.is_power_of_two() {
            after.mark = Some(hash);
        }
        Ok(true)
    }

    fn follow(
        &self,
        next: Option<String>,
        more: Option<bool>,
        url: &Url,
        after: &mut PageState,
    ) -> Result<bool, PageFault> {
        let next = next.map(|next| {
            url.join(&next).map_err(|error| PageFault::NoEnd {
                page: after.index,
                reason: format!("its next address `{next}` is not one: {error}"),
            })
        });
        let next = next.transpose()?;
        let text = next.as_ref().map(Url::as_str);
        if text == Some(url.as_str()) && more != Some(false) {
            let cursor = url.as_str().chars().take(80).collect();
            return Err(PageFault::RepeatedCursor { page: after.index, cursor });
        }
        let goes_on = self.leads_on(text, more, after)?;
        after.url = text.map(str::to_owned);
        Ok(goes_on)
    }

    fn flag(&self, more: &Expr, body: &Body, page: u64) -> Result<bool, PageFault> {
        let value = body.eval(more)?;
        if let Some(flag) = value.as_bool() {
            return Ok(flag);
        }
        match value.as_str() {
            Some("true") => Ok(true),
            Some("false") => Ok(false),
            _ => {
                let reason = format!("`{}` is {value} instead of true or false", more.source());
                Err(PageFault::NoEnd { page, reason })
            }
        }
    }

    fn count_at(&self, probe: &Probe, reply: &Reply, body: &Body) -> Result<Option<u64>, PageFault> {
        Ok(match probe {
            Probe::Header(name) => reply.header(name).and_then(|text| text.trim().parse().ok()),
            Probe::Body(expr) => {
                let value = body.eval(expr)?;
                let number = value.as_u64().or_else(|| value.as_f64().map(|number| number as u64));
                number.or_else(|| value.as_str()?.trim().parse().ok())
            }
        })
    }

    fn required(&self, probe: &Probe, reply: &Reply, body: &Body, page: u64) -> Result<u64, PageFault> {
        self.count_at(probe, reply, body)?.ok_or_else(|| PageFault::NoEnd {
            page,
            reason: match probe {
                Probe::Body(expr) => format!("`{}` is no number", expr.source()),
                Probe::Header(name) => format!("the header {name} is missing"),
            },
        })
    }
}

fn cursor(at: &Probe, reply: &Reply, body: &Body) -> Result<Option<String>, PageFault> {
    Ok(match at {
        Probe::Header(name) => reply.header(name).map(str::to_owned).filter(|text| !text.is_empty()),
        Probe::Body(expr) => text(&body.eval(expr)?),
    })
}

/// A cursor's text; null, false and "" are none, an object or array is sent as JSON.
fn text(value: &Value) -> Option<String> {
    if let Some(text) = value.as_str() {
        return Some(text.to_owned()).filter(|text| !text.is_empty());
    }
    if value.is_null() || value.is_false() || value.as_array().is_some_and(|list| list.is_empty()) {
        return None;
    }
    Some(value.to_string())
}

/// The address with this relation in the `Link` headers.
fn link(reply: &Reply, rel: &str) -> Option<String> {
    let values = reply.headers.get_all("link").iter().filter_map(|value| value.to_str().ok());
    for value in values {
        let mut rest = value;
        while let Some(open) = rest.find('<') {
            let close = rest[open..].find('>')? + open;
            let end = rest[close..].find('<').map_or(rest.len(), |next| close + next);
            let is_wanted = rest[close + 1..end].split([';', ',']).any(|param| {
                let (name, value) = param.split_once('=').unwrap_or((param, ""));
                let value = value.trim().trim_matches('"');
                name.trim().eq_ignore_ascii_case("rel")
                    && value.split_whitespace().any(|word| word.eq_ignore_ascii_case(rel))
            });
            if is_wanted {
                return Some(rest[open + 1..close].to_owned());
            }
            rest = &rest[end..];
        }
    }
    None
}
