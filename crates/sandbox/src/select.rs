//! Select: which records a list shows, in which order.
//!
//! Always true: the selection is made once per (data version, request without its page) and then paged through.
//! Elsewhere: cutting pages is `page`.

use std::cmp::Ordering;
use std::collections::VecDeque;
use std::sync::{Arc, Mutex, PoisonError};

use minijinja::Error;
use minijinja::value::{Value as Mj, ValueKind};

use crate::plan::{Filter, Sort};
use crate::scope::Scope;
use crate::spec::Comparison;
use crate::state::{Held, World, at_path};
use crate::time::parse_ms;

/// Keys of the selected records, remembered for the next page.
#[derive(Debug, Default)]
pub(crate) struct Selections {
    recent: Mutex<VecDeque<Selection>>,
}

/// Data version, signature, keys.
type Selection = (u64, String, Arc<Vec<u64>>);

impl Selections {
    /// The selection with this signature, made now if need be.
    pub fn get(
        &self,
        version: u64,
        signature: &str,
        make: impl FnOnce() -> Result<Vec<u64>, Error>,
    ) -> Result<Arc<Vec<u64>>, Error> {
        let recent = || self.recent.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some((_, _, keys)) = recent().iter().find(|(at, name, _)| *at == version && name == signature) {
            return Ok(Arc::clone(keys));
        }
        let keys = Arc::new(make()?);
        let mut recent = recent();
        if recent.len() == 12 {
            recent.pop_front();
        }
        recent.push_back((version, signature.to_owned(), Arc::clone(&keys)));
        Ok(keys)
    }
}

/// Filters and sorts a collection.
pub(crate) fn select(
    world: &Arc<World>,
    held: &Held,
    scope: &Scope,
    filters: &[Filter],
    sort: Option<&Sort>,
) -> Result<Vec<u64>, Error> {
    let mut tests = Vec::new();
    for filter in filters {
        tests.extend(Test::of(filter, scope)?);
    }
    let mut keys = Vec::new();
    for key in held.keys() {
        if tests.is_empty() {
            keys.push(key);
            continue;
        }
        let Some(record) = world.fetch(held, key) else { continue };
        let mut passed = true;
        for test in &tests {
            passed = passed && test.passes(&record, scope)?;
        }
        if passed {
            keys.push(key);
        }
    }
    let order = match sort {
        Some(sort) => sort_order(sort, scope)?,
        None => Vec::new(),
    };
    if !order.is_empty() {
        let mut rows: Vec<(Vec<Operand>, u64)> = keys
            .into_iter()
            .map(|key| {
                let record = world.fetch(held, key).unwrap_or_default();
                // Ids rise with keys, and a sort by id is the one that is asked of a million records.
                let operand = |path: &str| match path {
                    "id" => Operand::Number(key as f64),
                    path => Operand::of(&at_path(&record, path)),
                };
                (order.iter().map(|(path, _)| operand(path)).collect(), key)
            })
            .collect();
        rows.sort_by(|(a, _), (b, _)| {
            let sides = a.iter().zip(b).zip(&order);
            sides
                .map(|((a, b), (_, down))| if *down { b.order(a) } else { a.order(b) })
                .find(|ordering| ordering.is_ne())
                .unwrap_or(Ordering::Equal)
        });
        keys = rows.into_iter().map(|(_, key)| key).collect();
    }
    Ok(keys)
}

/// Field paths and whether they descend.
fn sort_order(sort: &Sort, scope: &Scope) -> Result<Vec<(String, bool)>, Error> {
    let asked = sort.by.as_ref().map(|by| by.eval(scope)).transpose()?.filter(Mj::is_true);
    let asked = asked.or_else(|| sort.default.as_deref().map(Mj::from)).unwrap_or_default();
    let mut order = Vec::new();
    let mut add = |text: &str| {
        for part in text.split(',').map(str::trim).filter(|part| !part.is_empty()) {
            let (name, down) = match (part.strip_prefix('-'), part.split_once(':')) {
                (Some(name), _) => (name, true),
                (None, Some((name, way))) => (name, way.eq_ignore_ascii_case("desc")),
                (None, None) => (part, false),
            };
            order.push((format!("{}{name}", sort.prefix()), down));
        }
    };
    match asked.kind() {
        ValueKind::Seq | ValueKind::Iterable => {
            for item in asked.try_iter()? {
                match item.as_str() {
                    Some(text) => add(text),
                    None => {
                        let name = at_path(&item, "propertyName").to_string();
                        let down = at_path(&item, "direction").to_string().to_ascii_uppercase().starts_with("DESC");
                        add(&format!("{name}:{}", if down { "desc" } else { "asc" }));
                    }
                }
            }
        }
        _ => {
            if let Some(text) = asked.as_str() {
                add(text);
            }
        }
    }
    Ok(order)
}

