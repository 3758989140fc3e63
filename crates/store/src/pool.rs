//! Threads that own the connections; the async face sends them closures.
//!
//! Always true: no query runs on an async thread; on SQLite all writing goes through one thread; queues are bounded, so a slow
//! database slows its callers instead of filling memory; a transaction is rolled back whenever its closure does not return `Ok`.

use crate::postgres::Postgres;
use crate::sql::Sql;
use crate::sqlite::Sqlite;
use crate::tls::Connector;
use crate::url::Target;
use crate::{OpenError, OpenOptions, StoreError, schema};
use ::postgres::fallible_iterator::FallibleIterator;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::{Arc, Mutex, PoisonError, Weak};
use std::time::Duration;
use tokio::sync::{Notify, mpsc, oneshot};

const QUEUE_LEN_MAX: usize = 256;
const LISTEN_POLL: Duration = Duration::from_millis(500);
const RECONNECT_DELAY: Duration = Duration::from_secs(5);

type Task = Box<dyn FnOnce(&mut dyn Sql) + Send>;
type Connection = Box<dyn Sql + Send>;
type Tasks = Arc<Mutex<mpsc::Receiver<Task>>>;

/// Threads that own the connections.
#[derive(Debug)]
pub(crate) struct Pool {
    write: mpsc::Sender<Task>,
    read: mpsc::Sender<Task>,
    wakeups: Arc<Notify>,
}

impl Pool {
    /// Opens all connections and migrates.
    pub(crate) async fn open(target: Target, options: OpenOptions) -> Result<Self, OpenError> {
        let (done, opened) = oneshot::channel();
        let opening = std::thread::Builder::new().name("store-open".to_owned()).spawn(move || {
            let _ = done.send(open(target, &options));
        });
        if let Err(source) = opening {
            return Err(OpenError::Connect { target: "thread".to_owned(), source: source.into() });
        }
        opened.await.map_err(|_| StoreError::Closed)?
    }

    /// Woken when a job may be due.
    pub(crate) fn wakeups(&self) -> Arc<Notify> {
        self.wakeups.clone()
    }

    /// Runs queries on a connection that reads.
    pub(crate) async fn read<T, E, F>(&self, f: F) -> Result<T, E>
    where
        T: Send + 'static,
        E: From<StoreError> + Send + 'static,
        F: FnOnce(&mut dyn Sql) -> Result<T, E> + Send + 'static,
    {
        run(&self.read, f).await
    }

    /// Runs a quick query on a connection that writes. SQLite's other connections lose their page caches with every commit, so that
    /// what a sync looks up between its commits would be read from the file each time.
    pub(crate) async fn look<T, F>(&self, f: F) -> Result<T, StoreError>
    where
        T: Send + 'static,
        F: FnOnce(&mut dyn Sql) -> Result<T, StoreError> + Send + 'static,
    {
        run(&self.write, f).await
    }

    /// Runs a transaction; it ends with the closure's `Ok`, else it leaves nothing.
    pub(crate) async fn write<T, E, F>(&self, f: F) -> Result<T, E>
    where
        T: Send + 'static,
        E: From<StoreError> + Send + 'static,
        F: FnOnce(&mut dyn Sql) -> Result<T, E> + Send + 'static,
    {
        run(&self.write, move |sql| transaction(sql, f)).await
    }
}

/// Runs a closure as a transaction.
pub(crate) fn transaction<T, E: From<StoreError>>(
    sql: &mut dyn Sql,
    f: impl FnOnce(&mut dyn Sql) -> Result<T, E>,
) -> Result<T, E> {
    sql.begin()?;
    let result = f(sql).and_then(|value| sql.commit().map(|()| value).map_err(E::from));
    if result.is_err() {
        sql.rollback();
    }
    result
}

async fn run<T, E, F>(queue: &mpsc::Sender<Task>, f: F) -> Result<T, E>
where
    T: Send + 'static,
    E: From<StoreError> + Send + 'static,
    F: FnOnce(&mut dyn Sql) -> Result<T, E> + Send + 'static,
{
    let (done, result) = oneshot::channel();
    let task: Task = Box::new(move |sql| {
        let outcome = match sql.ready() {
            Ok(()) => f(sql),
            Err(error) => Err(E::from(error)),
        };
        let _ = done.send(outcome); // Whoever asked may have gone.
    });
    queue.send(task).await.map_err(|_| StoreError::Closed)?;
    result.await.map_err(|_| StoreError::Closed)?
}

