//! Mapping: a vendor's raw record into the bytes of a common model.
//!
//! Always true: the unified bytes hold every own field of the model, in model order, null or `[]`
//! when absent, each of the type the model says; a record that does not fit is a [`Reject`] that
//! names the field and the value, never a silent null.
//! Elsewhere: the spec is `crate::manifest::ReadManifest`, expressions are `crate::expr`, the rules of
//! each type are in `coerce`.

mod coerce;
mod compile;
mod remote;
mod rule;

use sonic_rs::Value;
use uuid::Uuid;

use crate::expr::{Budget, EvalError, Expr, Limits, Record, Val};
use coerce::{Plans, Shape};
use rule::{Root, Rule};

pub use compile::MapError;

/// Turns a remote id into the id of the record.
pub trait Ids {
    /// The id of the record that the vendor calls `remote_id`; `None` leaves the remote id as it is.
    fn id(&self, model: &str, remote_id: &str) -> Option<Uuid>;
}

/// Ids of the records of one linked account.
#[derive(Debug, Clone, Copy)]
pub struct AccountIds(pub Uuid);

impl Ids for AccountIds {
    fn id(&self, model: &str, remote_id: &str) -> Option<Uuid> {
        Some(crate::record_id(self.0, model, remote_id))
    }
}

/// Leaves remote ids as they are, for looking at a mapping without an account.
#[derive(Debug, Clone, Copy)]
pub struct RemoteIds;

impl Ids for RemoteIds {
    fn id(&self, _model: &str, _remote_id: &str) -> Option<Uuid> {
        None
    }
}

/// A record that became a common model.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Mapped {
    /// The vendor's id.
    pub remote_id: String,
    /// JSON object with the model's own fields in model order.
    pub unified: Vec<u8>,
    /// JSON object of the vendor's values behind mapped enum fields, by field; `None` without any.
    pub origins: Option<Vec<u8>>,
    /// JSON array of remote fields; `None` when the mapping has none.
    pub remote_fields: Option<Vec<u8>>,
    /// The vendor calls it deleted.
    pub deleted: bool,
}

/// A record that does not fit, and why.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{}{field}: {reason}", .remote_id.as_ref().map(|id| format!("record {id}: ")).unwrap_or_default())]
pub struct Reject {
    /// The vendor's id, if it could be read.
    pub remote_id: Option<String>,
    /// The field of the model, or `id`, `where`, `deleted`, `record`.
    pub field: String,
    /// What is wrong, with the value.
    pub reason: String,
}

/// What became of a raw record.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Outcome {
    /// It is a record of the model.
    Mapped(Mapped),
    /// `where` says that it does not belong to the model.
    Skipped,
    /// It does not fit.
    Reject(Reject),
}

/// A compiled read spec of one model.
#[derive(Debug)]
pub struct Mapping {
    model: Box<str>,
    version: u64,
    id: Expr,
    /// The path of the id, if it is one: read without parsing the record.
    pointer: Option<Vec<sonic_rs::PointerNode>>,
    filter: Option<Expr>,
    deleted: Option<Expr>,
    fields: Vec<FieldPlan>,
    plans: Plans,
    remote_fields: Option<remote::RemoteFields>,
}

/// One own field of the model.
#[derive(Debug)]
struct FieldPlan {
    name: Box<str>,
    /// `{"name":` or `,"name":`.
    prefix: Box<[u8]>,
    /// What stands in the place of null.
    absent: &'static [u8],
    shape: Shape,
    rule: Option<Rule>,
}

impl Mapping {
    /// The model it maps to, such as `hris.employee`.
    pub fn model(&self) -> &str {
        &self.model
    }

    /// Changes whenever the spec or the model changes; seeds the hashes of raw records.
    pub fn version(&self) -> u64 {
        self.version
    }

    /// All expressions with the path of each in the spec, such as `fields.gender`.
    pub fn expressions(&self) -> impl Iterator<Item = (String, &Expr)> {
        let named = |name: &str, expr| (name.to_owned(), expr);
        let fields =
            self.fields.iter().filter_map(move |f| f.rule.as_ref().map(|r| (format!("fields.{}", f.name), r.expr())));
        let rest = self
            .filter
            .iter()
            .map(move |e| named("where", e))
            .chain(self.deleted.iter().map(move |e| named("deleted", e)));
        let remote = self.remote_fields.iter().map(move |r| named("remote_fields", r.expr()));
        std::iter::once(named("id", &self.id)).chain(rest).chain(fields).chain(remote)
    }

    /// Paths of the expressions that are interpreted because they are outside the direct subset.
    pub fn interpreted(&self) -> Vec<String> {
        self.expressions().filter(|(_, e)| !e.is_direct()).map(|(path, _)| path).collect()
    }

