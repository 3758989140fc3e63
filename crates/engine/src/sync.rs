//! Sync: how up to date each model of a linked account is, in Merge's words, and what happened on the way.
//!
//! Always true: a stream's row holds its schedule; a wish for a full pass is kept there too (`full_interval_us` of zero), so it
//! survives whatever runs meanwhile.
//! Elsewhere: the work itself is [`crate::jobs`] and `pull`.

use std::collections::HashMap;

use unisono_connector::Connector;
use unisono_store::{
    AccountStatus, Job, JobState, NewStream, RequestFilter, RunResult, Scope, StoreError, Stream, StreamSchedule,
    StreamStatus,
};
use uuid::Uuid;

use crate::jobs::{RATE_LIMITED, WAITING};
use crate::{
    Engine, Listing, PageRequest, Reject, RequestLog, Run, SyncError, SyncState, SyncStatus, Time, check, listing,
};

impl Engine {
    /// State of every model that the account's connector reads.
    pub async fn sync_status(&self, project: Uuid, account: Uuid) -> Result<Vec<SyncStatus>, SyncError> {
        let scope = self.scope(project);
        let (found, connector) = self.linked(&scope, account).await?;
        let streams = scope.streams(account).await.map_err(internal)?;
        let jobs = scope.jobs(Some(account), 1_000).await.map_err(internal)?;
        let jobs: HashMap<&str, &Job> = jobs.iter().map(|job| (job.key.as_str(), job)).collect();
        let now = self.now().0;
        let models = models_of(&connector, &found.category);
        let states = models.iter().map(|model| {
            let stream = streams.iter().find(|stream| stream.model == *model);
            let job = jobs.get(crate::jobs::pull_key(account, model).as_str()).copied();
            self.status_of(model, found.status, stream, job, now)
        });
        Ok(states.collect())
    }

    /// Makes every model of the account due now, in full, and gives the state after that.
    pub async fn resync(&self, project: Uuid, account: Uuid) -> Result<Vec<SyncStatus>, SyncError> {
        self.sync_now(project, account, None, true).await?;
        self.sync_status(project, account).await
    }

    /// Makes one model or all models due now; a full pass also notices deletions, otherwise only changes are read where
    /// the vendor can tell them. Gives the number of models that became due.
    pub async fn sync_now(
        &self,
        project: Uuid,
        account: Uuid,
        model: Option<&str>,
        full: bool,
    ) -> Result<usize, SyncError> {
        let scope = self.scope(project);
        let (found, connector) = self.linked(&scope, account).await?;
        match found.status {
            AccountStatus::Complete => {}
            AccountStatus::Idle => self.wake(&scope, account).await.map_err(internal)?,
            AccountStatus::RelinkNeeded | AccountStatus::Incomplete => {
                let why = found.status_detail.unwrap_or_else(|| "it must be linked again first".to_owned());
                return Err(SyncError::NotSyncable(why));
            }
        }
        let models = models_of(&connector, &found.category);
        let wanted: Vec<&str> = models.into_iter().filter(|known| model.is_none_or(|model| model == *known)).collect();
        if wanted.is_empty() {
            return Err(SyncError::NotSyncable(format!(
                "its connector does not read `{}`",
                model.unwrap_or("anything")
            )));
        }
        self.schedule(&scope, account, &wanted, full).await.map_err(internal)?;
        self.enqueue_due().await.map_err(internal)?;
        Ok(wanted.len())
    }

    /// Runs, latest first; of one model or of all.
    pub async fn runs(
        &self,
        project: Uuid,
        account: Uuid,
        model: Option<&str>,
        page: &PageRequest,
    ) -> Result<Listing<Run>, SyncError> {
        let scope = self.scope(project);
        self.known_account(&scope, account).await?;
        let after = listing::keyset(page).map_err(|_| SyncError::Cursor)?;
        let found = scope.runs(account, model, after, listing::size(page)).await.map_err(internal)?;
        Ok(listing::listing(found, run_of))
    }

