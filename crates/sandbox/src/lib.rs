//! Simulated vendors on a loopback port, described by `sandbox.yaml`.
//!
//! Always true: a sandbox knows nothing of connectors, models or the rest of Unisono; what it serves comes
//! from its own description and a seed, and the same seed gives the same bytes.
//! Elsewhere: the language is documented in `docs/sandbox.md`; the simulated vendors are `connectors/*/sandbox.yaml`.

mod load;
mod spec;
mod template;
mod scope;
mod functions;
mod words;
mod dice;
mod time;
mod generate;
mod state;
mod select;
mod page;
mod route;
mod request;
mod refuse;
mod answer;
mod auth;
mod limit;
mod fault;
mod clock;
mod record_log;
mod vendor;
mod control;
mod serve;

pub use clock::Clock;
pub use fault::{Fault, FaultId, FaultKind, Faults};
pub use load::{LoadError, Sandbox};
pub use record_log::RecordedRequest;
pub use serve::{Running, StartError, StartOptions};
pub use state::{MutateError, State};
