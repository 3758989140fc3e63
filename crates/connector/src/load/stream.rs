//! Compiling `<category>/<model>.yaml`.

use std::sync::Arc;

use indexmap::IndexMap;
use unisono_model::{Model, Models};

use super::connector::Shared;
use super::scope::{ALSO, JOIN, LIST, RETRIEVE, Scope};
use super::yaml::At;
use crate::expr::{Expr, parse_instant};
use crate::manifest::{
    Clock, CursorIn, Format, IncrementalManifest, ModelManifest, Order, PageManifest, ParentManifest, ReadManifest,
    RequestManifest, SinceManifest, StreamManifest, WindowManifest,
};
use crate::map::Mapping;
use crate::native::Native;
use crate::page::{Kind, Pager, Probe};
use crate::stream::{
    Also, Fetch, Incremental, Join, Listing, Moment, ParentPlan, ParentSource, Retrieve, Stream, VARIABLES, WindowPlan,
};

pub(super) fn compile(
    scope: &mut Scope<'_>,
    manifest: &ModelManifest,
    model: &Model,
    models: &Models,
    shared: &Shared,
    native: Option<&'static dyn Native>,
) -> Vec<Stream> {
    let top = At::default();
    if manifest.streams.is_empty() {
        scope.fail(&top.key("streams"), "a model needs at least one stream");
    }
    let mut names: Vec<String> = Vec::new();
    let mut streams = Vec::new();
    for (index, written) in manifest.streams.iter().enumerate() {
        let at = top.key("streams").index(index);
        let name = written.name.clone().unwrap_or_else(|| model.short().to_owned());
        if names.contains(&name) {
            scope.fail(&at, format!("two streams are called `{name}`; give each a `name`"));
        }
        names.push(name.clone());
        let (read, read_at) = match (&written.read, &manifest.read) {
            (Some(read), _) => (read, at.key("read")),
            (None, Some(read)) => (read, top.key("read")),
            (None, None) => {
                scope.fail(&at, "the stream has no `read`, and neither has the file");
                // The rest is checked all the same.
                let nothing =
                    ReadManifest { id: ".id".into(), filter: None, fields: IndexMap::new(), remote_fields: None };
                stream(scope, &at, written, &nothing, models);
                continue;
            }
        };
        let mapping = mapping(scope, &at, &read_at, written, read, model, models);
        let compiled = stream(scope, &at, written, read, models);
        if let (Some(mapping), Some(parts)) = (mapping, compiled) {
            streams.push(Stream {
                name,
                model: model.slug.clone(),
                deletions_only: written.deletions_only,
                mapping: Arc::new(mapping),
                base: Arc::clone(&shared.base),
                faults: Arc::clone(&shared.faults),
                native,
                list: parts.list,
                empty_on: written.empty_on.clone(),
                incremental: parts.incremental,
                parent: parts.parent,
                joins: parts.joins,
                retrieve: parts.retrieve,
                also: parts.also,
            });
        }
    }
    streams
}

struct Parts {
    list: Listing,
    incremental: Option<Incremental>,
    parent: Option<ParentPlan>,
    joins: Vec<Join>,
    retrieve: Option<Retrieve>,
    also: Vec<Also>,
}

fn mapping(
    scope: &mut Scope<'_>,
    at: &At,
    read_at: &At,
    written: &StreamManifest,
    read: &ReadManifest,
    model: &Model,
    models: &Models,
) -> Option<Mapping> {
    let deleted = if written.deletions_only { Some("true") } else { written.deleted.as_deref() };
    match Mapping::compile(models, model, read, deleted, &VARIABLES) {
        Ok(mapping) => Some(mapping),
        Err(errors) => {
            for error in errors {
                let (place, source) = match error.path.as_str() {
                    "deleted" => (at.key("deleted"), deleted.unwrap_or_default().to_owned()),
                    path => (read_at.path(path), source_of(read, path).unwrap_or_default()),
                };
                let found = match error.position {
                    Some(position) => scope.file.at_value(&place, &source, position, error.message, error.suggestion),
                    None => scope.file.at_key(&place, error.message, error.suggestion),
                };
                scope.errors.push(found);
            }
            None
        }
    }
}

