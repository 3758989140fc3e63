//! `./dev bench`: figures of pulls and of serving, ours beside a bare loop, in one run.
#![allow(
    clippy::print_stdout,
    clippy::print_stderr,
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "a benchmark may stop at any surprise"
)]

use std::io::{BufRead as _, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};

use clap::{Parser, Subcommand};
use unisono_bench::bare::Bare;
use unisono_bench::meter::{Cost, Meter, median};
use unisono_bench::ours::Ours;
use unisono_bench::serving::{self, Rates};
use unisono_bench::vendor;
use unisono_store::{OpenOptions, Store};

/// Measures pulls and serving beside a bare loop.
#[derive(Parser)]
struct Args {
    #[command(subcommand)]
    what: Option<What>,
    /// Records to pull.
    #[arg(long, default_value_t = 100_000, global = true)]
    records: usize,
    /// Repetitions; medians are shown.
    #[arg(long, default_value_t = 3, global = true)]
    repeat: usize,
    /// Measure on this PostgreSQL database as well (it is filled; use an empty one).
    #[arg(long, global = true)]
    postgres: Option<String>,
}

#[derive(Subcommand)]
enum What {
    /// Pulls only.
    Pull,
    /// List and retrieve only.
    Serve,
    /// The vendor's process.
    #[command(hide = true)]
    Vendor,
    /// One measured process.
    #[command(hide = true)]
    Phases { who: String, database: String, url: String },
    /// The serving process.
    #[command(hide = true)]
    Serving { database: String, url: String },
}

#[tokio::main]
async fn main() {
    let args = Args::parse();
    rustls::crypto::ring::default_provider().install_default().expect("the first provider");
    match &args.what {
        None => {
            pull(&args);
            serve(&args);
        }
        Some(What::Pull) => pull(&args),
        Some(What::Serve) => serve(&args),
        Some(What::Vendor) => vendor::serve(args.records).await,
        Some(What::Phases { who, database, url }) => {
            let costs = if who == "bare" { bare(database, url).await } else { ours(database, url).await };
            println!("{}", serde_json::to_string(&costs).expect("JSON"));
        }
        Some(What::Serving { database, url }) => {
            let ours = Ours::link(database, url).await;
            ours.run().await;
            println!("{}", serde_json::to_string(&serving::measure(&ours, 3.0).await).expect("JSON"));
        }
    }
}

/// First pull, nothing changed, one in a hundred changed.
type Phases = [Cost; 3];

async fn bare(database: &str, url: &str) -> Phases {
    let path = Path::new(database.trim_start_matches("sqlite:"));
    drop(Store::open(database, OpenOptions::default()).await.expect("tables"));
    let mut bare = Bare::open(path);
    let mut costs = [Cost::default(); 3];
    for (phase, cost) in costs.iter_mut().enumerate() {
        if phase == 2 {
            change(url).await;
        }
        let meter = Meter::start();
        let (added, changed) = bare.pull(url).await;
        *cost = meter.stop();
        eprintln!("  bare: {added} added, {changed} changed");
    }
    costs
}

async fn ours(database: &str, url: &str) -> Phases {
    let mut costs = [Cost::default(); 3];
    let meter = Meter::start();
    let ours = Ours::link(database, url).await;
    ours.run().await;
    costs[0] = meter.stop();
    eprintln!("  ours: {}", ours.latest().await);
    for (phase, cost) in costs.iter_mut().enumerate().skip(1) {
        if phase == 2 {
            change(url).await;
        }
        let meter = Meter::start();
        ours.pull().await;
        *cost = meter.stop();
        eprintln!("  ours: {}", ours.latest().await);
    }
    costs
}

async fn change(url: &str) {
    reqwest::Client::new().post(format!("{url}/change")).send().await.expect("the vendor changes");
}

fn itself() -> Command {
    Command::new(std::env::current_exe().expect("this program"))
}

/// The vendor's process; it ends with this value.
struct Vendor(Child, String);

impl Vendor {
    fn start(records: usize) -> Self {
        let mut child = itself()
            .args(["--records", &records.to_string(), "vendor"])
            .stdout(Stdio::piped())
            .spawn()
            .expect("the vendor starts");
        let mut url = String::new();
        BufReader::new(child.stdout.take().expect("its output")).read_line(&mut url).expect("its address");
        Self(child, url.trim().to_owned())
    }
}

