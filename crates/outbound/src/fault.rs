//! What went wrong, and what a reply means for sending on.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use http::StatusCode;
use url::Url;

use crate::guard::GuardError;
use crate::{Park, Reply};

/// What a reply means for pacing and repeating. The caller keeps the finer meaning to itself.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Verdict {
    /// Hand it to the caller, whatever it says.
    Deliver,
    /// The quota is used up; not processed, so any method may be sent again later.
    RateLimited {
        /// The wait that the reply asked for, if it did and it is not in `Retry-After` or a reset header.
        retry_after: Option<Duration>,
    },
    /// The other side is out of order for the moment; repeated only if the request is repeatable.
    Unavailable,
}

/// The caller's classification of replies (from the connector's faults).
#[derive(Clone)]
pub struct Classify(Arc<dyn Fn(&Reply) -> Verdict + Send + Sync>);

impl Classify {
    /// Wraps a callback.
    pub fn new(classify: impl Fn(&Reply) -> Verdict + Send + Sync + 'static) -> Self {
        Self(Arc::new(classify))
    }

    pub(crate) fn of(&self, reply: &Reply) -> Verdict {
        (self.0)(reply)
    }
}

impl fmt::Debug for Classify {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Classify")
    }
}

impl Verdict {
    /// The meaning of a status when nobody knows better: 429, 408 and 5xx but 501.
    pub fn by_status(status: StatusCode) -> Self {
        match status.as_u16() {
            429 => Self::RateLimited { retry_after: None },
            501 => Self::Deliver,
            408 | 500..=599 => Self::Unavailable,
            _ => Self::Deliver,
        }
    }
}

/// Why there is no reply. Texts carry no credentials.
#[derive(Debug, thiserror::Error)]
pub enum SendError {
    /// The address may not be contacted. Configuration, not weather: do not repeat.
    #[error(transparent)]
    Refused(#[from] GuardError),
    /// The quota is used up for longer than one waits in place; come back at `park.until`.
    #[error("quota used up, more in {} s", .park.wait.as_secs())]
    Parked {
        /// When to come back.
        park: Park,
        /// The reply that said so, if one did.
        reply: Option<Box<Reply>>,
    },
    /// Nobody answers at that host.
    #[error("cannot connect to {host}: {reason}")]
    Unconnected {
        /// Host of the request.
        host: String,
        /// Innermost cause.
        reason: String,
    },
    /// The other side was silent for too long, or too slow in all.
    #[error("{host} did not send {what} within {} s", .after.as_secs_f32())]
    Timeout {
        /// Host of the request.
        host: String,
        /// What was waited for.
        what: &'static str,
        /// How long.
        after: Duration,
    },
    /// The other side took the request and closed the connection before its reply began.
    #[error("{host} closed the connection without a reply: {reason}")]
    HungUp {
        /// Host of the request.
        host: String,
        /// Innermost cause.
        reason: String,
    },
    /// The reply ended early or is damaged; nothing of it may be used.
    #[error("reply from {host} is incomplete: {reason}")]
    Truncated {
        /// Host of the request.
        host: String,
        /// Innermost cause.
        reason: String,
    },
    /// The reply is larger than allowed.
    #[error("reply from {host} is larger than {limit} bytes")]
    TooLarge {
        /// Host of the request.
        host: String,
        /// The limit of the decompressed body.
        limit: u64,
    },
    /// The reply points elsewhere and it is not followed.
    #[error("{host} redirects to {to}, which is not followed: {reason}")]
    Redirected {
        /// Host of the request.
        host: String,
        /// Target without its query.
        to: String,
        /// Why it is not followed.
        reason: &'static str,
    },
    /// The request cannot be written down.
    #[error("request to {host} is not valid: {reason}")]
    Invalid {
        /// Host of the request.
        host: String,
        /// What is wrong.
        reason: String,
    },
}

impl SendError {
    /// Whether the same request may have better luck later.
    pub fn is_temporary(&self) -> bool {
        match self {
            Self::Parked { .. } | Self::Unconnected { .. } | Self::Timeout { .. } => true,
            Self::HungUp { .. } | Self::Truncated { .. } => true,
            Self::Refused(_) | Self::TooLarge { .. } | Self::Redirected { .. } | Self::Invalid { .. } => false,
        }
    }

    /// Whether the vendor may have acted on the request although there is no reply.
    pub fn may_have_arrived(&self) -> bool {
        match self {
            Self::Timeout { .. } | Self::HungUp { .. } | Self::Truncated { .. } => true,
            Self::TooLarge { .. } | Self::Redirected { .. } => true,
            Self::Refused(_) | Self::Parked { .. } | Self::Unconnected { .. } | Self::Invalid { .. } => false,
        }
    }
}

/// The host as errors name it.
pub(crate) fn host_of(url: &Url) -> String {
    match (url.host_str(), url.port()) {
        (Some(host), Some(port)) => format!("{host}:{port}"),
        (Some(host), None) => host.to_owned(),
        (None, _) => "an address without host".to_owned(),
    }
}
