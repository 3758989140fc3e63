//! Listing records: filters, orders and cursors as SQL over the unified JSON.
//!
//! Always true: field names are checked and values bound, so nothing a caller sends becomes SQL; the default order is the primary key.

use crate::dialect::{BY_ID, Dialect};
use crate::filter::{checked, condition};
use crate::sql::{Value, Where, limit};
use crate::{After, Include, StoreError};
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

/// Most ids in one query.
pub(crate) const IDS_MAX: usize = 1000;

/// Columns of a record row, in the order `record.rs` reads them.
pub(crate) fn columns(include: Include) -> String {
    let mut text = "r.pos, r.id, r.remote_id, r.unified, r.deleted, r.created_us, r.modified_us, r.raw_hash".to_owned();
    for (wanted, column) in
        [(include.remote_data, "d.data"), (include.origins, "d.origins"), (include.remote_fields, "d.remote_fields")]
    {
        text.push_str(", ");
        text.push_str(if wanted { column } else { "null" });
    }
    text
}

/// The tables of a record row, found by id or not.
pub(crate) fn tables(include: Include, by_id: bool) -> String {
    let index = if by_id { BY_ID } else { "" };
    let remote = if include.any() {
        " left join remote_data d on d.account = r.account and d.model = r.model and d.pos = r.pos"
    } else {
        ""
    };
    format!("record r{index}{remote}")
}

/// How a list is ordered, once `Auto` is decided.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum By {
    Position,
    Modified,
    Field { expression: String, descending: bool },
}

/// A list as SQL. One row more than the page is asked for; the last column is the ordering field's text.
pub(crate) fn build<'q>(
    dialect: Dialect,
    project: Uuid,
    query: &'q ListQuery,
) -> Result<(String, Vec<Value<'q>>, By), StoreError> {
    if query.ids.len() > IDS_MAX {
        return Err(invalid(format!("more than {IDS_MAX} ids")));
    }
    let by = order(dialect, query)?;
    let mut filter = Where::default();
    let (account, project) = (filter.bind(query.account), filter.bind(project));
    let owned = format!("(select a.id from account a where a.id = {account} and a.project = {project})");
    filter.and(&format!("r.account = {owned}"));
    filter.and_some("r.model =", Some(query.model.as_str()));
    filter.and_in("r.id", query.ids.iter().copied());
    if !query.include_deleted {
        filter.and("r.deleted = false");
    }
    filter.and_some("r.created_us >=", query.created_after_us);
    filter.and_some("r.created_us <", query.created_before_us);
    filter.and_some("r.modified_us >=", query.modified_after_us);
    filter.and_some("r.modified_us <", query.modified_before_us);
    for wanted in &query.conditions {
        let text = condition(dialect, &mut filter, &owned, wanted)?;
        filter.and(&text);
    }
    go_on(dialect, &mut filter, &by, query.after.as_ref())?;
    let (value, order) = match &by {
        By::Position => ("null", "r.pos".to_owned()),
        By::Modified => ("null", "r.modified_us".to_owned()),
        By::Field { expression, descending } => {
            let direction = if *descending { " desc" } else { "" };
            (expression.as_str(), format!("({expression}) is null, {expression}{direction}, r.pos"))
        }
    };
    let limit = filter.bind(limit(query.page_size) + 1);
    let text = format!(
        "select {}, {value} from {}{} order by {order} limit {limit}",
        columns(query.include),
        tables(query.include, !query.ids.is_empty()),
        filter.text
    );
    Ok((text, filter.values, by))
}

fn order(dialect: Dialect, query: &ListQuery) -> Result<By, StoreError> {
    Ok(match &query.order {
        Order::Auto if query.modified_after_us.is_some() => By::Modified,
        Order::Auto | Order::Position => By::Position,
        Order::Modified => By::Modified,
        Order::Field { field, descending } => {
            let expression = dialect.bytewise(&dialect.json_text("r.unified", checked(field)?));
            By::Field { expression, descending: *descending }
        }
    })
}

fn go_on<'q>(dialect: Dialect, filter: &mut Where<'q>, by: &By, after: Option<&'q After>) -> Result<(), StoreError> {
    match (by, after) {
        (_, None) => {}
        (By::Position, Some(After::Position(pos))) => filter.and_some("r.pos >", Some(*pos)),
        (By::Modified, Some(After::Modified(us))) => {
            filter.and_some("r.modified_us >", Some(*us));
        }
        (By::Field { expression, .. }, Some(After::Field { value: None, pos })) => {
            let pos = filter.bind(*pos);
            filter.and(&format!("(({expression}) is null and r.pos > {pos})"));
        }
        (By::Field { expression, descending }, Some(After::Field { value: Some(value), pos })) => {
            let (pos, place) = (filter.bind(*pos), filter.bind(value));
            let (value, beyond) = (dialect.text_param(&place), if *descending { "<" } else { ">" });
            filter.and(&format!(
                "(({expression}) is null or {expression} {beyond} {value} or ({expression} = {value} and r.pos > {pos}))"
            ));
        }
        _ => return Err(invalid("the cursor belongs to another order".to_owned())),
    }
    Ok(())
}

pub(crate) fn invalid(problem: String) -> StoreError {
    StoreError::Query { problem }
}
