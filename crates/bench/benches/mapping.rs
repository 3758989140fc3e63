//! Mapping one employee: a hard-coded struct (the limit), our mapping, and jq interpreted.
#![allow(clippy::unwrap_used, clippy::panic, missing_docs)]

use std::hint::black_box;

use criterion::{Criterion, Throughput};
use unisono_bench::employees;
use unisono_bench::hard_coded::hard_coded;
use unisono_connector::expr::Expr;
use unisono_connector::manifest::{FieldRule, ReadManifest};
use unisono_connector::map::{Mapping, Outcome, RemoteIds};
use unisono_model::Models;

/// All models, from the tree.
fn models() -> Models {
    let root = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("../../models");
    let folders = std::fs::read_dir(root).unwrap().map(|d| d.unwrap().path());
    let files = folders.flat_map(|folder| std::fs::read_dir(folder).unwrap().map(|f| f.unwrap().path()));
    Models::load(files.map(|path| (path.to_str().unwrap().to_owned(), std::fs::read_to_string(&path).unwrap())))
        .unwrap()
}

fn main() {
    let models = models();
    let read: ReadManifest = serde_saphyr::from_str(employees::READ).unwrap();
    let mapping = Mapping::compile(&models, models.model("hris.employee").unwrap(), &read, None, &[]).unwrap();
    assert!(mapping.interpreted().is_empty());
    let filters: Vec<Expr> = read
        .fields
        .values()
        .map(|rule| match rule {
            FieldRule::Jq(source) => Expr::parse_interpreted(source, &[]).unwrap(),
            FieldRule::Table(table) => Expr::parse_interpreted(&table.from, &[]).unwrap(),
        })
        .collect();
    let records: Vec<String> = (0..1000).map(|i| employees::employee(i * 37)).collect();
    let bytes = records.iter().map(String::len).sum::<usize>() / records.len();

    let mut criterion = Criterion::default().configure_from_args();
    let mut group = criterion.benchmark_group(format!("mapping one of {bytes} bytes"));
    group.throughput(Throughput::Elements(1));
    let mut next = records.iter().cycle().map(|r| r.as_bytes());
    let mut raw = move || next.next().unwrap();
    group.bench_function("parse only, sonic value", |b| {
        b.iter(|| sonic_rs::from_slice::<sonic_rs::Value>(black_box(raw())).unwrap())
    });
    group.bench_function("hard-coded struct", |b| {
        b.iter(|| hard_coded(black_box(raw()), &|_, remote| remote.to_owned()))
    });
    group.bench_function("our mapping, parse and map", |b| {
        b.iter(|| match mapping.map(black_box(raw()), &[], &RemoteIds) {
            Outcome::Mapped(mapped) => mapped,
            other => panic!("{other:?}"),
        })
    });
    group.bench_function("our mapping, remote id only", |b| {
        b.iter(|| mapping.remote_id(black_box(raw()), &[]).unwrap())
    });
    group.sample_size(10);
    group.bench_function("interpreted, 27 filters", |b| {
        b.iter(|| {
            let record: sonic_rs::Value = sonic_rs::from_slice(black_box(raw())).unwrap();
            filters.iter().map(|f| f.eval_all(&record, &[]).unwrap()).collect::<Vec<_>>()
        })
    });
    group.finish();
    criterion.final_summary();
}
