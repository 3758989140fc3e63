//! Control: the `/__sandbox/` endpoints, for tests in other processes.
//!
//! Always true: needs no credentials, so it is for loopback only; what it does is what `Running` offers.
//! Elsewhere: the list of endpoints for readers is in `docs/sandbox.md`.

use std::time::Duration;

use serde::Deserialize;
use serde_json::{Value, json};

use crate::Fault;
use crate::request::{Reply, Request};
use crate::vendor::Vendor;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Mutation {
    op: Op,
    collection: String,
    id: Option<String>,
    #[serde(default)]
    fields: Value,
}

#[derive(Deserialize)]
#[serde(rename_all = "snake_case")]
enum Op {
    Create,
    Update,
    Delete,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Advance {
    advance_s: u64,
}

/// The reply of a control endpoint; `rest` is the path after `/__sandbox/`.
pub(crate) fn answer(vendor: &Vendor, rest: &str, request: &Request) -> Reply {
    let rest = rest.trim_end_matches('/');
    match work(vendor, rest, request) {
        Ok(body) => Reply::json(200, &body),
        Err((status, problem)) => Reply::json(status, &json!({ "problem": problem })),
    }
}

type Answer = Result<Value, (u16, String)>;

fn work(vendor: &Vendor, rest: &str, request: &Request) -> Answer {
    let (noun, name) = rest.split_once('/').unwrap_or((rest, ""));
    match (request.method.as_str(), noun) {
        ("GET", "requests") => Ok(json!(vendor.log.all())),
        ("DELETE", "requests") => {
            vendor.log.clear();
            Ok(json!({}))
        }
        ("GET", "faults") => {
            let faults = vendor.faults.list();
            Ok(faults.into_iter().map(|(id, fault)| json!({ "id": id, "fault": fault })).collect())
        }
        ("POST", "faults") => {
            let fault: Fault = parse(request)?;
            Ok(json!({ "id": vendor.faults.add(fault) }))
        }
        ("DELETE", "faults") => {
            vendor.faults.clear();
            Ok(json!({}))
        }
        ("POST", "mutate") => mutate(vendor, parse(request)?),
        ("GET", "collections") if name.is_empty() => {
            let counted =
                vendor.state.collections().into_iter().map(|name| (name.clone(), json!(vendor.state.count(&name))));
            Ok(Value::Object(counted.collect()))
        }
        ("GET", "collections") => record(vendor, name),
        ("POST", "clock") => {
            let Advance { advance_s } = parse(request)?;
            vendor.world.clock.advance(Duration::from_secs(advance_s));
            Ok(json!({ "now": vendor.world.clock.now().to_string() }))
        }
        ("GET", "clock") => Ok(json!({ "now": vendor.world.clock.now().to_string() })),
        ("POST", "tokens") if name == "expire" => {
            vendor.tokens.expire();
            Ok(json!({}))
        }
        ("GET", "credentials") => {
            let credentials = vendor.world.variable("credentials").unwrap_or_default();
            serde_json::to_value(credentials).map_err(|error| (500, error.to_string()))
        }
        _ => Err((404, format!("no control endpoint {} /__sandbox/{rest}", request.method))),
    }
}

/// Ids of a collection, or one record: `collections/<name>[/<id>]`.
fn record(vendor: &Vendor, name: &str) -> Answer {
    match name.split_once('/') {
        Some((collection, id)) => {
            vendor.state.get(collection, id).ok_or_else(|| (404, format!("no record `{id}` in `{collection}`")))
        }
        None => vendor.state.ids(name).map(|ids| json!(ids)).map_err(|error| (404, error.to_string())),
    }
}

fn mutate(vendor: &Vendor, mutation: Mutation) -> Answer {
    let Mutation { op, collection, id, fields } = mutation;
    let wanted = |id: Option<String>| id.ok_or((400, "`id` is missing".to_owned()));
    let fields = if fields.is_null() { json!({}) } else { fields };
    let done = match op {
        Op::Create => vendor.state.create(&collection, fields),
        Op::Update => {
            let id = wanted(id)?;
            vendor.state.update(&collection, &id, fields).map(|()| id)
        }
        Op::Delete => {
            let id = wanted(id)?;
            vendor.state.delete(&collection, &id).map(|()| id)
        }
    };
    done.map(|id| json!({ "id": id })).map_err(|error| (404, error.to_string()))
}

fn parse<T: serde::de::DeserializeOwned>(request: &Request) -> Result<T, (u16, String)> {
    serde_json::from_slice(&request.body).map_err(|error| (400, error.to_string()))
}
