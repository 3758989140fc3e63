//! The language of common models: categories, models, fields, filters. Pure.
//!
//! [`Models::load`] reads the texts of `models/<category>/*.yaml` (closed schemas, checked against each other)
//! into plain data; the API, the connectors, the documentation and OpenAPI are derived from it.
//! Always true after loading: every relation, nested model and enum named by a field exists; every filter,
//! expand and order names a field of its model; no two lists share a path.
//! Elsewhere: embedding the files is `catalog`; serving them is `server`; mapping into them is `connector`.

mod build;
mod check;
mod document;
mod error;
mod kind;
mod load;
mod model;
mod query;
mod standard;
mod suggest;
mod write;

pub use error::LoadError;
pub use kind::{Format, Shape, Type};
pub use model::{Category, Enum, Field, Model, Models, PLATFORM};
pub use query::{Filter, FilterKind, Include, List, Retrieve, Scope, ScopeKind, Through, ValueType};
pub use standard::{STANDARD_FIELDS, STANDARD_FILTERS, is_standard};
pub use write::{Endpoint, Input, Write};
