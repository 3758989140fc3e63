//! Outbound: the one HTTP client. Everything that leaves this machine for a vendor goes through [`Outbound::send`].
//!
//! Always true: an address is resolved once, checked by the guard and pinned for the connection; every reply has a
//! size and a time limit; a lane (one per linked account) paces all its callers together; secrets are redacted
//! before anything is logged or put into an error.
//! Elsewhere: what a vendor's refusal means is decided by the caller (`connector` faults); credentials are `auth`.

mod client;
mod fault;
mod guard;
mod log;
mod pace;
mod quota;
mod redact;
mod request;
mod secret;

pub use client::{Config, ConfigError, Limits, Outbound, Timeouts};
pub use fault::{Classify, SendError, Verdict};
pub use guard::{Guard, GuardConfig, GuardError, Lookup, LookupFuture, SystemLookup};
pub use log::{Exchange, LogHook};
pub use pace::{Lane, Pace, Park, Permit};
pub use quota::{QuotaHeaders, ResetAs};
pub use redact::Redactor;
pub use request::{Reply, Request};
pub use secret::Secret;

pub use bytes::Bytes;
pub use http::{HeaderMap, HeaderName, HeaderValue, Method, StatusCode};
pub use ipnet::IpNet;
pub use url::Url;
