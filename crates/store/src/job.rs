//! Jobs: every background thing is one row here, claimed with a lease and a fence.
//!
//! Always true: at most one unfinished job per key; each claim raises the fence, and everything said with an older fence is ignored;
//! a job whose lease ran out is claimed again. Finished jobs are removed, failed ones stay until pruned.

use crate::dialect::Dialect;
use crate::sql::{Row, Sql, Where, first, rows};
use crate::{Scope, Store, StoreError};
use uuid::Uuid;

/// State of a job.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum JobState {
    /// Waits until it is due.
    Queued,
    /// Claimed.
    Running,
    /// Given up.
    Failed,
}

impl JobState {
    /// The word in the database.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Queued => "QUEUED",
            Self::Running => "RUNNING",
            Self::Failed => "FAILED",
        }
    }

    /// Reads the word.
    pub fn parse(word: &str) -> Option<Self> {
        [Self::Queued, Self::Running, Self::Failed].into_iter().find(|s| s.as_str() == word)
    }
}

/// Proof that a job is still ours.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct JobFence {
    /// The job.
    pub job: Uuid,
    /// The fence of our claim.
    pub fence: i64,
}

/// A job.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Job {
    /// Its id.
    pub id: Uuid,
    /// The project it is for.
    pub project: Option<Uuid>,
    /// The account it is for.
    pub account: Option<Uuid>,
    /// What to do, a stable word.
    pub kind: String,
    /// Unique among unfinished jobs, such as `pull:<account>:<model>`.
    pub key: String,
    /// What the kind needs, JSON.
    pub payload: String,
    /// State.
    pub state: JobState,
    /// When it is due; while running, when its lease ends.
    pub due_us: i64,
    /// How often it failed in a row (parking is no failure).
    pub failures: i64,
    /// Raised by each claim.
    pub fence: i64,
    /// Who runs it.
    pub holder: Option<String>,
    /// The latest failure, or why it is parked.
    pub error: Option<String>,
    /// It was enqueued again while running: it runs once more.
    pub again: bool,
    /// When it was made.
    pub created_us: i64,
}

impl Job {
    /// The proof for commits and for ending it.
    pub fn proof(&self) -> JobFence {
        JobFence { job: self.id, fence: self.fence }
    }
}

/// A job to enqueue.
#[derive(Debug, Clone)]
pub struct NewJob {
    /// Its id, if it turns out to be new.
    pub id: Uuid,
    /// The project it is for.
    pub project: Option<Uuid>,
    /// The account it is for.
    pub account: Option<Uuid>,
    /// What to do.
    pub kind: String,
    /// Unique among unfinished jobs.
    pub key: String,
    /// What the kind needs, JSON.
    pub payload: String,
    /// When it is due.
    pub due_us: i64,
}

/// What enqueuing did.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Enqueued {
    /// A new job.
    New(Uuid),
    /// One with the key waits already; it is due at the earlier of both times.
    Waiting(Uuid),
    /// One with the key is running; it runs once more afterwards.
    Running(Uuid),
}

impl Store {
    /// Adds a job, unless an unfinished one has its key.
    pub async fn enqueue(&self, job: NewJob, now_us: i64) -> Result<Enqueued, StoreError> {
        let done = self.pool.write(move |sql| enqueue(sql, &job, now_us)).await?;
        let wakeups = self.pool.wakeups();
        wakeups.notify_waiters();
        wakeups.notify_one();
        Ok(done)
    }

    /// Takes due jobs (of some kinds; empty: all), the longest due first, for `lease_us`.
    pub async fn claim_jobs(
        &self,
        holder: &str,
        kinds: &[&str],
        limit: usize,
        now_us: i64,
        lease_us: i64,
    ) -> Result<Vec<Job>, StoreError> {
        let (holder, kinds) = (holder.to_owned(), owned(kinds));
        self.pool
            .write(move |sql| {
                let mut filter = Where::default();
                let (holder, lease) = (filter.bind(&holder), filter.bind(now_us + lease_us));
                filter.and_some("due_us <=", Some(now_us));
                filter.and("state <> 'FAILED'");
                filter.and_in("kind", kinds.iter());
                let limit = filter.bind(crate::sql::limit(limit));
                let text = format!(
                    "update job set state = 'RUNNING', fence = fence + 1, holder = {holder}, due_us = {lease}
                     where id in (select id from job{} order by due_us, id limit {limit} for update skip locked) returning {JOB}",
                    filter.text
                );
                let mut jobs = rows(sql, &text, &filter.values, read_job)?;
                jobs.sort_by_key(|job| (job.created_us, job.id));
                Ok(jobs)
            })
            .await
    }

