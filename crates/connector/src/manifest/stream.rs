//! The shape of `<category>/<model>.yaml`: which requests bring a model's records, page by page.

use indexmap::IndexMap;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::page::{CursorIn, PageManifest};
use super::read::ReadManifest;

/// `connectors/<vendor>/<category>/<model>.yaml`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(title = "Unisono model manifest")]
pub struct ModelManifest {
    /// Where the records come from; usually one stream, several may feed one model.
    pub streams: Vec<StreamManifest>,
    /// How a record becomes our model; a stream may override it.
    #[serde(default)]
    pub read: Option<ReadManifest>,
}

/// One source of records.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct StreamManifest {
    /// Its name; default: the model's. Names are unique within the model.
    #[serde(default)]
    pub name: Option<String>,
    /// The list request; without it the records are inside the parents, and `records` selects them there.
    #[serde(default)]
    pub request: Option<RequestManifest>,
    /// How the reply's body is written.
    #[serde(default)]
    pub format: Format,
    /// jq from the reply's body to the records: an array, or a single object; default the body itself.
    #[serde(default)]
    pub records: Option<String>,
    /// How the next page is found; default `{ by: none }`.
    #[serde(default)]
    pub page: Option<PageManifest>,
    /// How only changes are read.
    #[serde(default)]
    pub incremental: Option<IncrementalManifest>,
    /// One request chain per parent record.
    #[serde(default)]
    pub parent: Option<ParentManifest>,
    /// Detail requests for new and changed records.
    #[serde(default)]
    pub join: Vec<JoinManifest>,
    /// The request for one record.
    #[serde(default)]
    pub retrieve: Option<RetrieveManifest>,
    /// Other requests whose replies hold records of this stream; understood where they turn up, never sent.
    #[serde(default)]
    pub also: Vec<AlsoManifest>,
    /// jq over a record: whether it is deleted.
    #[serde(default)]
    pub deleted: Option<String>,
    /// The stream lists only deleted records.
    #[serde(default)]
    pub deletions_only: bool,
    /// Overrides the file's `read`.
    #[serde(default)]
    pub read: Option<ReadManifest>,
    /// A faulty status that means "no records here", such as 404 for a parent without children.
    #[serde(default)]
    pub empty_on: Vec<u16>,
}

/// One HTTP request; values may hold templates. Exactly one of `get`, `post`, `put` (or `graphql` alone: POST to `/graphql`).
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct RequestManifest {
    /// Path (joined to the base URL) or address of a GET request.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub get: Option<String>,
    /// Path or address of a POST request.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub post: Option<String>,
    /// Path or address of a PUT request.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub put: Option<String>,
    /// Query parameters; a list repeats the parameter, a template that yields null omits it.
    #[serde(default, skip_serializing_if = "IndexMap::is_empty")]
    pub query: IndexMap<String, Value>,
    /// Headers besides the connector's own.
    #[serde(default, skip_serializing_if = "IndexMap::is_empty")]
    pub headers: IndexMap<String, String>,
    /// JSON body.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub json: Option<Value>,
    /// Form body.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub form: Option<IndexMap<String, Value>>,
    /// GraphQL query, sent as JSON.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub graphql: Option<GraphqlManifest>,
    /// Text body, such as XML; say its `Content-Type` in `headers`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub raw: Option<String>,
}

/// A GraphQL request.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct GraphqlManifest {
    /// The query's text (sent as it is; no templates).
    pub query: String,
    /// Variables; values may be templates.
    #[serde(default)]
    pub variables: IndexMap<String, Value>,
}

/// How a body is written.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Format {
    /// One JSON document.
    #[default]
    Json,
    /// One JSON document a line.
    Ndjson,
    /// Comma, semicolon or tab separated, with a header line.
    Csv,
    /// XML, read as JSON by the convention in `decode::xml`.
    Xml,
}