/// The text of the expression at a path of a read spec.
fn source_of(read: &ReadManifest, path: &str) -> Option<String> {
    match path {
        "id" => Some(read.id.clone()),
        "where" => read.filter.clone(),
        "remote_fields" => read.remote_fields.clone(),
        path => {
            let rest = path.strip_prefix("fields.")?;
            match read.fields.get(rest.split('.').next()?)? {
                crate::manifest::FieldRule::Jq(source) => Some(source.clone()),
                crate::manifest::FieldRule::Table(table) if rest.ends_with(".else") => {
                    Some(table.otherwise.as_ref()?.as_str()?.to_owned())
                }
                crate::manifest::FieldRule::Table(table) => Some(table.from.clone()),
            }
        }
    }
}

fn stream(
    scope: &mut Scope<'_>,
    at: &At,
    written: &StreamManifest,
    read: &ReadManifest,
    models: &Models,
) -> Option<Parts> {
    if written.request.is_none() {
        if written.parent.is_none() {
            scope.fail(at, "the stream needs a `request`, or a `parent` whose records are inside it");
        }
        if written.page.is_some() || written.incremental.is_some() || written.format != Format::Json {
            scope.fail(at, "without a `request` there is nothing to page through, decode or read by changes");
        }
    }
    let list =
        listing(scope, at, written.request.as_ref(), written.format, written.records.as_deref(), written.page.as_ref());
    let retrieve = written.retrieve.as_ref().map(|retrieve| {
        let at = at.key("retrieve");
        let request = scope.request(&at.key("request"), &retrieve.request, RETRIEVE);
        let record = scope.maybe(&at.key("record"), retrieve.record.as_deref());
        request.map(|request| Retrieve { request, format: retrieve.format, record })
    });
    let incremental = written.incremental.as_ref().map(|manifest| incremental(scope, at, written, manifest, read));
    let parent = written.parent.as_ref().map(|manifest| parent(scope, &at.key("parent"), manifest, models));
    let mut joins = Vec::new();
    for (index, join) in written.join.iter().enumerate() {
        let at = at.key("join").index(index);
        let request = scope.request(&at.key("request"), &join.request, JOIN);
        let record = scope.maybe(&at.key("record"), join.record.as_deref());
        let filter = scope.maybe(&at.key("where"), join.filter.as_deref());
        if written.join[..index].iter().any(|other| other.key == join.key) {
            scope.fail(&at.key("as"), format!("two joins go to `{}`", join.key));
        }
        joins.extend(request.map(|request| Join {
            key: join.key.clone(),
            request,
            format: join.format,
            record,
            filter,
            empty_on: join.empty_on.clone(),
        }));
    }
    Some(Parts {
        list: list?,
        incremental: incremental.flatten(),
        parent: parent.flatten(),
        joins,
        retrieve: retrieve.flatten(),
        also: also(scope, at, written),
    })
}

fn also(scope: &mut Scope<'_>, at: &At, written: &StreamManifest) -> Vec<Also> {
    let mut compiled = Vec::new();
    for (index, also) in written.also.iter().enumerate() {
        let at = at.key("also").index(index);
        let request = scope.request(&at.key("request"), &also.request, ALSO);
        let records = scope.maybe(&at.key("records"), also.records.as_deref());
        compiled.extend(request.map(|request| Also { request, format: also.format, records }));
    }
    compiled
}

fn listing(
    scope: &mut Scope<'_>,
    at: &At,
    request: Option<&RequestManifest>,
    format: Format,
    records: Option<&str>,
    page: Option<&PageManifest>,
) -> Option<Listing> {
    let plan = request.map(|request| scope.request(&at.key("request"), request, LIST));
    let records = scope.maybe(&at.key("records"), records);
    let pager = pager(scope, &at.key("page"), page);
    let request = match plan {
        None => None,
        Some(plan) => Some(plan?),
    };
    Some(Listing { request, format, records, pager: pager? })
}

