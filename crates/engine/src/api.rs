//! The plain values that verbs take and give; the surfaces (`server`, `cli`) know only these.
//!
//! Always true: everything here is owned, carries no secret but the ones it is named after, and is independent of how
//! it is stored. Elsewhere: what a verb does with them is in the file of that verb.

use serde::Serialize;
use uuid::Uuid;

use crate::clock::Time;

/// Which page of an administrative list is wanted.
#[derive(Debug, Clone, Default)]
pub struct PageRequest {
    /// The `next` or `previous` of an earlier page of the same list.
    pub cursor: Option<String>,
    /// Entries wanted; between 1 and 100, 30 when absent.
    pub page_size: Option<u32>,
}

/// A page of an administrative list.
#[derive(Debug, Clone, Serialize)]
pub struct Listing<T> {
    /// Cursor of the following page.
    pub next: Option<String>,
    /// Cursor of the page before.
    pub previous: Option<String>,
    /// The entries.
    pub results: Vec<T>,
}

/// A tenant.
#[derive(Debug, Clone, Serialize)]
pub struct Project {
    /// Its id.
    pub id: Uuid,
    /// Its name.
    pub name: String,
    /// When it was made.
    pub created_at: Time,
}

/// An API key, without its secret.
#[derive(Debug, Clone, Serialize)]
pub struct Key {
    /// Its id.
    pub id: Uuid,
    /// The name it was given.
    pub name: String,
    /// When it was made.
    pub created_at: Time,
    /// When it stopped being valid.
    pub revoked_at: Option<Time>,
}

/// A new API key: the only time its secret is shown.
#[derive(Clone, Serialize)]
pub struct NewKey {
    /// The key.
    pub key: Key,
    /// What callers send as `Authorization: Bearer`.
    pub secret: String,
}

/// Who is calling.
#[derive(Debug, Clone)]
pub struct Caller {
    /// The project the key belongs to.
    pub project: Uuid,
    /// The id of the key.
    pub key: Uuid,
}

/// A connector as a project offers it.
#[derive(Debug, Clone, Serialize)]
pub struct Integration {
    /// Slug of the connector, also the name of its folder.
    pub slug: String,
    /// Display name.
    pub name: String,
    /// Categories it serves.
    pub categories: Vec<String>,
    /// A colour for its tile (`#rrggbb`).
    pub color: String,
    /// The vendor's API documentation.
    pub docs: Option<String>,
    /// The ways to prove oneself; the first is the default.
    pub auth: Vec<AuthOption>,
    /// What the end customer is asked for.
    pub fields: Vec<LinkField>,
    /// The common models it reads (`hris.employee`).
    pub models: Vec<String>,
    /// How well its manifest is proven: `recorded`, `documented`, `contract` or `none`.
    pub evidence: String,
}

/// One way of proving oneself to a vendor.
#[derive(Debug, Clone, Serialize)]
pub struct AuthOption {
    /// Its id within the connector.
    pub id: String,
    /// The scheme (`api_key`, `basic`, `oauth2_code`, ...).
    pub scheme: String,
    /// Whether linking goes through the vendor's consent page.
    pub redirects: bool,
}

/// A field that Link asks for.
#[derive(Debug, Clone, Serialize)]
pub struct LinkField {
    /// Name of the field.
    pub name: String,
    /// Title shown to the end customer.
    pub title: String,
    /// Where to find the value.
    pub help: Option<String>,
    /// `text`, `secret`, `url` or `select`.
    pub kind: String,
    /// Whether it may stay empty.
    pub optional: bool,
    /// Value used when empty.
    pub default: Option<String>,
    /// A regular expression the value must match.
    pub pattern: Option<String>,
    /// The values of a `select`.
    pub choices: Vec<String>,
}

/// What a link token is made for.
#[derive(Debug, Clone, Default)]
pub struct LinkTokenRequest {
    /// The id of the end customer in the caller's product.
    pub end_user_origin_id: String,
    /// The name of the end customer's organization.
    pub end_user_organization_name: String,
    /// The e-mail address of the person who links.
    pub end_user_email_address: String,
    /// Categories that may be linked.
    pub categories: Vec<String>,
    /// Offer this connector only.
    pub integration: Option<String>,
    /// Minutes until the token expires: 30 to 720, to 10080 with a magic link; 30 when absent.
    pub link_expiry_mins: Option<u32>,
    /// Whether an address that opens Link by itself is wanted.
    pub magic_link: bool,
}

/// A link token.
#[derive(Clone, Serialize)]
pub struct LinkToken {
    /// The token.
    pub link_token: String,
    /// On relink, the integration of the account that will be relinked.
    pub integration_name: Option<String>,
    /// Address that opens Link by itself.
    pub magic_link_url: Option<String>,
}

/// What the holder of a link token may do.
#[derive(Debug, Clone, Serialize)]
pub struct LinkSession {
    /// The name of the end customer's organization.
    pub end_user_organization_name: String,
    /// Categories that may be linked.
    pub categories: Vec<String>,
    /// The integrations on offer.
    pub integrations: Vec<Integration>,
}

/// What the end customer entered.
#[derive(Clone, Default)]
pub struct LinkRequest {
    /// Slug of the connector.
    pub connector: String,
    /// Category to link; the first one that the token and the connector share when absent.
    pub category: Option<String>,
    /// Id of the auth option; the connector's first when absent.
    pub auth: Option<String>,
    /// Values of the connector's fields.
    pub fields: std::collections::BTreeMap<String, String>,
}

