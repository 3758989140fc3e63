//! Mapping one employee: a hard-coded struct (the limit), our mapping, and jq interpreted.
#![allow(clippy::unwrap_used, clippy::panic, missing_docs)]

#[path = "../src/employees.rs"]
mod employees;

use std::borrow::Cow;
use std::hint::black_box;

use criterion::{Criterion, Throughput};
use serde::{Deserialize, Serialize};
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

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Raw<'a> {
    id: Cow<'a, str>,
    #[serde(rename = "self")]
    url: Cow<'a, str>,
    employee_number: u64,
    first_name: Cow<'a, str>,
    last_name: Cow<'a, str>,
    preferred_name: Option<Cow<'a, str>>,
    display_name: Cow<'a, str>,
    user_name: Cow<'a, str>,
    work_email: Cow<'a, str>,
    personal_email: Cow<'a, str>,
    mobile_phone: Cow<'a, str>,
    gender: Cow<'a, str>,
    marital_status: Cow<'a, str>,
    ethnicity: Cow<'a, str>,
    ssn: Cow<'a, str>,
    date_of_birth: Cow<'a, str>,
    hire_date: Cow<'a, str>,
    original_hire_date: Cow<'a, str>,
    created_at: Cow<'a, str>,
    status: Cow<'a, str>,
    photo_url: Cow<'a, str>,
    job: Job<'a>,
    company: Id<'a>,
    location: Id<'a>,
    manager: Id<'a>,
    pay_group_id: Cow<'a, str>,
    home_address: Id<'a>,
    groups: Vec<Id<'a>>,
}

#[derive(Deserialize)]
struct Job<'a> {
    #[serde(borrow)]
    department: Id<'a>,
}

#[derive(Deserialize)]
struct Id<'a> {
    id: Cow<'a, str>,
}

#[derive(Serialize)]
struct Unified<'a> {
    employee_url: &'a str,
    employee_number: String,
    company: &'a str,
    first_name: &'a str,
    last_name: &'a str,
    preferred_name: &'a str,
    display_full_name: &'a str,
    username: &'a str,
    groups: Vec<&'a str>,
    work_email: &'a str,
    personal_email: &'a str,
    mobile_phone_number: &'a str,
    employments: [&'a str; 0],
    home_location: &'a str,
    work_location: &'a str,
    manager: &'a str,
    team: &'a str,
    pay_group: &'a str,
    ssn: &'a str,
    gender: &'a str,
    ethnicity: &'a str,
    marital_status: &'a str,
    date_of_birth: String,
    hire_date: String,
    start_date: &'a str,
    remote_created_at: &'a str,
    employment_status: &'a str,
    termination_date: Option<&'a str>,
    avatar: &'a str,
    custom_fields: Option<&'a str>,
}

fn hard_coded(json: &[u8]) -> (String, Vec<u8>) {
    let raw: Raw<'_> = sonic_rs::from_slice(json).unwrap();
    let table = |value: &'static [(&str, &'static str)], key: &str| {
        value.iter().find(|(k, _)| *k == key).map_or("", |(_, v)| v)
    };
    let midnight = |date: &str| format!("{date}T00:00:00Z");
    let unified = Unified {
        employee_url: &raw.url,
        employee_number: raw.employee_number.to_string(),
        company: &raw.company.id,
        first_name: &raw.first_name,
        last_name: &raw.last_name,
        preferred_name: raw.preferred_name.as_deref().unwrap_or(&raw.first_name),
        display_full_name: &raw.display_name,
        username: &raw.user_name,
        groups: raw.groups.iter().map(|g| &*g.id).collect(),
        work_email: &raw.work_email,
        personal_email: &raw.personal_email,
        mobile_phone_number: &raw.mobile_phone,
        employments: [],
        home_location: &raw.home_address.id,
        work_location: &raw.location.id,
        manager: &raw.manager.id,
        team: &raw.job.department.id,
        pay_group: &raw.pay_group_id,
        ssn: &raw.ssn,
        gender: table(&[("Female", "FEMALE"), ("Male", "MALE"), ("Non-binary", "NON-BINARY")], &raw.gender),
        ethnicity: table(&[("Asian", "ASIAN_OR_INDIAN_SUBCONTINENT")], &raw.ethnicity),
        marital_status: table(&[("Single", "SINGLE"), ("Married", "MARRIED_FILING_JOINTLY")], &raw.marital_status),
        date_of_birth: midnight(&raw.date_of_birth),
        hire_date: midnight(&raw.hire_date),
        start_date: &raw.original_hire_date,
        remote_created_at: &raw.created_at,
        employment_status: table(&[("active", "ACTIVE"), ("terminated", "INACTIVE")], &raw.status),
        termination_date: None,
        avatar: &raw.photo_url,
        custom_fields: None,
    };
    (raw.id.into_owned(), sonic_rs::to_vec(&unified).unwrap())
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
    group.bench_function("hard-coded struct", |b| b.iter(|| hard_coded(black_box(raw()))));
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
