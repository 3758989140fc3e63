//! The shape of `page`: how the next page is found and how the end is told.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::stream::RequestManifest;

/// How the next page is found and how the end is told.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(tag = "by", rename_all = "snake_case", deny_unknown_fields)]
pub enum PageManifest {
    /// The whole list comes in one reply.
    None {
        /// jq over the body: how many records there are in all, to notice a cut list.
        #[serde(default)]
        total: Option<String>,
    },
    /// Page numbers.
    Number {
        /// The parameter; without it use `{{ .page }}` in the request.
        #[serde(default)]
        param: Option<String>,
        /// Where parameters go.
        #[serde(default, rename = "in")]
        place: CursorIn,
        /// The first page's number.
        #[serde(default = "one")]
        start: u64,
        /// Records a page.
        #[serde(default)]
        size: Option<u64>,
        /// The parameter for the page size.
        #[serde(default)]
        size_param: Option<String>,
        /// jq over the body (or `header:Name`): the number of pages.
        #[serde(default)]
        total_pages: Option<String>,
        /// jq over the body (or `header:Name`): the number of records in all.
        #[serde(default)]
        total: Option<String>,
        /// jq over the body: whether there are more pages.
        #[serde(default)]
        more: Option<String>,
        /// How the end is told when none of these is declared.
        #[serde(default)]
        end: End,
    },
    /// Offsets.
    Offset {
        /// The parameter; without it use `{{ .offset }}` in the request.
        #[serde(default)]
        param: Option<String>,
        /// Where parameters go.
        #[serde(default, rename = "in")]
        place: CursorIn,
        /// The first record's offset.
        #[serde(default)]
        start: u64,
        /// Records a page.
        #[serde(default)]
        size: Option<u64>,
        /// The parameter for the page size.
        #[serde(default)]
        size_param: Option<String>,
        /// jq over the body (or `header:Name`): the number of records in all.
        #[serde(default)]
        total: Option<String>,
        /// jq over the body: whether there are more pages.
        #[serde(default)]
        more: Option<String>,
        /// How the end is told when none of these is declared.
        #[serde(default)]
        end: End,
    },
    /// A cursor in the body or in a header.
    Cursor {
        /// jq over the body: the next cursor; null, "" or false ends.
        #[serde(default)]
        at: Option<String>,
        /// The header with the next cursor.
        #[serde(default)]
        header: Option<String>,
        /// The parameter; without it use `{{ .cursor }}` in the request.
        #[serde(default)]
        param: Option<String>,
        /// Where parameters go; in a body `param` is a dotted path, such as `variables.after`.
        #[serde(default, rename = "in")]
        place: CursorIn,
        /// The request for further pages, when it differs from the first.
        #[serde(default, rename = "continue")]
        following: Option<Box<RequestManifest>>,
        /// Records a page.
        #[serde(default)]
        size: Option<u64>,
        /// The parameter for the page size.
        #[serde(default)]
        size_param: Option<String>,
        /// jq over the body: whether there are more pages; the cursor then counts only if this is true.
        #[serde(default)]
        more: Option<String>,
        /// jq over the body (or `header:Name`): the number of records in all.
        #[serde(default)]
        total: Option<String>,
    },
    /// The next page's address in the body.
    NextUrl {
        /// jq over the body: the address, absolute or relative; null, "" or false ends.
        at: String,
        /// Records a page.
        #[serde(default)]
        size: Option<u64>,
        /// The parameter for the page size (first request only).
        #[serde(default)]
        size_param: Option<String>,
        /// jq over the body: whether there are more pages.
        #[serde(default)]
        more: Option<String>,
        /// jq over the body (or `header:Name`): the number of records in all.
        #[serde(default)]
        total: Option<String>,
    },
    /// The `Link` header with `rel="next"` (RFC 8288).
    LinkHeader {
        /// The relation that leads on; default `next`.
        #[serde(default)]
        rel: Option<String>,
        /// Records a page.
        #[serde(default)]
        size: Option<u64>,
        /// The parameter for the page size (first request only).
        #[serde(default)]
        size_param: Option<String>,
        /// jq over the body (or `header:Name`): the number of records in all.
        #[serde(default)]
        total: Option<String>,
    },
    /// OData: `@odata.nextLink` (v4), `odata.nextLink` (v3) or `d.__next` (v2), usually with a `$skiptoken` inside.
    Odata {
        /// Records a page.
        #[serde(default)]
        size: Option<u64>,
        /// The parameter for the page size, such as `$top` (first request only).
        #[serde(default)]
        size_param: Option<String>,
        /// jq over the body: the number of records in all, such as `.["@odata.count"]`.
        #[serde(default)]
        total: Option<String>,
    },
}

/// Where paging parameters go.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum CursorIn {
    /// The query.
    #[default]
    Query,
    /// The JSON, form or GraphQL body; the parameter is a dotted path.
    Body,
    /// A header.
    Header,
}

/// How the end of numbered or offset pages is told when the vendor gives no total.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum End {
    /// A page shorter than the page size (an empty page ends, too).
    #[default]
    Short,
    /// Only an empty page; for vendors that may cap the page size.
    Empty,
}

fn one() -> u64 {
    1
}
