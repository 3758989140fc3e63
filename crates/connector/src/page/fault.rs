//! What can be odd about a page.

/// A reply that is not a page: the read stops here, nothing is tombstoned.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum PageFault {
    /// HTML where data was expected, such as a login or error page.
    #[error(
        "the vendor answered with an HTML page ({title}) instead of {expected}; the address may be wrong, or a login or proxy page is in the way"
    )]
    Html {
        /// The page's title.
        title: String,
        /// The format expected.
        expected: &'static str,
    },
    /// Another content type than declared.
    #[error("the vendor answered with {found} instead of {expected}")]
    ContentType {
        /// The content type.
        found: String,
        /// The format expected.
        expected: &'static str,
    },
    /// The body stops in the middle.
    #[error("the vendor's reply is cut off after {bytes} bytes")]
    Truncated {
        /// The body's length.
        bytes: usize,
    },
    /// The body is empty where a page was expected.
    #[error("the vendor answered {status} with an empty body")]
    EmptyBody {
        /// The HTTP status.
        status: u16,
    },
    /// The body cannot be read.
    #[error("the vendor's reply is not valid {expected}: {reason}")]
    Malformed {
        /// The format expected.
        expected: &'static str,
        /// What is wrong.
        reason: String,
    },
    /// The records are not where they should be.
    #[error("the vendor's reply has no records at `{selector}` (it has {found})")]
    NoRecords {
        /// The selector.
        selector: String,
        /// What is there instead.
        found: String,
    },
    /// The same cursor or address again.
    #[error("the vendor's paging runs in a circle: page {page} leads back to `{cursor}`")]
    RepeatedCursor {
        /// The page.
        page: u64,
        /// The cursor, shortened.
        cursor: String,
    },
    /// An empty page although more is promised.
    #[error("page {page} is empty although {promised}")]
    EmptyEarly {
        /// The page.
        page: u64,
        /// What was promised.
        promised: String,
    },
    /// The list ended with fewer records than promised.
    #[error("the list ended after {seen} records although the vendor promised {total}")]
    Short {
        /// Records seen.
        seen: u64,
        /// Records promised.
        total: u64,
    },
    /// What tells the end of the list is missing or odd.
    #[error("page {page} does not tell whether more follows: {reason}")]
    NoEnd {
        /// The page.
        page: u64,
        /// What is missing.
        reason: String,
    },
    /// The next address leaves the vendor.
    #[error("the next page is at another host ({host}); list it under `hosts` if that is right")]
    ForeignHost {
        /// The host.
        host: String,
    },
    /// More results than can be read by splitting.
    #[error("{reason}")]
    Window {
        /// What cannot be split.
        reason: String,
    },
    /// Too many pages.
    #[error("the list has more than {limit} pages")]
    TooMany {
        /// The limit.
        limit: u64,
    },
}
