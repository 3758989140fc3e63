//! Spec: the sandbox language as it is written, one struct per section of `sandbox.yaml`.
//!
//! Always true: every section is closed; a word that is not here is a load error.
//! Elsewhere: `load` turns this into something that runs; `docs/sandbox.md` explains it.

use indexmap::IndexMap;
use serde::Deserialize;
use serde_json::Value;

/// A whole `sandbox.yaml`.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Spec {
    pub name: String,
    /// Generated times lie before it.
    pub epoch: String,
    /// Default size of the main collection.
    pub size: u64,
    /// Path prefixes under which every endpoint answers.
    #[serde(default = "root_mount")]
    pub mounts: Vec<String>,
    #[serde(default)]
    pub credentials: IndexMap<String, String>,
    #[serde(default)]
    pub auth: Vec<AuthSpec>,
    #[serde(default)]
    pub oauth2: Option<OauthSpec>,
    #[serde(default)]
    pub limits: Vec<LimitSpec>,
    /// Headers of every reply.
    #[serde(default)]
    pub headers: IndexMap<String, String>,
    #[serde(default)]
    pub errors: IndexMap<String, ErrorSpec>,
    /// Named templates, called as `shape('name', it)`.
    #[serde(default)]
    pub shapes: IndexMap<String, Value>,
    pub collections: IndexMap<String, CollectionSpec>,
    pub endpoints: Vec<EndpointSpec>,
}

fn root_mount() -> Vec<String> {
    vec![String::new()]
}

