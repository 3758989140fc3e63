//! The plain values that tell how syncs, issues and jobs stand.
//!
//! Elsewhere: the values that verbs take, and records and accounts, are in [`crate::api`].

use serde::Serialize;
use uuid::Uuid;

use crate::clock::Time;

/// State of keeping one model of a linked account up to date.
#[derive(Debug, Clone, Serialize)]
pub struct SyncStatus {
    /// API name of the model (`TimeOff`).
    pub model_name: String,
    /// `hris.TimeOff`.
    pub model_id: String,
    /// The model (`hris.time_off`).
    #[serde(skip)]
    pub model: String,
    /// Start of the latest run.
    pub last_sync_start: Option<Time>,
    /// Start of the next run.
    pub next_sync_start: Option<Time>,
    /// How the latest finished run ended.
    pub last_sync_result: Option<SyncState>,
    /// End of the latest finished run.
    pub last_sync_finished: Option<Time>,
    /// Start of the latest run that ended well.
    pub data_fresh_as_of: Option<Time>,
    /// State now.
    pub status: SyncState,
    /// Why it is still syncing: `RATE_LIMITED` or `WAITING_ON_OTHER_MODELS`.
    pub sync_status_reason: Option<String>,
    /// Whether no run has ever been completed.
    pub is_initial_sync: bool,
}

/// State of a sync, in Merge's words.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum SyncState {
    /// Running or queued.
    Syncing,
    /// Up to date.
    Done,
    /// Finished, but some records could not be mapped or some streams could not be read.
    PartiallySynced,
    /// The latest run failed.
    Failed,
    /// Not synced on purpose.
    Disabled,
    /// The account is idle or must be linked again.
    Paused,
}

/// One run of a sync.
#[derive(Debug, Clone, Serialize)]
pub struct Run {
    /// Its id.
    pub id: Uuid,
    /// The model (`hris.employee`).
    pub model: String,
    /// `full` or `incremental`.
    pub kind: String,
    /// `running`, `complete`, `partial` or `failed`.
    pub result: String,
    /// What went wrong, in plain words.
    pub error: Option<String>,
    /// Start.
    pub started_at: Time,
    /// End.
    pub finished_at: Option<Time>,
    /// Records added.
    pub added: u64,
    /// Records changed.
    pub changed: u64,
    /// Records marked deleted.
    pub deleted: u64,
    /// Records that were the same as before.
    pub unchanged: u64,
    /// Records that could not be mapped.
    pub rejected: u64,
    /// Requests sent.
    pub requests: u64,
    /// Pages committed.
    pub pages: u64,
}

/// One request to a vendor, redacted.
#[derive(Debug, Clone, Serialize)]
pub struct RequestLog {
    /// Its id.
    pub id: Uuid,
    /// When it was sent.
    pub at: Time,
    /// Method.
    pub method: String,
    /// Address, without secrets.
    pub url: String,
    /// Status of the reply; absent when there was none.
    pub status: Option<u16>,
    /// How long it took.
    pub duration_ms: u64,
    /// Why there was no reply.
    pub error: Option<String>,
}

/// A record that could not be mapped.
#[derive(Debug, Clone, Serialize)]
pub struct Reject {
    /// The model (`hris.employee`).
    pub model: String,
    /// The vendor's id of the record, or where it stood.
    pub key: String,
    /// Why, naming field and value.
    pub reason: String,
    /// The beginning of the record, redacted.
    pub excerpt: String,
    /// When it was last seen.
    pub at: Time,
}

/// A problem of a linked account, in plain words.
#[derive(Debug, Clone, Serialize)]
pub struct Issue {
    /// Its id.
    pub id: Uuid,
    /// The linked account.
    pub account: Uuid,
    /// Display name of its connector.
    pub integration_name: String,
    /// The end customer.
    pub end_user_origin_id: String,
    /// The name of the end customer's organization.
    pub end_user_organization_name: String,
    /// The e-mail address of the person who linked.
    pub end_user_email_address: String,
    /// `ONGOING` or `RESOLVED`.
    pub status: String,
    /// Stable kind (`invalid_credentials`, `deletions_held`, ...).
    pub kind: String,
    /// Short label.
    pub error_description: String,
    /// What happened, what it affects and what to do.
    pub error_details: Vec<String>,
    /// First time.
    pub first_incident_time: Time,
    /// Latest time.
    pub last_incident_time: Time,
    /// Whether it is muted.
    pub is_muted: bool,
}

/// Which issues are wanted; absent conditions do not restrict.
#[derive(Debug, Clone, Default)]
pub struct IssueFilters {
    /// `ONGOING` or `RESOLVED`.
    pub status: Option<String>,
    /// Linked account.
    pub account: Option<Uuid>,
    /// The name of the end customer's organization.
    pub end_user_organization_name: Option<String>,
    /// Display name or slug of the connector.
    pub integration_name: Option<String>,
    /// First incident after this moment.
    pub first_incident_after: Option<Time>,
    /// First incident before this moment.
    pub first_incident_before: Option<Time>,
    /// Latest incident after this moment.
    pub last_incident_after: Option<Time>,
    /// Latest incident before this moment.
    pub last_incident_before: Option<Time>,
    /// Include muted ones.
    pub include_muted: bool,
}

/// What `run_due_jobs` did.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct JobsDone {
    /// Jobs that ran to an end, whatever the end.
    pub finished: u32,
    /// Jobs that were put off to a later time.
    pub parked: u32,
    /// Jobs that ended because something broke on our side.
    pub broken: u32,
}

impl JobsDone {
    /// Whether nothing was due.
    #[must_use]
    pub fn is_idle(self) -> bool {
        self == Self::default()
    }
}
