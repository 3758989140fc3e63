//! What connector authors write: `connector.yaml` and `<category>/<model>.yaml`, exactly as in the file.
//!
//! Always true: every struct is closed (an unknown key is an error); strings that hold jq or a template are still text here.
//! Elsewhere: `load` checks and compiles these into a `Connector`; `docs/connector-language.md` explains them to authors.

mod auth;
mod connector;
mod read;
mod stream;

pub(crate) use auth::scheme_name;
pub use auth::{
    Algorithm, Authorization, ClientAuth, Place, Refresh, Scheme, TokenRequest, TokenUse,
};
pub use connector::{
    Check, ConnectorManifest, Evidence, EvidenceLevel, FaultKind, FaultRule, Field, FieldType,
    LimitHeaders, Limits, ResetAs, SignatureEncoding, SignatureMethod, VerifyManifest,
    WebhooksManifest,
};
pub use read::{FieldRule, ReadManifest, Table};
pub use stream::{
    Clock, CursorIn, End, Format, GraphqlManifest, IncrementalManifest, JoinManifest, ModelManifest,
    Order, PageManifest, ParentListManifest, ParentManifest, RequestManifest, RetrieveManifest,
    SinceFormat, SinceManifest, StreamManifest, TokenAs, TokenManifest, Visit, WindowManifest,
};
