//! What the caller asked for, checked against what the model declares, as a query of the store.

use unisono_connector::record_id;
use unisono_model::{Filter, FilterKind, List, Model, Models, Type, ValueType};
use unisono_store::{Condition, Field, ListQuery, Op, Order, Scalar, Through};
use uuid::Uuid;

use crate::clock::Time;
use crate::{ListParams, ReadError};

/// A query, or the knowledge that nothing can match.
pub(super) enum Wanted {
    Rows(Box<ListQuery>),
    Nothing,
}

/// The list of a model that the caller named, or its own.
pub(super) fn find_list<'a>(model: &'a Model, path: Option<&str>) -> Result<&'a List, ReadError> {
    let found = match path {
        Some(path) => model.lists.iter().find(|list| list.path == path),
        None => model.list().or_else(|| model.lists.first()),
    };
    found.ok_or_else(|| ReadError::NoSuchModel(path.unwrap_or(&model.slug).to_owned()))
}

/// The query of a page, without what scopes add to it.
pub(super) fn build(
    models: &Models,
    model: &Model,
    list: &List,
    account: Uuid,
    params: &ListParams,
) -> Result<Wanted, ReadError> {
    let mut query = ListQuery {
        account,
        model: model.slug.clone(),
        include_deleted: params.shape.include_deleted,
        order: order(list, params.order_by.as_deref())?,
        page_size: page_size(params.page_size)?,
        ..ListQuery::default()
    };
    for (name, value) in &params.filters {
        let filter = list.filter(name).ok_or_else(|| parameter(name, "is not a filter of this list"))?;
        if !restrict(&mut query, models, model, filter, value)? {
            return Ok(Wanted::Nothing);
        }
    }
    for filter in list.filters.iter().filter(|filter| filter.kind == FilterKind::ShowIf) {
        let shown = params.filters.iter().any(|(name, value)| *name == filter.param && value == "true");
        if !shown {
            query.conditions.push(condition(models, model, filter, Op::Eq, vec![Scalar::Bool(false)]));
        }
    }
    Ok(Wanted::Rows(Box::new(query)))
}

fn page_size(asked: Option<u32>) -> Result<usize, ReadError> {
    match asked {
        None => Ok(100),
        Some(size @ 1..=100) => Ok(size as usize),
        Some(_) => Err(parameter("page_size", "must be between 1 and 100")),
    }
}

fn order(list: &List, asked: Option<&str>) -> Result<Order, ReadError> {
    let Some(asked) = asked.filter(|asked| !asked.is_empty()) else { return Ok(Order::Auto) };
    let (field, descending) = match asked.strip_prefix('-') {
        Some(field) => (field, true),
        None => (asked, false),
    };
    if !list.order_by.iter().any(|known| known == field || known == asked) {
        return Err(parameter("order_by", &format!("must be one of {}", list.order_by.join(", "))));
    }
    Ok(match (field, descending) {
        ("created_at", false) => Order::Position,
        ("modified_at", false) => Order::Modified,
        _ => Order::Field { field: field.to_owned(), descending },
    })
}

/// Adds one filter to the query; `false` when nothing can match it.
fn restrict(
    query: &mut ListQuery,
    models: &Models,
    model: &Model,
    filter: &Filter,
    value: &str,
) -> Result<bool, ReadError> {
    if !filter.choices.is_empty() && !filter.choices.iter().any(|choice| choice == value) && !listed(filter, value) {
        return Err(parameter(&filter.param, &format!("must be one of {}", filter.choices.join(", "))));
    }
    if value.is_empty() {
        return Ok(true);
    }
    if filter.null && value == "null" {
        query.conditions.push(condition(models, model, filter, Op::IsNull, Vec::new()));
        return Ok(true);
    }
    match filter.kind {
        FilterKind::Unlinked => Ok(false),
        FilterKind::ShowIf => Ok(true),
        FilterKind::After | FilterKind::Before => range(query, models, model, filter, value),
        FilterKind::Empty => {
            let (op, values) = match value {
                "true" => (Op::IsNull, Vec::new()),
                "false" => (Op::Ge, vec![Scalar::Text(String::new())]),
                _ => return Err(parameter(&filter.param, "must be true or false")),
            };
            query.conditions.push(condition(models, model, filter, op, values));
            Ok(true)
        }
        FilterKind::Equals => equals(query, models, model, filter, &[value]),
        FilterKind::AnyOf => {
            let values: Vec<&str> = value.split(',').map(str::trim).collect();
            equals(query, models, model, filter, &values)
        }
    }
}

