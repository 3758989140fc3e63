//! Plan: a description ready to run, every template compiled.
//!
//! Elsewhere: made from what is written by `load`.

use std::sync::Arc;

use indexmap::IndexMap;
use jiff::Timestamp;
use minijinja::Error;
use minijinja::value::Value as Mj;

use crate::route::Pattern;
use crate::scope::Scope;
use crate::spec::{Comparison, IdSpec, LimitSpec, OauthSpec, PageSpec, Stamp};
use crate::template::{Template, to_json};

/// A description ready to run.
#[derive(Debug)]
pub(crate) struct Plan {
    pub name: String,
    pub epoch: Timestamp,
    pub epoch_ms: i64,
    pub size: u64,
    pub credentials: IndexMap<String, Template>,
    pub auth: Vec<AuthPlan>,
    pub oauth2: Option<OauthPlan>,
    pub limits: Vec<LimitPlan>,
    pub headers: IndexMap<String, Template>,
    pub errors: IndexMap<String, ErrorPlan>,
    pub shapes: IndexMap<String, Template>,
    pub collections: IndexMap<String, Arc<Collection>>,
    pub endpoints: Vec<Endpoint>,
}

#[derive(Debug)]
pub(crate) enum AuthPlan {
    Header { name: String, value: Template },
    Query { name: String, value: Template },
    Basic { username: Template, password: Option<Template> },
    Bearer { token: Template },
}

#[derive(Debug)]
pub(crate) struct OauthPlan {
    pub spec: OauthSpec,
    pub client_id: Template,
    pub client_secret: Template,
    pub reply: Template,
}

#[derive(Debug)]
pub(crate) struct LimitPlan {
    pub spec: LimitSpec,
    pub headers: IndexMap<String, Template>,
}

#[derive(Debug)]
pub(crate) struct ErrorPlan {
    pub status: u16,
    pub headers: IndexMap<String, Template>,
    pub body: Content,
}

/// A reply's body.
#[derive(Debug)]
pub(crate) enum Content {
    Nothing { content_type: Option<String> },
    Json { body: Template, content_type: Option<String> },
    Text { text: Template, content_type: Option<String> },
}

/// A kind of record.
#[derive(Debug)]
pub(crate) struct Collection {
    pub name: String,
    pub(super) count: Option<Template>,
    pub(super) rows: Option<Vec<Mj>>,
    pub(super) ids: IdSpec,
    pub aliases: Vec<String>,
    pub lets: IndexMap<String, Template>,
    pub record: IndexMap<String, Template>,
    pub created: Vec<String>,
    pub updated: Vec<String>,
    pub stamp: Stamp,
}

#[derive(Debug)]
pub(crate) struct Endpoint {
    pub method: &'static str,
    pub patterns: Vec<Pattern>,
    pub needs_auth: bool,
    pub lets: IndexMap<String, Template>,
    pub fail: Vec<Fail>,
    pub list: Option<Template>,
    pub filters: Vec<Filter>,
    pub sort: Option<Sort>,
    pub page: Option<PageSpec>,
    pub item: Option<Template>,
    pub show: Option<Template>,
    pub id: Option<Template>,
    pub writes: Vec<Write>,
    pub status: u16,
    pub headers: IndexMap<String, Template>,
    pub body: Content,
}

#[derive(Debug)]
pub(crate) struct Fail {
    pub when: Template,
    pub error: String,
    pub message: Option<Template>,
}

#[derive(Debug)]
pub(crate) struct Filter {
    pub param: Option<String>,
    pub field: Option<String>,
    pub is: Comparison,
    pub default: Option<String>,
    pub any: Option<String>,
    pub expr: Option<Template>,
    pub groups: Option<Template>,
    pub(super) under: Option<String>,
}

#[derive(Debug)]
pub(crate) struct Sort {
    pub by: Option<Template>,
    pub default: Option<String>,
    pub(super) under: Option<String>,
}

#[derive(Debug)]
pub(crate) struct Write {
    pub act: Act,
    pub collection: Template,
    pub when: Option<Template>,
    pub id: Option<Template>,
    pub with: Option<Template>,
    pub name: String,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Act {
    Create,
    Update,
    Delete,
}

impl Filter {
    pub fn prefix(&self) -> String {
        dotted(self.under.as_deref())
    }
}

impl Sort {
    pub fn prefix(&self) -> String {
        dotted(self.under.as_deref())
    }
}

fn dotted(under: Option<&str>) -> String {
    under.map(|under| format!("{under}.")).unwrap_or_default()
}

impl Collection {
    /// The id at a place.
    pub fn id(&self, place: u64) -> Mj {
        if let Some(id) = self.row(place).get_attr("id").ok().filter(|id| !id.is_undefined()) {
            return id;
        }
        let number = self.ids.from + place * self.ids.step;
        if self.ids.text { Mj::from(number.to_string()) } else { Mj::from(number) }
    }

    /// The place of an id; the record there may not exist.
    pub fn key(&self, id: &str) -> Option<u64> {
        if let Some(rows) = &self.rows {
            for place in 0..rows.len() as u64 {
                if self.id(place).to_string() == id {
                    return Some(place);
                }
            }
        }
        let number: u64 = id.parse().ok()?;
        let distance = number.checked_sub(self.ids.from)?;
        (distance % self.ids.step == 0).then_some(distance / self.ids.step)
    }

    /// The written-out row at a place.
    pub fn row(&self, place: u64) -> Mj {
        let rows = self.rows.as_deref().unwrap_or_default();
        usize::try_from(place).ok().and_then(|place| rows.get(place)).cloned().unwrap_or_default()
    }

    /// How many records are generated.
    pub fn count(&self, scope: &Scope) -> Result<u64, Error> {
        let rows = self.rows.as_ref().map_or(0, Vec::len) as u64;
        let Some(count) = &self.count else { return Ok(rows) };
        let count = to_json(&count.eval(scope)?)?;
        Ok(count.as_u64().or_else(|| count.as_f64().map(|count| count.max(0.0) as u64)).unwrap_or(rows))
    }
}
