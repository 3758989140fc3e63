//! SQLite: one file, WAL, prepared statements kept per connection.
//!
//! Always true: memory is bounded by the page caches set here; a transaction that writes takes the write lock at its start,
//! so it never fails half-way for having read first.

use crate::StoreError;
use crate::dialect::{Dialect, sqlite_error};
use crate::sql::{Bulk, Column, Each, Row, Sql, Value};
use rusqlite::types::{ToSqlOutput, ValueRef};
use rusqlite::{CachedStatement, Connection, OpenFlags, ToSql};
use std::path::Path;

/// A connection to a file.
pub(crate) struct Sqlite {
    connection: Connection,
}

impl Sqlite {
    /// Opens a connection; the one that writes also creates the file and sets its lasting properties.
    pub(crate) fn open(path: &Path, writes: bool) -> Result<Self, rusqlite::Error> {
        let mut flags = OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_NO_MUTEX;
        if writes {
            flags |= OpenFlags::SQLITE_OPEN_CREATE;
        }
        let connection = Connection::open_with_flags(path, flags)?;
        connection.busy_timeout(std::time::Duration::from_secs(30))?;
        connection.set_prepared_statement_cache_capacity(128);
        if writes {
            // Large pages hold several rows of a clustered table, which otherwise spill into overflow pages.
            connection.execute_batch(
                "pragma page_size = 16384; pragma journal_mode = wal; pragma synchronous = normal; pragma cache_size = -16384;
                 pragma wal_autocheckpoint = 1000; pragma journal_size_limit = 67108864; pragma temp_store = memory;",
            )?;
        } else {
            connection.execute_batch(
                "pragma synchronous = normal; pragma query_only = true; pragma cache_size = -8192; pragma temp_store = memory;",
            )?;
        }
        Ok(Self { connection })
    }

    fn prepared(&self, sql: &str) -> Result<CachedStatement<'_>, StoreError> {
        self.connection.prepare_cached(&Dialect::Sqlite.statement(sql)).map_err(sqlite_error)
    }
}

impl Sql for Sqlite {
    fn dialect(&self) -> Dialect {
        Dialect::Sqlite
    }

