//! Read: records as they are stored, shaped for the caller.
//!
//! Always true: a vendor is never called; stored unified JSON is spliced as bytes and taken apart only for expands, enum
//! origins and sensitive fields; a cursor works only for the list and order it came from.
//! Elsewhere: which parameters exist is declared by `model`; unknown ones are the surface's business.

mod cursor;
mod expand;
mod query;
mod row;

use unisono_model::{List, Model, ScopeKind};
use unisono_store::{Condition, Include, ListQuery, Op, RecordPage, Scalar, Scope, StoreError};
use uuid::Uuid;

use crate::{Engine, ListParams, Page, ReadError, Shape};
use cursor::Trail;
use query::{Wanted, parameter};
use row::{RowWriter, each_field};

impl Engine {
    /// A page of the records of one model (`hris.employee`).
    pub async fn list(
        &self,
        project: Uuid,
        account: Uuid,
        model: &str,
        params: &ListParams,
    ) -> Result<Page, ReadError> {
        let model = self.model(model)?;
        let list = query::find_list(model, params.list.as_deref())?;
        check_shape(&params.shape, &list.expand, &list.enum_origins)?;
        let bound = format!("{}\0{}\0{}", model.slug, list.path, params.order_by.as_deref().unwrap_or_default());
        let trail = match params.cursor.as_deref().filter(|cursor| !cursor.is_empty()) {
            Some(cursor) => Trail::read(cursor, &bound).ok_or(ReadError::Cursor)?,
            None => Trail::beginning(),
        };
        let scope = self.scope(project);
        let wanted = query::build(&self.parts.models, model, list, account, params)?;
        let Some(mut query) = self.within(&scope, model, list, account, params, wanted).await? else {
            return Ok(page(None, None, &[], 0));
        };
        query.after = trail.start();
        query.include = include(&params.shape);
        let found = scope.list(*query).await.map_err(of_list)?;
        self.write_page(&scope, model, account, params, &found, &trail, &bound).await
    }

    /// One record as a JSON object.
    pub async fn retrieve(
        &self,
        project: Uuid,
        account: Uuid,
        model: &str,
        id: Uuid,
        shape: &Shape,
    ) -> Result<Vec<u8>, ReadError> {
        let model = self.model(model)?;
        if let Some(retrieve) = &model.retrieve {
            check_shape(shape, &retrieve.expand, &retrieve.enum_origins)?;
        }
        let scope = self.scope(project);
        let row = scope.record(account, &model.slug, id, include(shape)).await.map_err(internal)?;
        let row = row.ok_or(ReadError::NotFound)?;
        let rows = std::slice::from_ref(&row);
        let replaced = expand::replacements(&scope, &self.parts.models, model, account, rows, shape).await?;
        let mut body = Vec::with_capacity(row.unified.len() + 512);
        RowWriter::new(model, shape).write(&row, &replaced[0], &mut body)?;
        Ok(body)
    }

    fn model(&self, slug: &str) -> Result<&Model, ReadError> {
        let model = self.parts.models.model(slug).filter(|model| !model.nested);
        model.ok_or_else(|| ReadError::NoSuchModel(slug.to_owned()))
    }

    /// Narrows the query to what the parameters in the path select; `None` when nothing can match.
    async fn within(
        &self,
        scope: &Scope,
        model: &Model,
        list: &List,
        account: Uuid,
        params: &ListParams,
        wanted: Wanted,
    ) -> Result<Option<Box<ListQuery>>, ReadError> {
        let mut wanted = wanted;
        // Without a list's path there is nothing to narrow by: every record of the model is meant.
        for part in list.scopes.iter().filter(|_| params.list.is_some()) {
            let id = params.scopes.iter().find(|(name, _)| *name == part.param).map(|(_, id)| *id);
            let id = id.ok_or_else(|| parameter(&part.param, "is missing in the path"))?;
            let parent = scope.record(account, &part.model, id, Include::default()).await.map_err(internal)?;
            let parent = parent.ok_or(ReadError::NotFound)?;
            let Wanted::Rows(query) = &mut wanted else { continue };
            match &part.kind {
                ScopeKind::Parent => {}
                ScopeKind::Unlinked => wanted = Wanted::Nothing,
                ScopeKind::Field { field } => query.conditions.push(Condition {
                    through: None,
                    field: query::place(model, field),
                    op: Op::Eq,
                    values: vec![Scalar::Text(id.to_string())],
                }),
                ScopeKind::Listed { field } => {
                    query.ids = ids_listed(&parent.unified, field)?;
                    if query.ids.is_empty() {
                        wanted = Wanted::Nothing;
                    }
                }
            }
        }
        Ok(match wanted {
            Wanted::Rows(query) => Some(query),
            Wanted::Nothing => None,
        })
    }