/// A filter with the values of this request.
enum Test<'f> {
    Compare { path: &'f str, is: Comparison, wanted: String },
    Expr { filter: &'f Filter, value: Mj },
    Groups { prefix: String, groups: Vec<Mj> },
}

impl<'f> Test<'f> {
    fn of(filter: &'f Filter, scope: &Scope) -> Result<Option<Self>, Error> {
        if let Some(groups) = &filter.groups {
            let groups = groups.eval(scope)?;
            let groups: Vec<Mj> = if groups.is_true() { groups.try_iter()?.collect() } else { Vec::new() };
            return Ok((!groups.is_empty()).then(|| Self::Groups { prefix: filter.prefix(), groups }));
        }
        let given = filter.param.as_deref().map(|param| at_path(&scope.get("params").unwrap_or_default(), param));
        let given = given.filter(|value| !value.is_undefined());
        let value = given.or_else(|| filter.default.as_deref().map(Mj::from));
        if filter.param.is_some() && value.is_none() {
            return Ok(None);
        }
        let value = value.unwrap_or_default();
        if filter.any.as_deref().is_some_and(|any| value.as_str() == Some(any)) {
            return Ok(None);
        }
        Ok(Some(match (&filter.expr, &filter.field) {
            (None, Some(path)) => Self::Compare { path, is: filter.is, wanted: value.to_string() },
            _ => Self::Expr { filter, value },
        }))
    }

    fn passes(&self, record: &Mj, scope: &Scope) -> Result<bool, Error> {
        match self {
            Self::Compare { path, is, wanted } => Ok(compare(&at_path(record, path), *is, wanted)),
            Self::Expr { filter, value } => match &filter.expr {
                Some(expr) => {
                    Ok(expr.eval(&scope.with("record", record.clone()).with("value", value.clone()))?.is_true())
                }
                None => Ok(true),
            },
            Self::Groups { prefix, groups } => {
                for group in groups {
                    let filters = at_path(group, "filters");
                    let mut all = true;
                    if filters.is_true() {
                        for condition in filters.try_iter()? {
                            all = all && holds(record, prefix, &condition);
                        }
                    }
                    if all {
                        return Ok(true);
                    }
                }
                Ok(false)
            }
        }
    }
}

/// One `{propertyName, operator, value | values, highValue}`.
fn holds(record: &Mj, prefix: &str, condition: &Mj) -> bool {
    let field = at_path(record, &format!("{prefix}{}", at_path(condition, "propertyName")));
    let operator = at_path(condition, "operator").to_string();
    let wanted = at_path(condition, "value").to_string();
    let listed = || {
        let values = at_path(condition, "values");
        values
            .try_iter()
            .map(|mut values| values.any(|value| compare(&field, Comparison::Eq, &value.to_string())))
            .unwrap_or(false)
    };
    let there = !field.is_none() && !field.is_undefined() && field.as_str() != Some("");
    match operator.as_str() {
        "EQ" => compare(&field, Comparison::Eq, &wanted),
        "NEQ" => there && !compare(&field, Comparison::Eq, &wanted),
        "GT" => compare(&field, Comparison::Gt, &wanted),
        "GTE" => compare(&field, Comparison::Gte, &wanted),
        "LT" => compare(&field, Comparison::Lt, &wanted),
        "LTE" => compare(&field, Comparison::Lte, &wanted),
        "BETWEEN" => {
            let high = at_path(condition, "highValue").to_string();
            compare(&field, Comparison::Gte, &wanted) && compare(&field, Comparison::Lte, &high)
        }
        "IN" => listed(),
        "NOT_IN" => there && !listed(),
        "HAS_PROPERTY" => there,
        "NOT_HAS_PROPERTY" => !there,
        "CONTAINS_TOKEN" => compare(&field, Comparison::Contains, wanted.trim_matches('*')),
        "NOT_CONTAINS_TOKEN" => !compare(&field, Comparison::Contains, wanted.trim_matches('*')),
        _ => false,
    }
}

fn compare(field: &Mj, is: Comparison, wanted: &str) -> bool {
    if field.is_undefined() || field.is_none() {
        return false;
    }
    let against = |wanted: &str| Operand::of(field).order(&Operand::text(wanted));
    match is {
        Comparison::Eq => field.to_string() == wanted || (!wanted.is_empty() && against(wanted).is_eq()),
        Comparison::Gt => against(wanted).is_gt(),
        Comparison::Gte => against(wanted).is_ge(),
        Comparison::Lt => against(wanted).is_lt(),
        Comparison::Lte => against(wanted).is_le(),
        Comparison::In => wanted.split(',').any(|one| compare(field, Comparison::Eq, one.trim())),
        Comparison::Contains => field.to_string().to_lowercase().contains(&wanted.to_lowercase()),
        Comparison::Prefixed => prefixed(field, wanted),
    }
}

fn prefixed(field: &Mj, wanted: &str) -> bool {
    let date_only = |text: &str| text.len() == 10 && parse_ms(text).is_some();
    if let Some((low, high)) = wanted.strip_prefix("><").and_then(|range| range.split_once('|')) {
        let high = if date_only(high) { format!("{high}T23:59:59Z") } else { high.to_owned() };
        return compare(field, Comparison::Gte, low) && compare(field, Comparison::Lte, &high);
    }
    if let Some(low) = wanted.strip_prefix(">=") {
        return compare(field, Comparison::Gte, low);
    }
    if let Some(high) = wanted.strip_prefix("<=") {
        let high = if date_only(high) { format!("{high}T23:59:59Z") } else { high.to_owned() };
        return compare(field, Comparison::Lte, &high);
    }
    if let Some(part) = wanted.strip_prefix('~') {
        return compare(field, Comparison::Contains, part);
    }
    if let Some(not) = wanted.strip_prefix('!') {
        return !not.split('|').any(|one| compare(field, Comparison::Eq, one));
    }
    if date_only(wanted) {
        return field.to_string().starts_with(wanted);
    }
    wanted.split('|').any(|one| compare(field, Comparison::Eq, one))
}

/// A value that can be ordered.
#[derive(Debug)]
enum Operand {
    Nothing,
    Number(f64),
    Time(i64),
    Text(String),
}

impl Operand {
    fn of(value: &Mj) -> Self {
        if value.is_undefined() || value.is_none() {
            return Self::Nothing;
        }
        match value.as_str() {
            Some(text) => Self::text(text),
            None => value.to_string().parse().map_or_else(|_| Self::Text(value.to_string()), Self::Number),
        }
    }

    fn text(text: &str) -> Self {
        if let Some(ms) = parse_ms(text) {
            return Self::Time(ms);
        }
        text.parse().map_or_else(|_| Self::Text(text.to_owned()), Self::Number)
    }

    fn order(&self, other: &Self) -> Ordering {
        match (self, other) {
            (Self::Number(a), Self::Number(b)) => a.total_cmp(b),
            (Self::Time(a), Self::Time(b)) => a.cmp(b),
            (Self::Time(a), Self::Number(b)) => (*a as f64).total_cmp(b),
            (Self::Number(a), Self::Time(b)) => a.total_cmp(&(*b as f64)),
            (Self::Text(a), Self::Text(b)) => a.cmp(b),
            (a, b) => a.rank().cmp(&b.rank()),
        }
    }

    fn rank(&self) -> u8 {
        match self {
            Self::Nothing => 0,
            Self::Number(_) => 1,
            Self::Time(_) => 2,
            Self::Text(_) => 3,
        }
    }
}
