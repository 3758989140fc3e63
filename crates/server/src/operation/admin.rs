//! Admin operations: everything needed to run a project, for the dashboard, the CLI and scripts.
//!
//! Always true: the project is that of the API key; nothing of another project can be named.
//! Elsewhere: errors of these operations are RFC 9457 problems (`problem`).

use super::record::{cursor, page_size, path_names};
use super::{Access, Call, Kind, Method, Operation, Param, Shape, Surface};

/// What an admin operation does.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum AdminCall {
    Project,
    Keys,
    CreateKey,
    RotateKey,
    RevokeKey,
    Connectors,
    Connector,
    Accounts,
    Account,
    DeleteAccount,
    AccountToken,
    RegenerateToken,
    Syncs,
    Resync,
    Runs,
    RequestLogs,
    Rejects,
    AcceptDeletions,
    Records,
    Record,
    Issues,
    Issue,
    CreateLinkToken,
    Link,
    AuditTrail,
    Health,
}

use AdminCall as A;
use Method::{Delete, Get, Post};
use Shape::{Empty, Named};

type Row = (Method, &'static str, &'static str, Shape, u16, Shape, A, &'static str);

#[rustfmt::skip]
fn rows() -> Vec<Row> {
    let page = |of| Shape::Page(Box::new(Named(of)));
    let list = |of| Shape::List(Box::new(Named(of)));
    vec![
        (Get, "/project", "project_show", Empty, 200, Named("Project"), A::Project, "Shows the project of the API key."),
        (Get, "/keys", "keys_list", Empty, 200, list("Key"), A::Keys, "Lists API keys, revoked ones included."),
        (Post, "/keys", "keys_create", Named("KeyRequest"), 201, Named("NewKey"), A::CreateKey, "Makes an API key and shows it once."),
        (Post, "/keys/rotate", "keys_rotate", Named("KeyRequest"), 200, Named("NewKey"), A::RotateKey, "Replaces the API key of this name."),
        (Delete, "/keys/{id}", "keys_revoke", Empty, 204, Empty, A::RevokeKey, "Makes an API key invalid."),
        (Get, "/connectors", "connectors_list", Empty, 200, list("Connector"), A::Connectors, "Lists the systems that can be linked."),
        (Get, "/connectors/{slug}", "connectors_show", Empty, 200, Named("Connector"), A::Connector, "Shows one system that can be linked."),
        (Get, "/integrations", "integrations_list", Empty, 200, list("Connector"), A::Connectors, "Lists the systems this project offers: all of them."),
        (Get, "/integrations/{slug}", "integrations_show", Empty, 200, Named("Connector"), A::Connector, "Shows one system this project offers."),
        (Get, "/linked-accounts", "linked_accounts_list", Empty, 200, page("LinkedAccount"), A::Accounts, "Lists linked accounts, latest first."),
        (Get, "/linked-accounts/{account}", "linked_accounts_show", Empty, 200, Named("LinkedAccount"), A::Account, "Shows a linked account."),
        (Delete, "/linked-accounts/{account}", "linked_accounts_delete", Empty, 204, Empty, A::DeleteAccount, "Erases a linked account and all its data."),
        (Get, "/linked-accounts/{account}/token", "linked_accounts_token", Empty, 200, Named("LinkedAccountToken"), A::AccountToken, "Shows the account token."),
        (Post, "/linked-accounts/{account}/token", "linked_accounts_token_replace", Empty, 200, Named("LinkedAccountToken"), A::RegenerateToken, "Replaces the account token; the old one stops working."),
        (Get, "/linked-accounts/{account}/syncs", "syncs_list", Empty, 200, list("Sync"), A::Syncs, "Shows how up to date each model is."),
        (Post, "/linked-accounts/{account}/resync", "syncs_resync", Empty, 200, list("Sync"), A::Resync, "Makes every model due for syncing now."),
        (Get, "/linked-accounts/{account}/runs", "runs_list", Empty, 200, page("Run"), A::Runs, "Lists sync runs with what they did, latest first."),
        (Get, "/linked-accounts/{account}/request-logs", "request_logs_list", Empty, 200, page("RequestLog"), A::RequestLogs, "Lists requests sent to the linked system, latest first."),
        (Get, "/linked-accounts/{account}/rejects", "rejects_list", Empty, 200, page("Reject"), A::Rejects, "Lists records that could not be mapped."),
        (Post, "/linked-accounts/{account}/accept-deletions", "deletions_accept", Named("ModelRequest"), 200, Named("Accepted"), A::AcceptDeletions, "Lets held deletions of a model go through."),
        (Get, "/linked-accounts/{account}/records/{model}", "records_list", Empty, 200, page("Record"), A::Records, "Lists the records of a model, such as `hris.employee`."),
        (Get, "/linked-accounts/{account}/records/{model}/{id}", "records_show", Empty, 200, Named("Record"), A::Record, "Shows one record with what the linked system sent."),
        (Get, "/issues", "issues_list", Empty, 200, page("Issue"), A::Issues, "Lists issues, latest first."),
        (Get, "/issues/{id}", "issues_show", Empty, 200, Named("Issue"), A::Issue, "Shows one issue."),
        (Post, "/link-tokens", "link_tokens_create", Named("LinkTokenRequest"), 201, Named("LinkToken"), A::CreateLinkToken, "Makes a link token for an end customer."),
        (Post, "/links", "links_create", Named("LinkRequest"), 201, Named("Linked"), A::Link, "Checks what the end customer entered with the system and links it."),
        (Get, "/audit-trail", "audit_trail_list", Empty, 200, page("AuditEvent"), A::AuditTrail, "Lists what was done in the project, latest first."),
        (Get, "/health", "health_show", Empty, 200, Named("Health"), A::Health, "Says whether the server can work, and what waits."),
    ]
}

pub(super) fn operations() -> Vec<Operation> {
    rows().into_iter().map(build).collect()
}

fn build((method, path, id, body, status, reply, call, summary): Row) -> Operation {
    let mut params: Vec<Param> = path_names(path).map(in_path).collect();
    params.extend(own_params(call));
    if matches!(reply, Shape::Page(_)) {
        params.extend([cursor(), page_size()]);
    }
    Operation {
        id: id.to_owned(),
        surface: Surface::Admin,
        method,
        path: path.to_owned(),
        tag: path.split('/').nth(1).unwrap_or_default().to_owned(),
        summary: summary.to_owned(),
        access: Access::Key,
        params,
        body,
        status,
        reply,
        call: Call::Admin(call),
    }
}

fn in_path(name: &str) -> Param {
    let (kind, about) = match name {
        "account" => (Kind::Id, "Id of the linked account."),
        "slug" => (Kind::Text, "Slug of the connector."),
        "model" => (Kind::Text, "Common model, such as `hris.employee`."),
        _ => (Kind::Id, "Its id."),
    };
    Param::path(name.to_owned(), kind, about)
}

fn own_params(call: A) -> Vec<Param> {
    let text = |name, about| Param::query(name, Kind::Text, about);
    let time = |name, about| Param::query(name, Kind::DateTime, about);
    let flag = |name, about| Param::query(name, Kind::Boolean, about);
    match call {
        A::Accounts => vec![
            text("category", "Only accounts of this category."),
            text("status", "Only accounts in this state."),
            text("integration_name", "Only accounts of this connector, by name or slug."),
            text("end_user_origin_id", "Only the account of this end customer."),
            text("end_user_organization_name", "Only accounts of this organization."),
        ],
        A::Runs | A::Rejects => vec![text("model", "Only this model, such as `hris.employee`.")],
        A::Records => vec![
            flag("include_deleted_data", "Include records that were deleted at the linked system."),
            flag("include_remote_data", "Include what the linked system sent."),
            text("remote_id", "Only the record with this id at the linked system."),
        ],
        A::Issues => vec![
            Param::query(
                "status",
                Kind::OneOf(vec!["ONGOING".into(), "RESOLVED".into()]),
                "Only issues in this state.",
            ),
            Param::query("account", Kind::Id, "Only issues of this linked account."),
            flag("include_muted", "Include muted issues."),
        ],
        A::AuditTrail => vec![
            time("start_date", "Only events at or after this time."),
            time("end_date", "Only events before this time."),
            text("event_type", "Only events of this type."),
            text("user_email", "Only events of this person."),
        ],
        _ => Vec::new(),
    }
}
