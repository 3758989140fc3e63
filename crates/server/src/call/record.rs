//! Records: list, retrieve and what belongs to them, the same code for any model of any category.

use unisono_engine::{ListParams, Shape};
use uuid::Uuid;

use super::{embedded, meta};
use crate::fault;
use crate::operation::RecordCall;
use crate::problem::Refusal;
use crate::query::Query;
use crate::reply::Reply;
use crate::request::Request;

/// Pages that are looked through for the distinct types of a model.
const TYPE_PAGES_MAX: usize = 100;

pub(super) async fn call(request: Request<'_>, call: RecordCall) -> Result<Reply, Refusal> {
    match call {
        RecordCall::List { model, list, scopes } => page(request, &model, list, &scopes).await,
        RecordCall::Embedded { parent, scope, field, model } => {
            let parent = (parent.as_str(), request.path_id(&scope)?);
            embedded::page(&request, parent, &field, &model).await
        }
        RecordCall::Retrieve { model, scopes } => one(request, &model, &scopes).await,
        RecordCall::Meta { model, update } => meta::call(&request, &model, update).await,
        RecordCall::Types { model } => types(&request, &model).await,
        RecordCall::EmptyPage => Ok(Reply::Json(EMPTY_PAGE.into())),
    }
}

pub(super) const EMPTY_PAGE: &str = r#"{"next":null,"previous":null,"results":[]}"#;

async fn page(request: Request<'_>, model: &str, list: String, scopes: &[String]) -> Result<Reply, Refusal> {
    let account = request.visitor.account()?;
    let scopes = scope_ids(&request, scopes)?;
    let mut params = list_params(request.query);
    params.list = Some(list);
    params.scopes = scopes;
    let found = request.app.engine.list(request.visitor.caller.project, account.id, model, &params).await;
    Ok(Reply::Json(found.map_err(fault::read)?.body.into()))
}

async fn one(request: Request<'_>, model: &str, scopes: &[String]) -> Result<Reply, Refusal> {
    let account = request.visitor.account()?.id;
    let (project, engine) = (request.visitor.project(), &request.app.engine);
    for (name, parent) in scope_ids(&request, scopes)? {
        let Some(parent_model) = parent_model(&request, model, &name) else { continue };
        engine.retrieve(project, account, &parent_model, parent, &Shape::default()).await.map_err(fault::read)?;
    }
    let id = request.path_id("id")?;
    let shape = shape(&request.query);
    let body = engine.retrieve(project, account, model, id, &shape).await.map_err(fault::read)?;
    Ok(Reply::Json(body.into()))
}

fn parent_model(request: &Request<'_>, model: &str, scope: &str) -> Option<String> {
    let retrieve = request.app.models.model(model)?.retrieve.as_ref()?;
    retrieve.scopes.iter().find(|known| known.param == scope).map(|known| known.model.clone())
}

fn scope_ids(request: &Request<'_>, scopes: &[String]) -> Result<Vec<(String, Uuid)>, Refusal> {
    scopes.iter().map(|name| Ok((name.clone(), request.path_id(name)?))).collect()
}

/// Names that say how to answer; every other declared name is a filter of the model.
const NOT_FILTERS: [&str; 11] = [
    "cursor",
    "page_size",
    "order_by",
    "expand",
    "show_enum_origins",
    "remote_fields",
    "include_deleted_data",
    "include_remote_data",
    "include_remote_fields",
    "include_shell_data",
    "include_sensitive_fields",
];

/// What the query asks of a list.
pub(super) fn list_params(query: Query) -> ListParams {
    ListParams {
        cursor: query.filled("cursor"),
        page_size: query.number("page_size"),
        order_by: query.filled("order_by"),
        shape: shape(&query),
        filters: query.into_values().into_iter().filter(|(name, _)| !NOT_FILTERS.contains(&name.as_str())).collect(),
        ..ListParams::default()
    }
}

fn shape(query: &Query) -> Shape {
    let mut show_enum_origins = query.list("show_enum_origins");
    show_enum_origins.extend(query.list("remote_fields"));
    Shape {
        expand: query.list("expand"),
        show_enum_origins,
        include_deleted: query.flag("include_deleted_data"),
        include_remote_data: query.flag("include_remote_data"),
        include_remote_fields: query.flag("include_remote_fields"),
        include_sensitive: query.flag("include_sensitive_fields"),
    }
}

/// The distinct values of `type`, in order of first occurrence.
async fn types(request: &Request<'_>, model: &str) -> Result<Reply, Refusal> {
    let (project, account) = (request.visitor.project(), request.visitor.account()?.id);
    let shape = shape(&request.query);
    let mut params = ListParams { page_size: Some(100), shape, ..ListParams::default() };
    let mut types: Vec<String> = Vec::new();
    for _ in 0..TYPE_PAGES_MAX {
        let page = request.app.engine.list(project, account, model, &params).await.map_err(fault::read)?;
        let body: serde_json::Value = serde_json::from_slice(&page.body).unwrap_or_default();
        for found in body["results"].as_array().into_iter().flatten().filter_map(|record| record["type"].as_str()) {
            if !types.iter().any(|known| known == found) {
                types.push(found.to_owned());
            }
        }
        params.cursor = page.next;
        if params.cursor.is_none() {
            break;
        }
    }
    Reply::of(&serde_json::json!({ "types": types }))
}
