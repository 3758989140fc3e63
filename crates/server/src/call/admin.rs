//! Admin: everything needed to run a project, in the engine's own shapes.

use serde_json::{Value, json};
use unisono_engine::{AccountFilters, IssueFilters, Shape, SyncStatus};
use uuid::Uuid;

use super::record::list_params;
use super::{AdminCall, link, page_request, platform};
use crate::fault;
use crate::problem::Refusal;
use crate::query::Query;
use crate::reply::Reply;
use crate::request::Request;

pub(super) async fn call(request: &Request<'_>, call: AdminCall) -> Result<Reply, Refusal> {
    use AdminCall as A;
    match call {
        A::Project | A::Keys | A::CreateKey | A::RotateKey | A::RevokeKey => keys(request, call).await,
        A::Connectors | A::Connector => connectors(request, call),
        A::Accounts | A::Account | A::DeleteAccount | A::AccountToken | A::RegenerateToken => {
            accounts(request, call).await
        }
        A::Syncs | A::Resync | A::Runs | A::RequestLogs | A::Rejects | A::AcceptDeletions => syncs(request, call).await,
        A::Records | A::Record => records(request, call).await,
        A::Issues | A::Issue => issues(request, call).await,
        A::CreateLinkToken => Reply::of(&link::create_token(request).await?),
        A::Link => Reply::of(&link::link(request).await?),
        A::AuditTrail => {
            let (filters, page) = (platform::audit_filters(request), page_request(&request.query));
            let found = request.app.engine.audit_trail(request.visitor.project(), &filters, &page).await;
            Reply::of(&found.map_err(fault::check)?)
        }
        A::Health => health(request).await,
    }
}

async fn keys(request: &Request<'_>, call: AdminCall) -> Result<Reply, Refusal> {
    let (engine, project) = (&request.app.engine, request.visitor.project());
    match call {
        AdminCall::CreateKey => Reply::of(&link::create_key(request).await?),
        AdminCall::RotateKey => Reply::of(&link::rotate_key(request).await?),
        AdminCall::RevokeKey => {
            let revoked = engine.revoke_key(project, request.path_id("id")?).await.map_err(fault::access)?;
            request.app.doorman.forget();
            if revoked { Ok(Reply::Empty) } else { Err(Refusal::not_found()) }
        }
        AdminCall::Keys => Reply::of(&engine.keys(project).await.map_err(fault::access)?),
        _ => {
            let projects = engine.projects().await.map_err(fault::access)?;
            let own = projects.into_iter().find(|known| known.id == project);
            Reply::of(&own.ok_or_else(Refusal::not_found)?)
        }
    }
}

fn connectors(request: &Request<'_>, call: AdminCall) -> Result<Reply, Refusal> {
    let all = request.app.engine.integrations();
    if call == AdminCall::Connectors {
        return Reply::of(&all);
    }
    let slug = request.path_text("slug");
    Reply::of(&all.iter().find(|known| known.slug == slug).ok_or_else(Refusal::not_found)?)
}

async fn accounts(request: &Request<'_>, call: AdminCall) -> Result<Reply, Refusal> {
    let (engine, project, query) = (&request.app.engine, request.visitor.project(), &request.query);
    let token = |made: unisono_engine::AccountToken| json!({ "id": made.id, "account_token": made.account_token });
    match call {
        AdminCall::Account => {
            Reply::of(&engine.account_details(project, account(request)?).await.map_err(fault::connect)?)
        }
        AdminCall::DeleteAccount => {
            let done = engine.delete_account(project, account(request)?).await;
            request.app.doorman.forget();
            done.map_err(fault::connect).map(|()| Reply::Empty)
        }
        AdminCall::AccountToken => {
            let found = engine.account_token(project, account(request)?).await.map_err(fault::connect)?;
            Reply::of(&token(found))
        }
        AdminCall::RegenerateToken => {
            let made = engine.regenerate_account_token(project, account(request)?).await;
            request.app.doorman.forget();
            Reply::of(&token(made.map_err(fault::connect)?))
        }
        _ => {
            let filters = AccountFilters {
                category: query.filled("category"),
                status: query.filled("status"),
                integration_name: query.filled("integration_name"),
                end_user_origin_ids: query.filled("end_user_origin_id").into_iter().collect(),
                end_user_organization_name: query.filled("end_user_organization_name"),
                ..AccountFilters::default()
            };
            let found = engine.linked_accounts(project, &filters, &page_request(query)).await;
            Reply::of(&found.map_err(fault::connect)?)
        }
    }
}

