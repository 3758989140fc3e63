//! The limit: one employee parsed into a struct and mapped by hand-written code.

use std::borrow::Cow;

use serde::{Deserialize, Serialize};

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Raw<'a> {
    #[serde(borrow)]
    id: Cow<'a, str>,
    #[serde(rename = "self")]
    #[serde(borrow)]
    url: Cow<'a, str>,
    employee_number: u64,
    #[serde(borrow)]
    first_name: Cow<'a, str>,
    #[serde(borrow)]
    last_name: Cow<'a, str>,
    #[serde(borrow)]
    preferred_name: Option<Cow<'a, str>>,
    #[serde(borrow)]
    display_name: Cow<'a, str>,
    #[serde(borrow)]
    user_name: Cow<'a, str>,
    #[serde(borrow)]
    work_email: Cow<'a, str>,
    #[serde(borrow)]
    personal_email: Cow<'a, str>,
    #[serde(borrow)]
    mobile_phone: Cow<'a, str>,
    #[serde(borrow)]
    gender: Cow<'a, str>,
    #[serde(borrow)]
    marital_status: Cow<'a, str>,
    #[serde(borrow)]
    ethnicity: Cow<'a, str>,
    #[serde(borrow)]
    ssn: Cow<'a, str>,
    #[serde(borrow)]
    date_of_birth: Cow<'a, str>,
    #[serde(borrow)]
    hire_date: Cow<'a, str>,
    #[serde(borrow)]
    original_hire_date: Cow<'a, str>,
    #[serde(borrow)]
    created_at: Cow<'a, str>,
    #[serde(borrow)]
    status: Cow<'a, str>,
    #[serde(borrow)]
    photo_url: Cow<'a, str>,
    #[serde(borrow)]
    job: Job<'a>,
    #[serde(borrow)]
    company: Id<'a>,
    #[serde(borrow)]
    location: Id<'a>,
    #[serde(borrow)]
    manager: Id<'a>,
    #[serde(borrow)]
    pay_group_id: Cow<'a, str>,
    #[serde(borrow)]
    home_address: Id<'a>,
    #[serde(borrow)]
    groups: Vec<Id<'a>>,
}

#[derive(Deserialize)]
struct Job<'a> {
    #[serde(borrow)]
    department: Id<'a>,
}

#[derive(Deserialize)]
struct Id<'a> {
    #[serde(borrow)]
    id: Cow<'a, str>,
}

#[derive(Serialize)]
struct Unified<'a> {
    employee_url: &'a str,
    employee_number: String,
    company: String,
    first_name: &'a str,
    last_name: &'a str,
    preferred_name: &'a str,
    display_full_name: &'a str,
    username: &'a str,
    groups: Vec<String>,
    work_email: &'a str,
    personal_email: &'a str,
    mobile_phone_number: &'a str,
    employments: [&'a str; 0],
    home_location: String,
    work_location: String,
    manager: String,
    team: String,
    pay_group: String,
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

/// Parses one employee, maps it as [`crate::employees::READ`] does, and gives its remote id and unified JSON. `id` turns a
/// remote id of a model into ours.
pub fn hard_coded(json: &[u8], id: &dyn Fn(&str, &str) -> String) -> (String, Vec<u8>) {
    let raw: Raw<'_> = sonic_rs::from_slice(json).unwrap();
    let table = |value: &'static [(&str, &'static str)], key: &str| {
        value.iter().find(|(k, _)| *k == key).map_or("", |(_, v)| v)
    };
    let midnight = |date: &str| format!("{date}T00:00:00Z");
    let unified = Unified {
        employee_url: &raw.url,
        employee_number: raw.employee_number.to_string(),
        company: id("hris.company", &raw.company.id),
        first_name: &raw.first_name,
        last_name: &raw.last_name,
        preferred_name: raw.preferred_name.as_deref().unwrap_or(&raw.first_name),
        display_full_name: &raw.display_name,
        username: &raw.user_name,
        groups: raw.groups.iter().map(|g| id("hris.group", &g.id)).collect(),
        work_email: &raw.work_email,
        personal_email: &raw.personal_email,
        mobile_phone_number: &raw.mobile_phone,
        employments: [],
        home_location: id("hris.location", &raw.home_address.id),
        work_location: id("hris.location", &raw.location.id),
        manager: id("hris.employee", &raw.manager.id),
        team: id("hris.team", &raw.job.department.id),
        pay_group: id("hris.pay_group", &raw.pay_group_id),
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
