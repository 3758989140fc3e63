//! Types of fields, and the notation they are written in.
//!
//! `string`, `string/email`, `string/uri`, `string/decimal`, `integer`, `number`, `boolean`, `datetime`, `object`, `any`,
//! `map<T>`, `enum:Name`, `ref:Model` (an id, the object when expanded), `obj:Model` (the object by default),
//! `id:Model` (an id, never expanded), `Model` (always embedded), `A|B`; then `[]` for a list and `?` for "may be null".

use serde::Serialize;

/// What a field's value is. `list` and `nullable` are kept beside it, in [`crate::Field`].
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case", tag = "kind")]
pub enum Type {
    /// Text.
    String {
        /// What the text must look like.
        format: Format,
    },
    /// A JSON integer.
    Integer,
    /// A JSON number.
    Number,
    /// `true` or `false`.
    Boolean,
    /// An RFC 3339 time in UTC; there is no date-only type.
    #[serde(rename = "datetime")]
    DateTime,
    /// A JSON object of any content.
    Object,
    /// Any JSON value.
    Any,
    /// An object whose values all have one type.
    Map {
        /// Type of the values.
        of: Box<Type>,
    },
    /// One of the values of an enum, by the enum's name; open: other strings pass.
    Enum {
        /// Name, resolved in the category and then in `platform`.
        name: String,
    },
    /// A relation to another record of the same linked account.
    Ref {
        /// API name of the model in the same category, e.g. `Employee`.
        model: String,
        /// What the reply holds by default.
        shape: Shape,
    },
    /// An embedded object of a nested model.
    Nested {
        /// API name, resolved in the category and then in `platform`.
        model: String,
    },
    /// One of several types.
    OneOf {
        /// The alternatives.
        of: Vec<Type>,
    },
}

/// What the text of a string field must look like.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Format {
    /// Any text.
    Plain,
    /// An e-mail address.
    Email,
    /// An absolute address.
    Uri,
    /// A decimal number, sent as a JSON string so that no digit is lost.
    Decimal,
}

/// What a relation looks like in a reply.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Shape {
    /// Always the id.
    Id,
    /// The id, or the object when the reader expands it.
    IdOrObject,
    /// The object, whether expanded or not; an id is accepted where the object is not known.
    ObjectOrId,
}

impl Type {
    /// The model whose records this type points at or embeds.
    pub fn model(&self) -> Option<&str> {
        match self {
            Self::Ref { model, .. } | Self::Nested { model } => Some(model),
            Self::Map { of } => of.model(),
            Self::OneOf { of } => of.iter().find_map(Type::model),
            Self::String { .. } | Self::Integer | Self::Number | Self::Boolean | Self::DateTime => None,
            Self::Object | Self::Any | Self::Enum { .. } => None,
        }
    }

    /// The enum this type takes its values from.
    pub fn enumeration(&self) -> Option<&str> {
        match self {
            Self::Enum { name } => Some(name),
            Self::Map { of } => of.enumeration(),
            Self::OneOf { of } => of.iter().find_map(Type::enumeration),
            Self::String { .. } | Self::Integer | Self::Number | Self::Boolean | Self::DateTime => None,
            Self::Object | Self::Any | Self::Ref { .. } | Self::Nested { .. } => None,
        }
    }
}

/// A type with its list and null marks, as one notation.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Parsed {
    pub(crate) kind: Type,
    pub(crate) list: bool,
    pub(crate) nullable: bool,
}

/// Reads the notation; the error names the part that is not understood.
pub(crate) fn parse(text: &str) -> Result<Parsed, String> {
    let (text, nullable) = match text.strip_suffix('?') {
        Some(rest) => (rest, true),
        None => (text, false),
    };
    let (text, list) = match text.strip_suffix("[]") {
        Some(rest) => (rest, true),
        None => (text, false),
    };
    Ok(Parsed { kind: parse_kind(text)?, list, nullable })
}

fn parse_kind(text: &str) -> Result<Type, String> {
    if let Some(inner) = text.strip_prefix("map<").and_then(|rest| rest.strip_suffix('>')) {
        return Ok(Type::Map { of: Box::new(parse_kind(inner)?) });
    }
    if text.contains('|') {
        return Ok(Type::OneOf { of: text.split('|').map(parse_kind).collect::<Result<_, _>>()? });
    }
    if let Some((prefix, name)) = text.split_once(':') {
        let model = name.to_owned();
        return match prefix {
            "enum" => Ok(Type::Enum { name: model }),
            "ref" => Ok(Type::Ref { model, shape: Shape::IdOrObject }),
            "obj" => Ok(Type::Ref { model, shape: Shape::ObjectOrId }),
            "id" => Ok(Type::Ref { model, shape: Shape::Id }),
            _ => Err(format!("unknown type `{text}`")),
        };
    }
    Ok(match text {
        "string" => Type::String { format: Format::Plain },
        "string/email" => Type::String { format: Format::Email },
        "string/uri" => Type::String { format: Format::Uri },
        "string/decimal" => Type::String { format: Format::Decimal },
        "integer" => Type::Integer,
        "number" => Type::Number,
        "boolean" => Type::Boolean,
        "datetime" => Type::DateTime,
        "object" => Type::Object,
        "any" => Type::Any,
        name if name.starts_with(|c: char| c.is_ascii_uppercase()) => Type::Nested { model: name.to_owned() },
        _ => return Err(format!("unknown type `{text}`")),
    })
}

/// The plain type names, for suggestions.
pub(crate) const NAMES: &[&str] = &[
    "string",
    "string/email",
    "string/uri",
    "string/decimal",
    "integer",
    "number",
    "boolean",
    "datetime",
    "object",
    "any",
];
