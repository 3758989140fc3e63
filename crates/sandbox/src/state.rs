//! State: the vendor's records, generated until somebody changes them.
//!
//! Always true: only changed, created and deleted records take memory; no lock is held while a template runs.
//! Elsewhere: how a record is generated is `generate`; filtering and sorting is `select`.

use std::collections::{BTreeMap, HashMap};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, OnceLock, PoisonError, RwLock};

use minijinja::value::Value as Mj;
use minijinja::{Error, ErrorKind};
use serde_json::Value;

use crate::clock::Clock;
use crate::generate::Making;
use crate::plan::{Collection, Plan};
use crate::template::to_json;
use crate::time::format_ms;

/// Collections up to this size keep their generated records.
const KEPT: u64 = 4096;

/// A change by hand that could not be made.
#[derive(Debug, thiserror::Error)]
pub enum MutateError {
    /// No such collection.
    #[error("no collection `{0}`")]
    NoCollection(String),
    /// No such record.
    #[error("no record `{id}` in `{collection}`")]
    NoRecord {
        /// The collection.
        collection: String,
        /// The record.
        id: String,
    },
    /// A template failed.
    #[error("cannot make a record of `{collection}`: {problem}")]
    Template {
        /// The collection.
        collection: String,
        /// Why.
        problem: String,
    },
}

/// The records of one running sandbox.
#[derive(Debug)]
pub struct State {
    world: Arc<World>,
}

impl State {
    pub(crate) fn new(world: Arc<World>) -> Self {
        Self { world }
    }

    /// Creates a record: generated fields overlaid with `fields`; returns its id.
    pub fn create(&self, collection: &str, fields: Value) -> Result<String, MutateError> {
        let held = self.held(collection)?;
        let key = held.reserve();
        let made = Arc::new(Making::new(&self.world, &held.collection, key));
        let mut record = to_json(&Mj::from_dyn_object(made)).map_err(|error| template(collection, &error))?;
        let now = self.world.clock.now().as_millisecond();
        held.collection.stamp_created(&mut record, now);
        deep_merge(&mut record, fields);
        let id = held.collection.id(key).to_string();
        self.world.put(held, key, &record);
        Ok(id)
    }

    /// Merges `fields` into a record (objects deeply, everything else replaced) and stamps it as changed now.
    pub fn update(&self, collection: &str, id: &str, fields: Value) -> Result<(), MutateError> {
        let held = self.held(collection)?;
        let key = held.key(id).ok_or_else(|| no_record(collection, id))?;
        let record = self.world.fetch(held, key).ok_or_else(|| no_record(collection, id))?;
        let mut record = to_json(&record).map_err(|error| template(collection, &error))?;
        held.collection.stamp_updated(&mut record, self.world.clock.now().as_millisecond());
        deep_merge(&mut record, fields);
        self.world.put(held, key, &record);
        Ok(())
    }

    /// Deletes a record for good.
    pub fn delete(&self, collection: &str, id: &str) -> Result<(), MutateError> {
        let held = self.held(collection)?;
        let key = held.key(id).ok_or_else(|| no_record(collection, id))?;
        let record = self.world.fetch(held, key).ok_or_else(|| no_record(collection, id))?;
        self.world.remove(held, key, record);
        Ok(())
    }

    /// A record as stored, hidden fields (`__…`) included.
    pub fn get(&self, collection: &str, id: &str) -> Option<Value> {
        let record = self.world.find(collection, id).ok().flatten()?;
        to_json(&record).ok()
    }

    /// How many records a collection has now.
    pub fn count(&self, collection: &str) -> Option<u64> {
        self.world.held(collection).map(|held| held.keys().len() as u64)
    }

    /// The names of the collections.
    pub fn collections(&self) -> Vec<String> {
        self.world.held.iter().map(|held| held.collection.name.clone()).collect()
    }

    /// The ids of a collection in its natural order.
    pub fn ids(&self, collection: &str) -> Result<Vec<String>, MutateError> {
        let held = self.held(collection)?;
        Ok(held.keys().into_iter().map(|key| held.collection.id(key).to_string()).collect())
    }

