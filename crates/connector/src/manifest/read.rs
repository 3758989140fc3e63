//! The shape of `read`: how a vendor's record becomes our model.

use std::fmt;

use indexmap::IndexMap;
use schemars::JsonSchema;
use serde::de::value::MapAccessDeserializer;
use serde::de::{MapAccess, Visitor};
use serde::{Deserialize, Deserializer, Serialize};
use serde_json::Value;

/// How a record becomes our model.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ReadManifest {
    /// jq: the remote id.
    pub id: String,
    /// jq: only these records belong to the model; others are skipped, not rejected.
    #[serde(default, rename = "where", skip_serializing_if = "Option::is_none")]
    pub filter: Option<String>,
    /// One rule per field of the model.
    pub fields: IndexMap<String, FieldRule>,
    /// jq: a list of `{key, name, value}`; becomes `remote_fields`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub remote_fields: Option<String>,
}

/// How one field is found.
#[derive(Debug, Clone, PartialEq, Serialize, JsonSchema)]
#[serde(untagged)]
pub enum FieldRule {
    /// jq over the record. A bare YAML number or boolean is the jq constant.
    Jq(String),
    /// A table of values.
    Table(Table),
}

/// A table from vendor values to ours.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Table {
    /// jq over the record: the vendor's value.
    pub from: String,
    /// Vendor value to ours; keys are compared as text.
    pub map: IndexMap<String, Value>,
    /// What other values become, `{{ jq }}` being found in the record; without it they pass through.
    #[serde(default, rename = "else", deserialize_with = "given", skip_serializing_if = "Option::is_none")]
    #[schemars(default)]
    pub otherwise: Option<Value>,
}

/// Keeps `else: null` apart from no `else`.
fn given<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<Value>, D::Error> {
    Value::deserialize(deserializer).map(Some)
}

impl<'de> Deserialize<'de> for FieldRule {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(RuleVisitor)
    }
}

struct RuleVisitor;

impl<'de> Visitor<'de> for RuleVisitor {
    type Value = FieldRule;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a jq expression or a table `{ from, map, else }`")
    }

    fn visit_str<E>(self, text: &str) -> Result<FieldRule, E> {
        Ok(FieldRule::Jq(text.to_owned()))
    }

    fn visit_bool<E>(self, value: bool) -> Result<FieldRule, E> {
        Ok(FieldRule::Jq(value.to_string()))
    }

    fn visit_i64<E>(self, value: i64) -> Result<FieldRule, E> {
        Ok(FieldRule::Jq(value.to_string()))
    }

    fn visit_u64<E>(self, value: u64) -> Result<FieldRule, E> {
        Ok(FieldRule::Jq(value.to_string()))
    }

    fn visit_f64<E>(self, value: f64) -> Result<FieldRule, E> {
        Ok(FieldRule::Jq(value.to_string()))
    }

    fn visit_unit<E>(self) -> Result<FieldRule, E> {
        Ok(FieldRule::Jq("null".to_owned()))
    }

    fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<FieldRule, A::Error> {
        Table::deserialize(MapAccessDeserializer::new(map)).map(FieldRule::Table)
    }
}
