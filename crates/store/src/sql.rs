//! The one synchronous face of both databases: values in, rows out.
//!
//! Always true: SQL is one text with `$1` placeholders; `= any($n)` takes a list in [`Sql::query_each`], and `{rows}` stands for the
//! given columns in [`Sql::update_each`]. Elsewhere: how each database carries that out is in `sqlite` and `postgres`.

use crate::dialect::Dialect;
use crate::{Keyset, StoreError};
use uuid::Uuid;

/// A value bound to `$1`, `$2`, …
#[derive(Debug, Clone, Copy)]
pub(crate) enum Value<'a> {
    Null,
    Bool(bool),
    Int(i64),
    Float(f64),
    Text(&'a str),
    Json(&'a [u8]),
    Blob(&'a [u8]),
    Uuid(Uuid),
}

macro_rules! value_from {
    ($($type:ty => $variant:ident),*) => { $(
        impl<'a> From<$type> for Value<'a> { fn from(value: $type) -> Self { Self::$variant(value) } }
    )* };
}
value_from!(bool => Bool, i64 => Int, f64 => Float, &'a str => Text, Uuid => Uuid);

impl<'a> From<&'a String> for Value<'a> {
    fn from(value: &'a String) -> Self {
        Self::Text(value)
    }
}

impl<'a, T: Into<Value<'a>>> From<Option<T>> for Value<'a> {
    fn from(value: Option<T>) -> Self {
        value.map_or(Self::Null, Into::into)
    }
}

/// One column of many rows.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Column<'a> {
    Bools(&'a [bool]),
    Ints(&'a [i64]),
    OptInts(&'a [Option<i64>]),
    Texts(&'a [&'a str]),
    OptTexts(&'a [Option<&'a str>]),
    Json(&'a [Option<&'a [u8]>]),
    Blobs(&'a [&'a [u8]]),
    Uuids(&'a [Uuid]),
    OptUuids(&'a [Option<Uuid>]),
}

impl<'a> Column<'a> {
    pub(crate) fn len(&self) -> usize {
        match self {
            Self::Bools(v) => v.len(),
            Self::Ints(v) => v.len(),
            Self::OptInts(v) => v.len(),
            Self::Texts(v) => v.len(),
            Self::OptTexts(v) => v.len(),
            Self::Json(v) => v.len(),
            Self::Blobs(v) => v.len(),
            Self::Uuids(v) => v.len(),
            Self::OptUuids(v) => v.len(),
        }
    }

    /// The value of one row; `Null` beyond the end.
    pub(crate) fn value(&self, row: usize) -> Value<'a> {
        match self {
            Self::Bools(v) => v.get(row).copied().into(),
            Self::Ints(v) => v.get(row).copied().into(),
            Self::OptInts(v) => v.get(row).copied().flatten().into(),
            Self::Texts(v) => v.get(row).copied().into(),
            Self::OptTexts(v) => v.get(row).copied().flatten().into(),
            Self::Json(v) => v.get(row).copied().flatten().map_or(Value::Null, Value::Json),
            Self::Blobs(v) => v.get(row).map_or(Value::Null, |b| Value::Blob(b)),
            Self::Uuids(v) => v.get(row).copied().into(),
            Self::OptUuids(v) => v.get(row).copied().flatten().into(),
        }
    }

    /// Type of the column in SQL.
    pub(crate) fn sql_type(&self) -> &'static str {
        match self {
            Self::Bools(_) => "boolean",
            Self::Ints(_) | Self::OptInts(_) => "bigint",
            Self::Texts(_) | Self::OptTexts(_) => "text",
            Self::Json(_) => "json",
            Self::Blobs(_) => "bytea",
            Self::Uuids(_) | Self::OptUuids(_) => "uuid",
        }
    }
}

/// Many rows for one table; the fixed columns are the same in all of them.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Bulk {
    pub(crate) table: &'static str,
    /// Name and SQL type.
    pub(crate) fixed: &'static [(&'static str, &'static str)],
    pub(crate) columns: &'static [&'static str],
    /// `on conflict …`, or nothing.
    pub(crate) tail: &'static str,
}

/// What a row callback returns.
pub(crate) type Each<'e> = &'e mut dyn FnMut(&dyn Row) -> Result<(), StoreError>;

/// One row of a result. Columns are counted from 0.
pub(crate) trait Row {
    /// A bigint; a boolean is 0 or 1.
    fn opt_int(&self, column: usize) -> Result<Option<i64>, StoreError>;
    /// The bytes of a text, json or bytea.
    fn opt_bytes(&self, column: usize) -> Result<Option<&[u8]>, StoreError>;

    fn int(&self, column: usize) -> Result<i64, StoreError> {
        self.opt_int(column)?.ok_or(StoreError::Malformed { what: "number" })
    }

    fn bool(&self, column: usize) -> Result<bool, StoreError> {
        Ok(self.int(column)? != 0)
    }

    fn opt_bool(&self, column: usize) -> Result<Option<bool>, StoreError> {
        Ok(self.opt_int(column)?.map(|n| n != 0))
    }

    fn bytes(&self, column: usize) -> Result<&[u8], StoreError> {
        self.opt_bytes(column)?.ok_or(StoreError::Malformed { what: "bytes" })
    }

    fn opt_text(&self, column: usize) -> Result<Option<String>, StoreError> {
        match self.opt_bytes(column)? {
            None => Ok(None),
            Some(b) => match std::str::from_utf8(b) {
                Ok(s) => Ok(Some(s.to_owned())),
                Err(_) => Err(StoreError::Malformed { what: "text" }),
            },
        }
    }

