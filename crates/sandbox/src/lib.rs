//! Simulated vendors on a loopback port, described by `sandbox.yaml`.
//!
//! Always true: a sandbox knows nothing of connectors, models or the rest of Unisono; what it serves comes
//! from its own description and a seed, and the same seed gives the same bytes.
//! Elsewhere: the language is documented in `docs/sandbox.md`; the simulated vendors are `connectors/*/sandbox.yaml`.

mod answer;
mod auth;
mod clock;
mod control;
mod dice;
mod fault;
mod functions;
mod generate;
mod limit;
mod load;
mod page;
mod plan;
mod record_log;
mod refuse;
mod request;
mod route;
mod scope;
mod select;
mod serve;
mod spec;
mod state;
mod template;
mod time;
mod vendor;
mod words;

pub use clock::Clock;
pub use fault::{Fault, FaultId, FaultKind, Faults};
pub use load::{LoadError, Sandbox};
pub use record_log::RecordedRequest;
pub use serve::{Running, StartError, StartOptions};
pub use state::{MutateError, State};