impl Drop for Vendor {
    fn drop(&mut self) {
        _ = self.0.kill();
        _ = self.0.wait();
    }
}

fn phases(who: &str, database: &str, records: usize) -> Phases {
    let vendor = Vendor::start(records);
    let output =
        itself().args(["phases", who, database, &vendor.1]).stderr(Stdio::inherit()).output().expect("the phases run");
    assert!(output.status.success(), "{who} failed");
    serde_json::from_slice(&output.stdout).expect("its costs")
}

fn fresh() -> (tempdir::Dir, String) {
    let dir = tempdir::Dir::new();
    let database = format!("sqlite:{}", dir.0.join("bench.db").display());
    (dir, database)
}

/// A directory that is removed with the value.
mod tempdir {
    use super::PathBuf;

    pub struct Dir(pub PathBuf);

    impl Dir {
        pub fn new() -> Self {
            let path = std::env::temp_dir().join(
                format!("unisono-bench-{}-{:?}", std::process::id(), std::time::Instant::now())
                    .replace([' ', ':', '{', '}', ','], ""),
            );
            std::fs::create_dir_all(&path).expect("a temporary directory");
            Self(path)
        }
    }

    impl Drop for Dir {
        fn drop(&mut self) {
            _ = std::fs::remove_dir_all(&self.0);
        }
    }
}

fn pull(args: &Args) {
    println!("pull of {} employees, medians of {} runs; CPU microseconds per record", args.records, args.repeat);
    let (mut bare, mut ours) = (Vec::new(), Vec::new());
    for _ in 0..args.repeat {
        let (_dir, database) = fresh();
        bare.push(phases("bare", &database, args.records));
        let (_dir, database) = fresh();
        ours.push(phases("ours", &database, args.records));
    }
    println!(
        "{:<22} {:>10} {:>10} {:>8} {:>14} {:>12}",
        "SQLite", "bare us", "ours us", "ratio", "ours records/s", "ours peak MB"
    );
    for (phase, name) in ["first pull", "nothing changed", "1 % changed"].into_iter().enumerate() {
        let us =
            |runs: &[Phases]| median(runs.iter().map(|run| run[phase].cpu_s * 1e6 / args.records as f64).collect());
        let (b, o) = (us(&bare), us(&ours));
        let speed = median(ours.iter().map(|run| args.records as f64 / run[phase].wall_s).collect());
        let peak = median(ours.iter().map(|run| run[phase].peak_mb).collect());
        println!("{name:<22} {b:>10.1} {o:>10.1} {:>8.2} {speed:>14.0} {peak:>12.0}", o / b);
    }
    if let Some(database) = &args.postgres {
        let costs = phases("ours", database, args.records);
        println!("PostgreSQL, this process only (the database server's own CPU comes on top)");
        for (cost, name) in costs.iter().zip(["first pull", "nothing changed", "1 % changed"]) {
            let us = cost.cpu_s * 1e6 / args.records as f64;
            println!(
                "{name:<22} {:>10} {us:>10.1} {:>8} {:>14.0} {:>12.0}",
                "",
                "",
                args.records as f64 / cost.wall_s,
                cost.peak_mb
            );
        }
    }
}

fn serve(args: &Args) {
    let mut databases = vec![("SQLite", fresh())];
    if let Some(database) = &args.postgres {
        databases.push(("PostgreSQL", (tempdir::Dir::new(), database.clone())));
    }
    for (name, (_dir, database)) in databases {
        let vendor = Vendor::start(args.records);
        let output = itself()
            .args(["serving", &database, &vendor.1])
            .stderr(Stdio::inherit())
            .output()
            .expect("the server runs");
        assert!(output.status.success(), "serving failed");
        let rates: Rates = serde_json::from_slice(&output.stdout).expect("its rates");
        println!(
            "requests per second over {} records on {name}, 16 connections, medians of 3; load and server share the machine",
            args.records
        );
        let line = |what: &str, ours: f64, bare: f64| {
            println!("{what:<34} ours {ours:>8.0}   bare handler {bare:>8.0}   ratio {:.2}", ours / bare)
        };
        line(&format!("list of 100 ({} KB)", rates.list_bytes / 1024), rates.list, rates.list_bare);
        line("retrieve", rates.retrieve, rates.retrieve_bare);
    }
}
