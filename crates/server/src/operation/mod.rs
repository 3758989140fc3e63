//! Operations: the declared table of everything this server answers.
//!
//! Always true: the router and the published OpenAPI are both made from this table, so they cannot differ; a
//! parameter that is not declared here is refused; no operation is reachable without the access it declares.
//! Elsewhere: matching a request is `table`; carrying it out is `dispatch`; printing it is `openapi`.

mod admin;
mod component;
mod param;
mod platform;
mod record;

use unisono_model::Models;

pub use param::{Kind, Param, Place};

/// Which API an operation belongs to; it decides the base path and how errors look.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum Surface {
    /// The unified API of one category, at `/api/<category>/v1` and `/<category>/v1`.
    Unified(String),
    /// The admin API, at `/api/admin/v1`.
    Admin,
}

impl Surface {
    /// The path all operations of the surface begin with, as published.
    pub fn base_path(&self) -> String {
        match self {
            Self::Unified(category) => format!("/api/{category}/v1"),
            Self::Admin => "/api/admin/v1".to_owned(),
        }
    }

    /// The name under which its OpenAPI is published.
    pub fn name(&self) -> &str {
        match self {
            Self::Unified(category) => category,
            Self::Admin => "admin",
        }
    }
}

/// HTTP methods in use. `HEAD` is answered wherever `GET` is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Method {
    /// Reads.
    Get,
    /// Creates or triggers.
    Post,
    /// Changes.
    Patch,
    /// Removes.
    Delete,
}

impl Method {
    /// The upper-case name.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Get => "GET",
            Self::Post => "POST",
            Self::Patch => "PATCH",
            Self::Delete => "DELETE",
        }
    }
}

/// What a caller must show.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Access {
    /// An API key of the project.
    Key,
    /// An API key and the token of one linked account of this category.
    Account,
}

/// The JSON of a request or a reply.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Shape {
    /// No body.
    Empty,
    /// A common model by its full name, such as `hris.employee`.
    Model(String),
    /// An object by name, such as `SyncStatus`: a model of the category or of `platform`, else a [`Component`]; in the
    /// admin API always a [`Component`].
    Named(&'static str),
    /// `{next, previous, results: [...]}`.
    Page(Box<Shape>),
    /// A plain array.
    List(Box<Shape>),
    /// An object of such values by key.
    Map(Box<Shape>),
}

/// One operation: its address, what it takes, what it answers and what it does.
#[derive(Debug, Clone)]
pub struct Operation {
    /// Unique within its surface, such as `employees_list`.
    pub id: String,
    /// The API it belongs to.
    pub surface: Surface,
    /// Its method.
    pub method: Method,
    /// Path below the surface's base path, with `{name}` for path parameters.
    pub path: String,
    /// Group it is listed under.
    pub tag: String,
    /// One line on what it does.
    pub summary: String,
    /// What the caller must show.
    pub access: Access,
    /// Path and query parameters; anything else is refused.
    pub params: Vec<Param>,
    /// Request body.
    pub body: Shape,
    /// Status of success.
    pub status: u16,
    /// Reply of success.
    pub reply: Shape,
    /// What carries it out.
    pub(crate) call: Call,
}

/// What carries out an operation. Models are named in full (`hris.employee`).
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Call {
    /// A record call, the same code for any model.
    Record(record::RecordCall),
    /// A call every category repeats.
    Platform(platform::PlatformCall),
    /// An admin call.
    Admin(admin::AdminCall),
}

pub(crate) use admin::AdminCall;
pub use component::{COMPONENTS, Component, component};
pub(crate) use platform::PlatformCall;
pub(crate) use record::RecordCall;

/// Every operation of every surface, unified categories first.
pub fn operations(models: &Models) -> Vec<Operation> {
    let mut all = Vec::new();
    for category in models.categories() {
        all.extend(record::operations(models, &category.slug));
        all.extend(platform::operations(&category.slug));
    }
    all.extend(admin::operations());
    all
}
