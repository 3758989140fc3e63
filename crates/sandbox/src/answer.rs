//! Answer: what an endpoint replies to a request that was allowed in.
//!
//! Always true: `let`, then `fail`, then the changes, then the reply, in that order.
//! Elsewhere: who is allowed in is `auth`; which endpoint it is, `route`.

use std::sync::Arc;

use indexmap::IndexMap;
use minijinja::Error;
use minijinja::value::Value as Mj;
use serde_json::Value;

use crate::FaultKind;
use crate::page::{BadPage, cut, whole};
use crate::plan::{Act, Content, Endpoint, Write};
use crate::refuse::{Details, content, internal, refuse};
use crate::request::{Reply, Request};
use crate::scope::Scope;
use crate::select::{Selections, select};
use crate::state::{World, deep_merge, public};
use crate::template::{Template, to_json};

/// Why a reply is not the one asked for.
enum Stop {
    Refused(&'static str, Details),
    Named(String, Details),
    Broken(Error),
}

impl From<Error> for Stop {
    fn from(error: Error) -> Self {
        Self::Broken(error)
    }
}

const NOT_FOUND: fn() -> Stop = || Stop::Refused("not_found", Details::default());

/// One endpoint with the request it answers.
pub(crate) struct Call<'c> {
    pub world: &'c Arc<World>,
    pub selections: &'c Selections,
    pub endpoint: &'c Endpoint,
    /// The endpoint's place in the description, part of a selection's name.
    pub place: usize,
    pub request: &'c Request,
    pub fault: Option<FaultKind>,
}