fn pager(scope: &mut Scope<'_>, at: &At, page: Option<&PageManifest>) -> Option<Pager> {
    let plain = |kind| Pager { kind, size: None, size_param: None, total: None, more: None };
    Some(match page {
        None => plain(Kind::None),
        Some(PageManifest::None { total }) => Pager { total: probe(scope, at, "total", total), ..plain(Kind::None) },
        Some(PageManifest::Number { param, place, start, size, size_param, total_pages, total, more, end }) => Pager {
            kind: Kind::Number {
                param: named(*place, param),
                start: *start,
                total_pages: probe(scope, at, "total_pages", total_pages),
                end: *end,
            },
            size: *size,
            size_param: named(*place, size_param),
            total: probe(scope, at, "total", total),
            more: scope.maybe(&at.key("more"), more.as_deref()),
        },
        Some(PageManifest::Offset { param, place, start, size, size_param, total, more, end }) => Pager {
            kind: Kind::Offset { param: named(*place, param), start: *start, end: *end },
            size: *size,
            size_param: named(*place, size_param),
            total: probe(scope, at, "total", total),
            more: scope.maybe(&at.key("more"), more.as_deref()),
        },
        Some(page @ PageManifest::Cursor { .. }) => return cursor_pager(scope, at, page),
        Some(page) => return link_pager(scope, at, page),
    })
}

fn named(place: CursorIn, param: &Option<String>) -> Option<(CursorIn, String)> {
    param.as_ref().map(|name| (place, name.clone()))
}

fn cursor_pager(scope: &mut Scope<'_>, at: &At, page: &PageManifest) -> Option<Pager> {
    let PageManifest::Cursor { at: from, header, param, place, following, size, size_param, more, total } = page else {
        return None;
    };
    let source = match (from, header) {
        (Some(from), None) => Probe::Body(scope.expr(&at.key("at"), from)?),
        (None, Some(header)) => Probe::Header(header.to_ascii_lowercase()),
        (Some(_), Some(_)) | (None, None) => {
            scope.fail(at, "a cursor is found either by `at` (jq over the body) or by `header`");
            return None;
        }
    };
    let following = match following {
        None => None,
        Some(request) => Some(Box::new(scope.request(&at.key("continue"), request, LIST)?)),
    };
    Some(Pager {
        kind: Kind::Cursor { at: source, param: named(*place, param), following },
        size: *size,
        size_param: named(*place, size_param),
        total: probe(scope, at, "total", total),
        more: scope.maybe(&at.key("more"), more.as_deref()),
    })
}

/// Paging by addresses that the vendor gives.
fn link_pager(scope: &mut Scope<'_>, at: &At, page: &PageManifest) -> Option<Pager> {
    let (kind, size, size_param, total, more) = match page {
        PageManifest::NextUrl { at: from, size, size_param, more, total } => {
            (Kind::NextUrl { at: scope.expr(&at.key("at"), from)? }, size, size_param, total, more.as_deref())
        }
        PageManifest::LinkHeader { rel, size, size_param, total } => {
            (Kind::LinkHeader { rel: rel.clone().unwrap_or_else(|| "next".to_owned()) }, size, size_param, total, None)
        }
        PageManifest::Odata { size, size_param, total } => (Kind::Odata, size, size_param, total, None),
        PageManifest::None { .. }
        | PageManifest::Number { .. }
        | PageManifest::Offset { .. }
        | PageManifest::Cursor { .. } => {
            return None;
        }
    };
    Some(Pager {
        kind,
        size: *size,
        size_param: named(CursorIn::Query, size_param),
        total: probe(scope, at, "total", total),
        more: scope.maybe(&at.key("more"), more),
    })
}

/// `header:Name`, or jq over the body.
fn probe(scope: &mut Scope<'_>, at: &At, key: &str, source: &Option<String>) -> Option<Probe> {
    let source = source.as_deref()?;
    match source.strip_prefix("header:") {
        Some(name) => Some(Probe::Header(name.trim().to_ascii_lowercase())),
        None => scope.expr(&at.key(key), source).map(Probe::Body),
    }
}

