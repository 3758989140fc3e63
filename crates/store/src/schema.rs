//! Migrations.

use crate::StoreError;
use crate::sql::Sql;

pub(crate) fn version(_sql: &mut dyn Sql) -> Result<i64, StoreError> {
    todo!()
}