    fn execute(&mut self, sql: &str, values: &[Value<'_>]) -> Result<u64, StoreError> {
        let mut statement = self.prepared(sql)?;
        bind(&mut statement, 0, values.iter().copied())?;
        run(&mut statement)
    }

    fn query(&mut self, sql: &str, values: &[Value<'_>], each: Each<'_>) -> Result<(), StoreError> {
        let mut statement = self.prepared(sql)?;
        bind(&mut statement, 0, values.iter().copied())?;
        visit(&mut statement, each)
    }

    fn query_each(
        &mut self,
        sql: &str,
        values: &[Value<'_>],
        keys: Column<'_>,
        each: Each<'_>,
    ) -> Result<(), StoreError> {
        // Outside a transaction each key would take and drop the file's locks, which costs more than the look-up.
        if keys.len() < 2 || !self.connection.is_autocommit() {
            return self.each_key(sql, values, keys, each);
        }
        self.execute("begin", &[])?;
        let result = self.each_key(sql, values, keys, each);
        self.rollback();
        result
    }

    fn insert_each(&mut self, bulk: &Bulk, fixed: &[Value<'_>], columns: &[Column<'_>]) -> Result<u64, StoreError> {
        let text = Dialect::Sqlite.insert(bulk, columns);
        self.run_rows(&text, fixed, columns)
    }

    fn update_each(
        &mut self,
        sql: &str,
        values: &[Value<'_>],
        columns: &[(&str, Column<'_>)],
    ) -> Result<u64, StoreError> {
        let text = Dialect::Sqlite.with_rows(sql, values.len(), columns);
        let columns: Vec<Column<'_>> = columns.iter().map(|(_, column)| *column).collect();
        self.run_rows(&text, values, &columns)
    }

    fn batch(&mut self, sql: &str) -> Result<(), StoreError> {
        self.connection.execute_batch(sql).map_err(sqlite_error)
    }

    fn begin(&mut self) -> Result<(), StoreError> {
        self.execute("begin immediate", &[]).map(drop)
    }

    fn commit(&mut self) -> Result<(), StoreError> {
        self.execute("commit", &[]).map(drop)
    }

    fn rollback(&mut self) {
        if !self.connection.is_autocommit()
            && let Err(error) = self.connection.execute_batch("rollback")
        {
            tracing::warn!(%error, "rollback failed");
        }
    }
}

impl Sqlite {
    fn each_key(&self, sql: &str, values: &[Value<'_>], keys: Column<'_>, each: Each<'_>) -> Result<(), StoreError> {
        let mut statement = self.prepared(sql)?;
        bind(&mut statement, 0, values.iter().copied())?;
        for row in 0..keys.len() {
            bind(&mut statement, values.len(), std::iter::once(keys.value(row)))?;
            visit(&mut statement, each)?;
        }
        Ok(())
    }

    fn run_rows(&self, text: &str, fixed: &[Value<'_>], columns: &[Column<'_>]) -> Result<u64, StoreError> {
        let mut statement = self.connection.prepare_cached(text).map_err(sqlite_error)?;
        bind(&mut statement, 0, fixed.iter().copied())?;
        let mut touched = 0;
        for row in 0..columns.first().map_or(0, Column::len) {
            bind(&mut statement, fixed.len(), columns.iter().map(|column| column.value(row)))?;
            touched += run(&mut statement)?;
        }
        Ok(touched)
    }
}

fn bind<'v>(
    statement: &mut CachedStatement<'_>,
    before: usize,
    values: impl Iterator<Item = Value<'v>>,
) -> Result<(), StoreError> {
    for (n, value) in values.enumerate() {
        statement.raw_bind_parameter(before + n + 1, value).map_err(sqlite_error)?;
    }
    Ok(())
}

fn run(statement: &mut CachedStatement<'_>) -> Result<u64, StoreError> {
    statement.raw_execute().map(|n| n as u64).map_err(sqlite_error)
}

fn visit(statement: &mut CachedStatement<'_>, each: Each<'_>) -> Result<(), StoreError> {
    let mut rows = statement.raw_query();
    while let Some(row) = rows.next().map_err(sqlite_error)? {
        each(row)?;
    }
    Ok(())
}

impl ToSql for Value<'_> {
    fn to_sql(&self) -> rusqlite::Result<ToSqlOutput<'_>> {
        Ok(match self {
            Self::Null => ToSqlOutput::Borrowed(ValueRef::Null),
            Self::Bool(value) => ToSqlOutput::Borrowed(ValueRef::Integer(i64::from(*value))),
            Self::Int(value) => ToSqlOutput::Borrowed(ValueRef::Integer(*value)),
            Self::Float(value) => ToSqlOutput::Borrowed(ValueRef::Real(*value)),
            Self::Text(value) => ToSqlOutput::Borrowed(ValueRef::Text(value.as_bytes())),
            Self::Json(value) => ToSqlOutput::Borrowed(ValueRef::Text(value)),
            Self::Blob(value) => ToSqlOutput::Borrowed(ValueRef::Blob(value)),
            Self::Uuid(value) => ToSqlOutput::Borrowed(ValueRef::Blob(value.as_bytes())),
        })
    }
}

impl Row for rusqlite::Row<'_> {
    fn opt_int(&self, column: usize) -> Result<Option<i64>, StoreError> {
        match self.get_ref(column).map_err(sqlite_error)? {
            ValueRef::Null => Ok(None),
            ValueRef::Integer(value) => Ok(Some(value)),
            _ => Err(StoreError::Malformed { what: "number" }),
        }
    }

    fn opt_bytes(&self, column: usize) -> Result<Option<&[u8]>, StoreError> {
        match self.get_ref(column).map_err(sqlite_error)? {
            ValueRef::Null => Ok(None),
            ValueRef::Text(value) | ValueRef::Blob(value) => Ok(Some(value)),
            _ => Err(StoreError::Malformed { what: "bytes" }),
        }
    }
}
