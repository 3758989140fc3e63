//! Schemas: models, enums and components as JSON Schema, collected as operations name them.
//!
//! Always true: a schema is listed once, under the name callers know; what it points at is listed as well. Enums are
//! open: a value the linked system alone knows passes as it is.

use serde_json::{Map, Value, json};
use unisono_model::{Field, Format, Model, Models, Shape as RefShape, Type};

use super::{notation, reply};
use crate::operation::{Component, Shape, Surface, component};

/// The schemas of one document.
pub(super) struct Schemas<'a> {
    models: &'a Models,
    /// Category whose names come first; `None` in the admin API, which has components only.
    category: Option<String>,
    known: Map<String, Value>,
}

impl<'a> Schemas<'a> {
    pub(super) fn new(models: &'a Models, surface: &Surface) -> Self {
        let category = match surface {
            Surface::Unified(category) => Some(category.clone()),
            Surface::Admin => None,
        };
        Self { models, category, known: reply::schemas(surface).into_iter().collect() }
    }

    /// Everything that was named, sorted by name.
    pub(super) fn finish(self) -> Value {
        let mut all: Vec<_> = self.known.into_iter().collect();
        all.sort_by(|a, b| a.0.cmp(&b.0));
        Value::Object(all.into_iter().collect())
    }

    /// The schema of a request body.
    pub(super) fn body(&mut self, shape: &Shape) -> Value {
        match shape {
            Shape::Named(name) => match component(name) {
                Some(found) => self.component(found, true),
                None => json!({ "type": "object" }),
            },
            other => self.reply(other),
        }
    }

    /// The schema of a reply.
    pub(super) fn reply(&mut self, shape: &Shape) -> Value {
        match shape {
            Shape::Empty => json!({}),
            Shape::Model(slug) => match self.models.model(slug) {
                Some(model) => self.model(model),
                None => json!({ "type": "object" }),
            },
            Shape::Named(name) => self.named(name),
            Shape::Page(of) => self.page(of),
            Shape::List(of) => json!({ "type": "array", "items": self.reply(of) }),
            Shape::Map(of) => json!({ "type": "object", "additionalProperties": self.reply(of) }),
        }
    }

    fn named(&mut self, name: &str) -> Value {
        let model = self.category.as_deref().and_then(|category| self.models.resolve(category, name));
        match (model, component(name)) {
            (Some(model), _) => self.model(model),
            (None, Some(found)) => self.component(found, false),
            (None, None) => json!({ "type": "object" }),
        }
    }

    fn page(&mut self, of: &Shape) -> Value {
        let items = self.reply(of);
        let entry = items["$ref"].as_str().and_then(|target| target.rsplit('/').next()).unwrap_or("Object");
        let name = format!("Paginated{entry}List");
        let cursor = |about: &str| json!({ "type": ["string", "null"], "description": about });
        let page = json!({
            "description": "One page of a list.",
            "type": "object",
            "required": ["next", "previous", "results"],
            "properties": {
                "next": cursor("Cursor of the following page; null on the last one."),
                "previous": cursor("Cursor of the page before; null on the first one."),
                "results": { "type": "array", "items": items, "description": "The entries." },
            },
        });
        self.known.entry(name.clone()).or_insert(page);
        refer(&name)
    }

    fn component(&mut self, component: &Component, request: bool) -> Value {
        if !self.known.contains_key(component.name) {
            self.known.insert(component.name.to_owned(), Value::Null);
            let mut properties = Map::new();
            let mut required = Vec::new();
            for (name, text) in component.fields {
                if !(request && text.ends_with('?')) {
                    required.push(*name);
                }
                let schema = notation::schema(text, &mut |other| match crate::operation::component(other) {
                    Some(found) => self.component(found, request),
                    None => json!({}),
                });
                properties.insert((*name).to_owned(), schema);
            }
            let mut schema = json!({ "description": component.about, "type": "object", "properties": properties });
            if !required.is_empty() {
                schema["required"] = json!(required);
            }
            self.known.insert(component.name.to_owned(), schema);
        }
        refer(component.name)
    }

