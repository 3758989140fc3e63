//! Check: problems of linked accounts, opened and closed by rules, in plain words.
//!
//! Always true: at most one ongoing issue per account, kind and key (the model, where the kind is about one); a kind that is
//! cured by a successful run is resolved by it.
//! Elsewhere: which outcome of a run is which kind is told by `pull`.

use unisono_store::{IssueFilter, IssueStatus, NewIssue, Scope, StoreError};
use uuid::Uuid;

use crate::{CheckError, Engine, Issue, IssueFilters, Listing, PageRequest, Time, listing};

/// Kinds of problems.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kind {
    InvalidCredentials,
    MissingPermission,
    VendorOffline,
    UnreadableReplies,
    RequestRefused,
    DeletionsHeld,
    ManyRejects,
    Misconfigured,
}

impl Kind {
    /// The stable word in the database and API.
    pub(crate) fn word(self) -> &'static str {
        match self {
            Self::InvalidCredentials => "invalid_credentials",
            Self::MissingPermission => "missing_permission",
            Self::VendorOffline => "vendor_offline",
            Self::UnreadableReplies => "unreadable_replies",
            Self::RequestRefused => "request_refused",
            Self::DeletionsHeld => "deletions_held",
            Self::ManyRejects => "many_rejects",
            Self::Misconfigured => "misconfigured",
        }
    }

    /// The short label, in Merge's words where Merge has some.
    pub(crate) fn label(self) -> &'static str {
        match self {
            Self::InvalidCredentials => "Invalid login credentials",
            Self::MissingPermission => "Missing permission",
            Self::VendorOffline => "Third-party offline",
            Self::UnreadableReplies => "Unreadable replies",
            Self::RequestRefused => "API error",
            Self::DeletionsHeld => "Deletions held back",
            Self::ManyRejects => "Records could not be read",
            Self::Misconfigured => "Invalid settings",
        }
    }

    /// What to do about it.
    pub(crate) fn advice(self) -> &'static str {
        match self {
            Self::InvalidCredentials => {
                "Ask the customer to link the account again with valid credentials; syncs stay stopped until then, the data read so far stays readable."
            }
            Self::MissingPermission => {
                "Ask the customer to grant the missing permission to the user or key that was linked; the next sync tries again."
            }
            Self::VendorOffline => {
                "Nothing to do for the customer: syncs are tried again by themselves. If it lasts, check the vendor's status page and the address that was entered."
            }
            Self::UnreadableReplies => {
                "Nothing was lost or deleted. Check that the linked address is the vendor's API and no proxy or login page is in the way; if the vendor changed its replies, the connector needs an update."
            }
            Self::RequestRefused => {
                "Nothing was lost or deleted. Look at the request in the account's log; if the vendor changed its API, the connector needs an update."
            }
            Self::DeletionsHeld => {
                "Check with the customer whether so many records were really deleted; if so, accept the deletions, else fix the permissions of the linked user and sync again."
            }
            Self::ManyRejects => {
                "The records' rejects name field and value; correct them in the vendor's system or adapt the connector's mapping."
            }
            Self::Misconfigured => "Correct the values that were entered when linking, and link again.",
        }
    }
}

/// Opens an issue, or notes one more incident of it.
pub(crate) async fn open(
    engine: &Engine,
    scope: &Scope,
    account: Uuid,
    kind: Kind,
    key: &str,
    what: &str,
) -> Result<(), StoreError> {
    let issue = NewIssue {
        id: engine.dice.id(),
        account: Some(account),
        kind: kind.word().to_owned(),
        key: key.to_owned(),
        description: kind.label().to_owned(),
        details: serde_json::json!([what, kind.advice()]).to_string(),
    };
    let reported = scope.report_issue(issue, engine.now().0).await?;
    tracing::warn!(account.id = %account, model = key, issue = kind.word(), ?reported, "a problem of a linked account");
    Ok(())
}

/// Closes the issues that a successful run of a model disproves.
pub(crate) async fn close(engine: &Engine, scope: &Scope, account: Uuid, model: &str) -> Result<(), StoreError> {
    let cured = [
        (Kind::InvalidCredentials, ""),
        (Kind::VendorOffline, ""),
        (Kind::MissingPermission, model),
        (Kind::UnreadableReplies, model),
        (Kind::RequestRefused, model),
        (Kind::Misconfigured, model),
    ];
    for (kind, key) in cured {
        scope.resolve_issue(Some(account), kind.word(), key, engine.now().0).await?;
    }
    Ok(())
}

impl Engine {
    /// Issues, latest first.
    pub async fn issues(
        &self,
        project: Uuid,
        filters: &IssueFilters,
        page: &PageRequest,
    ) -> Result<Listing<Issue>, CheckError> {
        let status = match filters.status.as_deref() {
            None | Some("") => None,
            Some(word) => Some(IssueStatus::parse(word).ok_or(CheckError::Parameter("status"))?),
        };
        let connectors = filters.integration_name.as_deref().map(|name| self.slugs(name)).unwrap_or_default();
        if filters.integration_name.is_some() && connectors.is_empty() {
            return Ok(Listing { next: None, previous: None, results: Vec::new() });
        }
        let filter = IssueFilter {
            account: filters.account,
            connectors,
            end_user_organization_name: filters.end_user_organization_name.clone(),
            category: None,
            status,
            kind: None,
            first_after_us: filters.first_incident_after.map(|time| time.0),
            first_before_us: filters.first_incident_before.map(|time| time.0),
            last_after_us: filters.last_incident_after.map(|time| time.0),
            last_before_us: filters.last_incident_before.map(|time| time.0),
            include_muted: filters.include_muted,
            after: listing::keyset(page).map_err(|_| CheckError::Cursor)?,
            page_size: listing::size(page),
        };
        let found = self.scope(project).issues(filter).await.map_err(internal)?;
        Ok(listing::listing(found, |issue| self.issue_of(issue)))
    }

    /// One issue.
    pub async fn issue(&self, project: Uuid, id: Uuid) -> Result<Option<Issue>, CheckError> {
        let found = self.scope(project).issue(id).await.map_err(internal)?;
        Ok(found.map(|issue| self.issue_of(issue)))
    }

    fn issue_of(&self, issue: unisono_store::Issue) -> Issue {
        let account = issue.account;
        let name = account.as_ref().map(|account| self.connector_name(&account.connector)).unwrap_or_default();
        let of = |field: fn(&unisono_store::IssueAccount) -> &String| {
            account.as_ref().map(field).cloned().unwrap_or_default()
        };
        Issue {
            id: issue.id,
            account: account.as_ref().map(|account| account.id).unwrap_or_default(),
            integration_name: name,
            end_user_origin_id: of(|account| &account.end_user_origin_id),
            end_user_organization_name: of(|account| &account.end_user_organization_name),
            end_user_email_address: of(|account| &account.end_user_email_address),
            status: issue.status.as_str().to_owned(),
            kind: issue.kind,
            error_description: issue.description,
            error_details: serde_json::from_str(&issue.details).unwrap_or_default(),
            first_incident_time: Time(issue.first_us),
            last_incident_time: Time(issue.last_us),
            is_muted: issue.muted,
        }
    }
}

fn internal(error: StoreError) -> CheckError {
    CheckError::Internal(error.into())
}