    /// Extends the lease; false when the job is no longer ours.
    pub async fn heartbeat(&self, proof: JobFence, now_us: i64, lease_us: i64) -> Result<bool, StoreError> {
        let text = "update job set due_us = $3 where id = $1 and fence = $2 and state = 'RUNNING'";
        self.touch(move |sql| sql.execute(text, &[proof.job.into(), proof.fence.into(), (now_us + lease_us).into()]))
            .await
    }

    /// Ends a job; false when it is no longer ours. One enqueued again meanwhile is queued instead.
    pub async fn complete_job(&self, proof: JobFence, now_us: i64) -> Result<bool, StoreError> {
        self.touch(move |sql| {
            let again = sql.execute(
                "update job set state = 'QUEUED', again = false, due_us = $3, failures = 0, holder = null, error = null
                 where id = $1 and fence = $2 and state = 'RUNNING' and again",
                &[proof.job.into(), proof.fence.into(), now_us.into()],
            )?;
            if again > 0 {
                return Ok(again);
            }
            let text = "delete from job where id = $1 and fence = $2 and state = 'RUNNING'";
            sql.execute(text, &[proof.job.into(), proof.fence.into()])
        })
        .await
    }

    /// Notes a failure and queues the job for `retry_us`, or gives it up (`None`); false when it is no longer ours.
    pub async fn fail_job(
        &self,
        proof: JobFence,
        error: &str,
        retry_us: Option<i64>,
        now_us: i64,
    ) -> Result<bool, StoreError> {
        let error = error.to_owned();
        let state = if retry_us.is_some() { JobState::Queued } else { JobState::Failed };
        self.touch(move |sql| {
            sql.execute(
                "update job set state = $3, due_us = $4, failures = failures + 1, holder = null, error = $5, again = false
                 where id = $1 and fence = $2 and state = 'RUNNING'",
                &[
                    proof.job.into(),
                    proof.fence.into(),
                    state.as_str().into(),
                    retry_us.unwrap_or(now_us).into(),
                    error.as_str().into(),
                ],
            )
        })
        .await
    }

    /// Puts a job aside until a time, without a failure (out of quota); with a new payload if given. False when it is no longer ours.
    pub async fn park_job(
        &self,
        proof: JobFence,
        until_us: i64,
        reason: &str,
        payload: Option<&str>,
    ) -> Result<bool, StoreError> {
        let (reason, payload) = (reason.to_owned(), payload.map(str::to_owned));
        self.touch(move |sql| {
            sql.execute(
                "update job set state = 'QUEUED', due_us = $3, holder = null, error = $4, payload = coalesce($5, payload), again = false
                 where id = $1 and fence = $2 and state = 'RUNNING'",
                &[
                    proof.job.into(),
                    proof.fence.into(),
                    until_us.into(),
                    reason.as_str().into(),
                    payload.as_deref().into(),
                ],
            )
        })
        .await
    }

    /// When the next unfinished job is due (of some kinds; empty: all).
    pub async fn next_due_us(&self, kinds: &[&str]) -> Result<Option<i64>, StoreError> {
        let kinds = owned(kinds);
        self.pool
            .read(move |sql| {
                let mut filter = Where::default();
                filter.and("state <> 'FAILED'");
                filter.and_in("kind", kinds.iter());
                let text = format!("select min(due_us) from job{}", filter.text);
                Ok(first(sql, &text, &filter.values, |row| row.opt_int(0))?.flatten())
            })
            .await
    }

