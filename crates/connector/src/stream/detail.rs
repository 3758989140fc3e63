//! Details: joins of new and changed records, and the request for one record.

use bytes::Bytes;
use sonic_rs::Value;

use super::{RawRecord, Stream, TurnError};
use crate::decode;
use crate::expr::Expr;
use crate::fault::FaultKind;
use crate::manifest::Format;
use crate::page::PageFault;
use crate::reply::Reply;
use crate::request::{Context, Request, RequestError, problem};

/// A detail request of a record.
#[derive(Debug, Clone, PartialEq)]
pub struct JoinRequest {
    /// Which join; give it back to [`Stream::joined`].
    pub join: usize,
    /// The request.
    pub request: Request,
}

impl Stream {
    /// Whether records need detail requests at all.
    #[must_use]
    pub fn has_joins(&self) -> bool {
        !self.joins.is_empty()
    }

    /// The detail requests of a new or changed record; empty for most streams.
    pub fn joins(&self, cx: &Context, record: &RawRecord) -> Result<Vec<JoinRequest>, RequestError> {
        if self.joins.is_empty() {
            return Ok(Vec::new());
        }
        let value = sonic_rs::from_slice::<Value>(&record.raw)
            .map_err(|error| problem(&self.name, &format!("the record is not JSON: {error}")))?;
        let mut object = sonic_rs::Object::new();
        object.insert("config", cx.config.clone());
        object.insert("record", value.clone());
        object.insert("parent", record.parent.as_deref().cloned().unwrap_or_default());
        let context: Value = object.into();
        let mut requests = Vec::new();
        for (index, join) in self.joins.iter().enumerate() {
            let wanted = join.filter.as_ref().map(|filter| filter.eval_bool(&value, &[])).transpose();
            let wanted = wanted.map_err(|error| problem(&format!("join `{}`", join.key), &error.to_string()))?;
            if wanted.unwrap_or(true) {
                requests.push(JoinRequest { join: index, request: join.request.build(&self.base, &context, &[])? });
            }
        }
        Ok(requests)
    }

    /// Puts the details into the record, under their keys.
    pub fn joined(&self, cx: &Context, record: &RawRecord, replies: &[(usize, Reply)]) -> Result<RawRecord, TurnError> {
        let mut raw = decode::trim(&record.raw).to_vec();
        if raw.pop() != Some(b'}') {
            let reason = "a record with details must be an object".to_owned();
            return Err(PageFault::Malformed { expected: "JSON", reason }.into());
        }
        let mut empty = raw.trim_ascii_end().ends_with(b"{");
        for (index, reply) in replies {
            let Some(join) = self.joins.get(*index) else { continue };
            let detail = match self.faults.classify(reply, cx.now_us) {
                Some(_) if join.empty_on.contains(&reply.status) => Bytes::from_static(b"null"),
                Some(fault) => return Err(fault.into()),
                None => self.one(join.format, join.record.as_ref(), reply)?,
            };
            if !empty {
                raw.push(b',');
            }
            empty = false;
            raw.extend_from_slice(serde_json::Value::String(join.key.clone()).to_string().as_bytes());
            raw.push(b':');
            raw.extend_from_slice(&detail);
        }
        raw.push(b'}');
        Ok(RawRecord { raw: Bytes::from(raw), parent: record.parent.clone() })
    }

    /// The request for one record, if the vendor has one.
    pub fn retrieve(&self, cx: &Context, remote_id: &str) -> Result<Option<Request>, RequestError> {
        let Some(retrieve) = &self.retrieve else { return Ok(None) };
        let mut object = sonic_rs::Object::new();
        object.insert("config", cx.config.clone());
        object.insert("id", Value::copy_str(remote_id));
        retrieve.request.build(&self.base, &object.into(), &[]).map(Some)
    }

    /// The record in the reply to it; `None` when the vendor says there is none (any more).
    pub fn retrieved(&self, cx: &Context, reply: &Reply) -> Result<Option<RawRecord>, TurnError> {
        if let Some(fault) = self.faults.classify(reply, cx.now_us) {
            return if fault.kind == FaultKind::NotFound { Ok(None) } else { Err(fault.into()) };
        }
        let Some(retrieve) = &self.retrieve else { return Ok(None) };
        let raw = self.one(retrieve.format, retrieve.record.as_ref(), reply)?;
        Ok((raw.as_ref() != b"null").then_some(RawRecord { raw, parent: None }))
    }

    fn one(&self, format: Format, selector: Option<&Expr>, reply: &Reply) -> Result<Bytes, PageFault> {
        let body = self.decode(format, reply)?;
        match selector {
            None => Ok(body.json),
            Some(expr) => decode::print(&body.eval(expr)?).map(Bytes::from),
        }
    }
}