/// An account was linked.
#[derive(Clone, Serialize)]
pub struct Linked {
    /// One-time token, exchanged for the account token within ten minutes.
    pub public_token: String,
    /// The linked account.
    pub account: Uuid,
    /// Whether an existing account was linked again.
    pub is_relink: bool,
}

/// The token that selects a linked account.
#[derive(Clone, Serialize)]
pub struct AccountToken {
    /// What callers send as `X-Account-Token`.
    pub account_token: String,
    /// The linked account.
    pub id: Uuid,
    /// Its integration.
    pub integration: Integration,
}

/// Status of a linked account.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum AccountStatus {
    /// Linked, credentials good.
    Complete,
    /// Linking never finished.
    Incomplete,
    /// The credentials no longer work; the end customer must link again.
    RelinkNeeded,
    /// Paused for inactivity.
    Idle,
}

/// A linked account.
#[derive(Debug, Clone, Serialize)]
pub struct Account {
    /// Its id.
    pub id: Uuid,
    /// Slug of the connector.
    pub integration_slug: String,
    /// Display name of the connector.
    pub integration: String,
    /// Category.
    pub category: String,
    /// The id of the end customer in the caller's product.
    pub end_user_origin_id: String,
    /// The name of the end customer's organization.
    pub end_user_organization_name: String,
    /// The e-mail address of the person who linked.
    pub end_user_email_address: String,
    /// Status.
    pub status: AccountStatus,
    /// Why the status is what it is.
    pub status_detail: Option<String>,
    /// Whether another account of the project has the same credentials.
    pub is_duplicate: bool,
    /// `TEST` or `PRODUCTION`.
    pub account_type: String,
    /// When linking was completed.
    pub completed_at: Option<Time>,
    /// When it was made.
    pub created_at: Time,
}

/// Which linked accounts are wanted; absent conditions do not restrict.
#[derive(Debug, Clone, Default)]
pub struct AccountFilters {
    /// Category.
    pub category: Option<String>,
    /// Any of these ids.
    pub ids: Vec<Uuid>,
    /// Any of these end customers.
    pub end_user_origin_ids: Vec<String>,
    /// Name of the end customer's organization.
    pub end_user_organization_name: Option<String>,
    /// E-mail address of the person who linked.
    pub end_user_email_address: Option<String>,
    /// Display name or slug of the connector.
    pub integration_name: Option<String>,
    /// Status, in Merge's spelling.
    pub status: Option<String>,
    /// Test accounts only (`true`) or others only (`false`).
    pub is_test_account: Option<bool>,
}

/// What can be done with a linked account.
#[derive(Debug, Clone, Serialize)]
pub struct AvailableActions {
    /// Its integration.
    pub integration: Integration,
    /// Whether requests can be passed through.
    pub passthrough_available: bool,
    /// Per common model: what can be done.
    pub available_model_operations: Vec<ModelOperation>,
}

/// What can be done with one common model of a linked account.
#[derive(Debug, Clone, Serialize)]
pub struct ModelOperation {
    /// API name of the model (`TimeOff`).
    pub model_name: String,
    /// `FETCH`, `CREATE`, ...
    pub available_operations: Vec<String>,
    /// Fields a create must have.
    pub required_post_parameters: Vec<String>,
    /// Fields the connector fills.
    pub supported_fields: Vec<String>,
}

/// How to read a list of records.
#[derive(Debug, Clone, Default)]
pub struct ListParams {
    /// The `next` or `previous` of an earlier page with the same parameters.
    pub cursor: Option<String>,
    /// Records wanted; between 1 and 100, 100 when absent.
    pub page_size: Option<u32>,
    /// Name and value of each filter parameter, as the caller sent them; names are those the model declares.
    pub filters: Vec<(String, String)>,
    /// Order, as the caller sent it; one of those the model declares.
    pub order_by: Option<String>,
    /// Which of the model's lists, by its path (`/projects/{parent_id}/users`); all its records when absent.
    pub list: Option<String>,
    /// Values of the parameters in that path (`parent_id`), see `unisono_model::Scope`; an unknown parent is `NotFound`.
    pub scopes: Vec<(String, Uuid)>,
    /// How rows are written.
    pub shape: Shape,
}

/// How records are written.
#[derive(Debug, Clone, Default)]
pub struct Shape {
    /// Relations to replace by the object they point at.
    pub expand: Vec<String>,
    /// Enum fields to show as the vendor spells them.
    pub show_enum_origins: Vec<String>,
    /// Include records that were deleted at the vendor (lists only).
    pub include_deleted: bool,
    /// Include what the vendor sent.
    pub include_remote_data: bool,
    /// Include the vendor's own fields.
    pub include_remote_fields: bool,
    /// Include fields the model marks as sensitive.
    pub include_sensitive: bool,
}

/// A page of records, ready to be sent.
#[derive(Debug, Clone)]
pub struct Page {
    /// `{"next": ..., "previous": ..., "results": [...]}`.
    pub body: Vec<u8>,
    /// Number of records in it.
    pub count: usize,
    /// Cursor of the following page.
    pub next: Option<String>,
    /// Cursor of the page before.
    pub previous: Option<String>,
}