    /// Requests sent to the vendor, latest first.
    pub async fn request_logs(
        &self,
        project: Uuid,
        account: Uuid,
        page: &PageRequest,
    ) -> Result<Listing<RequestLog>, SyncError> {
        let scope = self.scope(project);
        self.known_account(&scope, account).await?;
        self.flush_request_log().await.map_err(internal)?;
        let filter = RequestFilter {
            account: Some(account),
            after: listing::read(page).map_err(|_| SyncError::Cursor)?,
            page_size: listing::size(page),
            ..RequestFilter::default()
        };
        let found = scope.requests(filter).await.map_err(internal)?;
        Ok(Listing {
            next: found.next.map(|seq| listing::write(&seq)),
            previous: None,
            results: found.items.into_iter().map(request_of).collect(),
        })
    }

    /// Records that could not be mapped; of one model or of all.
    pub async fn rejects(
        &self,
        project: Uuid,
        account: Uuid,
        model: Option<&str>,
        page: &PageRequest,
    ) -> Result<Listing<Reject>, SyncError> {
        let scope = self.scope(project);
        self.known_account(&scope, account).await?;
        let after: Option<(String, String)> = listing::read(page).map_err(|_| SyncError::Cursor)?;
        let size = listing::size(page);
        let found = scope.rejects(account, model, after, size).await.map_err(internal)?;
        let full = found.len() >= size;
        let next = found.last().filter(|_| full).map(|(model, reject)| listing::write(&(model, &reject.key)));
        let each = |(model, reject): (String, unisono_store::Reject)| Reject {
            model,
            key: reject.key,
            reason: reject.reason,
            excerpt: reject.excerpt,
            at: Time(reject.at_us),
        };
        Ok(Listing { next, previous: None, results: found.into_iter().map(each).collect() })
    }

    /// Lets the deletions go through that were held back for this model; `false` when none were.
    pub async fn accept_deletions(&self, project: Uuid, account: Uuid, model: &str) -> Result<bool, SyncError> {
        let scope = self.scope(project);
        self.known_account(&scope, account).await?;
        let done = scope.approve_held_deletions(account, model, self.now().0).await;
        let done = done.map_err(|error| SyncError::Internal(error.into()))?;
        let word = check::Kind::DeletionsHeld.word();
        scope.resolve_issue(Some(account), word, model, self.now().0).await.map_err(internal)?;
        Ok(done.is_some())
    }

    /// Makes models due now, adding their streams where they are new.
    pub(crate) async fn schedule(
        &self,
        scope: &Scope,
        account: Uuid,
        models: &[&str],
        full: bool,
    ) -> Result<(), StoreError> {
        for model in models {
            let now = self.now().0;
            let stream = NewStream {
                account,
                model: (*model).to_owned(),
                interval_us: None,
                full_interval_us: None,
                next_sync_us: Some(now),
                disabled: false,
            };
            scope.ensure_stream(stream).await?;
            let change = StreamSchedule {
                next_sync_us: Some(Some(now)),
                full_interval_us: full.then_some(Some(0)),
                ..StreamSchedule::default()
            };
            scope.schedule_stream(account, model, change).await?;
        }
        Ok(())
    }

    /// An account paused for inactivity works again.
    async fn wake(&self, scope: &Scope, account: Uuid) -> Result<(), StoreError> {
        let update = unisono_store::AccountUpdate {
            status: Some((AccountStatus::Complete, None)),
            ..unisono_store::AccountUpdate::default()
        };
        scope.update_account(account, update, self.now().0).await.map(|_| ())
    }

    async fn known_account(&self, scope: &Scope, account: Uuid) -> Result<unisono_store::Account, SyncError> {
        scope.account(account).await.map_err(internal)?.ok_or(SyncError::NoSuchAccount)
    }

    async fn linked(
        &self,
        scope: &Scope,
        account: Uuid,
    ) -> Result<(unisono_store::Account, std::sync::Arc<Connector>), SyncError> {
        let found = self.known_account(scope, account).await?;
        let connector = self.parts.connectors.get(&found.connector);
        let missing = || SyncError::NotSyncable(format!("there is no connector `{}`", found.connector));
        Ok((found.clone(), connector.ok_or_else(missing)?))
    }

