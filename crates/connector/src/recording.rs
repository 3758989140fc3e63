//! Recordings: one request and its reply, and what a connector makes of them without a vendor, a store or an account.
//!
//! Always true: nothing is sent; relations stay remote ids.
//! Elsewhere: `matching` says which streams a recorded request belongs to; the command line is `unisono connector map|test`.

mod matching;

use std::sync::Arc;

use bytes::Bytes;
use http::{HeaderMap, HeaderName, HeaderValue};
use serde::{Deserialize, Serialize};
use serde_json::{Value as Json, json};
use sonic_rs::Value;

use crate::connector::Connector;
use crate::decode;
use crate::map::{Outcome, RemoteIds};
use crate::reply::Reply;
use crate::request::Context;
use crate::stream::{RawRecord, Stream, TurnError, value};
use matching::{Match, Role};

/// One request and its reply. Unknown keys (where it came from, what was cut) are ignored.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Recording {
    /// What was asked; a recording without it matches nothing.
    #[serde(default)]
    pub request: Option<RecordedRequest>,
    /// What came back.
    pub response: RecordedResponse,
    /// What expressions see beside the reply.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub vars: Option<Vars>,
    /// In fixtures: what must come out.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub expect: Option<Vec<Line>>,
}

/// A recorded request.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct RecordedRequest {
    /// HTTP method; GET when absent.
    #[serde(default)]
    pub method: Option<String>,
    /// The path, with or without host and the base URL's own path; may hold placeholders such as `{id}`.
    #[serde(default)]
    pub path: Option<String>,
    /// Query parameters.
    #[serde(default)]
    pub query: Option<Json>,
    /// The body.
    #[serde(default)]
    pub body: Option<Json>,
}

/// A recorded reply.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct RecordedResponse {
    /// HTTP status; 200 when absent.
    #[serde(default)]
    pub status: Option<u16>,
    /// Headers.
    #[serde(default)]
    pub headers: Option<serde_json::Map<String, Json>>,
    /// JSON, or a text for anything else.
    #[serde(default)]
    pub body: Json,
}

/// What expressions see beside the reply.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
pub struct Vars {
    /// `.config`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub config: Option<Json>,
    /// `$parent`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub parent: Option<Json>,
}

/// What became of one raw record.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(untagged)]
pub enum Line {
    /// It does not fit (or the whole reply does not).
    Reject {
        /// Such as `hris.employee`.
        model: String,
        /// The remote id, if it could be read.
        reject: Option<String>,
        /// Why.
        reason: String,
    },
    /// It became a record.
    Record {
        /// Such as `hris.employee`.
        model: String,
        /// `remote_id`, the model's own fields, and `remote_was_deleted` and `remote_fields` where they say something.
        record: Json,
    },
}

impl RecordedResponse {
    /// As a reply.
    #[must_use]
    pub fn reply(&self) -> Reply {
        let mut headers = HeaderMap::new();
        for (name, value) in self.headers.iter().flatten() {
            let text = value.as_str().map_or_else(|| value.to_string(), str::to_owned);
            if let (Ok(name), Ok(value)) = (HeaderName::try_from(name.as_str()), HeaderValue::try_from(text)) {
                headers.append(name, value);
            }
        }
        let body = match &self.body {
            // A text is the body itself, unless the reply says that it is a JSON document of one text.
            Json::String(text) => text.clone(),
            Json::Null => String::new(),
            other => other.to_string(),
        };
        Reply { status: self.status.unwrap_or(200), headers, body: Bytes::from(body) }
    }
}

impl Connector {
    /// What the streams that this request belongs to make of the reply; `None` when it belongs to none.
    #[must_use]
    pub fn map_recording(&self, recording: &Recording) -> Option<Vec<Line>> {
        let matches = matching::matches(self, recording);
        if matches.is_empty() {
            return None;
        }
        let mut lines = Vec::new();
        let mut add = |line: Line| {
            if !lines.contains(&line) {
                lines.push(line);
            }
        };
        let reply = recording.response.reply();
        let cx = self.recording_context(recording);
        for found in &matches {
            match raw_records(&cx, found, recording, &reply) {
                Ok(records) => {
                    for record in &records {
                        map(found.stream, &cx, record).into_iter().for_each(&mut add);
                        for child in
                            self.streams.values().flatten().filter(|child| child.is_inside(&found.stream.model))
                        {
                            inside(child, &cx, record).into_iter().for_each(&mut add);
                        }
                    }
                }
                Err(error) => {
                    let model = found.stream.model.clone();
                    add(Line::Reject { model, reject: None, reason: error.to_string() });
                }
            }
        }
        Some(lines)
    }

