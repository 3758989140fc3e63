//! Clock: the system's time, moved ahead by hand.

use std::sync::atomic::{AtomicI64, Ordering};

use unisono_engine::{Clock, SystemClock, Time};

/// The system's time and what was added to it.
#[derive(Debug, Default)]
pub struct TestClock(AtomicI64);

impl TestClock {
    /// Moves the time ahead.
    pub fn pass(&self, seconds: i64) {
        self.0.fetch_add(seconds * 1_000_000, Ordering::SeqCst);
    }

    /// Moves the time ahead to this one (microseconds) if it is behind: a simulated vendor is never before its `epoch`.
    pub fn catch_up(&self, us: i64) {
        let behind = us - self.now().0;
        self.0.fetch_add(behind.max(0), Ordering::SeqCst);
    }
}

impl Clock for TestClock {
    fn now(&self) -> Time {
        Time(SystemClock.now().0 + self.0.load(Ordering::SeqCst))
    }
}