fn incremental(
    scope: &mut Scope<'_>,
    stream_at: &At,
    stream: &StreamManifest,
    written: &IncrementalManifest,
    read: &ReadManifest,
) -> Option<Incremental> {
    let at = stream_at.key("incremental");
    let other =
        written.request.is_some() || written.records.is_some() || written.page.is_some() || written.format.is_some();
    let list = if other {
        let request = written.request.as_ref().or(stream.request.as_ref());
        let records = written.records.as_deref().or(stream.records.as_deref());
        let page = written.page.as_ref().or(stream.page.as_ref());
        Some(listing(scope, &at, request, written.format.unwrap_or(stream.format), records, page)?)
    } else {
        None
    };
    let text = serde_json::to_string(&written.request.as_ref().or(stream.request.as_ref())).unwrap_or_default();
    let sends = written.since.as_ref().is_some_and(|since| since.param.is_some()) || text.contains(".since");
    let url_token = written.token.as_ref().is_some_and(|token| token.used == crate::manifest::TokenAs::Url);
    if !sends && !url_token {
        scope
            .fail(&at, "nothing tells the vendor since when: give `since.param`, or use `{{ .since }}` in the request");
    }
    if written.field.is_none() && written.clock == Clock::Records && written.token.is_none() {
        scope.fail(&at, "the next bookmark comes from `field`, `clock: date_header` or `token`; none is given");
    }
    let fetch = if written.fetch {
        if stream.retrieve.is_none() {
            scope.fail(&at.key("fetch"), "`fetch: true` needs `retrieve` in the stream");
        }
        let id = written.id.as_deref().unwrap_or(&read.id);
        let id_at = if written.id.is_some() { at.key("id") } else { at.key("fetch") };
        let deleted = scope.maybe(&at.key("deleted"), written.deleted.as_deref());
        Some(Fetch { id: scope.expr(&id_at, id)?, deleted })
    } else {
        if written.id.is_some() || written.deleted.is_some() {
            scope.fail(&at, "`id` and `deleted` of `incremental` go with `fetch: true`");
        }
        None
    };
    let token = written.token.as_ref().map(|token| Some((scope.expr(&at.path("token.at"), &token.at)?, token.used)));
    Some(Incremental {
        list,
        since: written.since.as_ref().map(moment),
        until: written.until.as_ref().map(moment),
        field: scope.maybe(&at.key("field"), written.field.as_deref()),
        clock: written.clock,
        overlap_s: written.overlap_s,
        order: written.order,
        fetch,
        token: token.flatten(),
        window: written.window.as_ref().and_then(|window| self::window(scope, &at, written, window)),
    })
}

fn moment(written: &SinceManifest) -> Moment {
    Moment { param: written.param.as_ref().map(|name| (written.place, name.clone())), format: written.format.clone() }
}

fn window(
    scope: &mut Scope<'_>,
    at: &At,
    incremental: &IncrementalManifest,
    written: &WindowManifest,
) -> Option<WindowPlan> {
    let at = at.key("window");
    if written.size_s.is_none() && written.max_results.is_none() {
        scope.fail(&at, "a window needs `size_s` or `max_results`");
    }
    if written.restart && (incremental.order != Order::Asc || incremental.field.is_none()) {
        scope.fail(
            &at.key("restart"),
            "`restart` needs `order: asc` and `field`: it begins anew at the latest time seen",
        );
    }
    let from_us = match &written.from {
        None => None,
        Some(text) => match parse_instant(text) {
            Some(instant) => Some(instant.seconds.saturating_mul(1_000_000)),
            None => {
                scope.fail(&at.key("from"), format!("`{text}` is no date"));
                None
            }
        },
    };
    Some(WindowPlan {
        size_us: written
            .size_s
            .and_then(|size| i64::try_from(size).ok())
            .map(|size| size.max(1).saturating_mul(1_000_000)),
        max_results: written.max_results,
        total: probe(scope, &at, "total", &written.total),
        restart: written.restart,
        from_us,
    })
}

fn parent(scope: &mut Scope<'_>, at: &At, written: &ParentManifest, models: &Models) -> Option<ParentPlan> {
    let source = match (&written.model, &written.list) {
        (Some(model), None) => {
            if models.model(model).is_none() {
                let names: Vec<&str> = models.common().map(|model| model.slug.as_str()).collect();
                scope.fail_near(&at.key("model"), format!("there is no common model {model}"), model, names);
            }
            ParentSource::Model(model.clone())
        }
        (None, Some(list)) => {
            let at = at.key("list");
            let list =
                listing(scope, &at, Some(&list.request), list.format, list.records.as_deref(), list.page.as_ref());
            ParentSource::List(Box::new(list?))
        }
        (Some(_), Some(_)) | (None, None) => {
            scope.fail(at, "parents come either from a stored `model` or from a `list`");
            return None;
        }
    };
    let id: Option<Expr> = scope.expr(&at.key("id"), written.id.as_deref().unwrap_or(".id"));
    let filter = scope.maybe(&at.key("where"), written.filter.as_deref());
    Some(ParentPlan { source, id: id?, visit: written.visit, filter })
}
