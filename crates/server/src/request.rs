//! Request: what a call gets to see, checked already.

use bytes::Bytes;
use serde_json::{Map, Value};
use uuid::Uuid;

use crate::access::Visitor;
use crate::app::App;
use crate::operation::Operation;
use crate::problem::Refusal;
use crate::query::Query;

/// One admitted request.
pub(crate) struct Request<'r> {
    pub(crate) app: &'r App,
    pub(crate) operation: &'r Operation,
    pub(crate) visitor: Visitor,
    /// Names and values of the path's parameters, in order.
    pub(crate) path: Vec<(&'r str, String)>,
    pub(crate) query: Query,
    pub(crate) body: Bytes,
}

impl Request<'_> {
    pub(crate) fn path_text(&self, name: &str) -> &str {
        self.path.iter().find(|(known, _)| *known == name).map_or("", |(_, value)| value)
    }

    /// A path parameter that is an id. What is not an id names nothing.
    pub(crate) fn path_id(&self, name: &str) -> Result<Uuid, Refusal> {
        Uuid::parse_str(self.path_text(name)).map_err(|_| Refusal::not_found())
    }

    /// The body as a JSON object.
    pub(crate) fn fields(&self) -> Result<Fields, Refusal> {
        match serde_json::from_slice(&self.body) {
            Ok(Value::Object(fields)) => Ok(Fields(fields)),
            Ok(_) => Err(body_refusal("Invalid data. Expected an object.".to_owned())),
            Err(_) if self.body.is_empty() => Ok(Fields(Map::new())),
            Err(error) => Err(body_refusal(format!("JSON parse error: {error}"))),
        }
    }
}

fn body_refusal(detail: String) -> Refusal {
    Refusal::new(crate::problem::INVALID_BODY, detail)
}

/// The fields of a JSON body.
pub(crate) struct Fields(Map<String, Value>);

impl Fields {
    /// A text that must be there.
    pub(crate) fn required(&self, name: &str) -> Result<String, Refusal> {
        self.optional(name)?.ok_or_else(|| Refusal::field(name, "This field is required."))
    }

    pub(crate) fn optional(&self, name: &str) -> Result<Option<String>, Refusal> {
        match self.0.get(name) {
            None | Some(Value::Null) => Ok(None),
            Some(Value::String(text)) => Ok(Some(text.clone())),
            Some(_) => Err(Refusal::field(name, "Not a valid string.")),
        }
    }

    pub(crate) fn list(&self, name: &str) -> Result<Vec<String>, Refusal> {
        let not_a_list = || Refusal::field(name, "Expected a list of strings.");
        match self.0.get(name) {
            None | Some(Value::Null) => Err(Refusal::field(name, "This field is required.")),
            Some(Value::Array(items)) => {
                items.iter().map(|item| item.as_str().map(str::to_owned).ok_or_else(not_a_list)).collect()
            }
            Some(_) => Err(not_a_list()),
        }
    }

    pub(crate) fn number(&self, name: &str) -> Result<Option<u32>, Refusal> {
        match self.0.get(name) {
            None | Some(Value::Null) => Ok(None),
            Some(value) => match value.as_u64().and_then(|number| u32::try_from(number).ok()) {
                Some(number) => Ok(Some(number)),
                None => Err(Refusal::field(name, "A valid integer is required.")),
            },
        }
    }

    pub(crate) fn flag(&self, name: &str) -> Result<bool, Refusal> {
        match self.0.get(name) {
            None | Some(Value::Null) => Ok(false),
            Some(Value::Bool(flag)) => Ok(*flag),
            Some(_) => Err(Refusal::field(name, "Must be a valid boolean.")),
        }
    }

    /// An object whose values are texts; numbers and booleans are taken as they are written.
    pub(crate) fn texts(&self, name: &str) -> Result<Vec<(String, String)>, Refusal> {
        let Some(value) = self.0.get(name).filter(|value| !value.is_null()) else { return Ok(Vec::new()) };
        let Some(object) = value.as_object() else { return Err(Refusal::field(name, "Expected an object.")) };
        let mut texts = Vec::new();
        for (key, value) in object {
            match value {
                Value::Null => {}
                Value::String(text) => texts.push((key.clone(), text.clone())),
                Value::Bool(_) | Value::Number(_) => texts.push((key.clone(), value.to_string())),
                Value::Array(_) | Value::Object(_) => return Err(Refusal::field(key.clone(), "Not a valid string.")),
            }
        }
        Ok(texts)
    }
}
