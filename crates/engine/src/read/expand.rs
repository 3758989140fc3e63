//! Expand: ids of related records become the records themselves, and enum values the vendor's own.
//!
//! Always true: one store call per relation and page; an expanded record shows its own relations as ids; an id whose record
//! is not known stays an id.

use std::collections::{HashMap, HashSet};

use unisono_model::{Model, Models, Shape as RelationShape, Type};
use unisono_store::{Include, RecordRow, Scope};
use uuid::Uuid;

use super::row::{Replaced, RowWriter, each_field, write_string};
use crate::{ReadError, Shape};

/// The store takes at most this many ids a call.
const IDS_MAX: usize = 1_000;

/// What has to be replaced in each of the rows.
pub(super) async fn replacements(
    scope: &Scope,
    models: &Models,
    model: &Model,
    account: Uuid,
    rows: &[RecordRow],
    shape: &Shape,
) -> Result<Vec<Replaced>, ReadError> {
    let mut replaced: Vec<Replaced> = vec![Replaced::new(); rows.len()];
    for (name, target) in relations(models, model, shape) {
        let values: Vec<Option<String>> = rows.iter().map(|row| value_of(row, name)).collect::<Result<_, _>>()?;
        let objects = fetch(scope, target, account, ids_in(&values)).await?;
        for (row, value) in replaced.iter_mut().zip(&values) {
            if let Some(value) = value {
                row.insert(name.to_owned(), with_objects(value, &objects)?);
            }
        }
    }
    if !shape.show_enum_origins.is_empty() {
        for (row, stored) in replaced.iter_mut().zip(rows) {
            show_origins(row, stored, &shape.show_enum_origins)?;
        }
    }
    Ok(replaced)
}

/// The relations to expand, with the models they point at: those asked for, and those the contract always shows as objects.
fn relations<'a>(models: &'a Models, model: &'a Model, shape: &'a Shape) -> Vec<(&'a str, &'a Model)> {
    let own = model.own_fields().filter_map(|field| {
        let Type::Ref { model: target, shape: kind } = &field.kind else { return None };
        let wanted = match kind {
            RelationShape::ObjectOrId => true,
            RelationShape::IdOrObject => shape.expand.contains(&field.name),
            // The contract accepts the name, but its type is a plain id.
            RelationShape::Id => false,
        };
        let target = models.resolve(&model.category, target).filter(|target| wanted && !target.nested)?;
        Some((field.name.as_str(), target))
    });
    own.collect()
}

fn value_of(row: &RecordRow, name: &str) -> Result<Option<String>, ReadError> {
    let mut found = None;
    each_field(&row.unified, |field, value| {
        if field == name && value != "null" && value != "[]" {
            found = Some(value.to_owned());
        }
    })?;
    Ok(found)
}

/// Every id that the values hold, once.
fn ids_in(values: &[Option<String>]) -> Vec<Uuid> {
    let mut ids = HashSet::new();
    for value in values.iter().flatten() {
        ids.extend(items(value).iter().filter_map(|item| item.as_str().and_then(|text| Uuid::parse_str(text).ok())));
    }
    ids.into_iter().collect()
}

/// The value as a list: a single id is a list of one.
fn items(value: &str) -> Vec<serde_json::Value> {
    match serde_json::from_str(value) {
        Ok(serde_json::Value::Array(items)) => items,
        Ok(single) => vec![single],
        Err(_) => Vec::new(),
    }
}

async fn fetch(
    scope: &Scope,
    model: &Model,
    account: Uuid,
    ids: Vec<Uuid>,
) -> Result<HashMap<Uuid, Vec<u8>>, ReadError> {
    let writer = RowWriter::new(model, &Shape::default());
    let mut objects = HashMap::with_capacity(ids.len());
    for some in ids.chunks(IDS_MAX) {
        let rows = scope.fetch_many(account, &model.slug, some, Include::default()).await;
        for row in rows.map_err(|error| ReadError::Internal(error.into()))? {
            let mut object = Vec::with_capacity(row.unified.len() + 512);
            writer.write(&row, &Replaced::new(), &mut object)?;
            objects.insert(row.id, object);
        }
    }
    Ok(objects)
}

fn with_objects(value: &str, objects: &HashMap<Uuid, Vec<u8>>) -> Result<Vec<u8>, ReadError> {
    let single = !value.starts_with('[');
    let mut out = Vec::new();
    if !single {
        out.push(b'[');
    }
    for (index, item) in items(value).iter().enumerate() {
        if index > 0 {
            out.push(b',');
        }
        let id = item.as_str().and_then(|text| Uuid::parse_str(text).ok());
        match id.and_then(|id| objects.get(&id)) {
            Some(object) => out.extend_from_slice(object),
            None => serde_json::to_writer(&mut out, item).map_err(|error| ReadError::Internal(error.into()))?,
        }
    }
    if !single {
        out.push(b']');
    }
    Ok(out)
}

/// Replaces enum fields by what the vendor sent, where that was kept.
fn show_origins(replaced: &mut Replaced, row: &RecordRow, fields: &[String]) -> Result<(), ReadError> {
    let Some(origins) = &row.origins else { return Ok(()) };
    each_field(origins, |name, value| {
        if fields.iter().any(|field| field == name) {
            let shown = if value.starts_with('"') || value == "null" {
                value.as_bytes().to_vec()
            } else {
                let mut text = Vec::new();
                write_string(value, &mut text);
                text
            };
            replaced.insert(name.to_owned(), shown);
        }
    })
}
