//! Generate: one record made from its template, each field only when somebody looks at it.
//!
//! Always true: a record is a function of (seed, collection, place); nothing is kept unless the collection is small.
//! Elsewhere: changed records are kept by `state`.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

use minijinja::value::{Enumerator, Object, Value as Mj};

use crate::dice;
use crate::plan::Collection;
use crate::scope::Scope;
use crate::state::World;

/// A record that is being made.
#[derive(Debug)]
pub(crate) struct Making {
    world: Arc<World>,
    collection: Arc<Collection>,
    place: u64,
    seed: u64,
    /// Finished values; none while a value is being worked out, so that a circle ends.
    memo: Mutex<HashMap<String, Option<Mj>>>,
}

impl Making {
    pub fn new(world: &Arc<World>, collection: &Arc<Collection>, place: u64) -> Self {
        let seed = dice::combine(dice::combine(world.seed(), dice::hash(&[collection.name.as_bytes()])), place);
        Self { world: Arc::clone(world), collection: Arc::clone(collection), place, seed, memo: Mutex::default() }
    }

    pub fn world(&self) -> &Arc<World> {
        &self.world
    }

    pub fn seed(&self) -> u64 {
        self.seed
    }

    /// A name inside the record's templates: place, id, row, a `let`, or a field of the record.
    pub fn variable(self: &Arc<Self>, name: &str) -> Option<Mj> {
        match name {
            "i" => Some(Mj::from(self.place)),
            "id" => Some(self.collection.id(self.place)),
            "row" => Some(self.collection.row(self.place)),
            _ => self.worked_out(name, true),
        }
    }

    fn worked_out(self: &Arc<Self>, name: &str, lets: bool) -> Option<Mj> {
        let template = match self.collection.lets.get(name) {
            Some(template) if lets => template,
            _ => self.collection.record.get(name)?,
        };
        let memo_key = if lets { name.to_owned() } else { format!(".{name}") };
        if let Some(known) = self.memo().get(&memo_key) {
            return known.clone();
        }
        self.memo().insert(memo_key.clone(), None);
        let value = match template.eval(&Scope::of(self)) {
            Ok(value) => value,
            Err(error) => {
                self.world.note(format!("{}.{name}: {error:#}", self.collection.name));
                Mj::UNDEFINED
            }
        };
        self.memo().insert(memo_key, Some(value.clone()));
        Some(value)
    }

    fn memo(&self) -> std::sync::MutexGuard<'_, HashMap<String, Option<Mj>>> {
        self.memo.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Object for Making {
    fn get_value(self: &Arc<Self>, key: &Mj) -> Option<Mj> {
        self.get_value_by_str(key.as_str()?)
    }

    fn get_value_by_str(self: &Arc<Self>, key: &str) -> Option<Mj> {
        let lets = !self.collection.lets.contains_key(key);
        self.worked_out(key, lets).filter(|value| !value.is_undefined())
    }

    fn enumerate(self: &Arc<Self>) -> Enumerator {
        let names: Vec<Mj> = self.collection.record.keys().map(|name| Mj::from(name.as_str())).collect();
        Enumerator::Iter(Box::new(names.into_iter()))
    }
}
