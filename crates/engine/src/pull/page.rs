//! Page: what becomes of the records of one reply, before the commit.
//!
//! Always true: a record whose bytes are the same as at its last write is neither parsed nor mapped nor written; a record that
//! does not fit is a reject and never stops the page; details are fetched for new and changed records only.

use std::sync::Arc;
use std::sync::atomic::Ordering;

use bytes::Bytes;
use futures_util::{StreamExt as _, TryStreamExt as _};
use sonic_rs::Value;
use unisono_connector::map::{AccountIds, Outcome};
use unisono_connector::{RawRecord, Stream, Turn, record_id};
use unisono_store::{PageCommit, Reject, Upsert};
use uuid::Uuid;
use xxhash_rust::xxh3::{xxh3_64, xxh3_64_with_seed};

use super::excerpt::excerpt;
use super::read::{misconfigured, of_turn};
use super::state::Saved;
use super::{Pull, Stop};

/// Detail requests under way at the same time; the account's pace bounds them further.
const DETAILS_AT_ONCE: usize = 8;

/// A page, ready to be committed.
#[derive(Default)]
pub(super) struct Prepared {
    pub(super) upserts: Vec<Upsert>,
    pub(super) removed: Vec<Uuid>,
    pub(super) seen: Vec<i64>,
    pub(super) rejects: Vec<Reject>,
    pub(super) cleared: Vec<String>,
    /// Rejects whose id could not be read.
    pub(super) nameless: u64,
}

/// A record with its names and the hash of its bytes.
struct Named<'a> {
    record: &'a RawRecord,
    remote_id: String,
    id: Uuid,
    raw_hash: i64,
}

/// Sorts the records of a reply into what must be written and what not.
pub(super) async fn prepare(cx: &Pull<'_>, source: &Stream, turn: &Turn, path: &str) -> Result<Prepared, Stop> {
    let mut prepared = Prepared::default();
    prepared.removed.extend(turn.gone.iter().map(|gone| record_id(cx.account_id(), &cx.model, gone)));
    let config = cx.line.context().config;
    let named = name(cx, source, turn, &config, &mut prepared);
    if source.deletions_only {
        prepared.removed.extend(named.iter().map(|named| named.id));
        return Ok(prepared);
    }
    let changed = compare(cx, named, &mut prepared).await?;
    let detailed = details(cx, source, changed).await?;
    for (named, raw) in detailed {
        map(cx, source, &config, path, &named, &raw, &mut prepared);
    }
    Ok(prepared)
}

/// Finds the id of each record and the hash of its bytes.
fn name<'a>(cx: &Pull<'_>, source: &Stream, turn: &'a Turn, config: &Value, prepared: &mut Prepared) -> Vec<Named<'a>> {
    let mapping = &source.mapping;
    let uses_parent = mapping.expressions().any(|(_, expr)| expr.source().contains("$parent"));
    let mut parent_seed: Option<(*const Value, u64)> = None;
    let mut named = Vec::with_capacity(turn.records.len());
    for record in &turn.records {
        let mut seed = mapping.version();
        if let Some(parent) = record.parent.as_ref().filter(|_| uses_parent) {
            let known = parent_seed.filter(|(of, _)| *of == Arc::as_ptr(parent));
            let (_, hash) = known.unwrap_or_else(|| (Arc::as_ptr(parent), xxh3_64(parent.to_string().as_bytes())));
            parent_seed = Some((Arc::as_ptr(parent), hash));
            seed ^= hash;
        }
        let null = Value::new_null();
        let vars = [record.parent.as_deref().unwrap_or(&null), config];
        match mapping.remote_id(&record.raw, &vars) {
            Ok(remote_id) => named.push(Named {
                record,
                id: record_id(cx.account_id(), &cx.model, &remote_id),
                remote_id,
                raw_hash: xxh3_64_with_seed(&record.raw, seed).cast_signed(),
            }),
            Err(reject) => {
                // A record of another kind may have no id; only one that belongs to the model is a reject.
                if matches!(mapping.map(&record.raw, &vars, &AccountIds(cx.account_id())), Outcome::Skipped) {
                    continue;
                }
                let key = format!("#{:016x}", xxh3_64(&record.raw));
                prepared.nameless += 1;
                prepared.rejects.push(rejected(key, &reject, &record.raw, cx.now()));
                cx.rejects.store(true, Ordering::Relaxed);
            }
        }
    }
    named
}

/// Leaves those that are new or whose bytes changed; marks the others as seen.
async fn compare<'a>(cx: &Pull<'_>, named: Vec<Named<'a>>, prepared: &mut Prepared) -> Result<Vec<Named<'a>>, Stop> {
    if named.is_empty() {
        return Ok(named);
    }
    let ids: Vec<Uuid> = named.iter().map(|named| named.id).collect();
    let known = cx.scope.known(cx.account_id(), &cx.model, &ids).await?;
    let rejects = cx.rejects.load(Ordering::Relaxed);
    let mut changed = Vec::new();
    for (named, known) in named.into_iter().zip(known) {
        match known {
            Some(known) if known.raw_hash == named.raw_hash && !known.deleted => {
                prepared.seen.push(known.pos);
                if rejects {
                    prepared.cleared.push(named.remote_id);
                }
            }
            Some(_) | None => changed.push(named),
        }
    }
    Ok(changed)
}

