//! Meter: CPU time and memory of this process, as Linux tells them.

use std::fs;
use std::time::Instant;

/// What one phase cost.
#[derive(Debug, Clone, Copy, Default, serde::Serialize, serde::Deserialize)]
pub struct Cost {
    /// CPU seconds, user and system, all threads.
    pub cpu_s: f64,
    /// Wall-clock seconds.
    pub wall_s: f64,
    /// Highest resident memory of the process so far, in MB.
    pub peak_mb: f64,
}

/// A running measurement.
#[derive(Debug)]
pub struct Meter {
    cpu_s: f64,
    begun: Instant,
}

impl Meter {
    /// Starts to measure.
    #[must_use]
    pub fn start() -> Self {
        Self { cpu_s: cpu_s(), begun: Instant::now() }
    }

    /// What it cost since the start.
    #[must_use]
    pub fn stop(self) -> Cost {
        Cost { cpu_s: cpu_s() - self.cpu_s, wall_s: self.begun.elapsed().as_secs_f64(), peak_mb: peak_mb() }
    }
}

/// CPU seconds of this process (`/proc/self/stat`, in ticks of 10 ms; see proc(5)).
fn cpu_s() -> f64 {
    let stat = fs::read_to_string("/proc/self/stat").unwrap_or_default();
    let after = stat.rsplit_once(')').map_or("", |(_, rest)| rest);
    let ticks: u64 = after.split_whitespace().skip(11).take(2).filter_map(|field| field.parse::<u64>().ok()).sum();
    ticks as f64 / 100.0
}

/// Peak resident memory in MB (`VmHWM` of `/proc/self/status`).
fn peak_mb() -> f64 {
    let status = fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:")).unwrap_or("0");
    line.split_whitespace().next().and_then(|kb| kb.parse::<f64>().ok()).unwrap_or(0.0) / 1024.0
}

/// The median.
#[must_use]
pub fn median(mut values: Vec<f64>) -> f64 {
    values.sort_by(f64::total_cmp);
    values.get(values.len() / 2).copied().unwrap_or(f64::NAN)
}