/// How only changes are read.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct IncrementalManifest {
    /// How the start of the time range is sent.
    #[serde(default)]
    pub since: Option<SinceManifest>,
    /// How the end of the time range is sent.
    #[serde(default)]
    pub until: Option<SinceManifest>,
    /// jq over a record: its time of change; the bookmark is the latest seen.
    #[serde(default)]
    pub field: Option<String>,
    /// Where the bookmark comes from; default `records`.
    #[serde(default)]
    pub clock: Clock,
    /// Seconds the next read goes back behind the bookmark.
    #[serde(default = "one_minute")]
    pub overlap_s: u64,
    /// How the vendor sorts; with `asc` the bookmark advances with each page.
    #[serde(default)]
    pub order: Order,
    /// A different request for incremental reading.
    #[serde(default)]
    pub request: Option<RequestManifest>,
    /// Its records.
    #[serde(default)]
    pub records: Option<String>,
    /// Its paging.
    #[serde(default)]
    pub page: Option<PageManifest>,
    /// Its format.
    #[serde(default)]
    pub format: Option<Format>,
    /// The request lists only ids (jq `id` over a listed entry): each is fetched by `retrieve`.
    #[serde(default)]
    pub fetch: bool,
    /// jq over a listed entry: the remote id to fetch; default `read.id`.
    #[serde(default)]
    pub id: Option<String>,
    /// jq over a listed entry: whether it says that the record is gone.
    #[serde(default)]
    pub deleted: Option<String>,
    /// An opaque token of the vendor instead of a time.
    #[serde(default)]
    pub token: Option<TokenManifest>,
    /// Splitting of the time range when the vendor caps results.
    #[serde(default)]
    pub window: Option<WindowManifest>,
}

/// How a time is sent.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct SinceManifest {
    /// The parameter; without it use `{{ .since }}` or `{{ .until }}` in the request.
    #[serde(default)]
    pub param: Option<String>,
    /// Where it goes.
    #[serde(default, rename = "in")]
    pub place: CursorIn,
    /// How it is written.
    #[serde(default)]
    pub format: SinceFormat,
}

/// How a time is written in requests.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub enum SinceFormat {
    /// `2024-01-15T10:00:00Z`
    #[default]
    Rfc3339,
    /// `2024-01-15T10:00:00.000Z`
    Rfc3339Ms,
    /// `2024-01-15`
    Date,
    /// `2024-01-15 10:00:00`
    Datetime,
    /// Seconds since 1970.
    Unix,
    /// Milliseconds since 1970.
    UnixMs,
    /// `Mon, 15 Jan 2024 10:00:00 GMT`
    HttpDate,
    /// `strftime:` and a format, in UTC.
    Strftime(String),
}

impl TryFrom<String> for SinceFormat {
    type Error = String;

    fn try_from(text: String) -> Result<Self, String> {
        Ok(match text.as_str() {
            "rfc3339" => Self::Rfc3339,
            "rfc3339_ms" => Self::Rfc3339Ms,
            "date" => Self::Date,
            "datetime" => Self::Datetime,
            "unix" => Self::Unix,
            "unix_ms" => Self::UnixMs,
            "http_date" => Self::HttpDate,
            other => match other.strip_prefix("strftime:") {
                Some(format) if !format.is_empty() => Self::Strftime(format.to_owned()),
                _ => {
                    return Err(format!(
                        "unknown time format `{other}`, expected rfc3339, rfc3339_ms, date, datetime, unix, unix_ms, http_date or strftime:<format>"
                    ));
                }
            },
        })
    }
}

impl From<SinceFormat> for String {
    fn from(format: SinceFormat) -> Self {
        match format {
            SinceFormat::Rfc3339 => "rfc3339".into(),
            SinceFormat::Rfc3339Ms => "rfc3339_ms".into(),
            SinceFormat::Date => "date".into(),
            SinceFormat::Datetime => "datetime".into(),
            SinceFormat::Unix => "unix".into(),
            SinceFormat::UnixMs => "unix_ms".into(),
            SinceFormat::HttpDate => "http_date".into(),
            SinceFormat::Strftime(format) => format!("strftime:{format}"),
        }
    }
}

impl JsonSchema for SinceFormat {
    fn schema_name() -> std::borrow::Cow<'static, str> {
        "SinceFormat".into()
    }

    fn json_schema(_: &mut schemars::SchemaGenerator) -> schemars::Schema {
        schemars::json_schema!({
            "description": "How a time is written in requests.",
            "anyOf": [
                { "enum": ["rfc3339", "rfc3339_ms", "date", "datetime", "unix", "unix_ms", "http_date"] },
                { "type": "string", "pattern": "^strftime:.+" }
            ]
        })
    }
}