/// One way to prove oneself; any of them is enough.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct AuthSpec {
    pub header: Option<String>,
    pub query: Option<String>,
    pub basic: Option<BasicSpec>,
    pub bearer: Option<String>,
    /// The value of `header` or `query`.
    pub value: Option<String>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct BasicSpec {
    pub username: String,
    /// Any password is fine without it.
    pub password: Option<String>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct OauthSpec {
    pub authorize: Option<String>,
    pub token: String,
    pub client_id: String,
    pub client_secret: String,
    pub grants: Vec<GrantSpec>,
    #[serde(default)]
    pub pkce: PkceSpec,
    #[serde(default)]
    pub refresh: RefreshSpec,
    pub access_token_s: u64,
    /// Body of the token reply; variables access_token, refresh_token, expires_in.
    pub reply: Value,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum GrantSpec {
    AuthorizationCode,
    RefreshToken,
    ClientCredentials,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum PkceSpec {
    #[default]
    Optional,
    Required,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum RefreshSpec {
    #[default]
    Fixed,
    Rotating,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct LimitSpec {
    pub requests: u64,
    pub per_s: u64,
    /// Only paths that contain this.
    pub path: Option<String>,
    /// Variables limit, remaining, reset_s, reset_unix, per_ms.
    #[serde(default)]
    pub headers: IndexMap<String, String>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct ErrorSpec {
    pub status: u16,
    #[serde(default)]
    pub headers: IndexMap<String, String>,
    pub body: Option<Value>,
    pub text: Option<String>,
    pub content_type: Option<String>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct CollectionSpec {
    /// How many are generated: a number or a template over `size`.
    pub count: Option<Value>,
    /// Records written out; `row` in templates.
    pub rows: Option<Vec<Value>>,
    #[serde(default)]
    pub ids: IdSpec,
    /// Other names under which endpoints find it.
    #[serde(default)]
    pub aliases: Vec<String>,
    #[serde(default, rename = "let")]
    pub lets: IndexMap<String, Value>,
    pub record: IndexMap<String, Value>,
    /// Fields stamped when a record is created or changed.
    #[serde(default)]
    pub created: Vec<String>,
    #[serde(default)]
    pub updated: Vec<String>,
    #[serde(default)]
    pub stamp: Stamp,
}

#[derive(Debug, Clone, Copy, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct IdSpec {
    #[serde(default = "one")]
    pub from: u64,
    #[serde(default = "one")]
    pub step: u64,
    /// Ids are strings.
    #[serde(default)]
    pub text: bool,
}

impl Default for IdSpec {
    fn default() -> Self {
        Self { from: 1, step: 1, text: false }
    }
}

fn one() -> u64 {
    1
}

/// How a time is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Stamp {
    #[default]
    Iso,
    IsoMs,
    Offset,
    Datetime,
    Date,
    UnixMs,
}

#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct EndpointSpec {
    pub get: Option<String>,
    pub post: Option<String>,
    pub put: Option<String>,
    pub patch: Option<String>,
    pub delete: Option<String>,
    /// False: no credentials needed.
    pub auth: Option<bool>,
    /// Local values, in order, for everything below.
    #[serde(default, rename = "let")]
    pub lets: IndexMap<String, Value>,
    #[serde(default)]
    pub fail: Vec<FailSpec>,

    /// Answers a page of this collection.
    pub list: Option<String>,
    #[serde(default, rename = "where")]
    pub filters: Vec<FilterSpec>,
    pub sort: Option<SortSpec>,
    pub page: Option<PageSpec>,
    /// How one record of a list looks; `record` is bound.
    pub item: Option<Value>,

    /// Answers one record of this collection.
    pub show: Option<String>,
    /// The record's id; default `{{ path.id }}`.
    pub id: Option<String>,

    #[serde(default, rename = "do")]
    pub writes: Vec<WriteSpec>,

    pub status: Option<u16>,
    #[serde(default)]
    pub headers: IndexMap<String, String>,
    pub body: Option<Value>,
    pub text: Option<String>,
    pub content_type: Option<String>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct FailSpec {
    pub when: String,
    pub error: String,
    pub message: Option<String>,
}

/// One condition of a list.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct FilterSpec {
    /// Query parameter whose value is compared.
    pub param: Option<String>,
    /// Path of the record's field that it is compared with.
    pub field: Option<String>,
    #[serde(default)]
    pub is: Comparison,
    /// Taken when the parameter is absent.
    pub default: Option<String>,
    /// A value that switches the condition off.
    pub any: Option<String>,
    /// Free condition over `record` and, with `param`, `value`.
    pub expr: Option<String>,
    /// A search body: list of `{filters: [{propertyName, operator, value}]}`, one of which must hold.
    pub groups: Option<String>,
    /// Where the properties of `groups` are in a record.
    pub under: Option<String>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Comparison {
    #[default]
    Eq,
    Gt,
    Gte,
    Lt,
    Lte,
    /// The parameter is a comma-separated list.
    In,
    Contains,
    /// The operator stands in the value: `>=x`, `<=x`, `><x|y`, `x|y`, `!x`, `~x`, `x`.
    Prefixed,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct SortSpec {
    /// Template giving what the client asks: `a:desc,b`, `-a`, `["-a"]` or `[{propertyName, direction}]`.
    pub by: Option<String>,
    /// The order without it.
    pub default: Option<String>,
    /// Prefix of the field paths.
    pub under: Option<String>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct PageSpec {
    pub by: PageKind,
    /// Parameter with the page number, offset or cursor.
    pub param: Option<String>,
    pub size_param: Option<String>,
    pub size: Option<u64>,
    pub max: Option<u64>,
    /// Parameters are in the JSON body instead of the query.
    #[serde(default)]
    pub in_body: bool,
    /// Nothing can be read at or past this position (error `capped`).
    pub cap: Option<u64>,
    /// Cursors are plain positions instead of opaque text.
    #[serde(default)]
    pub plain: bool,
    /// Adds a `Link` header with rel next, prev and last.
    #[serde(default)]
    pub link_header: bool,
    /// A query parameter that, when `true`, leaves rel last out.
    pub last_unless: Option<String>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum PageKind {
    Number,
    Offset,
    Cursor,
    None,
}

/// One change an endpoint makes; exactly one of create, update, delete.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct WriteSpec {
    pub create: Option<String>,
    pub update: Option<String>,
    pub delete: Option<String>,
    /// Condition.
    pub when: Option<String>,
    /// Which record to change; default `{{ path.id }}`.
    pub id: Option<String>,
    /// The new record, or the fields to merge.
    pub with: Option<Value>,
    /// Name under which later templates see the record; default `record`.
    #[serde(rename = "as")]
    pub name: Option<String>,
}