    fn status_of(
        &self,
        model: &str,
        account: AccountStatus,
        stream: Option<&Stream>,
        job: Option<&Job>,
        now: i64,
    ) -> SyncStatus {
        let known = self.parts.models.model(model);
        let result = stream.and_then(|stream| stream.last_result).map(state_of);
        let status = state_now(account, stream, job, result, now);
        let reason = job.and_then(|job| job.error.as_deref()).filter(|why| [RATE_LIMITED, WAITING].contains(why));
        SyncStatus {
            model_name: known.map_or_else(|| model.to_owned(), |known| known.name.clone()),
            model_id: known.map_or_else(|| model.to_owned(), unisono_model::Model::model_id),
            model: model.to_owned(),
            last_sync_start: stream.and_then(|stream| stream.last_start_us).map(Time),
            next_sync_start: stream.and_then(|stream| stream.next_sync_us).map(Time),
            last_sync_result: result,
            last_sync_finished: stream.and_then(|stream| stream.last_finish_us).map(Time),
            data_fresh_as_of: stream.and_then(|stream| stream.fresh_as_of_us).map(Time),
            status,
            sync_status_reason: reason.filter(|_| status == SyncState::Syncing).map(str::to_owned),
            is_initial_sync: stream.is_none_or(|stream| stream.is_initial),
        }
    }
}

fn state_now(
    account: AccountStatus,
    stream: Option<&Stream>,
    job: Option<&Job>,
    result: Option<SyncState>,
    now: i64,
) -> SyncState {
    let Some(stream) = stream else { return SyncState::Syncing };
    if stream.disabled {
        return SyncState::Disabled;
    }
    match account {
        AccountStatus::RelinkNeeded if result == Some(SyncState::Failed) => return SyncState::Failed,
        AccountStatus::RelinkNeeded | AccountStatus::Incomplete | AccountStatus::Idle => return SyncState::Paused,
        AccountStatus::Complete => {}
    }
    let queued = job.is_some_and(|job| job.state != JobState::Failed);
    let due = stream.next_sync_us.is_some_and(|next| next <= now);
    match stream.status {
        StreamStatus::Queued | StreamStatus::Syncing => SyncState::Syncing,
        StreamStatus::Paused => SyncState::Paused,
        StreamStatus::Idle if queued || due => SyncState::Syncing,
        StreamStatus::Idle => result.unwrap_or(SyncState::Syncing),
    }
}

fn state_of(result: RunResult) -> SyncState {
    match result {
        RunResult::Complete => SyncState::Done,
        RunResult::Partial => SyncState::PartiallySynced,
        RunResult::Failed => SyncState::Failed,
    }
}

/// The models that an account of this category gets from a connector: those others hang on come first.
pub(crate) fn models_of<'a>(connector: &'a Connector, category: &str) -> Vec<&'a str> {
    let in_category = |model: &&str| model.split_once('.').is_some_and(|(of, _)| of == category);
    let mut models: Vec<&str> = connector.models().filter(in_category).collect();
    models.sort_by_key(|model| crate::jobs::rank(connector, model));
    models
}

fn run_of(run: unisono_store::Run) -> Run {
    let count = |number: i64| u64::try_from(number).unwrap_or(0);
    Run {
        id: run.id,
        model: run.model,
        kind: run.kind.as_str().to_owned(),
        result: run.result.map_or("running", RunResult::as_str).to_owned(),
        error: run.error,
        started_at: Time(run.started_us),
        finished_at: run.ended_us.map(Time),
        added: count(run.counts.added),
        changed: count(run.counts.changed),
        deleted: count(run.counts.deleted),
        unchanged: count(run.counts.unchanged),
        rejected: count(run.counts.rejected),
        requests: count(run.counts.requests),
        pages: count(run.counts.pages),
    }
}

fn request_of(row: unisono_store::RequestRow) -> RequestLog {
    RequestLog {
        id: Uuid::from_u64_pair(0, u64::try_from(row.seq).unwrap_or(0)),
        at: Time(row.entry.at_us),
        method: row.entry.method,
        url: row.entry.url,
        status: row.entry.status.and_then(|status| u16::try_from(status).ok()),
        duration_ms: u64::try_from(row.entry.duration_us / 1_000).unwrap_or(0),
        error: row.entry.error,
    }
}

fn internal(error: StoreError) -> SyncError {
    SyncError::Internal(error.into())
}
