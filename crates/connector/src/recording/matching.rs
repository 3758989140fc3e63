//! Which streams a recorded request belongs to: by method, path and, where both have them, query values and GraphQL field.
//!
//! A recorded path may be a whole address, may lack the base URL's own path (`/v1`, `/api/gateway.php/acme/v1`) or have more of
//! it than ours; a template's hole matches one segment that looks like an id. The most literal matches win.

use std::collections::HashMap;

use serde_json::{Value as Json, json};

use super::Recording;
use crate::connector::Connector;
use crate::expr::{Expr, PathStep};
use crate::manifest::Format;
use crate::request::{BodyPlan, RequestPlan, Slot, TargetPiece};
use crate::stream::Stream;

/// What a request is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Role {
    List,
    Also(usize),
    Incremental,
    Retrieve,
    Join(usize),
}

/// A stream the request belongs to, and what its path tells.
#[derive(Debug)]
pub(super) struct Match<'a> {
    pub(super) stream: &'a Stream,
    pub(super) role: Role,
    pub(super) parent: Option<Json>,
    pub(super) record: Option<Json>,
    literal: usize,
    /// Literal parameters of ours that the recording does not have.
    missing: usize,
}

pub(super) fn matches<'a>(connector: &'a Connector, recording: &Recording) -> Vec<Match<'a>> {
    let Some(request) = &recording.request else { return Vec::new() };
    let Some(path) = request.path.as_deref() else { return Vec::new() };
    let method = request.method.as_deref().unwrap_or("GET");
    let recorded = Recorded { method, segments: segments(path), recording };
    let base = base_segments(connector.base.url.source());
    let mut found = Vec::new();
    for stream in connector.streams.values().flatten() {
        let roles = roles(stream);
        let mut matched = roles.into_iter().filter_map(|(role, plan)| {
            let holes = recorded.fits(&base, plan)?;
            if let Role::Also(index) = role
                && !stream.also.get(index).is_some_and(|also| recorded.looks_like(also.format))
            {
                return None;
            }
            Some(Match {
                stream,
                role,
                parent: context_of(&holes, "parent"),
                record: context_of(&holes, "record"),
                literal: recorded.segments.len() - holes.len().min(recorded.segments.len()),
                missing: recorded.missing(plan),
            })
        });
        // One role is enough: the full and the incremental list often have the same path.
        found.extend(matched.next());
    }
    let most = found.iter().map(|found| found.literal).max().unwrap_or(0);
    found.retain(|found| found.literal == most);
    // What lists only deleted records must have asked for them.
    found.retain(|found| found.missing == 0 || !found.stream.deletions_only);
    // Of the streams of one model (all, archived ones), those stand back that would have asked with more words.
    let mut least: HashMap<&str, usize> = HashMap::new();
    for found in &found {
        let least = least.entry(found.stream.model.as_str()).or_insert(found.missing);
        *least = (*least).min(found.missing);
    }
    found.retain(|found| least.get(found.stream.model.as_str()) == Some(&found.missing));
    found
}

fn roles(stream: &Stream) -> Vec<(Role, &RequestPlan)> {
    let mut roles = Vec::new();
    roles.extend(stream.list.request.as_ref().map(|plan| (Role::List, plan)));
    if let crate::page::Kind::Cursor { following: Some(plan), .. } = &stream.list.pager.kind {
        roles.push((Role::List, plan));
    }
    // Before the incremental request, which may tell nothing but ids.
    roles.extend(stream.also.iter().enumerate().map(|(index, also)| (Role::Also(index), &also.request)));
    let incremental = stream.incremental.as_ref().and_then(|incremental| incremental.list.as_ref());
    roles.extend(incremental.and_then(|list| list.request.as_ref()).map(|plan| (Role::Incremental, plan)));
    roles.extend(stream.retrieve.as_ref().map(|retrieve| (Role::Retrieve, &retrieve.request)));
    roles.extend(stream.joins.iter().enumerate().map(|(index, join)| (Role::Join(index), &join.request)));
    roles
}

/// A segment of our own path.
#[derive(Debug)]
enum Segment {
    Text(String),
    /// A hole with the text around it.
    Hole {
        before: String,
        path: Vec<PathStep>,
        after: String,
    },
}

struct Recorded<'a> {
    method: &'a str,
    segments: Vec<String>,
    recording: &'a Recording,
}

/// A hole's path and what stood there.
type Hole = (Vec<PathStep>, String);

