//! State: the vendor's records, generated and changed.

use serde_json::Value;

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
pub struct State {}

impl State {
    /// Creates a record: generated fields overlaid with `fields`; returns its id.
    pub fn create(&self, collection: &str, fields: Value) -> Result<String, MutateError> {
        let _ = (collection, fields);
        todo!()
    }

    /// Merges `fields` into a record (objects deeply, everything else replaced) and stamps it as changed now.
    pub fn update(&self, collection: &str, id: &str, fields: Value) -> Result<(), MutateError> {
        let _ = (collection, id, fields);
        todo!()
    }

    /// Deletes a record for good.
    pub fn delete(&self, collection: &str, id: &str) -> Result<(), MutateError> {
        let _ = (collection, id);
        todo!()
    }

    /// A record as stored, hidden fields (`__…`) included.
    pub fn get(&self, collection: &str, id: &str) -> Option<Value> {
        let _ = (collection, id);
        todo!()
    }

    /// How many records a collection has now.
    pub fn count(&self, collection: &str) -> Option<u64> {
        let _ = collection;
        todo!()
    }

    /// The names of the collections.
    pub fn collections(&self) -> Vec<String> {
        todo!()
    }

    /// The ids of a collection in its natural order.
    pub fn ids(&self, collection: &str) -> Result<Vec<String>, MutateError> {
        let _ = collection;
        todo!()
    }
}