    fn held(&self, collection: &str) -> Result<&Held, MutateError> {
        self.world.held(collection).ok_or_else(|| MutateError::NoCollection(collection.to_owned()))
    }
}

fn no_record(collection: &str, id: &str) -> MutateError {
    MutateError::NoRecord { collection: collection.to_owned(), id: id.to_owned() }
}

fn template(collection: &str, error: &Error) -> MutateError {
    MutateError::Template { collection: collection.to_owned(), problem: format!("{error:#}") }
}

/// Everything a template can look at.
#[derive(Debug)]
pub(crate) struct World {
    plan: Arc<Plan>,
    seed: u64,
    size: u64,
    pub(crate) clock: Arc<Clock>,
    url: String,
    credentials: OnceLock<Mj>,
    held: Vec<Held>,
    version: AtomicU64,
    problems: Mutex<Vec<String>>,
}

/// One collection with its changes.
#[derive(Debug)]
pub(crate) struct Held {
    pub(crate) collection: Arc<Collection>,
    generated: OnceLock<u64>,
    data: RwLock<Data>,
    kept: Mutex<HashMap<u64, Arc<Making>>>,
}

#[derive(Debug, Default)]
struct Data {
    changed: HashMap<u64, Mj>,
    deleted: BTreeMap<u64, Mj>,
    created: u64,
    /// Field path -> value -> keys; thrown away by every change.
    index: HashMap<String, Arc<HashMap<String, Vec<u64>>>>,
}

impl Held {
    fn generated(&self) -> u64 {
        self.generated.get().copied().unwrap_or(0)
    }

    fn reserve(&self) -> u64 {
        let mut data = self.data.write().unwrap_or_else(PoisonError::into_inner);
        data.created += 1;
        self.generated() + data.created - 1
    }

    /// Live keys in natural order.
    pub fn keys(&self) -> Vec<u64> {
        let data = self.data.read().unwrap_or_else(PoisonError::into_inner);
        let all = 0..self.generated() + data.created;
        all.filter(|key| !data.deleted.contains_key(key)).collect()
    }

    pub fn key(&self, id: &str) -> Option<u64> {
        self.collection.key(id)
    }
}

impl World {
    pub fn new(plan: &Arc<Plan>, seed: u64, size: Option<u64>, clock: Arc<Clock>, url: String) -> Arc<Self> {
        let held = plan
            .collections
            .values()
            .map(|collection| Held {
                collection: Arc::clone(collection),
                generated: OnceLock::new(),
                data: RwLock::default(),
                kept: Mutex::default(),
            })
            .collect();
        Arc::new(Self {
            plan: Arc::clone(plan),
            seed,
            size: size.unwrap_or(plan.size),
            clock,
            url,
            credentials: OnceLock::new(),
            held,
            version: AtomicU64::new(0),
            problems: Mutex::default(),
        })
    }

    /// Works out sizes and credentials; says what failed.
    pub fn prepare(self: &Arc<Self>) -> Result<BTreeMap<String, String>, (String, String)> {
        let scope = crate::scope::Scope::new(self);
        for held in &self.held {
            let name = &held.collection.name;
            let count = held.collection.count(&scope).map_err(|error| (name.clone(), format!("{error:#}")))?;
            let _ = held.generated.set(count);
        }
        let mut credentials = BTreeMap::new();
        for (name, template) in &self.plan.credentials {
            let value = template.eval_text(&scope).map_err(|error| (name.clone(), format!("{error:#}")))?;
            credentials.insert(name.clone(), value);
        }
        let _ = self.credentials.set(crate::template::from_serde(&credentials));
        for held in &self.held {
            let count = held.generated();
            for place in (0..count.min(5)).chain(count.saturating_sub(3)..count) {
                to_json(&self.making(held, place))
                    .map_err(|error| (held.collection.name.clone(), format!("{error:#}")))?;
            }
        }
        let problems = self.problems.lock().unwrap_or_else(PoisonError::into_inner);
        match problems.first() {
            Some(first) => Err(("records".into(), first.clone())),
            None => Ok(credentials),
        }
    }

    pub fn seed(&self) -> u64 {
        self.seed
    }

    pub fn plan(&self) -> &Arc<Plan> {
        &self.plan
    }

