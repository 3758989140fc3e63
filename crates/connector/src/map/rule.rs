//! How one field is found: an expression, or a table of values behind one.

use sonic_rs::Value;

use super::Ids;
use super::coerce::{Plans, Shape, remote_id};
use crate::expr::{Budget, EvalError, Expr, Record, Val, write_string};

/// A record under mapping.
pub(super) struct Root<'a> {
    pub(super) record: Record<'a>,
    pub(super) vars: &'a [&'a Value],
    pub(super) budget: &'a Budget,
}

impl<'a> Root<'a> {
    /// The one value of an expression.
    pub(super) fn one(&self, expr: &'a Expr) -> Result<Val<'a>, EvalError> {
        expr.one_of(&self.record, self.vars, self.budget)
    }
}

/// The rule of one field.
#[derive(Debug)]
pub(super) enum Rule {
    Expr(Expr),
    Table(Table),
}

/// A table from vendor values to ours.
#[derive(Debug)]
pub(super) struct Table {
    pub(super) from: Expr,
    pub(super) rows: Vec<(Box<str>, Val<'static>)>,
    /// What other values become; `None` lets them pass.
    pub(super) otherwise: Option<Otherwise>,
    /// The field is an enum, whose origin is kept.
    pub(super) origin: bool,
}

/// What a value without a row becomes.
#[derive(Debug)]
pub(super) enum Otherwise {
    Constant(Val<'static>),
    /// Found in the record.
    Expr(Expr),
}

impl Rule {
    pub(super) fn expr(&self) -> &Expr {
        match self {
            Self::Expr(expr) => expr,
            Self::Table(table) => &table.from,
        }
    }

    /// Appends the field's value, or nothing if it is null.
    #[allow(clippy::too_many_arguments)]
    pub(super) fn write<'a>(
        &'a self,
        root: &Root<'a>,
        shape: &Shape,
        plans: &Plans,
        ids: &dyn Ids,
        name: &str,
        origins: &mut Vec<u8>,
        out: &mut Vec<u8>,
    ) -> Result<(), String> {
        let value = root.one(self.expr()).map_err(|e| e.to_string())?;
        let value = match self {
            Self::Expr(_) => value,
            Self::Table(table) => {
                if table.origin && !matches!(value, Val::Null) {
                    origins.push(if origins.is_empty() { b'{' } else { b',' });
                    write_string(name, origins);
                    origins.push(b':');
                    value.write_json(origins);
                }
                table.apply(root, value).map_err(|e| e.to_string())?
            }
        };
        plans.write_field(shape, &value, ids, out)
    }
}

impl Table {
    fn apply<'a>(&'a self, root: &Root<'a>, value: Val<'a>) -> Result<Val<'a>, EvalError> {
        if let Some(items) = value.items() {
            let items: Result<_, _> = items.into_iter().map(|item| self.apply(root, item)).collect();
            return Ok(Val::Arr(items?));
        }
        let row = match &value {
            Val::Bool(b) => self.row(if *b { "true" } else { "false" }),
            Val::Null => self.row("null"),
            value => remote_id(value).and_then(|key| self.row(&key)),
        };
        match (row, &self.otherwise) {
            (Some(row), _) => Ok(row.borrow()),
            (None, Some(Otherwise::Constant(constant))) if !matches!(value, Val::Null) => Ok(constant.borrow()),
            (None, Some(Otherwise::Expr(expr))) if !matches!(value, Val::Null) => root.one(expr),
            _ => Ok(value),
        }
    }

    fn row(&self, key: &str) -> Option<&Val<'static>> {
        self.rows.iter().find(|(k, _)| **k == *key).map(|(_, v)| v)
    }
}
