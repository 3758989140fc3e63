//! Clock: what time it is at the simulated vendor; it follows the machine's clock and can be moved forward.
//!
//! Always true: it never runs backwards, and it is never before the description's `epoch`, so a generated
//! record is never from the vendor's future.
//! Elsewhere: stamps on records are `state`, token lifetimes are `oauth`.

use std::sync::atomic::{AtomicI64, Ordering};

use jiff::{SignedDuration, Timestamp};

/// The simulated vendor's clock.
#[derive(Debug)]
pub struct Clock {
    epoch: Timestamp,
    ahead_ms: AtomicI64,
}

impl Clock {
    pub(crate) fn new(epoch: Timestamp) -> Self {
        Self { epoch, ahead_ms: AtomicI64::new(0) }
    }

    /// The vendor's time.
    pub fn now(&self) -> Timestamp {
        let ahead = SignedDuration::from_millis(self.ahead_ms.load(Ordering::Acquire));
        let now = Timestamp::now().max(self.epoch);
        now.checked_add(ahead).unwrap_or(now)
    }

    /// Moves the clock forward, for instance past the life of a token.
    pub fn advance(&self, by: std::time::Duration) {
        let ms = i64::try_from(by.as_millis()).unwrap_or(i64::MAX / 4);
        self.ahead_ms.fetch_add(ms, Ordering::AcqRel);
    }
}