    fn model(&mut self, model: &Model) -> Value {
        if !self.known.contains_key(&model.name) {
            self.known.insert(model.name.clone(), Value::Null);
            let mut properties = Map::new();
            for field in &model.fields {
                // An object inside a record has no id, times or deletion of its own.
                let nullable = field.nullable || (model.nested && field.standard);
                properties.insert(field.name.clone(), self.field(field, nullable));
            }
            let schema = json!({
                "description": model.description,
                "type": "object",
                "properties": properties,
            });
            let schema = with_required(schema, required(model));
            self.known.insert(model.name.clone(), schema);
        }
        refer(&model.name)
    }

    fn field(&mut self, field: &Field, nullable: bool) -> Value {
        let one = self.kind(&field.kind, !field.list && nullable);
        let mut schema = match (field.list, nullable) {
            (false, _) => one,
            (true, false) => json!({ "type": "array", "items": one }),
            (true, true) => json!({ "type": ["array", "null"], "items": one }),
        };
        schema["description"] = json!(field.description);
        schema
    }

    fn kind(&mut self, kind: &Type, nullable: bool) -> Value {
        let plain = |name: &str| if nullable { json!({ "type": [name, "null"] }) } else { json!({ "type": name }) };
        match kind {
            Type::String { format } => with_format(plain("string"), *format),
            Type::Integer => plain("integer"),
            Type::Number => plain("number"),
            Type::Boolean => plain("boolean"),
            Type::DateTime => {
                let mut schema = plain("string");
                schema["format"] = json!("date-time");
                schema
            }
            Type::Object => {
                let mut schema = plain("object");
                schema["additionalProperties"] = json!(true);
                schema
            }
            Type::Any => json!({}),
            Type::Map { of } => {
                let mut schema = plain("object");
                schema["additionalProperties"] = self.kind(of, false);
                schema
            }
            Type::Enum { name } => either(vec![self.enumeration(name)], nullable),
            Type::Ref { model, shape } => self.relation(model, *shape, nullable),
            Type::Nested { model } => either(vec![self.named(model)], nullable),
            Type::OneOf { of } => either(of.iter().map(|one| self.kind(one, false)).collect(), nullable),
        }
    }

    fn relation(&mut self, model: &str, shape: RefShape, nullable: bool) -> Value {
        let id = json!({ "type": "string", "format": "uuid" });
        match shape {
            RefShape::Id if nullable => json!({ "type": ["string", "null"], "format": "uuid" }),
            RefShape::Id => id,
            RefShape::IdOrObject => either(vec![id, self.named(model)], nullable),
            RefShape::ObjectOrId => either(vec![self.named(model), id], nullable),
        }
    }

    fn enumeration(&mut self, name: &str) -> Value {
        let category = self.category.as_deref().unwrap_or_default();
        let Some(found) = self.models.enumeration(category, name) else { return json!({ "type": "string" }) };
        self.known.entry(name.to_owned()).or_insert_with(|| {
            json!({
                "description": format!("{} Values only the linked system knows pass as they are.", found.description),
                "anyOf": [{ "type": "string", "enum": found.values }, { "type": "string" }],
            })
        });
        refer(name)
    }
}

/// Fields that are always there. A record has all of its fields; objects inside are as the linked system fills them;
/// platform shapes differ by category in what may be null.
fn required(model: &Model) -> Vec<&str> {
    let always = |field: &&Field| if model.nested { !field.nullable && !field.standard } else { true };
    model.fields.iter().filter(always).map(|field| field.name.as_str()).collect()
}

fn with_required(mut schema: Value, names: Vec<&str>) -> Value {
    if !names.is_empty() {
        schema["required"] = json!(names);
    }
    schema
}

fn with_format(mut schema: Value, format: Format) -> Value {
    let name = match format {
        // Addresses come from the linked system as they are; nobody promises that they are valid.
        Format::Plain | Format::Email | Format::Uri => return schema,
        Format::Decimal => "decimal",
    };
    schema["format"] = json!(name);
    schema
}

fn refer(name: &str) -> Value {
    json!({ "$ref": format!("#/components/schemas/{name}") })
}

/// One of several schemas, or null.
fn either(mut choices: Vec<Value>, nullable: bool) -> Value {
    if nullable {
        choices.push(json!({ "type": "null" }));
    }
    match choices.len() {
        1 => choices.remove(0),
        _ => json!({ "anyOf": choices }),
    }
}
