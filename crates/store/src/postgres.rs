//! PostgreSQL: a blocking connection that reconnects, prepared statements kept per connection, lists as arrays.
//!
//! Always true: many rows travel in one statement (`unnest`), so a page costs the same number of round trips whatever its size.

use crate::StoreError;
use crate::dialect::{Dialect, postgres_error};
use crate::sql::{Bulk, Column, Each, Row, Sql, Value};
use crate::tls::Connector;
use bytes::{BufMut, BytesMut};
use postgres::fallible_iterator::FallibleIterator;
use postgres::types::{FromSql, IsNull, Kind, ToSql, Type};
use postgres::{Client, Config, Statement};
use std::collections::HashMap;
use std::error::Error;

/// A connection to a server.
pub(crate) struct Postgres {
    config: Config,
    tls: Connector,
    client: Client,
    statements: HashMap<String, Statement>,
}

impl Postgres {
    pub(crate) fn open(config: Config, tls: Connector) -> Result<Self, postgres::Error> {
        let client = tls.connect(&config)?;
        Ok(Self { config, tls, client, statements: HashMap::new() })
    }

    fn prepared(&mut self, sql: &str) -> Result<Statement, StoreError> {
        if let Some(statement) = self.statements.get(sql) {
            return Ok(statement.clone());
        }
        if self.statements.len() >= 256 {
            self.statements.clear();
        }
        let statement = self.client.prepare(sql).map_err(postgres_error)?;
        self.statements.insert(sql.to_owned(), statement.clone());
        Ok(statement)
    }