    #[allow(clippy::too_many_arguments)]
    async fn write_page(
        &self,
        scope: &Scope,
        model: &Model,
        account: Uuid,
        params: &ListParams,
        found: &RecordPage,
        trail: &Trail,
        bound: &str,
    ) -> Result<Page, ReadError> {
        let models = &self.parts.models;
        let replaced = expand::replacements(scope, models, model, account, &found.rows, &params.shape).await?;
        let writer = RowWriter::new(model, &params.shape);
        let bytes: usize = found.rows.iter().map(|row| row.unified.len() + 400).sum();
        let mut results = Vec::with_capacity(bytes);
        for (row, replaced) in found.rows.iter().zip(&replaced) {
            if !results.is_empty() {
                results.push(b',');
            }
            writer.write(row, replaced, &mut results)?;
        }
        let next = found.next.clone().map(|after| trail.next(after, bound));
        Ok(page(next, trail.previous(bound), &results, found.rows.len()))
    }
}

fn page(next: Option<String>, previous: Option<String>, results: &[u8], count: usize) -> Page {
    let mut body = Vec::with_capacity(results.len() + 256);
    for (name, cursor) in [("{\"next\":", &next), (",\"previous\":", &previous)] {
        body.extend_from_slice(name.as_bytes());
        match cursor {
            Some(cursor) => row::write_string(cursor, &mut body),
            None => body.extend_from_slice(b"null"),
        }
    }
    body.extend_from_slice(b",\"results\":[");
    body.extend_from_slice(results);
    body.extend_from_slice(b"]}");
    Page { body, count, next, previous }
}

fn check_shape(shape: &Shape, expand: &[String], origins: &[String]) -> Result<(), ReadError> {
    for (parameter_name, asked, known) in
        [("expand", &shape.expand, expand), ("show_enum_origins", &shape.show_enum_origins, origins)]
    {
        if let Some(odd) = asked.iter().find(|name| !known.contains(name)) {
            return Err(parameter(parameter_name, &format!("cannot be `{odd}`, only {}", known.join(", "))));
        }
    }
    Ok(())
}

fn include(shape: &Shape) -> Include {
    Include {
        remote_data: shape.include_remote_data,
        origins: !shape.show_enum_origins.is_empty(),
        remote_fields: shape.include_remote_fields,
    }
}

/// The ids that a field of a parent holds, be they plain or of embedded objects.
fn ids_listed(unified: &[u8], field: &str) -> Result<Vec<Uuid>, ReadError> {
    let mut ids = Vec::new();
    each_field(unified, |name, value| {
        if name == field {
            let items: Vec<serde_json::Value> = serde_json::from_str(value).unwrap_or_default();
            let texts = items.iter().filter_map(|item| item.as_str().or_else(|| item.get("id")?.as_str()));
            ids.extend(texts.filter_map(|text| Uuid::parse_str(text).ok()));
        }
    })?;
    Ok(ids)
}

fn of_list(error: StoreError) -> ReadError {
    match error {
        StoreError::Query { problem } => parameter("filter", &problem),
        other => internal(other),
    }
}

fn internal(error: StoreError) -> ReadError {
    ReadError::Internal(error.into())
}
