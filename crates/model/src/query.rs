//! What a reader may ask of a model: lists, filters, expands and orders.

use serde::{Deserialize, Serialize};

/// One list endpoint.
#[derive(Debug, Clone, Serialize)]
pub struct List {
    /// SDK operation, `employees.list` or `tickets.viewers_list`.
    pub operation: String,
    /// Path below the category's base path.
    pub path: String,
    /// What the parameters in the path select.
    pub scopes: Vec<Scope>,
    /// Query parameters that select records, those every list has (`created_after`, `remote_id`, ...) included.
    pub filters: Vec<Filter>,
    /// Relations that `expand` accepts.
    pub expand: Vec<String>,
    /// Values `order_by` accepts (without the leading `-`, which is accepted for each).
    pub order_by: Vec<String>,
    /// Enum fields whose original value `show_enum_origins` and `remote_fields` bring.
    pub enum_origins: Vec<String>,
    /// Which `include_*` parameters are accepted.
    pub include: Include,
}

impl List {
    /// The filter behind a query parameter.
    pub fn filter(&self, param: &str) -> Option<&Filter> {
        self.filters.iter().find(|filter| filter.param == param)
    }
}

/// The endpoint that reads one record by its id.
#[derive(Debug, Clone, Serialize)]
pub struct Retrieve {
    /// SDK operation, `employees.retrieve`.
    pub operation: String,
    /// Path below the category's base path; the record's id is `{id}`.
    pub path: String,
    /// What the other parameters in the path select.
    pub scopes: Vec<Scope>,
    /// Relations that `expand` accepts.
    pub expand: Vec<String>,
    /// Enum fields whose original value `show_enum_origins` and `remote_fields` bring.
    pub enum_origins: Vec<String>,
    /// Which `include_*` parameters are accepted.
    pub include: Include,
}

/// Which `include_*` parameters an endpoint accepts.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize)]
pub struct Include {
    /// `include_deleted_data`.
    pub deleted_data: bool,
    /// `include_remote_data`.
    pub remote_data: bool,
    /// `include_remote_fields`.
    pub remote_fields: bool,
    /// `include_shell_data`.
    pub shell_data: bool,
    /// `include_sensitive_fields`.
    pub sensitive_fields: bool,
}

/// A query parameter that selects records.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Filter {
    /// Name in the query, `started_after`.
    pub param: String,
    /// How the value is compared.
    pub kind: FilterKind,
    /// Path of the compared field, dots between levels (`email_addresses.value`); a list on the way means "any of them".
    /// Standard names (`created_at`, `modified_at`, `remote_id`) are columns. Empty for [`FilterKind::Unlinked`].
    pub field: String,
    /// The field belongs to related records instead.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub through: Option<Through>,
    /// How the parameter's text is read.
    pub value: ValueType,
    /// The only values accepted, when not empty; may contain the empty string, which selects nothing special (no filter).
    pub choices: Vec<String>,
    /// The literal `null` selects records whose field is empty.
    pub null: bool,
    /// Letter case does not matter.
    pub ignore_case: bool,
    /// What it selects.
    pub description: String,
}

/// How a filter compares.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum FilterKind {
    /// The field equals the value; for a list or nested list, one of its values does.
    Equals,
    /// The field (or one of its values) equals one of the comma-separated values.
    AnyOf,
    /// The time is later than or equal to the value.
    After,
    /// The time is earlier than the value.
    Before,
    /// With `true`: the field is empty. With `false`: it is not.
    Empty,
    /// Records whose field is true are left out unless the value is `true`.
    ShowIf,
    /// No field ties the records to the value yet: a value that is given matches nothing.
    Unlinked,
}

/// A hop over a relation: the field belongs to the related records.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Through {
    /// The related model, `hris.employment`.
    pub model: String,
    /// The field of the *listed* model that holds the related ids, `employments`.
    pub relation: String,
}

/// How a parameter's text is read.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ValueType {
    /// As it is.
    String,
    /// An id (UUID); anything else matches nothing.
    Id,
    /// RFC 3339, date only allowed.
    #[serde(rename = "datetime")]
    DateTime,
    /// `true` or `false`.
    Boolean,
}

/// What a parameter in a path selects.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Scope {
    /// Name in the path, `conversation_id`.
    pub param: String,
    /// Model whose record it names, `chat.conversation`; an unknown id is 404.
    pub model: String,
    /// How it selects the listed records.
    pub kind: ScopeKind,
}

/// How a path parameter selects the listed records.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case", tag = "by")]
pub enum ScopeKind {
    /// The listed record's field (a dotted path) holds the parent's id.
    Field {
        /// Path in the listed model.
        field: String,
    },
    /// The parent's field holds the ids of the listed records, or the records themselves when they are embedded.
    Listed {
        /// Field of the parent.
        field: String,
    },
    /// It only names the parent; another parameter does the selecting.
    Parent,
    /// No field ties the records to the parent yet: the list is empty.
    Unlinked,
}
