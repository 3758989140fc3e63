//! The files as serde sees them: closed schemas whose values remember their line.

use std::fmt;
use std::marker::PhantomData;

use serde::Deserialize;
use serde::de::{Deserializer, MapAccess, Visitor};
use serde_saphyr::Spanned;

use crate::query::{FilterKind, ValueType};

/// `category.yaml`.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct CategoryDoc {
    pub(crate) title: String,
    pub(crate) description: String,
    #[serde(default)]
    pub(crate) base_path: Option<String>,
    #[serde(default)]
    pub(crate) field_mapping_models: Vec<Spanned<String>>,
    #[serde(default)]
    pub(crate) standard: Entries<FieldDoc>,
}

/// `enums.yaml`.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct EnumsDoc {
    pub(crate) enums: Entries<EnumDoc>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct EnumDoc {
    pub(crate) description: String,
    pub(crate) values: Vec<String>,
}

/// Every other file: one model.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct ModelDoc {
    pub(crate) name: Spanned<String>,
    #[serde(default)]
    pub(crate) event: Option<String>,
    #[serde(default)]
    pub(crate) nested: bool,
    #[serde(default)]
    pub(crate) path: Option<Spanned<String>>,
    #[serde(default)]
    pub(crate) resource: Option<String>,
    #[serde(default)]
    pub(crate) operations: Vec<String>,
    pub(crate) description: String,
    #[serde(default)]
    pub(crate) standard: Option<Vec<Spanned<String>>>,
    pub(crate) fields: Entries<FieldDoc>,
    #[serde(default)]
    pub(crate) list: Option<ListDoc>,
    #[serde(default)]
    pub(crate) retrieve: Option<RetrieveDoc>,
    #[serde(default)]
    pub(crate) lists: Vec<ListDoc>,
    #[serde(default)]
    pub(crate) create: Option<WriteDoc>,
    #[serde(default)]
    pub(crate) update: Option<WriteDoc>,
    #[serde(default)]
    pub(crate) endpoints: Vec<EndpointDoc>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct FieldDoc {
    #[serde(rename = "type")]
    pub(crate) kind: Spanned<String>,
    pub(crate) description: String,
    #[serde(default)]
    pub(crate) sensitive: bool,
}

#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct ListDoc {
    #[serde(default)]
    pub(crate) operation: Option<String>,
    #[serde(default)]
    pub(crate) path: Option<Spanned<String>>,
    #[serde(default)]
    pub(crate) include: Option<Vec<Spanned<String>>>,
    #[serde(default)]
    pub(crate) expand: Vec<Spanned<String>>,
    #[serde(default)]
    pub(crate) origins: Vec<Spanned<String>>,
    #[serde(default)]
    pub(crate) order_by: Vec<Spanned<String>>,
    #[serde(default)]
    pub(crate) standard: Option<Vec<Spanned<String>>>,
    #[serde(default)]
    pub(crate) scopes: Entries<ScopeDoc>,
    #[serde(default)]
    pub(crate) filters: Entries<FilterDoc>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct RetrieveDoc {
    #[serde(default)]
    pub(crate) operation: Option<String>,
    #[serde(default)]
    pub(crate) include: Option<Vec<Spanned<String>>>,
    #[serde(default)]
    pub(crate) expand: Option<Vec<Spanned<String>>>,
    #[serde(default)]
    pub(crate) origins: Option<Vec<Spanned<String>>>,
    #[serde(default)]
    pub(crate) scopes: Entries<ScopeDoc>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct ScopeDoc {
    pub(crate) model: Spanned<String>,
    #[serde(default)]
    pub(crate) field: Option<Spanned<String>>,
    #[serde(default)]
    pub(crate) listed: Option<Spanned<String>>,
    #[serde(default)]
    pub(crate) unlinked: bool,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct FilterDoc {
    #[serde(default)]
    pub(crate) field: Option<Spanned<String>>,
    #[serde(default, rename = "is")]
    pub(crate) kind: Option<FilterKind>,
    #[serde(default)]
    pub(crate) value: Option<ValueType>,
    #[serde(default)]
    pub(crate) choices: Vec<String>,
    #[serde(default)]
    pub(crate) through: Option<ThroughDoc>,
    #[serde(default)]
    pub(crate) or_null: bool,
    #[serde(default)]
    pub(crate) ignore_case: bool,
    pub(crate) description: String,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct ThroughDoc {
    pub(crate) model: Spanned<String>,
    pub(crate) relation: Spanned<String>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct WriteDoc {
    #[serde(default)]
    pub(crate) operation: Option<String>,
    pub(crate) name: String,
    #[serde(default)]
    pub(crate) fields: Vec<Spanned<String>>,
    #[serde(default)]
    pub(crate) required: Vec<Spanned<String>>,
    #[serde(default)]
    pub(crate) extra: Entries<InputDoc>,
    #[serde(default)]
    pub(crate) envelope: Entries<InputDoc>,
    #[serde(default = "yes")]
    pub(crate) params: bool,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct InputDoc {
    #[serde(rename = "type")]
    pub(crate) kind: Spanned<String>,
    #[serde(default)]
    pub(crate) required: bool,
    pub(crate) description: String,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct EndpointDoc {
    pub(crate) operation: String,
    pub(crate) method: String,
    pub(crate) path: Spanned<String>,
    #[serde(default)]
    pub(crate) query: Option<Vec<String>>,
    #[serde(default)]
    pub(crate) returns: Option<String>,
}

fn yes() -> bool {
    true
}

/// A mapping whose order is kept.
#[derive(Debug)]
pub(crate) struct Entries<T>(pub(crate) Vec<(String, T)>);

impl<T> Default for Entries<T> {
    fn default() -> Self {
        Self(Vec::new())
    }
}

impl<'de, T: Deserialize<'de>> Deserialize<'de> for Entries<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct EntriesVisitor<T>(PhantomData<T>);
        impl<'de, T: Deserialize<'de>> Visitor<'de> for EntriesVisitor<T> {
            type Value = Entries<T>;
            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a mapping")
            }
            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
                let mut entries = Vec::new();
                while let Some(entry) = map.next_entry()? {
                    entries.push(entry);
                }
                Ok(Entries(entries))
            }
        }
        deserializer.deserialize_map(EntriesVisitor(PhantomData))
    }
}
