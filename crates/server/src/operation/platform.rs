//! Platform operations: what every category repeats under its own base path.
//!
//! Always true: nothing here depends on a model. What the project has none of yet (field mappings, selections,
//! webhook receivers) is an empty map or list, never a made-up entry.

use super::record::{cursor, page_size};
use super::{Access, Call, Kind, Method, Operation, Param, Shape, Surface};

/// What a platform operation does.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum PlatformCall {
    AccountDetails,
    ExchangePublicToken,
    RegenerateAccountToken,
    AuditTrail,
    AvailableActions,
    DeleteAccount,
    /// An empty list per mappable model: field mappings, remote fields, target fields.
    Mappings,
    Resync,
    SyncStatus,
    GenerateKey,
    RegenerateKey,
    Issues,
    Issue,
    CreateLinkToken,
    LinkedAccounts,
    Scopes,
    /// `{"results": []}`.
    EmptyResults,
    /// An empty page.
    EmptyPage,
    /// An empty array.
    EmptyList,
}

use Access::{Account, Key};
use Method::{Get, Post};
use PlatformCall as P;
use Shape::{Empty, Named};

type Row = (Method, &'static str, &'static str, Access, Shape, P, &'static str);

pub(super) fn operations(category: &str) -> Vec<Operation> {
    let mut rows = rows();
    if matches!(category, "filestorage" | "chat" | "email") {
        let summary = "Lists the labels chosen for syncing.";
        rows.push((
            Get,
            "selective_sync.labels_list",
            "/selective-sync/labels",
            Account,
            Named("LabelSelectionList"),
            P::EmptyResults,
            summary,
        ));
    }
    let selection = match category {
        "filestorage" => Some("FileStorageSyncSelection"),
        "knowledgebase" => Some("KnowledgeBaseSyncSelection"),
        "chat" => Some("ChatSyncSelection"),
        _ => None,
    };
    if let Some(selection) = selection {
        let summary = "Lists what the end customer chose for syncing.";
        rows.push((
            Get,
            "selective_sync.selections_list",
            "/selective-sync/selections",
            Account,
            Shape::Page(Box::new(Named(selection))),
            P::EmptyPage,
            summary,
        ));
    }
    rows.into_iter().map(|row| build(category, row)).collect()
}

#[rustfmt::skip]
fn rows() -> Vec<Row> {
    let page = |of| Shape::Page(Box::new(Named(of)));
    let list = |of| Shape::List(Box::new(Named(of)));
    let map = |of| Shape::Map(Box::new(Shape::List(Box::new(Named(of)))));
    vec![
        (Get, "account_details.retrieve", "/account-details", Account, Named("AccountDetails"), P::AccountDetails, "Shows the linked account."),
        (Get, "account_token.retrieve", "/account-token/{public_token}", Key, Named("AccountToken"), P::ExchangePublicToken, "Exchanges a public token, once, for the account token."),
        (Post, "account_token.regenerate_create", "/account-token/regenerate", Account, Named("RegenerateAccountToken"), P::RegenerateAccountToken, "Replaces the account token; the old one stops working."),
        (Get, "audit_trail.list", "/audit-trail", Key, page("AuditLogEvent"), P::AuditTrail, "Lists what was done in the project, latest first."),
        (Get, "available_actions.retrieve", "/available-actions", Account, Named("AvailableActions"), P::AvailableActions, "Says what can be done with the linked account."),
        (Post, "delete_account.delete", "/delete-account", Account, Empty, P::DeleteAccount, "Erases the linked account and all its data."),
        (Get, "field_mapping.field_mappings_retrieve", "/field-mappings", Account, map("FieldMappingApiInstance"), P::Mappings, "Lists field mappings by model."),
        (Get, "field_mapping.remote_fields_retrieve", "/remote-fields", Account, map("RemoteFieldApi"), P::Mappings, "Lists remote fields that can be mapped, by model."),
        (Get, "field_mapping.target_fields_retrieve", "/target-fields", Account, map("ExternalTargetFieldApi"), P::Mappings, "Lists fields that can be mapped to, by model."),
        (Post, "force_resync.sync_status_resync_create", "/sync-status/resync", Account, list("SyncStatus"), P::Resync, "Makes every model due for syncing now."),
        (Post, "generate_key.create", "/generate-key", Key, Named("RemoteKey"), P::GenerateKey, "Makes an API key and shows it once."),
        (Get, "issues.list", "/issues", Key, page("Issue"), P::Issues, "Lists issues, latest first."),
        (Get, "issues.retrieve", "/issues/{id}", Key, Named("Issue"), P::Issue, "Shows one issue."),
        (Post, "link_token.create", "/link-token", Key, Named("LinkToken"), P::CreateLinkToken, "Makes a link token for an end customer."),
        (Get, "linked_accounts.list", "/linked-accounts", Key, page("AccountDetailsAndActions"), P::LinkedAccounts, "Lists linked accounts, latest first."),
        (Post, "regenerate_key.create", "/regenerate-key", Key, Named("RemoteKey"), P::RegenerateKey, "Replaces the API key of this name and shows the new one once."),
        (Get, "scopes.default_scopes_retrieve", "/default-scopes", Key, Named("CommonModelScopeApi"), P::Scopes, "Shows which models and fields are on by default."),
        (Get, "scopes.linked_account_scopes_retrieve", "/linked-account-scopes", Account, Named("CommonModelScopeApi"), P::Scopes, "Shows which models and fields are on for the linked account."),
        (Get, "selective_sync.conditions_list", "/selective-sync/conditions", Account, Named("SelectiveSyncConditionList"), P::EmptyResults, "Lists the conditions records must meet to be synced."),
        (Get, "sync_status.list", "/sync-status", Account, page("SyncStatus"), P::SyncStatus, "Shows how up to date each model is."),
        (Get, "webhook_receivers.list", "/webhook-receivers", Account, list("WebhookReceiver"), P::EmptyList, "Lists events accepted from the third party."),
    ]
}

fn build(category: &str, (method, id, path, access, reply, call, summary): Row) -> Operation {
    let body = match call {
        P::GenerateKey | P::RegenerateKey => Named("KeyRequest"),
        P::CreateLinkToken => Named("LinkTokenRequest"),
        _ => Empty,
    };
    let paged = matches!(reply, Shape::Page(_));
    let mut params = params(call);
    if paged {
        params.extend([cursor(), page_size()]);
    }
    if path == "/field-mappings" {
        params.push(Param::query(
            "exclude_remote_field_metadata",
            Kind::Boolean,
            "Leave out where remote fields are found.",
        ));
    }
    if path == "/remote-fields" {
        params.push(text("common_models", "Only these models, separated by commas."));
        params.push(text("include_example_values", "Show example values."));
    }
    Operation {
        id: id.replace('.', "_"),
        surface: Surface::Unified(category.to_owned()),
        method,
        path: path.to_owned(),
        tag: id.split('.').next().unwrap_or(id).to_owned(),
        summary: summary.to_owned(),
        access,
        params,
        body,
        status: 200,
        reply,
        call: Call::Platform(call),
    }
}

fn text(name: &'static str, about: &'static str) -> Param {
    Param::query(name, Kind::Text, about)
}

fn time(name: &'static str, about: &'static str) -> Param {
    Param::query(name, Kind::DateTime, about)
}

fn params(call: P) -> Vec<Param> {
    match call {
        P::ExchangePublicToken => vec![Param::path("public_token", Kind::Text, "The token linking ended with.")],
        P::Issue => vec![Param::path("id", Kind::Id, "Id of the issue.")],
        P::AuditTrail => vec![
            time("start_date", "Only events at or after this time."),
            time("end_date", "Only events before this time."),
            text("event_type", "Only events of this type."),
            text("user_email", "Only events of this person."),
        ],
        P::Issues => vec![
            text("account_token", "Only issues of the linked account with this token."),
            time("start_date", "Only issues whose latest incident is at or after this time."),
            time("end_date", "Only issues whose latest incident is before this time."),
            text("end_user_organization_name", "Only issues of this end customer."),
            time("first_incident_time_after", "Only issues that began after this time."),
            time("first_incident_time_before", "Only issues that began before this time."),
            Param::query("include_muted", Kind::Boolean, "Include muted issues."),
            text("integration_name", "Only issues of this integration."),
            time("last_incident_time_after", "Only issues that last occurred after this time."),
            time("last_incident_time_before", "Only issues that last occurred before this time."),
            Param::query("linked_account_id", Kind::Id, "Only issues of this linked account."),
            Param::query(
                "status",
                Kind::OneOf(vec!["ONGOING".into(), "RESOLVED".into()]),
                "Only issues in this state.",
            ),
        ],
        P::LinkedAccounts => vec![
            text("category", "Only accounts of this category; all when absent."),
            text("end_user_email_address", "Only the account with this e-mail address."),
            text("end_user_organization_name", "Only accounts of this organization."),
            text("end_user_origin_id", "Only the account of this end customer."),
            text("end_user_origin_ids", "Only accounts of these end customers, separated by commas."),
            Param::query("id", Kind::Id, "Only this account."),
            text("ids", "Only these accounts, separated by commas."),
            Param::query(
                "include_duplicates",
                Kind::Boolean,
                "Include accounts with the same credentials as another; default true.",
            ),
            text("integration_name", "Only accounts of this integration."),
            text("is_test_account", "When given, only test accounts."),
            text("status", "Only accounts in this state."),
        ],
        _ => Vec::new(),
    }
}
