//! Page: which part of a list one reply carries, and how the next part is asked for.
//!
//! Always true: following `next` from the first page meets every record once and ends, unless a fault is on.

use base64::Engine as _;
use minijinja::value::Value as Mj;

use crate::FaultKind;
use crate::request::Request;
use crate::scope::Scope;
use crate::spec::{PageKind, PageSpec};
use crate::state::at_path;

/// One part of a list.
#[derive(Debug)]
pub(crate) struct Cut {
    pub offset: u64,
    pub limit: u64,
    pub total: u64,
    /// What the page parameter is for the next, previous and last page.
    next: Option<String>,
    prev: Option<String>,
    last: Option<String>,
}

/// A page that does not exist.
#[derive(Debug)]
pub(crate) enum BadPage {
    Malformed(String),
    Capped,
}

/// Everything there is, on one page.
pub(crate) fn whole(total: u64) -> Cut {
    Cut { offset: 0, limit: total, total, next: None, prev: None, last: None }
}

/// Reads the page parameters.
pub(crate) fn cut(page: &PageSpec, scope: &Scope, total: u64, fault: Option<FaultKind>) -> Result<Cut, BadPage> {
    if page.by == PageKind::None {
        return Ok(whole(total));
    }
    let source = scope.get(if page.in_body { "body" } else { "params" }).unwrap_or_default();
    let given = |name: &Option<String>| {
        let value = at_path(&source, name.as_deref()?);
        (!value.is_undefined() && !value.is_none() && value.as_str() != Some("")).then(|| value.to_string())
    };
    let number = |text: String| text.parse::<u64>().map_err(|_| BadPage::Malformed(text));
    let size = page.size.unwrap_or(100);
    let limit = given(&page.size_param)
        .map(number)
        .transpose()?
        .filter(|limit| *limit > 0)
        .unwrap_or(size)
        .min(page.max.unwrap_or(u64::MAX));
    let position = given(&page.param);
    let offset = match (page.by, position) {
        (_, None) => 0,
        (PageKind::Number, Some(text)) => number(text)?.saturating_sub(1).saturating_mul(limit),
        (PageKind::Cursor, Some(text)) if !page.plain => decode(&text).ok_or(BadPage::Malformed(text))?,
        (_, Some(text)) => number(text)?,
    };
    if page.cap.is_some_and(|cap| offset >= cap) {
        return Err(BadPage::Capped);
    }
    let written = |offset: u64| match page.by {
        PageKind::Number => (offset / limit + 1).to_string(),
        PageKind::Cursor if !page.plain => encode(offset),
        PageKind::Cursor | PageKind::Offset | PageKind::None => offset.to_string(),
    };
    let repeated = fault == Some(FaultKind::RepeatedCursor);
    let following = offset.saturating_add(limit);
    let next = if repeated { Some(offset) } else { Some(following).filter(|next| *next < total) };
    Ok(Cut {
        offset: if repeated && page.by == PageKind::Offset { 0 } else { offset },
        limit,
        total,
        next: next.map(written),
        prev: (offset > 0).then(|| written(offset.saturating_sub(limit))),
        last: (total > 0).then(|| written((total - 1) / limit * limit)),
    })
}

fn encode(offset: u64) -> String {
    base64::engine::general_purpose::STANDARD.encode(format!("{{\"after\":{offset}}}"))
}

fn decode(cursor: &str) -> Option<u64> {
    let bytes = base64::engine::general_purpose::STANDARD.decode(cursor).ok()?;
    std::str::from_utf8(&bytes).ok()?.strip_prefix("{\"after\":")?.strip_suffix('}')?.parse().ok()
}

impl Cut {
    /// The variables a reply's templates see.
    pub fn bind(&self, scope: &Scope, page: Option<&PageSpec>, request: &Request) -> Scope {
        let own = Mj::from(format!("{}{}", base(scope), suffix(&request.path, &request.raw_query)));
        let link = |position: &Option<String>| match (position, page.and_then(|page| page.param.as_deref())) {
            (Some(position), Some(param)) => Mj::from(address(scope, request, param, position)),
            _ => Mj::from(()),
        };
        scope
            .with("total", Mj::from(self.total))
            .with("offset", Mj::from(self.offset))
            .with("limit", Mj::from(self.limit))
            .with("page", Mj::from(self.offset.checked_div(self.limit).unwrap_or(0) + 1))
            .with("pages", Mj::from(if self.limit == 0 { 1 } else { self.total.div_ceil(self.limit) }))
            .with("next", self.next.clone().map_or_else(|| Mj::from(()), Mj::from))
            .with("next_url", link(&self.next))
            .with("page_url", own)
    }

    /// The `Link` header.
    pub fn link_header(&self, scope: &Scope, page: &PageSpec, request: &Request) -> Option<String> {
        let param = page.param.as_deref().filter(|_| page.link_header)?;
        let plain = page
            .last_unless
            .as_deref()
            .is_some_and(|name| request.query.get(name).is_some_and(|value| value == "true"));
        let last = if plain { &None } else { &self.last };
        let links = [(&self.next, "next"), (&self.prev, "prev"), (last, "last")];
        let links: Vec<String> = links
            .into_iter()
            .filter_map(|(position, rel)| {
                Some(format!("<{}>; rel=\"{rel}\"", address(scope, request, param, position.as_ref()?)))
            })
            .collect();
        (!links.is_empty()).then(|| links.join(", "))
    }
}

fn base(scope: &Scope) -> String {
    scope.get("url").map(|url| url.to_string()).unwrap_or_default()
}

fn suffix(path: &str, query: &str) -> String {
    if query.is_empty() { path.to_owned() } else { format!("{path}?{query}") }
}

/// This request's address with another page parameter.
fn address(scope: &Scope, request: &Request, param: &str, position: &str) -> String {
    let mut query = url::form_urlencoded::Serializer::new(String::new());
    for (name, value) in url::form_urlencoded::parse(request.raw_query.as_bytes()).filter(|(name, _)| name != param) {
        query.append_pair(&name, &value);
    }
    query.append_pair(param, position);
    format!("{}{}", base(scope), suffix(&request.path, &query.finish()))
}
