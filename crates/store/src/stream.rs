//! Streams: the syncing of one model of one linked account; its state, schedule and last results.

use crate::{RunResult, Scope, Store, StoreError};
use bytes::Bytes;
use uuid::Uuid;

/// State of a stream.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum StreamStatus {
    /// Waits for its next sync.
    Idle,
    /// A sync is due and queued.
    Queued,
    /// A sync is running.
    Syncing,
    /// Waits for its account (idle, relink needed).
    Paused,
}

impl StreamStatus {
    /// The word in the database.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Idle => "IDLE",
            Self::Queued => "QUEUED",
            Self::Syncing => "SYNCING",
            Self::Paused => "PAUSED",
        }
    }

    /// Reads the word.
    pub fn parse(word: &str) -> Option<Self> {
        [Self::Idle, Self::Queued, Self::Syncing, Self::Paused].into_iter().find(|s| s.as_str() == word)
    }
}

/// The syncing of one model of one account.
#[derive(Debug, Clone, PartialEq)]
pub struct Stream {
    /// Whose it is.
    pub project: Uuid,
    /// The account.
    pub account: Uuid,
    /// The model, such as `hris.employee`.
    pub model: String,
    /// Cursor, bookmarks, checkpoint: JSON that only the engine reads. `None` before the first page.
    pub state: Option<Bytes>,
    /// State.
    pub status: StreamStatus,
    /// Turned off (scopes).
    pub disabled: bool,
    /// No sync has completed yet.
    pub is_initial: bool,
    /// Time between syncs; `None`: only on demand.
    pub interval_us: Option<i64>,
    /// Time between full passes; `None`: whenever the engine wants one.
    pub full_interval_us: Option<i64>,
    /// When the next sync is due.
    pub next_sync_us: Option<i64>,
    /// When the latest sync started.
    pub last_start_us: Option<i64>,
    /// When the latest sync ended.
    pub last_finish_us: Option<i64>,
    /// How it ended.
    pub last_result: Option<RunResult>,
    /// Start of the last sync that ended complete.
    pub fresh_as_of_us: Option<i64>,
    /// End of the last full pass that ended complete.
    pub last_full_us: Option<i64>,
    /// Records that are not deleted.
    pub live: i64,
    /// The hybrid clock: `modified_us` of the latest written record.
    pub clock_us: i64,
    /// A full pass whose deletions are held, and how many they are.
    pub held: Option<(Uuid, i64)>,
}

/// A stream to add.
#[derive(Debug, Clone)]
pub struct NewStream {
    /// The account.
    pub account: Uuid,
    /// The model.
    pub model: String,
    /// Time between syncs.
    pub interval_us: Option<i64>,
    /// Time between full passes.
    pub full_interval_us: Option<i64>,
    /// When the first sync is due.
    pub next_sync_us: Option<i64>,
    /// Turned off.
    pub disabled: bool,
}

/// What to change of a stream's schedule; `None` leaves a value alone.
#[derive(Debug, Clone, Default)]
pub struct StreamSchedule {
    /// State.
    pub status: Option<StreamStatus>,
    /// Turned off or on.
    pub disabled: Option<bool>,
    /// When the next sync is due (`Some(None)`: only on demand).
    pub next_sync_us: Option<Option<i64>>,
    /// Time between syncs.
    pub interval_us: Option<Option<i64>>,
    /// Time between full passes.
    pub full_interval_us: Option<Option<i64>>,
}

impl Store {
    /// Streams of complete accounts that are due, not disabled and neither queued nor syncing; the longest due first.
    pub async fn due_streams(&self, now_us: i64, limit: usize) -> Result<Vec<Stream>, StoreError> {
        todo!()
    }
}

impl Scope {
    /// Adds a stream unless it exists (then nothing changes); false when there is no such account.
    pub async fn ensure_stream(&self, stream: NewStream) -> Result<bool, StoreError> {
        todo!()
    }

    /// The streams of an account by model.
    pub async fn streams(&self, account: Uuid) -> Result<Vec<Stream>, StoreError> {
        todo!()
    }

    /// One stream.
    pub async fn stream(&self, account: Uuid, model: &str) -> Result<Option<Stream>, StoreError> {
        todo!()
    }

    /// Changes schedule or state; false when there is no such stream.
    pub async fn schedule_stream(
        &self,
        account: Uuid,
        model: &str,
        change: StreamSchedule,
    ) -> Result<bool, StoreError> {
        todo!()
    }

    /// Replaces the state outside a page commit (`None`: start over); false when there is no such stream.
    pub async fn save_stream_state(
        &self,
        account: Uuid,
        model: &str,
        state: Option<Bytes>,
    ) -> Result<bool, StoreError> {
        todo!()
    }
}
