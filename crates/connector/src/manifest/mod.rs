//! What connector authors write: `connector.yaml` and `<category>/<model>.yaml`, exactly as in the file.
//!
//! Always true: every struct is closed (an unknown key is an error); strings that hold jq or a template are still text here.
//! Elsewhere: `load` checks and compiles these into a `Connector`; `docs/connector-language.md` explains them to authors.

mod auth;
mod connector;
mod page;
mod read;
mod stream;

pub(crate) use auth::scheme_name;
pub use auth::{Algorithm, Authorization, ClientAuth, Place, Refresh, Scheme, TokenRequest, TokenUse};
pub use connector::{
    Check, ConnectorManifest, Evidence, EvidenceLevel, FaultKind, FaultRule, Field, FieldType, LimitHeaders, Limits,
    ResetAs, SignatureEncoding, SignatureMethod, VerifyManifest, WebhooksManifest,
};
pub use page::{CursorIn, End, PageManifest};
pub use read::{FieldRule, ReadManifest, Table};
pub use stream::{
    AlsoManifest, Clock, Format, GraphqlManifest, IncrementalManifest, JoinManifest, ModelManifest, Order,
    ParentListManifest, ParentManifest, RequestManifest, RetrieveManifest, SinceFormat, SinceManifest, StreamManifest,
    TokenAs, TokenManifest, Visit, WindowManifest,
};

/// The JSON Schema of `connector.yaml`.
#[must_use]
pub fn connector_schema() -> serde_json::Value {
    schemars::schema_for!(ConnectorManifest).to_value()
}

/// The JSON Schema of `<category>/<model>.yaml`.
#[must_use]
pub fn model_schema() -> serde_json::Value {
    schemars::schema_for!(ModelManifest).to_value()
}