    /// The remote id of a raw record; when `id` is a plain path the rest of the record is skipped, not parsed.
    pub fn remote_id(&self, raw: &[u8], vars: &[&Value]) -> Result<String, Reject> {
        if let Some(pointer) = &self.pointer
            && let Ok(found) = sonic_rs::get_from_slice(raw, pointer)
            && let Some(id) = plain_id(found.as_raw_str())
        {
            return Ok(id);
        }
        let record = parse(raw)?;
        id_text(self.id.one(&record, vars))
    }

    /// Maps the text of a raw record.
    pub fn map(&self, raw: &[u8], vars: &[&Value], ids: &dyn Ids) -> Outcome {
        match parse(raw) {
            Ok(record) => self.map_value(&record, vars, ids),
            Err(reject) => Outcome::Reject(reject),
        }
    }

    /// Maps a parsed record.
    pub fn map_value(&self, record: &Value, vars: &[&Value], ids: &dyn Ids) -> Outcome {
        match self.try_map(record, vars, ids) {
            Ok(Some(mapped)) => Outcome::Mapped(mapped),
            Ok(None) => Outcome::Skipped,
            Err(reject) => Outcome::Reject(reject),
        }
    }

    fn try_map(&self, record: &Value, vars: &[&Value], ids: &dyn Ids) -> Result<Option<Mapped>, Reject> {
        let budget = Budget::new(Limits::DEFAULT);
        let root = Root { record: Record::new(record), vars, budget: &budget };
        if !truth(&root, self.filter.as_ref(), "where", true)? {
            return Ok(None);
        }
        let remote_id = id_text(root.one(&self.id))?;
        let named = |r: Reject| Reject { remote_id: Some(remote_id.clone()), ..r };
        let deleted = truth(&root, self.deleted.as_ref(), "deleted", false).map_err(named)?;
        let mut origins = Vec::new();
        let mut unified = Vec::with_capacity(1024);
        for field in &self.fields {
            unified.extend_from_slice(&field.prefix);
            let start = unified.len();
            let done = match &field.rule {
                None => Ok(()),
                Some(rule) => {
                    rule.write(&root, &field.shape, &self.plans, ids, &field.name, &mut origins, &mut unified)
                }
            };
            done.map_err(|reason| reject(Some(&remote_id), &field.name, reason))?;
            if unified.len() == start {
                unified.extend_from_slice(field.absent);
            }
        }
        unified.extend_from_slice(if self.fields.is_empty() { b"{}" } else { b"}" });
        if !origins.is_empty() {
            origins.push(b'}');
        }
        let remote_fields = match &self.remote_fields {
            None => None,
            Some(remote) => {
                let written = remote.write(&root, &self.model, &self.plans, ids);
                Some(written.map_err(|reason| reject(Some(&remote_id), "remote_fields", reason))?)
            }
        };
        let origins = (!origins.is_empty()).then_some(origins);
        Ok(Some(Mapped { remote_id, unified, origins, remote_fields, deleted }))
    }
}

fn truth<'a>(root: &Root<'a>, expr: Option<&'a Expr>, field: &str, default: bool) -> Result<bool, Reject> {
    match expr {
        None => Ok(default),
        Some(expr) => root.one(expr).map(|v| v.truthy()).map_err(|e| reject(None, field, e.to_string())),
    }
}

fn id_text(value: Result<Val<'_>, EvalError>) -> Result<String, Reject> {
    let value = value.map_err(|e| reject(None, "id", e.to_string()))?;
    match coerce::remote_id(&value) {
        Some(id) => Ok(id.into_owned()),
        None => Err(reject(None, "id", format!("the record has no id: {}", value.shown()))),
    }
}

fn reject(remote_id: Option<&str>, field: &str, reason: String) -> Reject {
    Reject { remote_id: remote_id.map(str::to_owned), field: field.to_owned(), reason }
}

fn parse(raw: &[u8]) -> Result<Value, Reject> {
    if crate::expr::too_deep(raw) {
        return Err(reject(None, "record", "the record nests too deep".to_owned()));
    }
    sonic_rs::from_slice(raw).map_err(|e| {
        let line = e.to_string();
        let line = line.lines().next().unwrap_or_default();
        reject(None, "record", format!("the record is not JSON: {line}"))
    })
}

/// The id in raw JSON text: an unescaped string or a whole number.
fn plain_id(raw: &str) -> Option<String> {
    match raw.as_bytes() {
        [b'"', inner @ .., b'"'] if !inner.is_empty() && !inner.contains(&b'\\') => {
            Some(raw[1..raw.len() - 1].to_owned())
        }
        [b'1'..=b'9', rest @ ..] if rest.len() < 18 && rest.iter().all(u8::is_ascii_digit) => Some(raw.to_owned()),
        _ => None,
    }
}
