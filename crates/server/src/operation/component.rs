//! Components: the JSON objects of the admin API, and request bodies of both APIs, field by field.
//!
//! Always true: a reply of the admin API has exactly the fields its component declares (a test compares them).
//! Elsewhere: the unified API's objects are models, those every category shares are in `models/platform`.

/// One JSON object: its name, what it is, and its fields with their types.
///
/// A type is `string`, `uuid`, `integer`, `boolean`, `datetime`, `object`, `any`, `enum[A,B]`, the name of another
/// component, or one of those followed by `[]` or inside `map<…>`. A trailing `?` means it may be null (in a request:
/// may be left out).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Component {
    /// Its name.
    pub name: &'static str,
    /// One line on what it is.
    pub about: &'static str,
    /// Field names and types in the order they are written.
    pub fields: &'static [(&'static str, &'static str)],
}

/// The component with this name.
pub fn component(name: &str) -> Option<&'static Component> {
    COMPONENTS.iter().find(|component| component.name == name)
}

/// Every component.
#[rustfmt::skip]
pub const COMPONENTS: &[Component] = &[
    Component { name: "KeyRequest", about: "Names an API key.", fields: &[("name", "string")] },
    Component { name: "LinkTokenRequest", about: "Says whom a link token is for.", fields: &[
        ("end_user_origin_id", "string"), ("end_user_organization_name", "string"), ("end_user_email_address", "string"),
        ("categories", "string[]"), ("integration", "string?"), ("link_expiry_mins", "integer?"),
        ("should_create_magic_link_url", "boolean?"),
    ] },
    Component { name: "LinkRequest", about: "What the end customer entered to link a system.", fields: &[
        ("link_token", "string"), ("connector", "string"), ("category", "string?"), ("auth", "string?"), ("fields", "map<string>?"),
    ] },
    Component { name: "ModelRequest", about: "Names a common model.", fields: &[("model", "string")] },
    Component { name: "Project", about: "The tenant the API key belongs to.", fields: &[
        ("id", "uuid"), ("name", "string"), ("created_at", "datetime"),
    ] },
    Component { name: "Key", about: "An API key without its secret.", fields: &[
        ("id", "uuid"), ("name", "string"), ("created_at", "datetime"), ("revoked_at", "datetime?"),
    ] },
    Component { name: "NewKey", about: "A new API key, shown once.", fields: &[("key", "Key"), ("secret", "string")] },
    Component { name: "Connector", about: "A system that can be linked.", fields: &[
        ("slug", "string"), ("name", "string"), ("categories", "string[]"), ("color", "string"), ("docs", "string?"),
        ("auth", "AuthOption[]"), ("fields", "LinkField[]"), ("models", "string[]"), ("evidence", "string"),
    ] },
    Component { name: "AuthOption", about: "One way of proving oneself to a system.", fields: &[
        ("id", "string"), ("scheme", "string"), ("redirects", "boolean"),
    ] },
    Component { name: "LinkField", about: "Something the end customer is asked for.", fields: &[
        ("name", "string"), ("title", "string"), ("help", "string?"), ("kind", "string"), ("optional", "boolean"),
        ("default", "string?"), ("pattern", "string?"), ("choices", "string[]"),
    ] },
    Component { name: "LinkedAccount", about: "One end customer's system, connected.", fields: &[
        ("id", "uuid"), ("integration_slug", "string"), ("integration", "string"), ("category", "string"),
        ("end_user_origin_id", "string"), ("end_user_organization_name", "string"), ("end_user_email_address", "string"),
        ("status", "string"), ("status_detail", "string?"), ("is_duplicate", "boolean"), ("account_type", "string"),
        ("completed_at", "datetime?"), ("created_at", "datetime"),
    ] },
    Component { name: "LinkedAccountToken", about: "The token that selects a linked account.", fields: &[
        ("id", "uuid"), ("account_token", "string"),
    ] },
    Component { name: "LinkToken", about: "A short-lived token that starts linking.", fields: &[
        ("link_token", "string"), ("integration_name", "string?"), ("magic_link_url", "string?"),
    ] },
    Component { name: "Linked", about: "A system was linked.", fields: &[
        ("public_token", "string"), ("account", "uuid"), ("is_relink", "boolean"),
    ] },
    Component { name: "Sync", about: "How up to date one model of a linked account is.", fields: &[
        ("model", "string"), ("model_name", "string"), ("model_id", "string"), ("last_sync_start", "datetime?"),
        ("next_sync_start", "datetime?"), ("last_sync_result", "string?"), ("last_sync_finished", "datetime?"),
        ("data_fresh_as_of", "datetime?"), ("status", "string"), ("sync_status_reason", "string?"), ("is_initial_sync", "boolean"),
    ] },
    Component { name: "Run", about: "One run of a sync, with what it did.", fields: &[
        ("id", "uuid"), ("model", "string"), ("kind", "string"), ("result", "string"), ("error", "string?"),
        ("started_at", "datetime"), ("finished_at", "datetime?"), ("added", "integer"), ("changed", "integer"),
        ("deleted", "integer"), ("unchanged", "integer"), ("rejected", "integer"), ("requests", "integer"), ("pages", "integer"),
    ] },
    Component { name: "RequestLog", about: "One request sent to the linked system, redacted.", fields: &[
        ("id", "uuid"), ("at", "datetime"), ("method", "string"), ("url", "string"), ("status", "integer?"),
        ("duration_ms", "integer"), ("error", "string?"),
    ] },
    Component { name: "Reject", about: "A record that could not be mapped, and why.", fields: &[
        ("model", "string"), ("key", "string"), ("reason", "string"), ("excerpt", "string"), ("at", "datetime"),
    ] },
    Component { name: "Issue", about: "A problem of a linked account, in plain words.", fields: &[
        ("id", "uuid"), ("account", "uuid"), ("integration_name", "string"), ("end_user_origin_id", "string"),
        ("end_user_organization_name", "string"), ("end_user_email_address", "string"), ("status", "string"), ("kind", "string"),
        ("error_description", "string"), ("error_details", "string[]"), ("first_incident_time", "datetime"),
        ("last_incident_time", "datetime"), ("is_muted", "boolean"),
    ] },
    Component { name: "Accepted", about: "Whether anything was held back.", fields: &[("accepted", "boolean")] },
    Component { name: "AuditEvent", about: "Something a person or key did.", fields: &[
        ("id", "uuid"), ("user_name", "string?"), ("user_email", "string?"), ("role", "string"), ("ip_address", "string"),
        ("event_type", "string"), ("event_description", "string"), ("created_at", "datetime"),
    ] },
    Component { name: "Health", about: "Whether the server can work, and what waits.", fields: &[
        ("status", "string"), ("version", "string"), ("database", "boolean"), ("schema_version", "integer?"), ("next_job_due", "datetime?"),
    ] },
    Component { name: "Record", about: "A record of a common model, with the fields of that model.", fields: &[("id", "uuid")] },
];
