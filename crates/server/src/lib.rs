//! The HTTP surface: unified API, admin API, OpenAPI, health and metrics.
//!
//! What always holds: nothing is decided here, every operation calls one verb of `unisono_engine`; what can be called
//! is one declared table ([`operation`]) from which router, checks and OpenAPI are made; every reply has an
//! `X-Request-Id`; no body, query, key or token is logged.
//! Elsewhere: verbs are in `engine`; what a model offers is in `model`; the process around this is in `cli`.

mod access;
mod app;
mod call;
mod dispatch;
mod fault;
mod limit;
mod metrics;
pub mod openapi;
pub mod operation;
mod problem;
mod query;
mod reply;
mod request;
mod serve;
mod table;

pub use app::{Options, router};
pub use problem::{PROBLEMS, Problem};
pub use serve::serve;
