//! What can go wrong, one enum per verb and one variant per thing a caller can do about it.
//!
//! Always true: messages are for the caller and contain nothing internal; the cause is kept as source.

/// Checking keys and tokens failed.
#[derive(Debug, thiserror::Error)]
pub enum AccessError {
    /// The name is empty, too long or taken.
    #[error("name `{name}` {problem}")]
    Name {
        /// The name.
        name: String,
        /// What is wrong with it.
        problem: &'static str,
    },
    /// No such key in this project.
    #[error("no key named `{0}`")]
    NoSuchKey(String),
    /// Something broke on our side.
    #[error("internal error")]
    Internal(#[source] anyhow::Error),
}

/// Linking, or managing a linked account, failed.
#[derive(Debug, thiserror::Error)]
pub enum ConnectError {
    /// A value is missing or malformed.
    #[error("field `{field}` {problem}")]
    Invalid {
        /// Name of the field.
        field: String,
        /// What is wrong with it.
        problem: String,
    },
    /// The link token, public token or OAuth state is unknown, used or expired.
    #[error("{0} is unknown, used or expired")]
    BadToken(&'static str),
    /// No such connector, or not for this category.
    #[error("no integration `{0}`")]
    NoSuchIntegration(String),
    /// The vendor says the credentials are wrong.
    #[error("{integration} did not accept the credentials: {message}")]
    Refused {
        /// Display name of the connector.
        integration: String,
        /// The vendor's words, redacted.
        message: String,
    },
    /// The vendor could not be asked.
    #[error("{integration} could not be reached: {message}")]
    Unreachable {
        /// Display name of the connector.
        integration: String,
        /// What happened.
        message: String,
    },
    /// No such linked account in this project.
    #[error("no such linked account")]
    NoSuchAccount,
    /// The cursor is not one of ours.
    #[error("invalid cursor")]
    Cursor,
    /// Something broke on our side.
    #[error("internal error")]
    Internal(#[source] anyhow::Error),
}

/// Reading records failed.
#[derive(Debug, thiserror::Error)]
pub enum ReadError {
    /// The model is not known.
    #[error("no model `{0}`")]
    NoSuchModel(String),
    /// No such record in this linked account.
    #[error("no such record")]
    NotFound,
    /// The cursor is not one of this list.
    #[error("invalid cursor")]
    Cursor,
    /// A parameter has a value it cannot have.
    #[error("parameter `{name}` {problem}")]
    Parameter {
        /// Name of the parameter.
        name: String,
        /// What is wrong with it.
        problem: String,
    },
    /// Something broke on our side.
    #[error("internal error")]
    Internal(#[source] anyhow::Error),
}

/// Reading or steering syncs, runs, logs and rejects failed.
#[derive(Debug, thiserror::Error)]
pub enum SyncError {
    /// No such linked account in this project.
    #[error("no such linked account")]
    NoSuchAccount,
    /// The cursor is not one of this list.
    #[error("invalid cursor")]
    Cursor,
    /// The linked account cannot be synced as it is.
    #[error("the linked account cannot be synced: {0}")]
    NotSyncable(String),
    /// Something broke on our side.
    #[error("internal error")]
    Internal(#[source] anyhow::Error),
}

/// Reading issues failed.
#[derive(Debug, thiserror::Error)]
pub enum CheckError {
    /// The cursor is not one of this list.
    #[error("invalid cursor")]
    Cursor,
    /// A filter has a value it cannot have.
    #[error("parameter `{0}` is not valid")]
    Parameter(&'static str),
    /// Something broke on our side.
    #[error("internal error")]
    Internal(#[source] anyhow::Error),
}

/// The job loop failed.
#[derive(Debug, thiserror::Error)]
pub enum JobError {
    /// Something broke on our side.
    #[error("internal error")]
    Internal(#[source] anyhow::Error),
}
