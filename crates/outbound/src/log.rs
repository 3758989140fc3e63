//! The request log hook: what the caller is told about every exchange, redacted before it arrives.

use std::fmt;
use std::sync::Arc;
use std::time::{Duration, SystemTime};

/// One request and what came of it. Retries and redirects are exchanges of their own.
#[derive(Debug, Clone)]
pub struct Exchange {
    /// Key of the lane it went through, usually the id of the linked account.
    pub lane: String,
    /// When it was sent.
    pub at: SystemTime,
    /// HTTP method.
    pub method: String,
    /// Address with credentials replaced by `***`.
    pub url: String,
    /// Status of the reply, if there was one.
    pub status: Option<u16>,
    /// From sending to the last byte.
    pub duration: Duration,
    /// Size of the reply body after decompression.
    pub bytes: u64,
    /// Which try of the same request this was, from 1.
    pub attempt: u32,
    /// Why there is no usable reply, redacted.
    pub error: Option<String>,
}

/// Receives every [`Exchange`]; must be quick and must not block (hand the entry to a channel).
#[derive(Clone)]
pub struct LogHook(Arc<dyn Fn(Exchange) + Send + Sync>);

impl LogHook {
    /// Wraps a callback.
    pub fn new(hook: impl Fn(Exchange) + Send + Sync + 'static) -> Self {
        Self(Arc::new(hook))
    }

    pub(crate) fn tell(&self, exchange: Exchange) {
        (self.0)(exchange);
    }
}

impl fmt::Debug for LogHook {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("LogHook")
    }
}