    pub fn epoch_ms(&self) -> i64 {
        self.plan.epoch_ms
    }

    /// Grows with every change of any record.
    pub fn version(&self) -> u64 {
        self.version.load(Ordering::Acquire)
    }

    /// Remembers that a template failed.
    pub fn note(&self, problem: String) {
        self.problems.lock().unwrap_or_else(PoisonError::into_inner).push(problem);
    }

    /// Names every template sees.
    pub fn variable(&self, name: &str) -> Option<Mj> {
        match name {
            "size" => Some(Mj::from(self.size)),
            "url" => Some(Mj::from(self.url.as_str())),
            "host" => self.url.split_once("://").map(|(_, host)| Mj::from(host)),
            "now" => Some(Mj::from(self.clock.now().as_millisecond())),
            "epoch" => Some(Mj::from(self.plan.epoch_ms)),
            "credentials" => self.credentials.get().cloned(),
            _ => None,
        }
    }

    pub fn held(&self, name: &str) -> Option<&Held> {
        let known =
            |held: &&Held| held.collection.name == name || held.collection.aliases.iter().any(|alias| alias == name);
        self.held.iter().find(known)
    }

    fn known(&self, name: &str) -> Result<&Held, Error> {
        self.held(name).ok_or_else(|| unknown("collection", name))
    }

    pub fn generated(&self, collection: &str) -> Result<u64, Error> {
        Ok(self.known(collection)?.generated())
    }

    pub fn id_at(&self, collection: &str, place: u64) -> Result<Mj, Error> {
        Ok(self.known(collection)?.collection.id(place))
    }

    /// The record at a place as it is now; what was generated there if it has been deleted.
    pub fn record_at(self: &Arc<Self>, collection: &str, place: u64) -> Result<Mj, Error> {
        let held = self.known(collection)?;
        Ok(self.fetch(held, place).unwrap_or_else(|| self.making(held, place)))
    }

    pub fn find(self: &Arc<Self>, collection: &str, id: &str) -> Result<Option<Mj>, Error> {
        let held = self.known(collection)?;
        Ok(held.key(id).and_then(|key| self.fetch(held, key)))
    }

    pub fn all(self: &Arc<Self>, collection: &str) -> Result<Vec<Mj>, Error> {
        let held = self.known(collection)?;
        Ok(held.keys().into_iter().filter_map(|key| self.fetch(held, key)).collect())
    }

    /// Deleted records: `{id, at, record}`.
    pub fn deleted(&self, collection: &str) -> Result<Vec<Mj>, Error> {
        let held = self.known(collection)?;
        let data = held.data.read().unwrap_or_else(PoisonError::into_inner);
        Ok(data.deleted.values().cloned().collect())
    }

    /// Records whose field has this value, through an index built on first use.
    pub fn find_by(self: &Arc<Self>, collection: &str, field: &str, value: &str) -> Result<Vec<Mj>, Error> {
        let held = self.known(collection)?;
        let known = held.data.read().unwrap_or_else(PoisonError::into_inner).index.get(field).cloned();
        let index = match known {
            Some(index) => index,
            None => {
                let version = self.version();
                let mut index: HashMap<String, Vec<u64>> = HashMap::new();
                for key in held.keys() {
                    if let Some(record) = self.fetch(held, key) {
                        index.entry(at_path(&record, field).to_string()).or_default().push(key);
                    }
                }
                let index = Arc::new(index);
                let mut data = held.data.write().unwrap_or_else(PoisonError::into_inner);
                if self.version() == version {
                    data.index.insert(field.to_owned(), Arc::clone(&index));
                }
                index
            }
        };
        let keys = index.get(value).cloned().unwrap_or_default();
        Ok(keys.into_iter().filter_map(|key| self.fetch(held, key)).collect())
    }

    /// A live record.
    pub fn fetch(self: &Arc<Self>, held: &Held, key: u64) -> Option<Mj> {
        let data = held.data.read().unwrap_or_else(PoisonError::into_inner);
        if data.deleted.contains_key(&key) {
            return None;
        }
        if let Some(changed) = data.changed.get(&key) {
            return Some(changed.clone());
        }
        drop(data);
        (key < held.generated()).then(|| self.making(held, key))
    }

