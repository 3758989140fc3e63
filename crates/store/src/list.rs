//! Listing records: filters, orders and cursors as SQL over the unified JSON.
//!
//! Always true: field names are checked and values bound, so nothing a caller sends becomes SQL; the default order is the primary key.

use crate::{After, Include};
use uuid::Uuid;

/// Which records to list. Empty lists and `None` do not restrict.
#[derive(Debug, Clone, Default)]
pub struct ListQuery {
    /// The account.
    pub account: Uuid,
    /// The model.
    pub model: String,
    /// These ids; for a remote id pass its UUIDv5, which is found by index.
    pub ids: Vec<Uuid>,
    /// All of these must hold.
    pub conditions: Vec<Condition>,
    /// Stored at or after.
    pub created_after_us: Option<i64>,
    /// Stored before.
    pub created_before_us: Option<i64>,
    /// Changed at or after.
    pub modified_after_us: Option<i64>,
    /// Changed before.
    pub modified_before_us: Option<i64>,
    /// Tombstones too.
    pub include_deleted: bool,
    /// What to read beside the records.
    pub include: Include,
    /// The order.
    pub order: Order,
    /// Where to go on.
    pub after: Option<After>,
    /// Rows per page, at least 1.
    pub page_size: usize,
}

/// Order of a list.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub enum Order {
    /// By `modified_us` when `modified_after_us` is given (few rows, found by index), else by position.
    #[default]
    Auto,
    /// As first stored. Stable under updates.
    Position,
    /// As last changed: a record changed while listing comes again at its new place.
    Modified,
    /// By a text or datetime field; records without a value come last. Reads the whole stream.
    Field {
        /// The field.
        field: String,
        /// Largest first.
        descending: bool,
    },
}

/// One condition on the unified JSON.
#[derive(Debug, Clone, PartialEq)]
pub struct Condition {
    /// The record it is about.
    pub through: Option<Through>,
    /// The field.
    pub field: Field,
    /// The comparison.
    pub op: Op,
    /// What with; any one of them for `Eq`, exactly one otherwise.
    pub values: Vec<Scalar>,
}

/// Makes a condition one about a related record.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Through {
    /// Some record of `model` whose id is in our field `relation` (an id or a list of ids).
    Ours {
        /// Our field.
        relation: String,
        /// The other model.
        model: String,
    },
    /// Some record of `model` whose field `relation` is our id.
    Theirs {
        /// The other model's field.
        relation: String,
        /// The other model.
        model: String,
    },
}

/// A place in the unified JSON.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Field {
    /// A top-level field.
    Top(String),
    /// Any item of a list of strings (such as relation ids).
    Item(String),
    /// A field of any object in a list, such as `email_addresses[].email_address`.
    ItemField {
        /// The list.
        list: String,
        /// The objects' field.
        field: String,
    },
}

/// A comparison. Datetimes are stored as RFC 3339 in UTC with `Z`, so they compare as text.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Op {
    /// Equal to any of the values.
    Eq,
    /// Equal without regard to case (ASCII).
    EqIgnoreCase,
    /// Less.
    Lt,
    /// Less or equal.
    Le,
    /// Greater.
    Gt,
    /// Greater or equal.
    Ge,
    /// Contains the text, without regard to case (ASCII).
    Contains,
    /// Null or absent; takes no value.
    IsNull,
}

/// A value to compare with.
#[derive(Debug, Clone, PartialEq)]
pub enum Scalar {
    /// A string, enum, id or datetime.
    Text(String),
    /// A boolean.
    Bool(bool),
    /// A number.
    Number(f64),
}