    fn run(&mut self, sql: &str, params: &[Param<'_>]) -> Result<u64, StoreError> {
        let statement = self.prepared(sql)?;
        let params: Vec<&(dyn ToSql + Sync)> = params.iter().map(|p| p as &(dyn ToSql + Sync)).collect();
        self.client.execute(&statement, &params).map_err(postgres_error)
    }

    fn visit(&mut self, sql: &str, params: &[Param<'_>], each: Each<'_>) -> Result<(), StoreError> {
        let statement = self.prepared(sql)?;
        let params = params.iter().map(|p| p as &(dyn ToSql + Sync));
        let mut rows = self.client.query_raw(&statement, params).map_err(postgres_error)?;
        while let Some(row) = rows.next().map_err(postgres_error)? {
            each(&row)?;
        }
        Ok(())
    }
}

impl Sql for Postgres {
    fn dialect(&self) -> Dialect {
        Dialect::Postgres
    }

    fn execute(&mut self, sql: &str, values: &[Value<'_>]) -> Result<u64, StoreError> {
        self.run(&Dialect::Postgres.statement(sql), &params(values, &[]))
    }

    fn query(&mut self, sql: &str, values: &[Value<'_>], each: Each<'_>) -> Result<(), StoreError> {
        self.visit(&Dialect::Postgres.statement(sql), &params(values, &[]), each)
    }

    fn query_each(
        &mut self,
        sql: &str,
        values: &[Value<'_>],
        keys: Column<'_>,
        each: Each<'_>,
    ) -> Result<(), StoreError> {
        self.visit(&Dialect::Postgres.statement(sql), &params(values, &[keys]), each)
    }

    fn insert_each(&mut self, bulk: &Bulk, fixed: &[Value<'_>], columns: &[Column<'_>]) -> Result<u64, StoreError> {
        if columns.first().is_none_or(|column| column.len() == 0) {
            return Ok(0);
        }
        self.run(&Dialect::Postgres.insert(bulk, columns), &params(fixed, columns))
    }

    fn update_each(
        &mut self,
        sql: &str,
        values: &[Value<'_>],
        columns: &[(&str, Column<'_>)],
    ) -> Result<u64, StoreError> {
        if columns.first().is_none_or(|(_, column)| column.len() == 0) {
            return Ok(0);
        }
        let text = Dialect::Postgres.with_rows(sql, values.len(), columns);
        let columns: Vec<Column<'_>> = columns.iter().map(|(_, column)| *column).collect();
        self.run(&text, &params(values, &columns))
    }

    fn batch(&mut self, sql: &str) -> Result<(), StoreError> {
        self.client.batch_execute(sql).map_err(postgres_error)
    }

    fn ready(&mut self) -> Result<(), StoreError> {
        if self.client.is_closed() {
            self.client = self.tls.connect(&self.config).map_err(postgres_error)?;
            self.statements.clear();
        }
        Ok(())
    }

    fn begin(&mut self) -> Result<(), StoreError> {
        self.batch("begin")
    }

    fn commit(&mut self) -> Result<(), StoreError> {
        self.batch("commit")
    }

    fn rollback(&mut self) {
        if let Err(error) = self.client.batch_execute("rollback") {
            tracing::warn!(%error, "rollback failed");
        }
    }
}

fn params<'v>(values: &[Value<'v>], columns: &[Column<'v>]) -> Vec<Param<'v>> {
    values.iter().map(|v| Param::One(*v)).chain(columns.iter().map(|c| Param::Many(*c))).collect()
}

#[derive(Debug)]
enum Param<'v> {
    One(Value<'v>),
    Many(Column<'v>),
}

impl ToSql for Param<'_> {
    fn to_sql(&self, ty: &Type, out: &mut BytesMut) -> Result<IsNull, Box<dyn Error + Sync + Send>> {
        match self {
            Self::One(value) => write_value(*value, ty, out),
            Self::Many(column) => {
                let Kind::Array(item) = ty.kind() else {
                    return Err(format!("a list is bound to a {ty}").into());
                };
                out.put_i32(1);
                out.put_i32(1);
                out.put_u32(item.oid());
                out.put_i32(i32::try_from(column.len())?);
                out.put_i32(1);
                for row in 0..column.len() {
                    let start = out.len();
                    out.put_i32(-1);
                    if let IsNull::No = write_value(column.value(row), item, out)? {
                        let size = i32::try_from(out.len() - start - 4)?;
                        if let Some(place) = out.get_mut(start..start + 4) {
                            place.copy_from_slice(&size.to_be_bytes());
                        }
                    }
                }
                Ok(IsNull::No)
            }
        }
    }

    fn accepts(_: &Type) -> bool {
        true
    }

    fn to_sql_checked(&self, ty: &Type, out: &mut BytesMut) -> Result<IsNull, Box<dyn Error + Sync + Send>> {
        self.to_sql(ty, out)
    }
}

fn write_value(value: Value<'_>, ty: &Type, out: &mut BytesMut) -> Result<IsNull, Box<dyn Error + Sync + Send>> {
    match value {
        Value::Null => return Ok(IsNull::Yes),
        Value::Bool(value) if *ty == Type::BOOL => out.put_u8(u8::from(value)),
        Value::Int(value) if *ty == Type::INT8 => out.put_i64(value),
        Value::Int(value) if *ty == Type::INT4 => out.put_i32(i32::try_from(value)?),
        Value::Float(value) if *ty == Type::FLOAT8 => out.put_f64(value),
        Value::Text(value) if [Type::TEXT, Type::VARCHAR, Type::JSON].contains(ty) => out.put_slice(value.as_bytes()),
        Value::Json(value) if [Type::JSON, Type::TEXT].contains(ty) => out.put_slice(value),
        Value::Blob(value) if *ty == Type::BYTEA => out.put_slice(value),
        Value::Uuid(value) if *ty == Type::UUID => out.put_slice(value.as_bytes()),
        other => return Err(format!("a {} is bound to a {ty}", kind(other)).into()),
    }
    Ok(IsNull::No)
}

fn kind(value: Value<'_>) -> &'static str {
    match value {
        Value::Null => "null",
        Value::Bool(_) => "bool",
        Value::Int(_) => "number",
        Value::Float(_) => "float",
        Value::Text(_) => "text",
        Value::Json(_) => "json",
        Value::Blob(_) => "blob",
        Value::Uuid(_) => "uuid",
    }
}

/// A value as it came over the wire.
struct Raw<'a>(&'a [u8]);

impl<'a> FromSql<'a> for Raw<'a> {
    fn from_sql(_: &Type, raw: &'a [u8]) -> Result<Self, Box<dyn Error + Sync + Send>> {
        Ok(Self(raw))
    }

    fn accepts(_: &Type) -> bool {
        true
    }
}

impl Row for postgres::Row {
    fn opt_int(&self, column: usize) -> Result<Option<i64>, StoreError> {
        let raw: Option<Raw<'_>> = self.try_get(column).map_err(postgres_error)?;
        let Some(Raw(raw)) = raw else { return Ok(None) };
        let number = match raw.len() {
            1 => raw.first().map(|b| i64::from(*b)),
            4 => raw.try_into().ok().map(|b| i64::from(i32::from_be_bytes(b))),
            8 => raw.try_into().ok().map(i64::from_be_bytes),
            _ => None,
        };
        number.map(Some).ok_or(StoreError::Malformed { what: "number" })
    }

    fn opt_bytes(&self, column: usize) -> Result<Option<&[u8]>, StoreError> {
        let raw: Option<Raw<'_>> = self.try_get(column).map_err(postgres_error)?;
        Ok(raw.map(|Raw(bytes)| bytes))
    }
}
