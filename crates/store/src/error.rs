//! What can go wrong with the database as such. Verbs with failures of their own have their own enum beside them.

/// A query failed.
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    /// The database refused or could not be reached.
    #[error("database failed")]
    Database(#[source] Box<dyn std::error::Error + Send + Sync>),
    /// A row with the same unique value exists.
    #[error("{what} exists already")]
    Conflict {
        /// The constraint or column.
        what: String,
    },
    /// A stored value is not what the schema promises.
    #[error("stored {what} is malformed")]
    Malformed {
        /// What was read.
        what: &'static str,
    },
    /// A list was asked for something that cannot be a query, such as an odd field name.
    #[error("query is invalid: {problem}")]
    Query {
        /// What is wrong.
        problem: String,
    },
    /// The store was closed, or its thread ended.
    #[error("database is closed")]
    Closed,
}

impl StoreError {
    /// True when the same call may succeed later: a lost connection, a serialization failure, a busy file.
    pub fn is_temporary(&self) -> bool {
        match self {
            Self::Database(source) => crate::dialect::is_temporary(source.as_ref()),
            Self::Conflict { .. } | Self::Malformed { .. } | Self::Query { .. } | Self::Closed => false,
        }
    }
}

/// A database could not be opened.
#[derive(Debug, thiserror::Error)]
pub enum OpenError {
    /// The URL is none of ours.
    #[error("database url is invalid: {problem} (use `sqlite:PATH` or `postgres://user:password@host:5432/database`)")]
    Url {
        /// What is wrong.
        problem: String,
    },
    /// The server or file cannot be opened.
    #[error("database {target} cannot be opened")]
    Connect {
        /// The file, or the host and database; never the password.
        target: String,
        /// The reason.
        #[source]
        source: Box<dyn std::error::Error + Send + Sync>,
    },
    /// A newer version of the program has migrated this database.
    #[error(
        "database has schema version {found}, newer than {known} known to this program: start the newer version, or restore a backup"
    )]
    Newer {
        /// The database's version.
        found: i64,
        /// The newest version known here.
        known: i64,
    },
    /// Migrating was not asked for, but is needed.
    #[error("database has schema version {found}, older than {known}: run `migrate` first")]
    Older {
        /// The database's version.
        found: i64,
        /// The newest version known here.
        known: i64,
    },
    /// A migration failed; it was rolled back.
    #[error("migration {version} failed")]
    Migration {
        /// Which.
        version: i64,
        /// The reason.
        #[source]
        source: StoreError,
    },
    /// A first query failed.
    #[error(transparent)]
    Store(#[from] StoreError),
}
