//! Why a proof could not be given.

use unisono_outbound::SendError;
use unisono_store::StoreError;

use crate::seal::OpenError;

/// Why a token endpoint issued nothing.
#[derive(Debug, thiserror::Error)]
pub enum GrantError {
    /// The grant is no longer good (`invalid_grant`) or the credentials are wrong: only the end customer can help.
    #[error("the vendor no longer accepts the credentials: {reason}")]
    Dead {
        /// The vendor's words, redacted.
        reason: String,
    },
    /// Our own registration with the vendor is refused (`invalid_client` and the like): the operator can help.
    #[error("the vendor refuses this application: {reason}")]
    Client {
        /// The vendor's words, redacted.
        reason: String,
    },
    /// The reply makes no sense.
    #[error("the token reply cannot be used: {reason}")]
    Reply {
        /// What is wrong with it.
        reason: String,
    },
    /// Out of order for the moment.
    #[error("the token endpoint is out of order ({status})")]
    Unavailable {
        /// HTTP status.
        status: u16,
    },
    /// No reply.
    #[error(transparent)]
    Send(#[from] SendError),
}

/// Why a request could not be given its proof.
#[derive(Debug, thiserror::Error)]
pub enum AuthError {
    /// The account has no credentials.
    #[error("linked account has no credentials")]
    Missing,
    /// The end customer must link again.
    #[error("the linked account must be linked again: {reason}")]
    Relink {
        /// Why, in plain words.
        reason: String,
    },
    /// The manifest or the account's settings do not give a usable proof.
    #[error("auth `{what}`: {reason}")]
    Manifest {
        /// Which part of `auth`.
        what: String,
        /// What is wrong.
        reason: String,
    },
    /// The token endpoint did not help this time.
    #[error(transparent)]
    Grant(GrantError),
    /// Somebody else has been refreshing for too long.
    #[error("tokens are being refreshed elsewhere and no result came in time")]
    Busy,
    /// The sealed credentials do not open.
    #[error("credentials cannot be opened")]
    Sealed(#[from] OpenError),
    /// The database does not answer.
    #[error("database")]
    Store(#[from] StoreError),
}

impl AuthError {
    /// A fault of the manifest.
    pub(crate) fn manifest(what: &str, reason: impl ToString) -> Self {
        Self::Manifest { what: what.to_owned(), reason: reason.to_string() }
    }

    /// Whether trying later may help without anybody doing something.
    pub fn is_temporary(&self) -> bool {
        match self {
            Self::Grant(GrantError::Send(error)) => error.is_temporary(),
            Self::Grant(GrantError::Unavailable { .. }) | Self::Busy | Self::Store(_) => true,
            Self::Grant(GrantError::Dead { .. } | GrantError::Client { .. } | GrantError::Reply { .. }) => false,
            Self::Missing | Self::Relink { .. } | Self::Manifest { .. } | Self::Sealed(_) => false,
        }
    }
}

impl From<GrantError> for AuthError {
    fn from(error: GrantError) -> Self {
        match error {
            GrantError::Dead { reason } => Self::Relink { reason },
            other => Self::Grant(other),
        }
    }
}
