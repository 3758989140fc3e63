//! Conditions on the unified JSON as SQL.
//!
//! Always true: field names are checked before they become SQL, values are bound.

use crate::dialect::{BY_ID, Dialect};
use crate::list::invalid;
use crate::sql::Where;
use crate::{Condition, Field, Op, Scalar, StoreError, Through};

/// A field name that may become SQL.
pub(crate) fn checked(field: &str) -> Result<&str, StoreError> {
    if !field.is_empty() && field.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'_') {
        Ok(field)
    } else {
        Err(invalid(format!("`{}` is not a field name", field.escape_default())))
    }
}

/// One condition as SQL about `record r`; `owned` yields the account.
pub(crate) fn condition<'q>(
    dialect: Dialect,
    filter: &mut Where<'q>,
    owned: &str,
    wanted: &'q Condition,
) -> Result<String, StoreError> {
    match &wanted.through {
        None => test(dialect, filter, "r.unified", wanted),
        Some(Through::Ours { relation, model }) => {
            let items = dialect.json_items("r.unified", checked(relation)?, true);
            let id = dialect.uuid_of(dialect.item());
            let model = filter.bind(model);
            let test = test(dialect, filter, "o.unified", wanted)?;
            Ok(format!(
                "exists (select 1 from {items} cross join record o{BY_ID} where o.account = {owned} and o.model = {model}
                 and o.id = {id} and o.deleted = false and {test})"
            ))
        }
        Some(Through::Theirs { relation, model }) => {
            let id = dialect.uuid_of(&dialect.json_text("o.unified", checked(relation)?));
            let model = filter.bind(model);
            let test = test(dialect, filter, "o.unified", wanted)?;
            Ok(format!(
                "r.id in (select {id} from record o where o.account = {owned} and o.model = {model} and o.deleted = false and {test})"
            ))
        }
    }
}

fn test<'q>(dialect: Dialect, filter: &mut Where<'q>, json: &str, wanted: &'q Condition) -> Result<String, StoreError> {
    match &wanted.field {
        Field::Top(field) => {
            let field = checked(field)?;
            let place = Place { text: dialect.json_text(json, field), number: dialect.json_number(json, field) };
            compare(dialect, filter, &place, wanted)
        }
        Field::Item(list) => {
            let items = dialect.json_items(json, checked(list)?, true);
            let text = dialect.item_text();
            let place = Place { number: dialect.number(text), text: text.to_owned() };
            Ok(format!("exists (select 1 from {items} where {})", compare(dialect, filter, &place, wanted)?))
        }
        Field::ItemField { list, field } => {
            let items = dialect.json_items(json, checked(list)?, false);
            let (item, field) = (dialect.item(), checked(field)?);
            let place = Place { text: dialect.json_text(item, field), number: dialect.json_number(item, field) };
            Ok(format!("exists (select 1 from {items} where {})", compare(dialect, filter, &place, wanted)?))
        }
    }
}

/// A JSON value as SQL, read either way.
struct Place {
    text: String,
    number: String,
}

fn compare<'q>(
    dialect: Dialect,
    filter: &mut Where<'q>,
    place: &Place,
    wanted: &'q Condition,
) -> Result<String, StoreError> {
    if wanted.op == Op::IsNull {
        return Ok(format!("({}) is null", place.text));
    }
    if wanted.values.is_empty() || (wanted.op != Op::Eq && wanted.values.len() > 1) {
        return Err(invalid(format!("a comparison has {} values", wanted.values.len())));
    }
    let mut any = Vec::new();
    for value in &wanted.values {
        any.push(one(dialect, filter, place, wanted.op, value));
    }
    Ok(format!("({})", any.join(" or ")))
}

fn one<'q>(dialect: Dialect, filter: &mut Where<'q>, place: &Place, op: Op, value: &'q Scalar) -> String {
    let (left, right) = match value {
        Scalar::Text(text) => (place.text.as_str(), dialect.text_param(&filter.bind(text))),
        Scalar::Bool(value) => (place.text.as_str(), format!("'{}'", dialect.truth(*value))),
        Scalar::Number(number) => (place.number.as_str(), filter.bind(*number)),
    };
    let ordered = || if matches!(value, Scalar::Number(_)) { left.to_owned() } else { dialect.bytewise(left) };
    match op {
        Op::Eq => format!("{left} = {right}"),
        Op::EqIgnoreCase => format!("lower({}) = lower({right})", place.text),
        Op::Contains => dialect.contains(&format!("lower({})", place.text), &format!("lower({right})")),
        Op::Lt => format!("{} < {right}", ordered()),
        Op::Le => format!("{} <= {right}", ordered()),
        Op::Gt => format!("{} > {right}", ordered()),
        Op::Ge => format!("{} >= {right}", ordered()),
        Op::IsNull => format!("({left}) is null"),
    }
}