/// Fetches the details of new and changed records, where the source has some.
async fn details<'a>(
    cx: &Pull<'_>,
    source: &Stream,
    changed: Vec<Named<'a>>,
) -> Result<Vec<(Named<'a>, RawRecord)>, Stop> {
    if !source.has_joins() {
        let raws: Vec<RawRecord> = changed.iter().map(|named| named.record.clone()).collect();
        return Ok(changed.into_iter().zip(raws).collect());
    }
    let raws: Vec<RawRecord> = changed.iter().map(|named| named.record.clone()).collect();
    let each = futures_util::stream::iter(raws.into_iter().map(|raw| detail(cx, source, raw)));
    let detailed: Vec<RawRecord> = each.buffered(DETAILS_AT_ONCE).try_collect().await?;
    Ok(changed.into_iter().zip(detailed).collect())
}

async fn detail(cx: &Pull<'_>, source: &Stream, record: RawRecord) -> Result<RawRecord, Stop> {
    let joins = source.joins(&cx.line.context(), &record).map_err(misconfigured)?;
    let mut replies = Vec::with_capacity(joins.len());
    for join in joins {
        cx.requests.fetch_add(1, Ordering::Relaxed);
        replies.push((join.join, cx.line.send(&join.request).await?));
    }
    let joined = source.joined(&cx.line.context(), &record, &replies);
    joined.map_err(|error| of_turn(error, &cx.line.context()))
}

/// Maps one record into a write, a removal or a reject.
fn map(
    cx: &Pull<'_>,
    source: &Stream,
    config: &Value,
    path: &str,
    named: &Named<'_>,
    detailed: &RawRecord,
    prepared: &mut Prepared,
) {
    let null = Value::new_null();
    let vars = [detailed.parent.as_deref().unwrap_or(&null), config];
    match source.mapping.map(&detailed.raw, &vars, &AccountIds(cx.account_id())) {
        Outcome::Mapped(mapped) => {
            if cx.rejects.load(Ordering::Relaxed) {
                prepared.cleared.push(named.remote_id.clone());
            }
            if mapped.deleted {
                prepared.removed.push(named.id);
                return;
            }
            prepared.upserts.push(Upsert {
                id: named.id,
                remote_id: mapped.remote_id,
                raw_hash: named.raw_hash,
                unified: mapped.unified.into(),
                remote_data: Some(remote_data(path, &detailed.raw)),
                origins: mapped.origins.map(Bytes::from),
                remote_fields: mapped.remote_fields.map(Bytes::from),
            });
        }
        Outcome::Skipped => {
            if cx.rejects.load(Ordering::Relaxed) {
                prepared.cleared.push(named.remote_id.clone());
            }
        }
        Outcome::Reject(reject) => {
            // It is still there at the vendor: with its id, an earlier form of it is not taken for deleted.
            let id = Some(named.id);
            let reject = rejected(named.remote_id.clone(), &reject, &detailed.raw, cx.now());
            prepared.rejects.push(Reject { id, ..reject });
            cx.rejects.store(true, Ordering::Relaxed);
        }
    }
}

fn rejected(key: String, reject: &unisono_connector::map::Reject, raw: &[u8], at_us: i64) -> Reject {
    Reject { key, id: None, reason: format!("{}: {}", reject.field, reject.reason), excerpt: excerpt(raw), at_us }
}

/// `[{"path": ..., "data": ...}]` around the bytes the vendor sent.
fn remote_data(path: &str, raw: &[u8]) -> Bytes {
    let mut data = Vec::with_capacity(raw.len() + path.len() + 24);
    data.extend_from_slice(b"[{\"path\":");
    data.extend_from_slice(&serde_json::to_vec(path).unwrap_or_default());
    data.extend_from_slice(b",\"data\":");
    data.extend_from_slice(raw);
    data.extend_from_slice(b"}]");
    data.into()
}

impl Prepared {
    /// Whether committing it would only move the cursor.
    pub(super) fn is_empty(&self) -> bool {
        let written = self.upserts.is_empty() && self.removed.is_empty() && self.rejects.is_empty();
        written && self.seen.is_empty() && self.cleared.is_empty()
    }
}

impl Pull<'_> {
    /// The commit of a page: its records, and the state of the run after it.
    pub(super) fn page_commit(&self, saved: &Saved, prepared: Prepared) -> anyhow::Result<PageCommit> {
        let reading = saved.reading.as_ref();
        Ok(PageCommit {
            account: self.account_id(),
            model: self.model.clone(),
            run: reading.map(|reading| reading.run),
            fence: Some(self.fence),
            full_pass: reading.is_some_and(|reading| reading.full),
            upserts: prepared.upserts,
            removed: prepared.removed,
            seen: prepared.seen,
            rejects: prepared.rejects,
            cleared_rejects: prepared.cleared,
            state: Some(saved.write()?),
            requests: self.requests.swap(0, Ordering::Relaxed),
            pages: self.pages.swap(0, Ordering::Relaxed),
            now_us: self.now(),
        })
    }
}