/// Whether every one of the comma-separated values is a choice.
fn listed(filter: &Filter, value: &str) -> bool {
    filter.kind == FilterKind::AnyOf
        && value.split(',').all(|one| filter.choices.iter().any(|choice| choice == one.trim()))
}

fn range(
    query: &mut ListQuery,
    models: &Models,
    model: &Model,
    filter: &Filter,
    value: &str,
) -> Result<bool, ReadError> {
    // A `+` in a query that was not escaped arrives as a space.
    let time = Time::parse(value).or_else(|| Time::parse(&value.replace(' ', "+")));
    let time = time.ok_or_else(|| parameter(&filter.param, "must be a time such as 2024-01-15T09:30:00Z"))?;
    let after = filter.kind == FilterKind::After;
    match (filter.field.as_str(), filter.through.is_none(), after) {
        ("created_at", true, true) => query.created_after_us = query.created_after_us.max(Some(time.0)),
        ("created_at", true, false) => query.created_before_us = least(query.created_before_us, time.0),
        ("modified_at", true, true) => query.modified_after_us = query.modified_after_us.max(Some(time.0)),
        ("modified_at", true, false) => query.modified_before_us = least(query.modified_before_us, time.0),
        _ => {
            let op = if after { Op::Ge } else { Op::Lt };
            let values = vec![Scalar::Text(as_stored(time))];
            query.conditions.push(condition(models, model, filter, op, values));
        }
    }
    Ok(true)
}

fn least(one: Option<i64>, other: i64) -> Option<i64> {
    Some(one.map_or(other, |one| one.min(other)))
}

/// Times in unified JSON have no fraction unless the vendor gave one.
fn as_stored(time: Time) -> String {
    let text = time.to_string();
    match text.strip_suffix(".000000Z") {
        Some(whole) => format!("{whole}Z"),
        None => text,
    }
}

fn equals(
    query: &mut ListQuery,
    models: &Models,
    model: &Model,
    filter: &Filter,
    values: &[&str],
) -> Result<bool, ReadError> {
    if filter.through.is_none() && (filter.field == "remote_id" || filter.field == "id") {
        let ids = values.iter().filter_map(|value| match filter.field.as_str() {
            "id" => Uuid::parse_str(value).ok(),
            _ => Some(record_id(query.account, &query.model, value)),
        });
        let ids: Vec<Uuid> = ids.filter(|id| query.ids.is_empty() || query.ids.contains(id)).collect();
        let some = !ids.is_empty();
        query.ids = ids;
        return Ok(some);
    }
    let mut scalars = Vec::with_capacity(values.len());
    for value in values {
        match filter.value {
            ValueType::String => scalars.push(Scalar::Text((*value).to_owned())),
            ValueType::Id => scalars.extend(Uuid::parse_str(value).ok().map(|id| Scalar::Text(id.to_string()))),
            ValueType::DateTime => {
                let time = Time::parse(value);
                let time =
                    time.ok_or_else(|| parameter(&filter.param, "must be a time such as 2024-01-15T09:30:00Z"))?;
                scalars.push(Scalar::Text(as_stored(time)));
            }
            ValueType::Boolean => match *value {
                "true" => scalars.push(Scalar::Bool(true)),
                "false" => scalars.push(Scalar::Bool(false)),
                _ => return Err(parameter(&filter.param, "must be true or false")),
            },
        }
    }
    if scalars.is_empty() {
        return Ok(false);
    }
    let op = if filter.ignore_case && scalars.len() == 1 { Op::EqIgnoreCase } else { Op::Eq };
    query.conditions.push(condition(models, model, filter, op, scalars));
    Ok(true)
}

fn condition(models: &Models, model: &Model, filter: &Filter, op: Op, values: Vec<Scalar>) -> Condition {
    let through = filter.through.as_ref();
    let owner = through.and_then(|hop| models.model(&hop.model)).unwrap_or(model);
    Condition {
        through: through.map(|hop| Through::Ours { relation: hop.relation.clone(), model: hop.model.clone() }),
        field: place(owner, &filter.field),
        op,
        values,
    }
}

/// Where a dotted path is in the unified JSON of a model.
pub(super) fn place(model: &Model, path: &str) -> Field {
    match path.split_once('.') {
        Some((list, field)) => Field::ItemField { list: list.to_owned(), field: field.to_owned() },
        None if model.field(path).is_some_and(|field| field.list && !matches!(field.kind, Type::Nested { .. })) => {
            Field::Item(path.to_owned())
        }
        None => Field::Top(path.to_owned()),
    }
}

pub(super) fn parameter(name: &str, problem: &str) -> ReadError {
    ReadError::Parameter { name: name.to_owned(), problem: problem.to_owned() }
}
