//! Streams: the syncing of one model of one linked account; its state, schedule and last results.

use crate::sql::{Row, Value, Where, first, rows};
use crate::{RunResult, Scope, Store, StoreError, account};
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

const STREAM: &str = "s.project, s.account, s.model, s.state, s.status, s.disabled, s.is_initial, s.interval_us, s.full_interval_us,
    s.next_sync_us, s.last_start_us, s.last_finish_us, s.last_result, s.fresh_as_of_us, s.last_full_us, s.live, s.clock_us,
    s.held_run, s.held_count";

fn read_stream(row: &dyn Row) -> Result<Stream, StoreError> {
    let last_result = row.opt_text(12)?;
    Ok(Stream {
        project: row.uuid(0)?,
        account: row.uuid(1)?,
        model: row.text(2)?,
        state: row.opt_bytes(3)?.map(Bytes::copy_from_slice),
        status: StreamStatus::parse(&row.text(4)?).ok_or(StoreError::Malformed { what: "stream status" })?,
        disabled: row.bool(5)?,
        is_initial: row.bool(6)?,
        interval_us: row.opt_int(7)?,
        full_interval_us: row.opt_int(8)?,
        next_sync_us: row.opt_int(9)?,
        last_start_us: row.opt_int(10)?,
        last_finish_us: row.opt_int(11)?,
        last_result: last_result.as_deref().and_then(RunResult::parse),
        fresh_as_of_us: row.opt_int(13)?,
        last_full_us: row.opt_int(14)?,
        live: row.int(15)?,
        clock_us: row.int(16)?,
        held: row.opt_uuid(17)?.zip(row.opt_int(18)?),
    })
}

impl Store {
    /// Streams of complete accounts that are due, not disabled and neither queued nor syncing; the longest due first.
    pub async fn due_streams(&self, now_us: i64, limit: usize) -> Result<Vec<Stream>, StoreError> {
        self.pool
            .read(move |sql| {
                let text = format!(
                    "select {STREAM} from stream s join account a on a.id = s.account
                     where s.next_sync_us <= $1 and s.disabled = false and s.status = 'IDLE' and a.status = 'COMPLETE'
                     order by s.next_sync_us, s.account, s.model limit $2"
                );
                rows(sql, &text, &[now_us.into(), crate::sql::limit(limit).into()], read_stream)
            })
            .await
    }
}

impl Scope {
    /// Adds a stream unless it exists (then nothing changes); false when there is no such account.
    pub async fn ensure_stream(&self, stream: NewStream) -> Result<bool, StoreError> {
        let project = self.project;
        self.store
            .pool
            .write(move |sql| {
                if !account::exists(sql, project, stream.account)? {
                    return Ok(false);
                }
                sql.execute(
                    "insert into stream (account, model, project, status, disabled, is_initial, interval_us, full_interval_us,
                     next_sync_us, live, clock_us, next_pos) values ($1, $2, $3, 'IDLE', $4, true, $5, $6, $7, 0, 0, 0)
                     on conflict (account, model) do nothing",
                    &[
                        stream.account.into(),
                        stream.model.as_str().into(),
                        project.into(),
                        stream.disabled.into(),
                        stream.interval_us.into(),
                        stream.full_interval_us.into(),
                        stream.next_sync_us.into(),
                    ],
                )?;
                Ok(true)
            })
            .await
    }

    /// The streams of an account by model.
    pub async fn streams(&self, account: Uuid) -> Result<Vec<Stream>, StoreError> {
        let project = self.project;
        self.store
            .pool
            .read(move |sql| {
                let text =
                    format!("select {STREAM} from stream s where s.account = $1 and s.project = $2 order by s.model");
                rows(sql, &text, &[account.into(), project.into()], read_stream)
            })
            .await
    }

    /// One stream.
    pub async fn stream(&self, account: Uuid, model: &str) -> Result<Option<Stream>, StoreError> {
        let (project, model) = (self.project, model.to_owned());
        self.store
            .pool
            .read(move |sql| {
                let text =
                    format!("select {STREAM} from stream s where s.account = $1 and s.model = $2 and s.project = $3");
                first(sql, &text, &[account.into(), model.as_str().into(), project.into()], read_stream)
            })
            .await
    }

    /// Changes schedule or state; false when there is no such stream.
    pub async fn schedule_stream(
        &self,
        account: Uuid,
        model: &str,
        change: StreamSchedule,
    ) -> Result<bool, StoreError> {
        let (project, model) = (self.project, model.to_owned());
        self.store
            .pool
            .write(move |sql| {
                let mut set = Where::default();
                let (a, m, p) = (set.bind(account), set.bind(&model), set.bind(project));
                let mut changes = Vec::new();
                let mut assign = |column: &str, value: Option<Value<'static>>| {
                    if let Some(value) = value {
                        set.values.push(value);
                        changes.push(format!("{column} = ${}", set.values.len()));
                    }
                };
                assign("status", change.status.map(|status| status.as_str().into()));
                assign("disabled", change.disabled.map(Value::from));
                assign("next_sync_us", change.next_sync_us.map(Value::from));
                assign("interval_us", change.interval_us.map(Value::from));
                assign("full_interval_us", change.full_interval_us.map(Value::from));
                if changes.is_empty() {
                    changes.push("model = model".to_owned());
                }
                let text = format!(
                    "update stream set {} where account = {a} and model = {m} and project = {p}",
                    changes.join(", ")
                );
                Ok(sql.execute(&text, &set.values)? > 0)
            })
            .await
    }

    /// Replaces the state outside a page commit (`None`: start over); false when there is no such stream.
    pub async fn save_stream_state(
        &self,
        account: Uuid,
        model: &str,
        state: Option<Bytes>,
    ) -> Result<bool, StoreError> {
        let (project, model) = (self.project, model.to_owned());
        self.store
            .pool
            .write(move |sql| {
                let state = state.as_deref().map_or(Value::Null, Value::Json);
                let text = "update stream set state = $4 where account = $1 and model = $2 and project = $3";
                Ok(sql.execute(text, &[account.into(), model.as_str().into(), project.into(), state])? > 0)
            })
            .await
    }
}