    fn recording_context(&self, recording: &Recording) -> Context {
        let given = recording.vars.as_ref().and_then(|vars| vars.config.clone());
        let config = given.unwrap_or_else(|| {
            let plain = self.fields.iter().filter(|field| field.kind != crate::manifest::FieldType::Secret);
            plain
                .map(|field| {
                    let example = field.default.clone().or_else(|| field.placeholder.clone());
                    (field.name.clone(), json!(example.unwrap_or_else(|| "example".to_owned())))
                })
                .collect::<serde_json::Map<_, _>>()
                .into()
        });
        Context { config: value(&config), now_us: 0 }
    }
}

impl Stream {
    /// Whether its records are inside those of this model.
    fn is_inside(&self, model: &str) -> bool {
        self.list.request.is_none() && self.parent_model() == Some(model)
    }
}

fn raw_records(
    cx: &Context,
    found: &Match<'_>,
    recording: &Recording,
    reply: &Reply,
) -> Result<Vec<RawRecord>, TurnError> {
    let parent = recording.vars.as_ref().and_then(|vars| vars.parent.as_ref()).or(found.parent.as_ref());
    let parent = parent.map(|parent| Arc::new(value(parent)));
    let stream = found.stream;
    let records = match found.role {
        Role::List => stream.records(cx, reply)?,
        Role::Also(index) => stream.also_records(cx, index, reply)?,
        Role::Incremental => {
            let records = stream.incremental_records(cx, reply)?;
            if stream.incremental.as_ref().is_some_and(|incremental| incremental.fetch.is_some()) {
                Vec::new() // only ids are listed
            } else {
                records
            }
        }
        Role::Retrieve => stream.retrieved(cx, reply)?.into_iter().collect(),
        Role::Join(index) => {
            let record = found.record.clone().unwrap_or_else(|| json!({}));
            let record = RawRecord { raw: Bytes::from(record.to_string()), parent: parent.clone() };
            vec![stream.joined(cx, &record, &[(index, reply.clone())])?]
        }
    };
    Ok(records.into_iter().map(|record| RawRecord { parent: parent.clone(), ..record }).collect())
}

fn inside(child: &Stream, cx: &Context, parent: &RawRecord) -> Vec<Line> {
    let reply = Reply { status: 200, headers: HeaderMap::new(), body: parent.raw.clone() };
    let found = decode::decode(crate::manifest::Format::Json, &reply);
    let found = found.and_then(|body| decode::inside(&body, child.list.records.as_ref()));
    match found {
        Ok(records) => {
            let parent = sonic_rs::from_slice::<Value>(&parent.raw).ok().map(Arc::new);
            let raw = records.into_iter().map(|raw| RawRecord { raw, parent: parent.clone() });
            raw.filter_map(|record| map(child, cx, &record)).collect()
        }
        Err(error) => vec![Line::Reject { model: child.model.clone(), reject: None, reason: error.to_string() }],
    }
}

fn map(stream: &Stream, cx: &Context, record: &RawRecord) -> Option<Line> {
    let model = stream.model.clone();
    match stream.map(cx, record, &RemoteIds) {
        Outcome::Skipped => None,
        Outcome::Reject(reject) => Some(Line::Reject {
            model,
            reject: reject.remote_id,
            reason: format!("{}: {}", reject.field, reject.reason),
        }),
        Outcome::Mapped(mapped) => {
            let mut object = serde_json::Map::new();
            object.insert("remote_id".to_owned(), mapped.remote_id.into());
            let fields: serde_json::Map<String, Json> = serde_json::from_slice(&mapped.unified).unwrap_or_default();
            object.extend(fields);
            if mapped.deleted {
                object.insert("remote_was_deleted".to_owned(), true.into());
            }
            if let Some(fields) = mapped.remote_fields.and_then(|fields| serde_json::from_slice(&fields).ok()) {
                object.insert("remote_fields".to_owned(), fields);
            }
            Some(Line::Record { model, record: object.into() })
        }
    }
}
