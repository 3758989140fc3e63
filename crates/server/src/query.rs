//! Query: reads the query of a request against the parameters its operation declares.
//!
//! Always true: an undeclared name, a malformed value or a value out of bounds is refused before anything runs;
//! a name given twice is one comma-separated list (client libraries repeat list parameters).
//! Elsewhere: what a filter's value means is decided by the engine.

use unisono_engine::Time;
use uuid::Uuid;

use crate::operation::{Kind, Operation, Param, Place};
use crate::problem::Refusal;

/// The checked query of one request.
#[derive(Debug, Clone, Default)]
pub(crate) struct Query {
    values: Vec<(String, String)>,
}

impl Query {
    /// Reads and checks a raw query string.
    pub(crate) fn parse(operation: &Operation, raw: Option<&str>) -> Result<Self, Refusal> {
        let mut query = Self::default();
        let Some(raw) = raw.filter(|raw| !raw.is_empty()) else { return Ok(query) };
        for (name, value) in form_urlencoded::parse(raw.as_bytes()) {
            if value.contains('\0') {
                return Err(Refusal::parameter(name, "Null characters are not allowed."));
            }
            match query.values.iter_mut().find(|(known, _)| *known == name) {
                Some((_, before)) => {
                    before.push(',');
                    before.push_str(&value);
                }
                None => query.values.push((name.into_owned(), value.into_owned())),
            }
        }
        for (name, value) in &query.values {
            let param = operation.params.iter().find(|p| p.place == Place::Query && p.name == *name);
            check(param.ok_or_else(|| Refusal::unknown_parameter(name))?, value)?;
        }
        Ok(query)
    }

    /// The value, if one was given.
    pub(crate) fn text(&self, name: &str) -> Option<&str> {
        self.values.iter().find(|(known, _)| known == name).map(|(_, value)| value.as_str())
    }

    /// The value, unless it is absent or empty.
    pub(crate) fn filled(&self, name: &str) -> Option<String> {
        self.text(name).filter(|value| !value.is_empty()).map(str::to_owned)
    }

    pub(crate) fn number(&self, name: &str) -> Option<u32> {
        self.text(name).and_then(|value| value.trim().parse().ok())
    }

    /// Whether the flag is on; absent is off.
    pub(crate) fn flag(&self, name: &str) -> bool {
        self.text(name).and_then(boolean).unwrap_or(false)
    }

    pub(crate) fn id(&self, name: &str) -> Option<Uuid> {
        self.text(name).and_then(|value| Uuid::parse_str(value).ok())
    }

    pub(crate) fn time(&self, name: &str) -> Option<Time> {
        self.text(name).and_then(Time::parse)
    }

    /// The comma-separated values.
    pub(crate) fn list(&self, name: &str) -> Vec<String> {
        self.text(name).map(|value| parts(value).map(str::to_owned).collect()).unwrap_or_default()
    }

    /// Takes all names and values.
    pub(crate) fn into_values(self) -> Vec<(String, String)> {
        self.values
    }
}

fn parts(value: &str) -> impl Iterator<Item = &str> {
    value.split(',').map(str::trim).filter(|part| !part.is_empty())
}

fn boolean(value: &str) -> Option<bool> {
    match value {
        "true" | "True" | "1" => Some(true),
        "false" | "False" | "0" => Some(false),
        _ => None,
    }
}

fn check(param: &Param, value: &str) -> Result<(), Refusal> {
    let refuse = |detail: String| Err(Refusal::parameter(param.name.clone(), detail));
    match &param.kind {
        Kind::Text => Ok(()),
        Kind::Integer { min, max } => match value.trim().parse::<i64>() {
            Ok(number) if (*min..=*max).contains(&number) => Ok(()),
            Ok(_) => refuse(format!("Ensure this value is between {min} and {max}.")),
            Err(_) => refuse("A valid integer is required.".to_owned()),
        },
        Kind::Boolean => match boolean(value) {
            Some(_) => Ok(()),
            None => refuse("Must be a valid boolean.".to_owned()),
        },
        Kind::DateTime => match Time::parse(value) {
            Some(_) => Ok(()),
            None => refuse("Enter a valid date/time.".to_owned()),
        },
        Kind::Id => match Uuid::parse_str(value) {
            Ok(_) => Ok(()),
            Err(_) => refuse(format!("\"{value}\" is not a valid UUID.")),
        },
        Kind::OneOf(choices) => one_of(param, choices, value),
        Kind::Csv(choices) => parts(value).try_for_each(|part| one_of(param, choices, part)),
    }
}

fn one_of(param: &Param, choices: &[String], value: &str) -> Result<(), Refusal> {
    if choices.iter().any(|choice| choice == value) {
        return Ok(());
    }
    let known = choices.iter().filter(|c| !c.is_empty()).map(String::as_str).collect::<Vec<_>>().join(", ");
    let detail = format!("Select a valid choice. {value} is not one of the available choices: {known}.");
    Err(Refusal::parameter(param.name.clone(), detail))
}
