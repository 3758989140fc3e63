//! The shape of `connector.yaml`: what is true of a vendor whatever the model.

use indexmap::IndexMap;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::auth::Authorization;
use super::stream::RequestManifest;

/// `connectors/<vendor>/connector.yaml`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(title = "Unisono connector manifest")]
pub struct ConnectorManifest {
    /// The vendor's name as people write it; the folder's name is the slug.
    pub name: String,
    /// The categories this connector serves, such as `hris`.
    pub categories: Vec<String>,
    /// A colour for its tile (`#rrggbb`).
    #[serde(default)]
    pub color: Option<String>,
    /// The vendor's API documentation.
    #[serde(default)]
    pub docs: Option<String>,
    /// Where every relative request path starts (a template).
    pub base_url: String,
    /// Headers sent with every request (templates).
    #[serde(default)]
    pub headers: IndexMap<String, String>,
    /// What the end customer is asked for when linking.
    #[serde(default)]
    pub fields: Vec<Field>,
    /// Ways to prove who we are; the first is the default.
    #[serde(default)]
    pub auth: Vec<Authorization>,
    /// A request that proves the credentials right after linking.
    #[serde(default)]
    pub check: Option<Check>,
    /// Declared pacing, and the headers to learn it from.
    #[serde(default)]
    pub limits: Limits,
    /// What a reply means when the HTTP status alone does not say it; the first match wins.
    #[serde(default)]
    pub faults: Vec<FaultRule>,
    /// jq over `{status, headers, body}`: the text of a refusal.
    #[serde(default)]
    pub message: Option<String>,
    /// Hosts besides the base URL's own that requests and next links may go to.
    #[serde(default)]
    pub hosts: Vec<String>,
    /// How the vendor's webhooks are verified.
    #[serde(default)]
    pub webhooks: Option<WebhooksManifest>,
    /// How well this connector's facts are known.
    pub evidence: Evidence,
}

/// One question of the link form.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Field {
    /// The key under `.config` (or `.credentials` when secret).
    pub name: String,
    /// The label shown.
    pub title: String,
    /// What kind of input it is; `secret` values are sealed.
    #[serde(default, rename = "type")]
    pub kind: FieldType,
    /// Where the customer finds the value.
    #[serde(default)]
    pub help: Option<String>,
    /// A regular expression the value must match.
    #[serde(default)]
    pub pattern: Option<String>,
    /// An example shown in the empty input.
    #[serde(default)]
    pub placeholder: Option<String>,
    /// Whether it may be left out.
    #[serde(default)]
    pub optional: bool,
    /// The value used when it is left out.
    #[serde(default)]
    pub default: Option<String>,
    /// The values of a `select`.
    #[serde(default)]
    pub choices: Vec<String>,
}

/// Kinds of link form inputs.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum FieldType {
    /// One line of text.
    #[default]
    Text,
    /// Sealed, never shown again; reachable as `.credentials.<name>` in `auth` only.
    Secret,
    /// An absolute http(s) address.
    Url,
    /// One of `choices`.
    Select,
}

/// The request that proves credentials: a request, and optionally what its reply must satisfy.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Check {
    /// Path of a GET request.
    #[serde(default)]
    pub get: Option<String>,
    /// Path of a POST request.
    #[serde(default)]
    pub post: Option<String>,
    /// Query parameters.
    #[serde(default)]
    pub query: IndexMap<String, serde_json::Value>,
    /// Headers.
    #[serde(default)]
    pub headers: IndexMap<String, String>,
    /// JSON body.
    #[serde(default)]
    pub json: Option<serde_json::Value>,
    /// Form body.
    #[serde(default)]
    pub form: Option<IndexMap<String, serde_json::Value>>,
    /// GraphQL query.
    #[serde(default)]
    pub graphql: Option<super::stream::GraphqlManifest>,
    /// jq over `{status, headers, body}` that must be true besides the status being 2xx.
    #[serde(default)]
    pub expect: Option<String>,
}

impl Check {
    /// The request part.
    #[must_use]
    pub fn request(&self) -> RequestManifest {
        RequestManifest {
            get: self.get.clone(),
            post: self.post.clone(),
            put: None,
            query: self.query.clone(),
            headers: self.headers.clone(),
            json: self.json.clone(),
            form: self.form.clone(),
            graphql: self.graphql.clone(),
            raw: None,
        }
    }
}

