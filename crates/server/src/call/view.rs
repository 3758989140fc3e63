//! Views: the engine's values as the unified API writes them.
//!
//! Always true: every field of the contract is present; what does not exist here is null or empty.

use serde_json::{Map, Value, json};
use unisono_engine::{Account, AuditEvent, Integration, Issue, ModelOperation, SyncStatus};
use unisono_model::Category;

pub(super) fn account_details(account: &Account) -> Value {
    json!({
        "id": account.id,
        "integration": account.integration,
        "integration_slug": account.integration_slug,
        "category": account.category,
        "end_user_origin_id": account.end_user_origin_id,
        "end_user_organization_name": account.end_user_organization_name,
        "end_user_email_address": account.end_user_email_address,
        "status": account.status,
        "webhook_listener_url": "",
        "is_duplicate": account.is_duplicate,
        "account_type": account.account_type,
        "completed_at": account.completed_at,
        "instance_id": null,
        "instance_display_value": null,
    })
}

/// `integration` is absent when the connector is no longer installed.
pub(super) fn account_with_actions(
    account: &Account,
    integration: Option<&Integration>,
    operations: &[ModelOperation],
) -> Value {
    let integration = integration.map(|integration| {
        json!({
            "name": integration.name,
            "categories": integration.categories,
            "image": null,
            "square_image": null,
            "color": integration.color,
            "slug": integration.slug,
            "passthrough_available": false,
            "available_model_operations": operations,
        })
    });
    json!({
        "id": account.id,
        "category": account.category,
        "status": account.status,
        "status_detail": account.status_detail,
        "end_user_origin_id": account.end_user_origin_id,
        "end_user_organization_name": account.end_user_organization_name,
        "end_user_email_address": account.end_user_email_address,
        "subdomain": null,
        "webhook_listener_url": "",
        "is_duplicate": account.is_duplicate,
        "integration": integration,
        "account_type": account.account_type,
        "completed_at": account.completed_at.unwrap_or(account.created_at),
        "integration_specific_fields": {},
    })
}

pub(super) fn integration(integration: &Integration) -> Value {
    json!({
        "name": integration.name,
        "abbreviated_name": integration.name,
        "categories": integration.categories,
        "image": null,
        "square_image": null,
        "color": integration.color,
        "slug": integration.slug,
        "api_endpoints_to_documentation_urls": {},
        "webhook_setup_guide_url": null,
        "category_beta_status": {},
    })
}

pub(super) fn sync_status(status: &SyncStatus) -> Value {
    json!({
        "model_name": status.model_name,
        "model_id": status.model_id,
        "last_sync_start": status.last_sync_start,
        "next_sync_start": status.next_sync_start,
        "last_sync_result": status.last_sync_result,
        "last_sync_finished": status.last_sync_finished,
        "data_fresh_as_of": status.data_fresh_as_of,
        "historical_data_since": null,
        "status": status.status,
        "sync_status_reason": status.sync_status_reason,
        "is_initial_sync": status.is_initial_sync,
        "selective_sync_configurations_usage": null,
    })
}

pub(super) fn issue(issue: &Issue) -> Value {
    json!({
        "id": issue.id,
        "status": issue.status,
        "error_description": issue.error_description,
        "end_user": {
            "linked_account_id": issue.account,
            "integration": issue.integration_name,
            "origin_id": issue.end_user_origin_id,
            "organization_name": issue.end_user_organization_name,
            "email_address": issue.end_user_email_address,
        },
        "first_incident_time": issue.first_incident_time,
        "last_incident_time": issue.last_incident_time,
        "is_muted": issue.is_muted,
        "error_details": issue.error_details,
    })
}

pub(super) fn audit_event(event: &AuditEvent) -> Value {
    json!(event)
}

/// Every model and every field is on: nothing can be switched off yet.
pub(super) fn scopes(category: &Category) -> Value {
    let models = category.common().map(|model| {
        let fields: Vec<&str> = model.fields.iter().map(|field| field.name.as_str()).collect();
        json!({
            "model_name": model.name,
            "model_permissions": { "READ": { "is_enabled": true }, "WRITE": { "is_enabled": false } },
            "field_permissions": { "enabled_fields": fields, "disabled_fields": [] },
        })
    });
    json!({ "common_models": models.collect::<Vec<_>>() })
}

/// An empty list for each model whose fields can be mapped.
pub(super) fn mappings(category: &Category) -> Value {
    let mappable = category.common().filter(|model| model.field("field_mappings").is_some());
    let key =
        |name: &str, event: &str| if name.eq_ignore_ascii_case(event) { event.to_owned() } else { name.to_owned() };
    Value::Object(mappable.map(|model| (key(&model.name, &model.event), json!([]))).collect::<Map<_, _>>())
}

/// A page with these entries.
pub(super) fn page(next: Option<String>, previous: Option<String>, results: Vec<Value>) -> Value {
    json!({ "next": next, "previous": previous, "results": results })
}