impl Call<'_> {
    /// The reply.
    pub fn answer(&self, path: &IndexMap<String, String>) -> Reply {
        let scope = self.request.scope(&Scope::new(self.world)).with("path", crate::template::from_serde(path));
        let (name, details) = match self.work(&scope) {
            Ok(reply) => return reply,
            Err(Stop::Broken(error)) => return internal(&error),
            Err(Stop::Refused(name, details)) => (name.to_owned(), details),
            Err(Stop::Named(name, details)) => (name, details),
        };
        refuse(self.world.plan(), &name, &details, &scope)
    }

    fn work(&self, scope: &Scope) -> Result<Reply, Stop> {
        let mut scope = scope.clone();
        for (name, template) in &self.endpoint.lets {
            let value = template.eval(&scope)?;
            scope = scope.with(name, value);
        }
        if self.endpoint.page.as_ref().is_some_and(|page| page.in_body) {
            let body = scope.get("body").unwrap_or_default();
            scope = scope.with("params", body);
        }
        self.check_failures(&scope)?;
        for write in &self.endpoint.writes {
            scope = self.write(write, scope)?;
        }
        if let Some(show) = &self.endpoint.show {
            let (collection, id) = (show.eval_text(&scope)?, self.id(self.endpoint.id.as_ref(), &scope)?);
            let held = self.world.held(&collection).ok_or_else(NOT_FOUND)?;
            let record = held.key(&id).and_then(|key| self.world.fetch(held, key)).ok_or_else(NOT_FOUND)?;
            scope = scope.with("record", record);
        }
        match &self.endpoint.list {
            Some(list) => self.list(list, scope),
            None => self.reply(&scope),
        }
    }

    fn check_failures(&self, scope: &Scope) -> Result<(), Stop> {
        let mut failed: Option<(&str, Vec<String>)> = None;
        for fail in &self.endpoint.fail {
            let first = failed.as_ref().is_none_or(|(error, _)| *error == fail.error);
            if first && fail.when.eval(scope)?.is_true() {
                let message = fail.message.as_ref().map(|message| message.eval_text(scope)).transpose()?;
                failed.get_or_insert((&fail.error, Vec::new())).1.extend(message);
            }
        }
        match failed {
            Some((error, messages)) => Err(Stop::Named(error.to_owned(), Details { messages, ..Details::default() })),
            None => Ok(()),
        }
    }

    fn id(&self, template: Option<&Template>, scope: &Scope) -> Result<String, Error> {
        match template {
            Some(template) => template.eval_text(scope),
            None => Ok(scope.get("path").and_then(|path| path.get_attr("id").ok()).unwrap_or_default().to_string()),
        }
    }

    fn write(&self, write: &Write, scope: Scope) -> Result<Scope, Stop> {
        if let Some(when) = &write.when
            && !when.eval(&scope)?.is_true()
        {
            return Ok(scope);
        }
        let name = write.collection.eval_text(&scope)?;
        let held = self.world.held(&name).ok_or_else(NOT_FOUND)?;
        let now = self.world.clock.now().as_millisecond();
        let given = |scope: &Scope| write.with.as_ref().map_or(Ok(Value::Null), |with| with.eval_json(scope));
        let record = match write.act {
            Act::Create => {
                let (key, id) = self.world.reserve(held);
                let mut record = given(&scope.with("id", id))?;
                held.collection.stamp_created(&mut record, now);
                self.world.put(held, key, &record);
                crate::template::from_serde(&record)
            }
            Act::Update => {
                let key = held.key(&self.id(write.id.as_ref(), &scope)?).ok_or_else(NOT_FOUND)?;
                let old = self.world.fetch(held, key).ok_or_else(NOT_FOUND)?;
                let changes = given(&scope.with("record", old.clone()))?;
                let mut record = to_json(&old)?;
                held.collection.stamp_updated(&mut record, now);
                if !changes.is_null() {
                    deep_merge(&mut record, changes);
                }
                self.world.put(held, key, &record);
                crate::template::from_serde(&record)
            }
            Act::Delete => {
                let id = self.id(write.id.as_ref(), &scope)?;
                let key = held.key(&id).ok_or_else(NOT_FOUND)?;
                let old = self.world.fetch(held, key).ok_or_else(NOT_FOUND)?;
                self.world.remove(held, key, old.clone());
                old
            }
        };
        Ok(scope.with(&write.name, record))
    }

    fn list(&self, list: &Template, scope: Scope) -> Result<Reply, Stop> {
        let held = self.world.held(&list.eval_text(&scope)?).ok_or_else(NOT_FOUND)?;
        let keys = self.selections.get(self.world.version(), &self.signature(), || {
            select(self.world, held, &scope, &self.endpoint.filters, self.endpoint.sort.as_ref())
        })?;
        let page = self.endpoint.page.as_ref();
        let total = keys.len() as u64;
        let cut = match page {
            Some(page) => cut(page, &scope, total, self.fault).map_err(|bad| match bad {
                BadPage::Malformed(text) => Stop::Refused("invalid_page", Details::message(text)),
                BadPage::Capped => Stop::Refused("capped", Details::default()),
            })?,
            None => whole(total),
        };
        let scope = cut.bind(&scope, page, self.request);
        let mut items = Vec::new();
        if self.fault != Some(FaultKind::EmptyPage) {
            let from = usize::try_from(cut.offset).unwrap_or(usize::MAX);
            let most = usize::try_from(cut.limit).unwrap_or(usize::MAX);
            for key in keys.iter().skip(from).take(most) {
                let Some(record) = self.world.fetch(held, *key) else { continue };
                items.push(match &self.endpoint.item {
                    Some(item) => item.eval(&scope.with("record", record))?,
                    None => public(&record)?,
                });
            }
        }
        let items = match self.fault {
            Some(FaultKind::WrongType) => Mj::from_pairs([("unexpected", "an object where a list was expected")]),
            _ => Mj::from(items),
        };
        let mut reply = self.reply(&scope.with("items", items))?;
        if let Some(link) = page.and_then(|page| cut.link_header(&scope, page, self.request)) {
            reply.headers.push(("Link".into(), link));
        }
        Ok(reply)
    }

    /// The request without its page: requests with the same signature page through the same selection.
    fn signature(&self) -> String {
        let page = self.endpoint.page.as_ref();
        let paging = |name: &str| {
            page.is_some_and(|page| page.param.as_deref() == Some(name) || page.size_param.as_deref() == Some(name))
        };
        let query: Vec<_> = self.request.query.iter().filter(|(name, _)| !paging(name)).collect();
        let mut body = self.request.json();
        if let Value::Object(body) = &mut body {
            body.retain(|name, _| !paging(name));
        }
        format!("{} {} {query:?} {body}", self.place, self.request.path)
    }

    fn reply(&self, scope: &Scope) -> Result<Reply, Stop> {
        let endpoint = self.endpoint;
        if let Content::Nothing { .. } = endpoint.body {
            let default = match (&endpoint.list, &endpoint.show) {
                (Some(_), _) => scope.get("items"),
                (None, Some(_)) => scope.get("record").map(|record| public(&record)).transpose()?,
                (None, None) => None,
            };
            if let Some(body) = default {
                let body = serde_json::to_vec(&body).unwrap_or_default();
                let mut reply = Reply::new(endpoint.status, "application/json;charset=utf-8", body);
                for (name, value) in &endpoint.headers {
                    reply.headers.push((name.clone(), value.eval_text(scope)?));
                }
                return Ok(reply);
            }
        }
        let mut reply = content(endpoint.status, &endpoint.headers, &endpoint.body, scope)?;
        if self.fault == Some(FaultKind::WrongType) && endpoint.list.is_none() {
            reply.body = b"\"an unexpected string\"".to_vec();
        }
        Ok(reply)
    }
}
