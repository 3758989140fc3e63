//! Embedded: objects that a record holds, listed as if they were records, such as the lines of a report.

use std::collections::HashMap;

use serde_json::Value;
use unisono_engine::{ReadError, Shape};
use unisono_model::{Shape as Relation, Type};
use uuid::Uuid;

use super::offset;
use crate::fault;
use crate::problem::Refusal;
use crate::reply::Reply;
use crate::request::Request;

/// A page of what the parent record holds in `field`; an unknown parent is 404.
pub(super) async fn page(
    request: &Request<'_>,
    (parent, id): (&str, Uuid),
    field: &str,
    model: &str,
) -> Result<Reply, Refusal> {
    let (project, account) = (request.visitor.project(), request.visitor.account()?.id);
    let found = request.app.engine.retrieve(project, account, parent, id, &Shape::default()).await;
    let mut record: Value = serde_json::from_slice(&found.map_err(fault::read)?).unwrap_or_default();
    let entries = match record.get_mut(field).map(Value::take) {
        Some(Value::Array(entries)) => entries.into_iter().filter(Value::is_object).collect(),
        _ => Vec::new(),
    };
    let mut page = offset::page(&request.query, entries)?;
    let mut known = HashMap::new();
    for (name, target) in relations(request, model) {
        for entry in page["results"].as_array_mut().into_iter().flatten() {
            expand(request, &mut entry[&name], &target, &mut known).await?;
        }
    }
    Reply::of(&page)
}

/// The relations the query wants as objects, with the models they point at.
fn relations(request: &Request<'_>, model: &str) -> Vec<(String, String)> {
    let Some(model) = request.app.models.model(model) else { return Vec::new() };
    let asked = request.query.list("expand");
    let wanted = model.fields.iter().filter(|field| asked.contains(&field.name));
    let pairs = wanted.filter_map(|field| match &field.kind {
        Type::Ref { model: target, shape: Relation::IdOrObject | Relation::ObjectOrId } => {
            let target = request.app.models.resolve(&model.category, target)?;
            Some((field.name.clone(), target.slug.clone()))
        }
        _ => None,
    });
    pairs.collect()
}

/// Puts the object in the place of its id; an id whose record is not known stays.
async fn expand(
    request: &Request<'_>,
    value: &mut Value,
    target: &str,
    known: &mut HashMap<Uuid, Option<Value>>,
) -> Result<(), Refusal> {
    let (project, account) = (request.visitor.project(), request.visitor.account()?.id);
    let places: Vec<&mut Value> = match value {
        Value::Array(items) => items.iter_mut().collect(),
        single => vec![single],
    };
    for place in places {
        let Some(id) = place.as_str().and_then(|text| Uuid::parse_str(text).ok()) else { continue };
        let object = match known.get(&id) {
            Some(object) => object.clone(),
            None => {
                let object = match request.app.engine.retrieve(project, account, target, id, &Shape::default()).await {
                    Ok(body) => serde_json::from_slice(&body).ok(),
                    Err(ReadError::NotFound | ReadError::NoSuchModel(_)) => None,
                    Err(error) => return Err(fault::read(error)),
                };
                known.insert(id, object.clone());
                object
            }
        };
        if let Some(object) = object {
            *place = object;
        }
    }
    Ok(())
}