/// Where a bookmark comes from.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Clock {
    /// The latest `field` of the records.
    #[default]
    Records,
    /// The `Date` header of the first page's reply.
    DateHeader,
}

/// How a vendor sorts incremental results.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Order {
    /// Unknown: the bookmark counts only when the read is complete.
    #[default]
    None,
    /// By `field`, ascending.
    Asc,
}

/// A sync token or delta link.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct TokenManifest {
    /// jq over the body of the last page: the token for the next read; full passes collect it, too.
    pub at: String,
    /// What it is.
    #[serde(default, rename = "as")]
    pub used: TokenAs,
}

/// What a token is.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum TokenAs {
    /// A value, sent as `since` (`since.param` or `{{ .since }}`).
    #[default]
    Since,
    /// The address of the next read's first request.
    Url,
}

/// Splitting of a time range.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct WindowManifest {
    /// The longest window.
    #[serde(default)]
    pub size_s: Option<u64>,
    /// The most results one query gives.
    #[serde(default)]
    pub max_results: Option<u64>,
    /// jq over the body: how many results the query has; above `max_results` the window is halved.
    #[serde(default)]
    pub total: Option<String>,
    /// With `order: asc`: after `max_results` records begin anew at the last record's time instead of halving.
    #[serde(default)]
    pub restart: bool,
    /// Where full passes begin; without it only incremental reads are split.
    #[serde(default)]
    pub from: Option<String>,
}

/// One request chain per parent record: of a stored model, or of a list requested on the way.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ParentManifest {
    /// The stored model whose raw records are the parents, such as `hris.employee`.
    #[serde(default)]
    pub model: Option<String>,
    /// A list of parents requested on the way.
    #[serde(default)]
    pub list: Option<ParentListManifest>,
    /// jq over a parent: its id; default `.id`.
    #[serde(default)]
    pub id: Option<String>,
    /// Which parents are visited by an incremental read.
    #[serde(default)]
    pub visit: Visit,
    /// jq over a parent: only these are visited.
    #[serde(default, rename = "where")]
    pub filter: Option<String>,
}

/// A list of parents requested on the way.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ParentListManifest {
    /// The list request.
    pub request: RequestManifest,
    /// How its body is written.
    #[serde(default)]
    pub format: Format,
    /// jq from the body to the parents.
    #[serde(default)]
    pub records: Option<String>,
    /// Its paging.
    #[serde(default)]
    pub page: Option<PageManifest>,
}

/// Which stored parents an incremental read visits.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Visit {
    /// All of them.
    #[default]
    All,
    /// Those changed since the last read.
    Changed,
}

/// A detail request for a new or changed record.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct JoinManifest {
    /// The key it is put under in the record.
    #[serde(rename = "as")]
    pub key: String,
    /// The request, over `.record`.
    pub request: RequestManifest,
    /// How its body is written.
    #[serde(default)]
    pub format: Format,
    /// jq over the body: what is put there; default the whole body.
    #[serde(default)]
    pub record: Option<String>,
    /// jq over the record: only these have the detail.
    #[serde(default, rename = "where")]
    pub filter: Option<String>,
    /// Statuses that mean "there is none": null is put there.
    #[serde(default)]
    pub empty_on: Vec<u16>,
}

/// The request for one record.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct RetrieveManifest {
    /// The request, over `.id`.
    pub request: RequestManifest,
    /// How its body is written.
    #[serde(default)]
    pub format: Format,
    /// jq over the body: the record; default the whole body.
    #[serde(default)]
    pub record: Option<String>,
}

/// Another request whose reply holds records of the stream, such as a search or an older version of the list.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct AlsoManifest {
    /// The request, over `.id` and `.parent`.
    pub request: RequestManifest,
    /// How its body is written.
    #[serde(default)]
    pub format: Format,
    /// jq from the body to the records, in the shape that `read` knows; default the body itself.
    #[serde(default)]
    pub records: Option<String>,
}

fn one_minute() -> u64 {
    60
}
