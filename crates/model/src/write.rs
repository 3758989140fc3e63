//! What a caller may send: bodies of creates and updates, and the contract's further endpoints.

use serde::Serialize;

use crate::kind::Type;

/// The body of a write.
#[derive(Debug, Clone, Serialize)]
pub struct Write {
    /// SDK operation, `employees.create`; none for a nested model's form.
    pub operation: Option<String>,
    /// Name of the body's type, `EmployeeRequest`.
    pub name: String,
    /// Fields it takes, in order.
    pub fields: Vec<Input>,
    /// Fields beside `model` in the envelope (`remote_user_id`).
    pub envelope: Vec<Input>,
    /// Takes the free maps `integration_params` and `linked_account_params`.
    pub params: bool,
}

/// One field of a body.
#[derive(Debug, Clone, Serialize)]
pub struct Input {
    /// Name in the body.
    pub name: String,
    /// What one value is; a relation is an id or a nested object to create.
    #[serde(rename = "type")]
    pub kind: Type,
    /// A list of such values.
    pub list: bool,
    /// Must be given.
    pub required: bool,
    /// What it means.
    pub description: String,
}

/// An endpoint of the contract that is not a list, retrieve, create or partial update.
#[derive(Debug, Clone, Serialize)]
pub struct Endpoint {
    /// SDK operation, `candidates.ignore_create`.
    pub operation: String,
    /// HTTP method.
    pub method: String,
    /// Path below the category's base path.
    pub path: String,
    /// Names of its query parameters.
    pub query: Vec<String>,
    /// Notation of the reply, `page<RemoteFieldClass>`, `MetaResponse`, `bytes`; none when there is no body.
    pub returns: Option<String>,
}