    fn text(&self, column: usize) -> Result<String, StoreError> {
        self.opt_text(column)?.ok_or(StoreError::Malformed { what: "text" })
    }

    fn opt_uuid(&self, column: usize) -> Result<Option<Uuid>, StoreError> {
        match self.opt_bytes(column)? {
            None => Ok(None),
            Some(b) => Uuid::from_slice(b).map(Some).map_err(|_| StoreError::Malformed { what: "uuid" }),
        }
    }

    fn uuid(&self, column: usize) -> Result<Uuid, StoreError> {
        self.opt_uuid(column)?.ok_or(StoreError::Malformed { what: "uuid" })
    }
}

/// A connection, inside or outside a transaction.
pub(crate) trait Sql {
    fn dialect(&self) -> Dialect;

    /// Runs one statement; returns how many rows it touched.
    fn execute(&mut self, sql: &str, values: &[Value<'_>]) -> Result<u64, StoreError>;

    /// Runs one query.
    fn query(&mut self, sql: &str, values: &[Value<'_>], each: Each<'_>) -> Result<(), StoreError>;

    /// Runs a query for each key: `= any($n)` in the text, n being one more than there are values. Rows come in no order.
    fn query_each(
        &mut self,
        sql: &str,
        values: &[Value<'_>],
        keys: Column<'_>,
        each: Each<'_>,
    ) -> Result<(), StoreError>;

    /// Inserts many rows.
    fn insert_each(&mut self, bulk: &Bulk, fixed: &[Value<'_>], columns: &[Column<'_>]) -> Result<u64, StoreError>;

    /// Updates or deletes by many rows: `{rows}` in the text becomes a table `v` with the named columns.
    fn update_each(
        &mut self,
        sql: &str,
        values: &[Value<'_>],
        columns: &[(&str, Column<'_>)],
    ) -> Result<u64, StoreError>;

    /// Runs statements separated by semicolons.
    fn batch(&mut self, sql: &str) -> Result<(), StoreError>;

    /// Reconnects if the connection was lost.
    fn ready(&mut self) -> Result<(), StoreError> {
        Ok(())
    }

    /// Starts a transaction that writes.
    fn begin(&mut self) -> Result<(), StoreError>;

    /// Ends it for good.
    fn commit(&mut self) -> Result<(), StoreError>;

    /// Ends any transaction without effect; never fails, a broken connection is replaced by its owner.
    fn rollback(&mut self);
}

/// All rows of a query, each read by `read`.
pub(crate) fn rows<T>(
    sql: &mut dyn Sql,
    text: &str,
    values: &[Value<'_>],
    read: impl Fn(&dyn Row) -> Result<T, StoreError>,
) -> Result<Vec<T>, StoreError> {
    let mut out = Vec::new();
    sql.query(text, values, &mut |row| {
        out.push(read(row)?);
        Ok(())
    })?;
    Ok(out)
}

/// The first row of a query.
pub(crate) fn first<T>(
    sql: &mut dyn Sql,
    text: &str,
    values: &[Value<'_>],
    read: impl Fn(&dyn Row) -> Result<T, StoreError>,
) -> Result<Option<T>, StoreError> {
    Ok(rows(sql, text, values, read)?.into_iter().next())
}

/// Rows per page as SQL wants it: at least 1, at most 10,000.
pub(crate) fn limit(page_size: usize) -> i64 {
    page_size.clamp(1, 10_000) as i64
}

/// Collects conditions and the values they bind.
#[derive(Debug, Default)]
pub(crate) struct Where<'a> {
    pub(crate) text: String,
    pub(crate) values: Vec<Value<'a>>,
}

impl<'a> Where<'a> {
    /// Binds a value and returns its placeholder.
    pub(crate) fn bind(&mut self, value: impl Into<Value<'a>>) -> String {
        self.values.push(value.into());
        format!("${}", self.values.len())
    }

    /// Adds a condition that must hold.
    pub(crate) fn and(&mut self, condition: &str) {
        self.text.push_str(if self.text.is_empty() { " where " } else { " and " });
        self.text.push_str(condition);
    }

    /// Adds `{left} {value}` when there is a value, such as `category =`.
    pub(crate) fn and_some<T: Into<Value<'a>>>(&mut self, left: &str, value: Option<T>) {
        if let Some(value) = value {
            let place = self.bind(value);
            self.and(&format!("{left} {place}"));
        }
    }

    /// Goes on after a row of a list ordered by time and id, newest first.
    pub(crate) fn and_before(&mut self, time: &str, after: Option<Keyset>) {
        self.and_before_aliased(time, "id", after);
    }

    /// The same where the id needs a table's name.
    pub(crate) fn and_before_aliased(&mut self, time: &str, id_column: &str, after: Option<Keyset>) {
        if let Some(Keyset { us, id }) = after {
            let (us, id) = (self.bind(us), self.bind(id));
            self.and(&format!("({time} < {us} or ({time} = {us} and {id_column} < {id}))"));
        }
    }

    /// Goes on after a row of a list ordered by time and id, oldest first.
    pub(crate) fn and_after(&mut self, time: &str, after: Option<Keyset>) {
        if let Some(Keyset { us, id }) = after {
            let (us, id) = (self.bind(us), self.bind(id));
            self.and(&format!("({time} > {us} or ({time} = {us} and id > {id}))"));
        }
    }

    /// Adds `{column} in (…)` unless the list is empty.
    pub(crate) fn and_in<T: Into<Value<'a>>>(&mut self, column: &str, list: impl ExactSizeIterator<Item = T>) {
        if list.len() > 0 {
            let places: Vec<String> = list.map(|value| self.bind(value)).collect();
            self.and(&format!("{column} in ({})", places.join(", ")));
        }
    }
}