fn account(request: &Request<'_>) -> Result<Uuid, Refusal> {
    request.path_id("account")
}

async fn syncs(request: &Request<'_>, call: AdminCall) -> Result<Reply, Refusal> {
    let (engine, project, account) = (&request.app.engine, request.visitor.project(), account(request)?);
    let (model, page) = (request.query.filled("model"), page_request(&request.query));
    match call {
        AdminCall::Resync => {
            let states = engine.resync(project, account).await.map_err(fault::sync)?;
            Reply::of(&states.iter().map(sync).collect::<Vec<_>>())
        }
        AdminCall::Runs => {
            Reply::of(&engine.runs(project, account, model.as_deref(), &page).await.map_err(fault::sync)?)
        }
        AdminCall::RequestLogs => Reply::of(&engine.request_logs(project, account, &page).await.map_err(fault::sync)?),
        AdminCall::Rejects => {
            Reply::of(&engine.rejects(project, account, model.as_deref(), &page).await.map_err(fault::sync)?)
        }
        AdminCall::AcceptDeletions => {
            let model = request.fields()?.required("model")?;
            let accepted = engine.accept_deletions(project, account, &model).await.map_err(fault::sync)?;
            Reply::of(&json!({ "accepted": accepted }))
        }
        _ => {
            let states = engine.sync_status(project, account).await.map_err(fault::sync)?;
            Reply::of(&states.iter().map(sync).collect::<Vec<_>>())
        }
    }
}

/// A sync's state together with the model's own name, which the unified API does not show.
fn sync(status: &SyncStatus) -> Value {
    let mut value = json!(status);
    value["model"] = json!(status.model);
    value
}

async fn records(request: &Request<'_>, call: AdminCall) -> Result<Reply, Refusal> {
    let (engine, project, account) = (&request.app.engine, request.visitor.project(), account(request)?);
    let model = request.path_text("model");
    if call == AdminCall::Record {
        let shape = Shape { include_remote_data: true, include_remote_fields: true, ..Shape::default() };
        let found = engine.retrieve(project, account, model, request.path_id("id")?, &shape).await;
        return Ok(Reply::Json(found.map_err(fault::read)?.into()));
    }
    let known = engine.account_details(project, account).await.map_err(fault::connect)?;
    if !model.starts_with(&format!("{}.", known.category)) {
        return Err(Refusal::not_found());
    }
    let query: &Query = &request.query;
    let params = list_params(query.clone());
    Ok(Reply::Json(engine.list(project, account, model, &params).await.map_err(fault::read)?.body.into()))
}

async fn issues(request: &Request<'_>, call: AdminCall) -> Result<Reply, Refusal> {
    let (engine, project, query) = (&request.app.engine, request.visitor.project(), &request.query);
    if call == AdminCall::Issue {
        let found = engine.issue(project, request.path_id("id")?).await.map_err(fault::check)?;
        return Reply::of(&found.ok_or_else(Refusal::not_found)?);
    }
    let filters = IssueFilters {
        status: query.filled("status"),
        account: query.id("account"),
        include_muted: query.flag("include_muted"),
        ..IssueFilters::default()
    };
    Reply::of(&engine.issues(project, &filters, &page_request(query)).await.map_err(fault::check)?)
}

async fn health(request: &Request<'_>) -> Result<Reply, Refusal> {
    let health = request.app.engine.health().await;
    Reply::of(&json!({
        "status": if health.database { "ok" } else { "unavailable" },
        "version": env!("CARGO_PKG_VERSION"),
        "database": health.database,
        "schema_version": health.schema_version,
        "next_job_due": health.next_job_due,
    }))
}