    /// All jobs, the soonest due first.
    pub async fn jobs(&self, limit: usize) -> Result<Vec<Job>, StoreError> {
        let text = format!("select {JOB} from job order by due_us, id limit $1");
        self.pool.read(move |sql| rows(sql, &text, &[crate::sql::limit(limit).into()], read_job)).await
    }

    /// Removes failed jobs whose last failure is older than this; returns how many.
    pub async fn prune_jobs(&self, before_us: i64) -> Result<u64, StoreError> {
        let text = "delete from job where state = 'FAILED' and due_us < $1";
        self.pool.write(move |sql| sql.execute(text, &[before_us.into()])).await
    }

    async fn touch(
        &self,
        f: impl FnOnce(&mut dyn Sql) -> Result<u64, StoreError> + Send + 'static,
    ) -> Result<bool, StoreError> {
        self.pool.write(move |sql| Ok(f(sql)? > 0)).await
    }
}

impl Scope {
    /// The project's jobs (of one account), the soonest due first.
    pub async fn jobs(&self, account: Option<Uuid>, limit: usize) -> Result<Vec<Job>, StoreError> {
        let project = self.project;
        self.store
            .pool
            .read(move |sql| {
                let mut filter = Where::default();
                filter.and_some("project =", Some(project));
                filter.and_some("account =", account);
                let limit = filter.bind(crate::sql::limit(limit));
                let text = format!("select {JOB} from job{} order by due_us, id limit {limit}", filter.text);
                rows(sql, &text, &filter.values, read_job)
            })
            .await
    }
}

const JOB: &str =
    "id, project, account, kind, key, payload, state, due_us, failures, fence, holder, error, again, created_us";

fn read_job(row: &dyn Row) -> Result<Job, StoreError> {
    Ok(Job {
        id: row.uuid(0)?,
        project: row.opt_uuid(1)?,
        account: row.opt_uuid(2)?,
        kind: row.text(3)?,
        key: row.text(4)?,
        payload: row.text(5)?,
        state: JobState::parse(&row.text(6)?).ok_or(StoreError::Malformed { what: "job state" })?,
        due_us: row.int(7)?,
        failures: row.int(8)?,
        fence: row.int(9)?,
        holder: row.opt_text(10)?,
        error: row.opt_text(11)?,
        again: row.bool(12)?,
        created_us: row.int(13)?,
    })
}

fn owned(kinds: &[&str]) -> Vec<String> {
    kinds.iter().map(|kind| (*kind).to_owned()).collect()
}

fn enqueue(sql: &mut dyn Sql, job: &NewJob, now_us: i64) -> Result<Enqueued, StoreError> {
    let key = job.key.as_str().into();
    let inserted = sql.execute(
        "insert into job (id, project, account, kind, key, payload, state, due_us, failures, fence, again, created_us)
         values ($1, $2, $3, $4, $5, $6, 'QUEUED', $7, 0, 0, false, $8)
         on conflict (key) where state <> 'FAILED' do nothing",
        &[
            job.id.into(),
            job.project.into(),
            job.account.into(),
            job.kind.as_str().into(),
            key,
            job.payload.as_str().into(),
            job.due_us.into(),
            now_us.into(),
        ],
    )?;
    if sql.dialect() == Dialect::Postgres {
        sql.query("select 1 from pg_notify('unisono_job', '')", &[], &mut |_| Ok(()))?;
    }
    if inserted > 0 {
        return Ok(Enqueued::New(job.id));
    }
    let found = first(
        sql,
        "select id, state, due_us from job where key = $1 and state <> 'FAILED' for update",
        &[key],
        |row| Ok((row.uuid(0)?, row.text(1)?, row.int(2)?)),
    )?;
    // It ended between the two statements, which another process on PostgreSQL can do: the caller may simply try again.
    let Some((id, state, due_us)) = found else { return Err(StoreError::Conflict { what: "job".to_owned() }) };
    if state == JobState::Running.as_str() {
        sql.execute("update job set again = true where id = $1", &[id.into()])?;
        return Ok(Enqueued::Running(id));
    }
    sql.execute("update job set due_us = $2 where id = $1", &[id.into(), due_us.min(job.due_us).into()])?;
    Ok(Enqueued::Waiting(id))
}