    fn making(self: &Arc<Self>, held: &Held, place: u64) -> Mj {
        if held.generated() > KEPT {
            return Mj::from_dyn_object(Arc::new(Making::new(self, &held.collection, place)));
        }
        let mut kept = held.kept.lock().unwrap_or_else(PoisonError::into_inner);
        let making = kept.entry(place).or_insert_with(|| Arc::new(Making::new(self, &held.collection, place)));
        Mj::from_dyn_object(Arc::clone(making))
    }

    /// Stores a record under a key that was reserved or exists.
    pub fn put(&self, held: &Held, key: u64, record: &Value) {
        let mut data = held.data.write().unwrap_or_else(PoisonError::into_inner);
        data.changed.insert(key, crate::template::from_serde(record));
        data.index.clear();
        self.version.fetch_add(1, Ordering::AcqRel);
    }

    /// Forgets a record and remembers that it was there.
    pub fn remove(&self, held: &Held, key: u64, record: Mj) {
        let gone = Mj::from_pairs([
            ("id", held.collection.id(key)),
            ("at", Mj::from(self.clock.now().as_millisecond())),
            ("record", record),
        ]);
        let mut data = held.data.write().unwrap_or_else(PoisonError::into_inner);
        data.changed.remove(&key);
        data.deleted.insert(key, gone);
        data.index.clear();
        self.version.fetch_add(1, Ordering::AcqRel);
    }

    /// Breaks the circle between the vendor and the records it keeps.
    pub fn forget(&self) {
        for held in &self.held {
            held.kept.lock().unwrap_or_else(PoisonError::into_inner).clear();
        }
    }

    /// A key and an id for a record an endpoint creates.
    pub fn reserve(&self, held: &Held) -> (u64, Mj) {
        let key = held.reserve();
        (key, held.collection.id(key))
    }
}

/// An error about a name that is not there.
pub(crate) fn unknown(kind: &str, name: &str) -> Error {
    Error::new(ErrorKind::InvalidOperation, format!("no {kind} `{name}`"))
}

/// A value inside a record; undefined if it is not there.
pub(crate) fn at_path(value: &Mj, path: &str) -> Mj {
    path.split('.').fold(value.clone(), |value, step| match step.parse::<usize>() {
        Ok(place) => value.get_item_by_index(place).unwrap_or_default(),
        Err(_) => value.get_attr(step).unwrap_or_default(),
    })
}

/// A record without its hidden fields.
pub(crate) fn public(value: &Mj) -> Result<Mj, Error> {
    let mut pairs = Vec::new();
    for key in value.try_iter()? {
        if !key.as_str().is_some_and(|key| key.starts_with("__")) {
            pairs.push((key.clone(), value.get_item(&key)?));
        }
    }
    Ok(Mj::from_pairs(pairs))
}

/// Merges objects deeply; anything else is replaced.
pub(crate) fn deep_merge(into: &mut Value, from: Value) {
    match (into, from) {
        (Value::Object(into), Value::Object(from)) => {
            for (key, value) in from {
                match into.get_mut(&key) {
                    Some(old) if old.is_object() && value.is_object() => deep_merge(old, value),
                    _ => {
                        into.insert(key, value);
                    }
                }
            }
        }
        (into, from) => *into = from,
    }
}

impl Collection {
    pub(crate) fn stamp_created(&self, record: &mut Value, now_ms: i64) {
        self.stamp_fields(record, self.created.iter().chain(&self.updated), now_ms);
    }

    pub(crate) fn stamp_updated(&self, record: &mut Value, now_ms: i64) {
        self.stamp_fields(record, self.updated.iter(), now_ms);
    }

    fn stamp_fields<'f>(&self, record: &mut Value, fields: impl Iterator<Item = &'f String>, now_ms: i64) {
        for path in fields {
            let steps: Vec<&str> = path.split('.').collect();
            let Some((last, outer)) = steps.split_last() else { continue };
            let target = outer.iter().try_fold(&mut *record, |value, step| value.get_mut(*step));
            if let Some(Value::Object(target)) = target {
                target.insert((*last).to_owned(), Value::String(format_ms(now_ms, self.stamp)));
            }
        }
    }
}
