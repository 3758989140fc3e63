//! Platform: what every category repeats, in the contract's shapes.

use serde_json::{Value, json};
use unisono_engine::{AccountFilters, AuditFilters, IssueFilters, Listing};
use unisono_model::Category;
use uuid::Uuid;

use super::record::EMPTY_PAGE;
use super::{link, offset, page_request, view};
use crate::fault;
use crate::operation::{PlatformCall, Surface};
use crate::problem::Refusal;
use crate::reply::Reply;
use crate::request::Request;

pub(super) async fn call(request: &Request<'_>, call: PlatformCall) -> Result<Reply, Refusal> {
    use PlatformCall as P;
    match call {
        P::AccountDetails => account_details(request).await,
        P::ExchangePublicToken => exchange(request).await,
        P::RegenerateAccountToken => regenerate(request).await,
        P::AuditTrail => audit_trail(request).await,
        P::AvailableActions => available_actions(request).await,
        P::DeleteAccount => delete_account(request).await,
        P::Mappings => Reply::of(&view::mappings(category(request)?)),
        P::Resync => resync(request).await,
        P::SyncStatus => sync_status(request).await,
        P::GenerateKey => key(link::create_key(request).await?),
        P::RegenerateKey => key(link::rotate_key(request).await?),
        P::Issues => issues(request).await,
        P::Issue => issue(request).await,
        P::CreateLinkToken => Reply::of(&link::create_token(request).await?),
        P::LinkedAccounts => linked_accounts(request).await,
        P::Scopes => Reply::of(&view::scopes(category(request)?)),
        P::EmptyResults => Ok(Reply::Json(r#"{"results":[]}"#.into())),
        P::EmptyPage => Ok(Reply::Json(EMPTY_PAGE.into())),
        P::EmptyList => Ok(Reply::Json("[]".into())),
    }
}

fn category<'r>(request: &'r Request<'_>) -> Result<&'r Category, Refusal> {
    match &request.operation.surface {
        Surface::Unified(slug) => request.app.models.category(slug).ok_or_else(Refusal::not_found),
        Surface::Admin => Err(Refusal::not_found()),
    }
}

fn listing<T>(listing: Listing<T>, view: impl Fn(&T) -> Value) -> Result<Reply, Refusal> {
    Reply::of(&view::page(listing.next, listing.previous, listing.results.iter().map(view).collect()))
}

fn key(key: unisono_engine::NewKey) -> Result<Reply, Refusal> {
    Reply::of(&json!({ "name": key.key.name, "key": key.secret }))
}

async fn account_details(request: &Request<'_>) -> Result<Reply, Refusal> {
    let id = request.visitor.account()?.id;
    let account = request.app.engine.account_details(request.visitor.project(), id).await.map_err(fault::connect)?;
    Reply::of(&view::account_details(&account))
}

async fn exchange(request: &Request<'_>) -> Result<Reply, Refusal> {
    let token = request.path_text("public_token");
    let found = request.app.engine.exchange_public_token(request.visitor.project(), token).await;
    let found = found.map_err(fault::connect)?;
    Reply::of(&json!({
        "account_token": found.account_token,
        "integration": view::integration(&found.integration),
        "id": found.id,
    }))
}

async fn regenerate(request: &Request<'_>) -> Result<Reply, Refusal> {
    let id = request.visitor.account()?.id;
    let made = request.app.engine.regenerate_account_token(request.visitor.project(), id).await;
    request.app.doorman.forget();
    let made = made.map_err(fault::connect)?;
    Reply::of(&json!({ "linked_account_id": made.id, "account_token": made.account_token }))
}

async fn delete_account(request: &Request<'_>) -> Result<Reply, Refusal> {
    let id = request.visitor.account()?.id;
    let done = request.app.engine.delete_account(request.visitor.project(), id).await;
    request.app.doorman.forget();
    done.map_err(fault::connect).map(|()| Reply::Empty)
}

async fn audit_trail(request: &Request<'_>) -> Result<Reply, Refusal> {
    let filters = audit_filters(request);
    let page = page_request(&request.query);
    let found = request.app.engine.audit_trail(request.visitor.project(), &filters, &page).await;
    listing(found.map_err(fault::check)?, view::audit_event)
}

pub(super) fn audit_filters(request: &Request<'_>) -> AuditFilters {
    AuditFilters {
        event_type: request.query.filled("event_type"),
        user_email: request.query.filled("user_email"),
        from: request.query.time("start_date"),
        until: request.query.time("end_date"),
    }
}

async fn available_actions(request: &Request<'_>) -> Result<Reply, Refusal> {
    let id = request.visitor.account()?.id;
    let found = request.app.engine.available_actions(request.visitor.project(), id).await.map_err(fault::connect)?;
    Reply::of(&json!({
        "integration": view::integration(&found.integration),
        "passthrough_available": found.passthrough_available,
        "available_model_operations": found.available_model_operations,
    }))
}

async fn resync(request: &Request<'_>) -> Result<Reply, Refusal> {
    let id = request.visitor.account()?.id;
    let states = request.app.engine.resync(request.visitor.project(), id).await.map_err(fault::sync)?;
    Reply::of(&states.iter().map(view::sync_status).collect::<Vec<_>>())
}

async fn sync_status(request: &Request<'_>) -> Result<Reply, Refusal> {
    let id = request.visitor.account()?.id;
    let states = request.app.engine.sync_status(request.visitor.project(), id).await.map_err(fault::sync)?;
    Reply::of(&offset::page(&request.query, states.iter().map(view::sync_status).collect())?)
}

async fn issues(request: &Request<'_>) -> Result<Reply, Refusal> {
    let query = &request.query;
    let mut account = query.id("linked_account_id");
    if let Some(token) = query.filled("account_token") {
        let found = request.app.engine.account_by_token(request.visitor.project(), &token).await;
        account = Some(found.map_err(fault::access)?.map_or(Uuid::nil(), |account| account.id));
    }
    let filters = IssueFilters {
        status: query.filled("status"),
        account,
        end_user_organization_name: query.filled("end_user_organization_name"),
        integration_name: query.filled("integration_name"),
        first_incident_after: query.time("first_incident_time_after"),
        first_incident_before: query.time("first_incident_time_before"),
        last_incident_after: query.time("last_incident_time_after").max(query.time("start_date")),
        last_incident_before: query.time("last_incident_time_before").or(query.time("end_date")),
        include_muted: query.flag("include_muted"),
    };
    let found = request.app.engine.issues(request.visitor.project(), &filters, &page_request(query)).await;
    listing(found.map_err(fault::check)?, view::issue)
}

async fn issue(request: &Request<'_>) -> Result<Reply, Refusal> {
    let found = request.app.engine.issue(request.visitor.project(), request.path_id("id")?).await;
    let found = found.map_err(fault::check)?.ok_or_else(Refusal::not_found)?;
    Reply::of(&view::issue(&found))
}

async fn linked_accounts(request: &Request<'_>) -> Result<Reply, Refusal> {
    let (engine, project, query) = (&request.app.engine, request.visitor.project(), &request.query);
    let mut ids: Vec<Uuid> = query.id("id").into_iter().collect();
    for id in query.list("ids") {
        ids.push(
            Uuid::parse_str(&id).map_err(|_| Refusal::parameter("ids", format!("\"{id}\" is not a valid UUID.")))?,
        );
    }
    let mut origins = query.list("end_user_origin_ids");
    origins.extend(query.filled("end_user_origin_id"));
    let filters = AccountFilters {
        category: query.filled("category"),
        ids,
        end_user_origin_ids: origins,
        end_user_organization_name: query.filled("end_user_organization_name"),
        end_user_email_address: query.filled("end_user_email_address"),
        integration_name: query.filled("integration_name"),
        status: query.filled("status"),
        is_test_account: query.text("is_test_account").map(|_| true),
    };
    let page = page_request(query);
    let found = engine.linked_accounts(project, &filters, &page).await.map_err(fault::connect)?;
    let integrations = engine.integrations();
    let mut results = Vec::with_capacity(found.results.len());
    for account in &found.results {
        let integration = integrations.iter().find(|known| known.slug == account.integration_slug);
        // An account whose connector is no longer installed is still listed, with nothing that can be done.
        let actions = engine.available_actions(project, account.id).await;
        let operations = actions.map(|actions| actions.available_model_operations).unwrap_or_default();
        results.push(view::account_with_actions(account, integration, &operations));
    }
    Reply::of(&view::page(found.next, found.previous, results))
}