/// Declared pacing: `requests` in any `per_s` seconds, at most `concurrent` at once.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Limits {
    /// Requests allowed in the period.
    #[serde(default)]
    pub requests: Option<u32>,
    /// The period in seconds.
    #[serde(default)]
    pub per_s: Option<u32>,
    /// Requests that may be under way at once.
    #[serde(default)]
    pub concurrent: Option<u32>,
    /// Requests allowed in a day.
    #[serde(default)]
    pub per_day: Option<u32>,
    /// Headers that tell the real state.
    #[serde(default)]
    pub headers: Option<LimitHeaders>,
}

/// Names of the rate-limit headers a vendor sends.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct LimitHeaders {
    /// Header with the number of requests allowed.
    #[serde(default)]
    pub limit: Option<String>,
    /// Header with the number of requests left.
    #[serde(default)]
    pub remaining: Option<String>,
    /// Header that tells when the window starts anew.
    #[serde(default)]
    pub reset: Option<String>,
    /// How to read `reset`.
    #[serde(default)]
    pub reset_as: ResetAs,
}

/// How a reset header is written.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum ResetAs {
    /// Seconds since 1970.
    Unix,
    /// Milliseconds since 1970.
    UnixMs,
    /// Seconds from now.
    #[default]
    Seconds,
    /// Milliseconds from now.
    Millis,
    /// An HTTP or RFC 3339 date.
    Date,
    /// The length of the window in milliseconds, not its end.
    MillisWindow,
}

/// One rule that turns a reply into a fault.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct FaultRule {
    /// The statuses it applies to; any when empty.
    #[serde(default)]
    pub status: Vec<u16>,
    /// jq over `{status, headers, body}`; header names are lower case.
    #[serde(default)]
    pub when: Option<String>,
    /// What it means; `none` says that the reply is fine.
    pub fault: FaultKind,
    /// jq over the same: the refusal's text.
    #[serde(default)]
    pub message: Option<String>,
    /// The header (or jq, when it starts with a dot) that says when to try again.
    #[serde(default)]
    pub retry_after: Option<String>,
}

/// What a reply means to us.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum FaultKind {
    /// Not a fault after all.
    None,
    /// The credentials are not accepted: relink.
    Unauthorized,
    /// The credentials lack a permission.
    Forbidden,
    /// There is no such thing (any more).
    NotFound,
    /// Too many requests: wait.
    RateLimited,
    /// The vendor is down or too slow: try again.
    Unavailable,
    /// A cursor, bookmark or change token is no longer valid: start over with a full pass.
    Expired,
    /// The request itself is refused: trying again will not help.
    Rejected,
}

/// How incoming webhooks are verified and read.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct WebhooksManifest {
    /// How the sender proves itself.
    #[serde(default)]
    pub verify: Option<VerifyManifest>,
    /// How the customer (or the app's owner) sets them up.
    #[serde(default)]
    pub help: Option<String>,
}

/// How a webhook's signature is checked.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct VerifyManifest {
    /// The way of signing.
    pub method: SignatureMethod,
    /// The header with the signature or token.
    pub header: String,
    /// How the signature is written.
    #[serde(default)]
    pub encoding: SignatureEncoding,
    /// Text in front of the signature, such as `sha256=`.
    #[serde(default)]
    pub prefix: Option<String>,
    /// Template of the signed text over `{body, timestamp, method, url}`; default `{{ .body }}`.
    #[serde(default)]
    pub signed: Option<String>,
    /// Template of the key over `.credentials` and `.app`.
    pub key: String,
    /// The header with the time of sending.
    #[serde(default)]
    pub timestamp_header: Option<String>,
    /// How old a webhook may be.
    #[serde(default)]
    pub tolerance_s: Option<u32>,
}

/// Ways of signing a webhook.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum SignatureMethod {
    /// HMAC with SHA-256.
    HmacSha256,
    /// HMAC with SHA-1.
    HmacSha1,
    /// HMAC with SHA-512.
    HmacSha512,
    /// A shared token sent as it is.
    Token,
    /// HTTP Basic.
    Basic,
}

/// How a signature is written.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum SignatureEncoding {
    /// Hexadecimal digits.
    #[default]
    Hex,
    /// Base64.
    Base64,
}

/// How well a connector's facts are known.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Evidence {
    /// The best kind of evidence there is.
    pub level: EvidenceLevel,
    /// What the evidence is.
    #[serde(default)]
    pub note: Option<String>,
}

/// Kinds of evidence, best first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum EvidenceLevel {
    /// Replies of the real system were recorded.
    Recorded,
    /// The vendor publishes a machine-readable contract.
    Contract,
    /// The vendor documents it.
    Documented,
    /// Nothing but general knowledge.
    None,
}

impl EvidenceLevel {
    /// The word used in manifests.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Recorded => "recorded",
            Self::Contract => "contract",
            Self::Documented => "documented",
            Self::None => "none",
        }
    }
}
