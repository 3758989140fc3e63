//! Metrics: counts and durations of requests, in Prometheus' text format.
//!
//! Always true: labels come from the operation table, never from a request, so their number is bounded.

use std::fmt::Write as _;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use crate::operation::Operation;

const BOUNDS_S: [f64; 10] = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.5, 2.5, 10.0];

/// Counters of this process, one set per operation and one for everything else.
#[derive(Debug)]
pub(crate) struct Metrics {
    operations: Vec<Counter>,
}

#[derive(Debug)]
struct Counter {
    surface: String,
    operation: String,
    /// By class of status: 1xx to 5xx.
    classes: [AtomicU64; 5],
    buckets: [AtomicU64; BOUNDS_S.len()],
    total_us: AtomicU64,
}

impl Metrics {
    /// A counter for each operation of the table, in its order.
    pub(crate) fn new(operations: &[Operation]) -> Self {
        let named = operations.iter().map(|o| Counter::new(o.surface.name(), &o.id));
        Self { operations: named.chain([Counter::new("other", "other")]).collect() }
    }

    /// Counts one request; `operation` is its place in the table.
    pub(crate) fn count(&self, operation: Option<usize>, status: u16, took: Duration) {
        let place = operation.unwrap_or(self.operations.len().saturating_sub(1));
        let Some(counter) = self.operations.get(place) else { return };
        let class = usize::from(status / 100).clamp(1, 5) - 1;
        counter.classes[class].fetch_add(1, Ordering::Relaxed);
        counter.total_us.fetch_add(took.as_micros() as u64, Ordering::Relaxed);
        if let Some(bucket) = BOUNDS_S.iter().position(|bound| took.as_secs_f64() <= *bound) {
            counter.buckets[bucket].fetch_add(1, Ordering::Relaxed);
        }
    }

    /// Writes what was counted; operations nobody called are left out.
    pub(crate) fn print(&self, out: &mut String) {
        let called = || self.operations.iter().filter(|counter| counter.calls() > 0);
        out.push_str("# HELP unisono_http_requests_total Requests answered.\n");
        out.push_str("# TYPE unisono_http_requests_total counter\n");
        for counter in called() {
            for (class, count) in counter.classes.iter().enumerate() {
                let count = count.load(Ordering::Relaxed);
                if count > 0 {
                    let labels = counter.labels();
                    let class = class + 1;
                    _ = writeln!(out, "unisono_http_requests_total{{{labels},status=\"{class}xx\"}} {count}");
                }
            }
        }
        out.push_str("# HELP unisono_http_request_duration_seconds Time from request to reply.\n");
        out.push_str("# TYPE unisono_http_request_duration_seconds histogram\n");
        called().for_each(|counter| counter.print_durations(out));
    }
}

impl Counter {
    fn new(surface: &str, operation: &str) -> Self {
        Self {
            surface: surface.to_owned(),
            operation: operation.to_owned(),
            classes: Default::default(),
            buckets: Default::default(),
            total_us: AtomicU64::new(0),
        }
    }

    fn calls(&self) -> u64 {
        self.classes.iter().map(|count| count.load(Ordering::Relaxed)).sum()
    }

    fn labels(&self) -> String {
        format!("surface=\"{}\",operation=\"{}\"", self.surface, self.operation)
    }

    fn print_durations(&self, out: &mut String) {
        let (name, labels, calls) = ("unisono_http_request_duration_seconds", self.labels(), self.calls());
        let mut below = 0;
        for (bound, count) in BOUNDS_S.iter().zip(&self.buckets) {
            below += count.load(Ordering::Relaxed);
            _ = writeln!(out, "{name}_bucket{{{labels},le=\"{bound}\"}} {below}");
        }
        _ = writeln!(out, "{name}_bucket{{{labels},le=\"+Inf\"}} {calls}");
        let sum = self.total_us.load(Ordering::Relaxed) as f64 / 1e6;
        _ = writeln!(out, "{name}_sum{{{labels}}} {sum}");
        _ = writeln!(out, "{name}_count{{{labels}}} {calls}");
    }
}

/// Writes what is known of the parts behind the surface.
pub(crate) fn print_health(health: &unisono_engine::Health, now_unix_s: f64, out: &mut String) {
    let mut gauge = |name: &str, help: &str, rows: &[(&str, f64)]| {
        _ = writeln!(out, "# HELP {name} {help}\n# TYPE {name} gauge");
        for (labels, value) in rows {
            _ = writeln!(out, "{name}{labels} {value}");
        }
    };
    let up = if health.database { 1.0 } else { 0.0 };
    gauge("unisono_database_up", "Whether the database answers.", &[("", up)]);
    let jobs = [
        ("{state=\"queued\"}", health.jobs_queued as f64),
        ("{state=\"running\"}", health.jobs_running as f64),
        ("{state=\"failed\"}", health.jobs_failed as f64),
    ];
    gauge("unisono_jobs", "Background jobs by state.", &jobs);
    if let Some(due) = health.next_job_due {
        let late = (now_unix_s - due.0 as f64 / 1e6).max(0.0);
        gauge("unisono_jobs_late_seconds", "How long the longest due job has waited.", &[("", late)]);
    }
}