impl Recorded<'_> {
    /// The holes' values if the request could be this one's.
    fn fits(&self, base: &[Segment], plan: &RequestPlan) -> Option<Vec<Hole>> {
        if !plan.method.as_str().eq_ignore_ascii_case(self.method) {
            return None;
        }
        let own = own_segments(plan);
        let needed = own.iter().skip_while(|segment| matches!(segment, Segment::Text(text) if is_prefix(text))).count();
        let ours: Vec<&Segment> = base.iter().chain(&own).collect();
        let length = self.segments.len().min(ours.len());
        if length < needed {
            return None;
        }
        // What the recording has beyond our whole path can only be more of a gateway's path.
        let extra = &self.segments[..self.segments.len() - length];
        if !extra.is_empty() && !extra.iter().any(|segment| is_prefix(segment)) {
            return None;
        }
        let mut holes = Vec::new();
        for (segment, text) in ours[ours.len() - length..].iter().zip(&self.segments[self.segments.len() - length..]) {
            match segment {
                Segment::Text(ours) if ours == text => {}
                Segment::Text(_) => return None,
                Segment::Hole { before, path, after } => {
                    let inner = text.strip_prefix(before.as_str())?.strip_suffix(after.as_str())?;
                    if !path.is_empty()
                        && !is_id(inner)
                        && !matches!(path.first(), Some(PathStep::Key(key)) if key.as_ref() == "config")
                    {
                        return None;
                    }
                    holes.push((path.clone(), inner.to_owned()));
                }
            }
        }
        (self.query_fits(plan) && self.graphql_fits(plan)).then_some(holes)
    }

    /// A vendor may answer one request in several formats: XML is not offered to those who ask for JSON, nor the other way.
    fn looks_like(&self, format: Format) -> bool {
        match (&self.recording.response.body, format) {
            (Json::String(text), Format::Json) => !text.trim_start().starts_with('<'),
            (body, Format::Xml) => body.as_str().is_some_and(|text| text.trim_start().starts_with('<')),
            _ => true,
        }
    }

    /// Literal parameters must not have another value in the recording.
    fn query_fits(&self, plan: &RequestPlan) -> bool {
        let Some(query) = self.recording.request.as_ref().and_then(|request| request.query.as_ref()) else {
            return true;
        };
        plan.query.iter().all(|(name, slot)| match (slot, query.get(name)) {
            (Slot::Literal(ours), Some(theirs)) if name_discriminates(ours) && !is_list(theirs) => {
                crate::request::scalar(ours) == crate::request::scalar(theirs)
            }
            _ => true,
        })
    }

    fn missing(&self, plan: &RequestPlan) -> usize {
        let query = self.recording.request.as_ref().and_then(|request| request.query.as_ref());
        let has = |name: &str| query.is_some_and(|query| query.get(name).is_some());
        let words =
            plan.query.iter().filter(|(_, slot)| matches!(slot, Slot::Literal(value) if name_discriminates(value)));
        words.filter(|(name, _)| !has(name)).count()
    }

    fn graphql_fits(&self, plan: &RequestPlan) -> bool {
        let BodyPlan::Graphql { query, .. } = &plan.body else { return true };
        let Some(ours) = root_field(query) else { return true };
        let body = self.recording.request.as_ref().and_then(|request| request.body.as_ref());
        if let Some(theirs) = body.and_then(|body| body.get("query")).and_then(Json::as_str) {
            return root_field(theirs) == Some(ours);
        }
        match self.recording.response.body.get("data").and_then(Json::as_object) {
            Some(data) => data.contains_key(ours),
            None => true,
        }
    }
}

/// Lists of fields and sizes differ between recordings; words and flags tell requests apart.
fn name_discriminates(value: &Json) -> bool {
    match value {
        Json::Bool(_) => true,
        Json::String(text) => !text.is_empty() && text.chars().all(|c| c.is_ascii_alphabetic() || c == '_'),
        Json::Null | Json::Number(_) | Json::Array(_) | Json::Object(_) => false,
    }
}

fn is_list(value: &Json) -> bool {
    value.is_array() || value.as_str().is_some_and(|text| text.contains(','))
}

/// `api`, `v1`, `gateway.php`: what stands in front of the paths vendors document.
fn is_prefix(segment: &str) -> bool {
    let version = segment.strip_prefix('v').is_some_and(|rest| rest.starts_with(|c: char| c.is_ascii_digit()));
    version || matches!(segment, "api" | "rest" | "gateway.php" | "services" | "data")
}

