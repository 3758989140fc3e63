//! Serve: one simulated vendor on a port.

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use crate::{Clock, Faults, RecordedRequest, State};

/// How to run a simulated vendor.
#[derive(Debug, Clone)]
pub struct StartOptions {
    /// Where to listen; port 0 takes a free one. Default `127.0.0.1:0`.
    pub addr: SocketAddr,
    /// The same seed gives the same records. Default 1.
    pub seed: u64,
    /// How many records the main collection has; without it, the description's own size.
    pub size: Option<u64>,
    /// Added to every reply.
    pub latency: Duration,
    /// Whether the vendor's rate limits hold. Default true.
    pub limits: bool,
}

impl Default for StartOptions {
    fn default() -> Self {
        Self { addr: SocketAddr::from(([127, 0, 0, 1], 0)), seed: 1, size: None, latency: Duration::ZERO, limits: true }
    }
}

/// A simulated vendor that could not be started.
#[derive(Debug, thiserror::Error)]
pub enum StartError {
    /// The address is taken or not ours.
    #[error("cannot listen on {addr}")]
    Listen {
        /// The address asked for.
        addr: SocketAddr,
        /// Why.
        #[source]
        source: std::io::Error,
    },
    /// A template of the description failed on real data.
    #[error("cannot generate {what}: {problem}")]
    Generate {
        /// The collection or credential.
        what: String,
        /// Why.
        problem: String,
    },
}

/// A simulated vendor that is running; dropping it stops it.
#[derive(Debug)]
pub struct Running {
    url: String,
}

impl Running {
    /// `http://127.0.0.1:<port>`, without a slash at the end.
    pub fn url(&self) -> &str {
        &self.url
    }

    /// What a customer would type into the link form: field name -> value. More names than one form has;
    /// take the ones the form asks for.
    pub fn credentials(&self) -> BTreeMap<String, String> {
        todo!()
    }

    /// The newest requests, oldest first.
    pub fn requests(&self) -> Vec<RecordedRequest> {
        todo!()
    }

    /// Forgets the recorded requests.
    pub fn clear_requests(&self) {
        todo!()
    }

    /// Switches faults on and off.
    pub fn faults(&self) -> &Faults {
        todo!()
    }

    /// Changes records as a person in the vendor's own screens would.
    pub fn state(&self) -> &Arc<State> {
        todo!()
    }

    /// The vendor's clock.
    pub fn clock(&self) -> &Clock {
        todo!()
    }

    /// Makes every access token handed out so far invalid (refresh tokens stay valid).
    pub fn expire_tokens(&self) {
        todo!()
    }

    /// Stops and waits for the port to be free.
    pub async fn stop(self) {
        todo!()
    }
}
