//! The one synchronous face of both databases: values in, rows out.

use crate::StoreError;
use uuid::Uuid;

/// A value bound to `$1`, `$2`, …
#[derive(Debug, Clone, Copy)]
pub(crate) enum Value<'a> {
    Null,
    Bool(bool),
    Int(i64),
    Text(&'a str),
    Bytes(&'a [u8]),
    Uuid(Uuid),
}

/// One row of a result.
pub(crate) trait Row {
    fn int(&self, column: usize) -> Result<i64, StoreError>;
}

/// A connection, inside or outside a transaction.
pub(crate) trait Sql {
    fn query(
        &mut self,
        sql: &str,
        values: &[Value<'_>],
        each: &mut dyn FnMut(&dyn Row) -> Result<(), StoreError>,
    ) -> Result<(), StoreError>;
}