fn open(target: Target, options: &OpenOptions) -> Result<Pool, OpenError> {
    let name = target.name();
    let failed = |source: Box<dyn std::error::Error + Send + Sync>| OpenError::Connect { target: name.clone(), source };
    let wakeups = Arc::new(Notify::new());
    let connections = options.connections.max(1);
    match target {
        Target::Sqlite(path) => {
            let mut writer = Sqlite::open(&path, true).map_err(|e| failed(e.into()))?;
            schema::migrate(&mut writer, options.migrate)?;
            let mut readers: Vec<Connection> = Vec::new();
            for _ in 0..connections {
                readers.push(Box::new(Sqlite::open(&path, false).map_err(|e| failed(e.into()))?));
            }
            Ok(Pool {
                write: workers("store-write", vec![Box::new(writer)]).map_err(|e| failed(e.into()))?,
                read: workers("store-read", readers).map_err(|e| failed(e.into()))?,
                wakeups,
            })
        }
        Target::Postgres { config, verify } => {
            let tls = Connector::new(&config, &verify).map_err(failed)?;
            let mut all: Vec<Connection> = Vec::new();
            for n in 0..connections {
                let mut connection = Postgres::open((*config).clone(), tls.clone()).map_err(|e| failed(e.into()))?;
                if n == 0 {
                    schema::migrate(&mut connection, options.migrate)?;
                }
                all.push(Box::new(connection));
            }
            let queue = workers("store", all).map_err(|e| failed(e.into()))?;
            listen(*config, tls, Arc::downgrade(&wakeups)).map_err(|e| failed(e.into()))?;
            Ok(Pool { write: queue.clone(), read: queue, wakeups })
        }
    }
}

/// Starts a thread per connection; they end when the queue's last sender is dropped.
fn workers(name: &str, connections: Vec<Connection>) -> Result<mpsc::Sender<Task>, std::io::Error> {
    let (queue, tasks) = mpsc::channel(QUEUE_LEN_MAX);
    let tasks = Arc::new(Mutex::new(tasks));
    for connection in connections {
        let tasks = tasks.clone();
        std::thread::Builder::new().name(name.to_owned()).spawn(move || work(connection, &tasks))?;
    }
    Ok(queue)
}

fn work(mut connection: Connection, tasks: &Tasks) {
    loop {
        let task = tasks.lock().unwrap_or_else(PoisonError::into_inner).blocking_recv();
        let Some(task) = task else { return };
        if catch_unwind(AssertUnwindSafe(|| task(connection.as_mut()))).is_err() {
            tracing::error!("a query panicked; its transaction is rolled back");
            connection.rollback();
        }
    }
}

/// Turns other processes' notifications into wake-ups, as long as somebody holds the store.
fn listen(config: ::postgres::Config, tls: Connector, wakeups: Weak<Notify>) -> Result<(), std::io::Error> {
    std::thread::Builder::new().name("store-listen".to_owned()).spawn(move || {
        while wakeups.strong_count() > 0 {
            if let Err(error) = listen_once(&config, &tls, &wakeups) {
                tracing::warn!(%error, "listening for wake-ups failed, polling goes on");
                std::thread::park_timeout(RECONNECT_DELAY);
            }
        }
    })?;
    Ok(())
}

fn listen_once(config: &::postgres::Config, tls: &Connector, wakeups: &Weak<Notify>) -> Result<(), ::postgres::Error> {
    let mut client = tls.connect(config)?;
    client.batch_execute("listen unisono_job")?;
    loop {
        let heard = client.notifications().timeout_iter(LISTEN_POLL).next()?.is_some();
        let Some(notify) = wakeups.upgrade() else { return Ok(()) };
        if heard {
            notify.notify_waiters();
            notify.notify_one();
        } else if client.is_closed() {
            return Ok(());
        }
    }
}
