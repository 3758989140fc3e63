//! The one database: schema, queries, migrations; SQLite and PostgreSQL.
//!
//! Always true: every tenant query hangs on [`Store::project`], so a foreign id is simply not found; a page of records, its rejects,
//! stream state, run counters and outbox row commit together or not at all; JSON goes in and comes out as the same bytes.
//! Time is a parameter (`now_us`, microseconds since the epoch) wherever it is stored or compared.
//! Elsewhere: the SQL of one noun is in the file of that noun; what differs between the databases is in `dialect`;
//! tables are in `schema/migrations`; what a token, a seal or a mapping means is the caller's.

mod account;
mod audit;
mod commit;
mod credential;
mod dialect;
mod error;
mod filter;
mod full_pass;
mod integration;
mod issue;
mod job;
mod key;
mod link;
mod list;
mod outbox;
mod pool;
mod postgres;
mod project;
mod record;
mod reject;
mod remote;
mod request_log;
mod run;
mod schema;
mod seen;
mod sql;
mod sqlite;
mod stream;
mod tls;
mod url;

pub use account::{Account, AccountFilter, AccountStatus, AccountUpdate, Erased, NewAccount, TokenChange};
pub use audit::{AuditEvent, AuditFilter};
pub use commit::{CommitError, Counts, PageCommit, Upsert};
pub use credential::{Credential, Refresh, Sealed};
pub use error::{OpenError, StoreError};
pub use full_pass::{Budget, FullPass};
pub use integration::Integration;
pub use issue::{Issue, IssueAccount, IssueFilter, IssueStatus, NewIssue, Reported};
pub use job::{Enqueued, Job, JobFence, JobState, NewJob};
pub use key::{ApiKey, NewKey};
pub use link::{LinkToken, NewLinkToken, PublicToken};
pub use list::{Condition, Field, ListQuery, Op, Order, Scalar, Through};
pub use outbox::OutboxRow;
pub use project::Project;
pub use record::{After, Known, RecordPage, RecordRow};
pub use reject::Reject;
pub use remote::Include;
pub use request_log::{RequestEntry, RequestFilter, RequestRow};
pub use run::{NewRun, Run, RunKind, RunResult};
pub use stream::{NewStream, Stream, StreamSchedule, StreamStatus};

use std::sync::Arc;
use tokio::sync::Notify;
use uuid::Uuid;

/// A SHA-256 digest of a token; tokens themselves are never stored.
pub type Hash = [u8; 32];

/// Where a list ordered by time goes on: the last row's time and id.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Keyset {
    /// The time the list is ordered by.
    pub us: i64,
    /// Breaks ties.
    pub id: Uuid,
}

/// One page of a list and where the next one starts.
#[derive(Debug, Clone)]
pub struct Page<T, C = Keyset> {
    /// The rows.
    pub items: Vec<T>,
    /// `None` on the last page.
    pub next: Option<C>,
}

impl<T, C> Page<T, C> {
    /// Makes a page of rows that were asked for with one more than `page_size`.
    fn cut(mut items: Vec<T>, page_size: usize, cursor: impl Fn(&T) -> C) -> Self {
        let size = sql::limit(page_size) as usize;
        let more = items.len() > size;
        items.truncate(size);
        let next = items.last().filter(|_| more).map(cursor);
        Self { items, next }
    }
}

/// How a store is opened.
#[derive(Debug, Clone)]
pub struct OpenOptions {
    /// Reader threads on SQLite; connections on PostgreSQL.
    pub connections: usize,
    /// Brings the schema up to date. Without it, an outdated schema is an error.
    pub migrate: bool,
}

impl Default for OpenOptions {
    fn default() -> Self {
        Self { connections: 4, migrate: true }
    }
}

/// A handle on the database; cheap to clone.
#[derive(Clone, Debug)]
pub struct Store {
    pool: Arc<pool::Pool>,
}

/// Everything of one project. Making one costs nothing and checks nothing: ids of other projects are not found through it.
#[derive(Clone, Debug)]
pub struct Scope {
    store: Store,
    project: Uuid,
}

impl Store {
    /// Opens `sqlite:PATH` (created when missing) or `postgres://user:password@host/database?sslmode=…`, and migrates it.
    pub async fn open(url: &str, options: OpenOptions) -> Result<Self, OpenError> {
        let target = url::Target::parse(url)?;
        let pool = pool::Pool::open(target, options).await?;
        Ok(Self { pool: Arc::new(pool) })
    }

    /// The queries of one project.
    pub fn project(&self, project: Uuid) -> Scope {
        Scope { store: self.clone(), project }
    }

    /// Woken when a job may have become due (local enqueue; on PostgreSQL also other processes'). Poll as well: a wake-up may be lost.
    pub fn job_wakeups(&self) -> Arc<Notify> {
        self.pool.wakeups()
    }

    /// Fails when the database does not answer.
    pub async fn ping(&self) -> Result<(), StoreError> {
        self.pool.read(|sql| sql.query("select 1", &[], &mut |_| Ok(()))).await
    }

    /// Version of the schema, as migrated.
    pub async fn schema_version(&self) -> Result<i64, StoreError> {
        self.pool.read(schema::version).await
    }
}

impl Scope {
    /// The project this scope is about.
    pub fn id(&self) -> Uuid {
        self.project
    }

    /// The store this scope came from.
    pub fn store(&self) -> &Store {
        &self.store
    }
}