/// Ids have a digit, an upper-case letter or are a placeholder; plain words are other resources (`/employees/directory`).
fn is_id(text: &str) -> bool {
    !text.is_empty()
        && (text.starts_with('{')
            || text.starts_with(':')
            || text.chars().any(|c| !c.is_ascii_lowercase() && c != '_' && c != '-'))
}

/// The segments of a recorded path or address.
fn segments(path: &str) -> Vec<String> {
    let path = path.split_once("://").map_or(path, |(_, rest)| rest.split_once('/').map_or("", |(_, path)| path));
    let path = path.split(['?', '#']).next().unwrap_or_default();
    path.split('/').filter(|segment| !segment.is_empty()).map(str::to_owned).collect()
}

fn base_segments(source: &str) -> Vec<Segment> {
    let mut text = String::new();
    let mut rest = source;
    while let Some((before, hole)) = rest.split_once("{{") {
        text.push_str(before);
        text.push('\u{0}');
        rest = hole.split_once("}}").map_or("", |(_, after)| after);
    }
    text.push_str(rest);
    let Some((_, address)) = text.split_once("://") else { return Vec::new() };
    let parts = address.split('/').skip(1).filter(|part| !part.is_empty());
    parts
        .map(|part| match part.split_once('\u{0}') {
            None => Segment::Text(part.to_owned()),
            Some((before, after)) => {
                Segment::Hole { before: before.to_owned(), path: Vec::new(), after: after.replace('\u{0}', "") }
            }
        })
        .collect()
}

fn own_segments(plan: &RequestPlan) -> Vec<Segment> {
    let mut list: Vec<Segment> = Vec::new();
    let mut current = Segment::Text(String::new());
    for piece in &plan.target.0 {
        match piece {
            TargetPiece::Hole(template) => {
                let path = template.expressions().next().and_then(first_path).unwrap_or_default();
                let before = match &current {
                    Segment::Text(text) => text.clone(),
                    Segment::Hole { before, .. } => before.clone(),
                };
                current = Segment::Hole { before, path, after: String::new() };
            }
            TargetPiece::Text(text) => {
                let text = text.split('?').next().unwrap_or_default();
                for (index, part) in text.split('/').enumerate() {
                    if index > 0 {
                        list.push(std::mem::replace(&mut current, Segment::Text(String::new())));
                    }
                    match &mut current {
                        Segment::Text(text) => text.push_str(part),
                        Segment::Hole { after, .. } => after.push_str(part),
                    }
                }
            }
        }
    }
    list.push(current);
    list.retain(|segment| !matches!(segment, Segment::Text(text) if text.is_empty()));
    list
}

/// `.parent.key` of `.parent.key // .parent.id`.
fn first_path(expr: &Expr) -> Option<Vec<PathStep>> {
    expr.path().or_else(|| Expr::parse(expr.source().split("//").next()?.trim()).ok()?.path())
}

/// `{"id": "17"}` from a hole such as `.parent.id`.
fn context_of(holes: &[Hole], word: &str) -> Option<Json> {
    let mut context = Json::Null;
    for (path, text) in holes {
        let [PathStep::Key(first), rest @ ..] = path.as_slice() else { continue };
        // What stands for any id says nothing about this one.
        if first.as_ref() != word || text.starts_with(['{', ':']) {
            continue;
        }
        let value = text.parse::<u64>().map_or_else(|_| json!(text), |number| json!(number));
        let nested = rest.iter().rev().try_fold(value, |value, step| match step {
            PathStep::Key(key) => Some(json!({ key.to_string(): value })),
            PathStep::Index(_) => None,
        });
        match (nested, &mut context) {
            (Some(Json::Object(more)), Json::Object(context)) => context.extend(more),
            (Some(nested), context) => *context = nested,
            (None, _) => {}
        }
    }
    (!context.is_null()).then_some(context)
}

/// The first field of a GraphQL query.
fn root_field(query: &str) -> Option<&str> {
    let body = &query[query.find('{')? + 1..];
    let name = |text: &str| text.find(|c: char| !(c.is_ascii_alphanumeric() || c == '_')).unwrap_or(text.len());
    let body = body.trim_start();
    let end = name(body);
    let rest = body[end..].trim_start();
    // An alias stands before the field.
    let found = match rest.strip_prefix(':') {
        Some(rest) => {
            let rest = rest.trim_start();
            &rest[..name(rest)]
        }
        None => &body[..end],
    };
    (!found.is_empty()).then_some(found)
}
