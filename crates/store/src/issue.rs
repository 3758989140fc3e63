//! Issues: what needs a person, one row per (account, kind, key); repeats update it, and it reopens when it comes back.

use crate::{Keyset, Page, Scope, StoreError};
use uuid::Uuid;

/// State of an issue.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum IssueStatus {
    /// Still there.
    Ongoing,
    /// Gone.
    Resolved,
}

impl IssueStatus {
    /// The word on the wire and in the database.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Ongoing => "ONGOING",
            Self::Resolved => "RESOLVED",
        }
    }

    /// Reads the word.
    pub fn parse(word: &str) -> Option<Self> {
        [Self::Ongoing, Self::Resolved].into_iter().find(|s| s.as_str() == word)
    }
}

/// An issue.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Issue {
    /// Its id.
    pub id: Uuid,
    /// The account it is about, as far as it is about one.
    pub account: Option<IssueAccount>,
    /// Kind, a stable word.
    pub kind: String,
    /// Tells issues of one kind and account apart, such as a model.
    pub key: String,
    /// State.
    pub status: IssueStatus,
    /// Not shown by default.
    pub muted: bool,
    /// Short label.
    pub description: String,
    /// Details, a JSON array of strings.
    pub details: String,
    /// First incident.
    pub first_us: i64,
    /// Latest incident.
    pub last_us: i64,
    /// When it was resolved.
    pub resolved_us: Option<i64>,
    /// How many incidents.
    pub incidents: i64,
}

/// Whom an issue is about.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct IssueAccount {
    /// The account.
    pub id: Uuid,
    /// Slug of its connector.
    pub connector: String,
    /// Its category.
    pub category: String,
    /// The customer's own id of its end user.
    pub end_user_origin_id: String,
    /// The end user's organization.
    pub end_user_organization_name: String,
    /// The end user's e-mail address.
    pub end_user_email_address: String,
}

/// An incident to report.
#[derive(Debug, Clone)]
pub struct NewIssue {
    /// Id, if it turns out to be new.
    pub id: Uuid,
    /// The account.
    pub account: Option<Uuid>,
    /// Kind.
    pub kind: String,
    /// Tells issues of one kind and account apart.
    pub key: String,
    /// Short label.
    pub description: String,
    /// Details, a JSON array of strings; replaces earlier ones.
    pub details: String,
}

/// What an incident became.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Reported {
    /// A new issue.
    New(Uuid),
    /// One more incident of an ongoing issue.
    Repeated(Uuid),
    /// A resolved issue came back.
    Reopened(Uuid),
}

/// Which issues to list.
#[derive(Debug, Clone, Default)]
pub struct IssueFilter {
    /// Of this account.
    pub account: Option<Uuid>,
    /// Of accounts of these connectors (slugs).
    pub connectors: Vec<String>,
    /// Of accounts of this organization.
    pub end_user_organization_name: Option<String>,
    /// In this category.
    pub category: Option<String>,
    /// In this state.
    pub status: Option<IssueStatus>,
    /// Of this kind.
    pub kind: Option<String>,
    /// First incident at or after.
    pub first_after_us: Option<i64>,
    /// First incident before.
    pub first_before_us: Option<i64>,
    /// Latest incident at or after.
    pub last_after_us: Option<i64>,
    /// Latest incident before.
    pub last_before_us: Option<i64>,
    /// Muted ones too.
    pub include_muted: bool,
    /// Goes on after this issue (by first incident).
    pub after: Option<Keyset>,
    /// Rows per page.
    pub page_size: usize,
}

impl Scope {
    /// Reports an incident; `None` when it names an account that is not there.
    pub async fn report_issue(&self, issue: NewIssue, now_us: i64) -> Result<Option<Reported>, StoreError> {
        todo!()
    }

    /// Resolves the ongoing issue of this account, kind and key; returns its id if there was one.
    pub async fn resolve_issue(
        &self,
        account: Option<Uuid>,
        kind: &str,
        key: &str,
        now_us: i64,
    ) -> Result<Option<Uuid>, StoreError> {
        todo!()
    }

    /// Resolves all ongoing issues of an account (of some kinds; empty: all), as after relinking; returns their ids.
    pub async fn resolve_issues(&self, account: Uuid, kinds: &[&str], now_us: i64) -> Result<Vec<Uuid>, StoreError> {
        todo!()
    }

    /// Mutes or unmutes; false when there is no such issue.
    pub async fn mute_issue(&self, id: Uuid, muted: bool) -> Result<bool, StoreError> {
        todo!()
    }

    /// One issue.
    pub async fn issue(&self, id: Uuid) -> Result<Option<Issue>, StoreError> {
        todo!()
    }

    /// Issues, newest first.
    pub async fn issues(&self, filter: IssueFilter) -> Result<Page<Issue>, StoreError> {
        todo!()
    }
}
