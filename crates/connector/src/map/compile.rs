//! A read spec and a model into a [`Mapping`], with every mistake found at once.

use unisono_model::{Field, Model, Models, Type};
use xxhash_rust::xxh3::xxh3_64;

use super::coerce::{Nested, NestedField, Plans, Shape, Target};
use super::remote::{OWN_KEYS, RemoteFields};
use super::rule::{Otherwise, Rule, Table};
use super::{FieldPlan, Mapping};
use crate::expr::{Expr, ExprError, PathStep, Val};
use crate::manifest::{FieldRule, ReadManifest};

/// Raised when the meaning of mappings changes, so that all records are mapped again.
const ENGINE_VERSION: u64 = 1;

/// What is wrong with a read spec, and where.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{path}: {message}{}", .suggestion.as_ref().map(|s| format!(", did you mean `{s}`?")).unwrap_or_default())]
pub struct MapError {
    /// Place in the spec, such as `fields.gender`, `fields.gender.from`, `id`.
    pub path: String,
    /// Byte offset inside the expression, if it is one that is wrong.
    pub position: Option<usize>,
    /// What is wrong, lower case.
    pub message: String,
    /// The nearest name that exists.
    pub suggestion: Option<String>,
}

impl Mapping {
    /// Compiles a read spec for a model. `deleted` is the stream's expression for tombstones;
    /// `variables` are the names expressions may use (`["$parent", "$config"]`).
    pub fn compile(
        models: &Models,
        model: &Model,
        read: &ReadManifest,
        deleted: Option<&str>,
        variables: &[&str],
    ) -> Result<Self, Vec<MapError>> {
        let mut build = Build { models, category: &model.category, variables, plans: Vec::new(), errors: Vec::new() };
        let id = build.expr("id", &read.id);
        let filter = read.filter.as_deref().and_then(|source| build.expr("where", source));
        let deleted_expr = deleted.and_then(|source| build.expr("deleted", source));
        build.unknown_fields(model, read);
        let fields = model.own_fields().enumerate().map(|(i, field)| build.field(i, field, read)).collect();
        let remote_fields = read.remote_fields.as_deref().and_then(|source| build.remote_fields(source));
        match id {
            Some(id) if build.errors.is_empty() => Ok(Self {
                model: model.slug.as_str().into(),
                version: version(model, read, deleted, variables),
                pointer: id.path().map(pointer),
                id,
                filter,
                deleted: deleted_expr,
                fields,
                plans: Plans(build.plans.into_iter().map(|(_, nested)| nested).collect()),
                remote_fields,
            }),
            _ => Err(build.errors),
        }
    }
}

fn version(model: &Model, read: &ReadManifest, deleted: Option<&str>, variables: &[&str]) -> u64 {
    let fields: Vec<_> = model.own_fields().map(|f| (&f.name, &f.kind, f.list, f.nullable)).collect();
    let spec = serde_json::to_string(&(ENGINE_VERSION, &model.slug, fields, read, deleted, variables));
    xxh3_64(spec.unwrap_or_default().as_bytes())
}

fn pointer(path: Vec<PathStep>) -> Vec<sonic_rs::PointerNode> {
    let node = |step| match step {
        PathStep::Key(key) => sonic_rs::PointerNode::Key(String::from(key).into()),
        // A negative index is never found; the record is parsed then.
        PathStep::Index(index) => sonic_rs::PointerNode::Index(usize::try_from(index).unwrap_or(usize::MAX)),
    };
    path.into_iter().map(node).collect()
}

struct Build<'s> {
    models: &'s Models,
    category: &'s str,
    variables: &'s [&'s str],
    /// Nested models by name; the name is there before the plan is, for models that hold themselves.
    plans: Vec<(String, Nested)>,
    errors: Vec<MapError>,
}

impl Build<'_> {
    fn expr(&mut self, path: &str, source: &str) -> Option<Expr> {
        match Expr::parse_with(source, self.variables) {
            Ok(expr) => Some(expr),
            Err(ExprError { position, message, suggestion }) => {
                let position = Some(position);
                self.errors.push(MapError { path: path.to_owned(), position, message, suggestion });
                None
            }
        }
    }

    fn wrong(&mut self, path: String, message: String, suggestion: Option<String>) {
        self.errors.push(MapError { path, position: None, message, suggestion });
    }

    fn unknown_fields(&mut self, model: &Model, read: &ReadManifest) {
        for name in read.fields.keys() {
            let path = format!("fields.{name}");
            match model.field(name) {
                Some(field) if field.standard => {
                    self.wrong(path, format!("`{name}` is set by Unisono; it cannot be mapped"), None);
                }
                Some(_) => {}
                None => {
                    let suggestion = nearest(name, model.own_fields().map(|f| f.name.as_str()));
                    self.wrong(path, format!("{} has no field `{name}`", model.slug), suggestion);
                }
            }
        }
    }

    fn field(&mut self, index: usize, field: &Field, read: &ReadManifest) -> FieldPlan {
        let shape = self.shape(field);
        let rule = read.fields.get(&field.name).and_then(|rule| self.rule(field, rule));
        if let Some(rule) = &rule {
            self.check_keys(&field.name, &shape, rule.expr());
        }
        FieldPlan {
            name: field.name.as_str().into(),
            prefix: prefix(index, &field.name),
            absent: absent(field),
            shape,
            rule,
        }
    }

    fn rule(&mut self, field: &Field, rule: &FieldRule) -> Option<Rule> {
        match rule {
            FieldRule::Jq(source) => self.expr(&format!("fields.{}", field.name), source).map(Rule::Expr),
            FieldRule::Table(table) => {
                let from = self.expr(&format!("fields.{}.from", field.name), &table.from)?;
                let rows = table.map.iter().map(|(key, value)| (key.as_str().into(), constant(value))).collect();
                let otherwise = match &table.otherwise {
                    None => None,
                    Some(value) => Some(self.otherwise(&field.name, value)?),
                };
                let origin = matches!(field.kind, Type::Enum { .. });
                Some(Rule::Table(Table { from, rows, otherwise, origin }))
            }
        }
    }

    /// A text that is one `{{ jq }}` is found in the record, anything else is itself.
    fn otherwise(&mut self, field: &str, value: &serde_json::Value) -> Option<Otherwise> {
        let inner = value.as_str().and_then(|text| text.strip_prefix("{{")?.strip_suffix("}}"));
        match inner {
            None => Some(Otherwise::Constant(constant(value))),
            // Padded, so that positions are those of the written text.
            Some(inner) => self.expr(&format!("fields.{field}.else"), &format!("  {inner}  ")).map(Otherwise::Expr),
        }
    }

    /// Keys of an object written out in an expression must be fields of the nested model.
    fn check_keys(&mut self, field: &str, shape: &Shape, expr: &Expr) {
        let Target::Nested(place) = shape.target else { return };
        let Some((_, nested)) = self.plans.get(place) else { return };
        let known: Vec<String> = nested.fields.iter().map(|f| f.name.to_string()).collect();
        let name = nested.name.clone();
        for key in expr.written_keys().into_iter().filter(|k| !known.contains(k)) {
            let suggestion = nearest(&key, known.iter().map(String::as_str));
            self.wrong(format!("fields.{field}"), format!("{name} has no field `{key}`"), suggestion);
        }
    }

    fn remote_fields(&mut self, source: &str) -> Option<RemoteFields> {
        let expr = self.expr("remote_fields", source)?;
        let class = self.nested("RemoteFieldClass");
        if self.plans.get(class).is_none_or(|(_, plan)| plan.fields.is_empty()) {
            self.wrong("remote_fields".to_owned(), format!("{} has no remote fields", self.category), None);
            return None;
        }
        let known: Vec<String> = self.plans[class].1.fields.iter().map(|f| f.name.to_string()).collect();
        for key in expr.written_keys() {
            if !known.contains(&key) && !OWN_KEYS.contains(&key.as_str()) {
                let suggestion = nearest(&key, known.iter().map(String::as_str).chain(OWN_KEYS));
                self.wrong("remote_fields".to_owned(), format!("a remote field has no `{key}`"), suggestion);
            }
        }
        let class_model = format!("{}.remote_field_class", self.category).into();
        Some(RemoteFields { expr, class, class_model })
    }

    fn shape(&mut self, field: &Field) -> Shape {
        Shape { target: self.target(&field.kind), list: field.list }
    }

    fn target(&mut self, kind: &Type) -> Target {
        match kind {
            Type::String { .. } | Type::Enum { .. } => Target::Text,
            Type::Integer => Target::Integer,
            Type::Number => Target::Number,
            Type::Boolean => Target::Boolean,
            Type::DateTime => Target::DateTime,
            Type::Object => Target::Object,
            Type::Any => Target::Any,
            Type::Map { of } => Target::Map(Box::new(self.target(of))),
            Type::Ref { model, .. } => self.relation(model),
            Type::Nested { model } => Target::Nested(self.nested(model)),
            Type::OneOf { of } => Target::OneOf(of.iter().map(|t| self.target(t)).collect()),
        }
    }

    /// A relation takes the other record's remote id; a nested model has no records of its own, so its object may stand there instead.
    fn relation(&mut self, name: &str) -> Target {
        let found = self.models.resolve(self.category, name);
        let slug = found.map_or_else(|| format!("{}.{name}", self.category), |m| m.slug.clone());
        let by_id = Target::Relation(slug.into());
        if found.is_some_and(|model| model.nested) {
            return Target::OneOf(vec![Target::Nested(self.nested(name)), by_id]);
        }
        by_id
    }

    /// The place of a nested model's plan, made on first use.
    fn nested(&mut self, name: &str) -> usize {
        if let Some(place) = self.plans.iter().position(|(n, _)| n == name) {
            return place;
        }
        let place = self.plans.len();
        let model = self.models.resolve(self.category, name);
        let slug = model.map_or_else(String::new, |m| m.slug.clone());
        let empty = Nested { name: name.into(), slug: slug.into(), fields: Vec::new() };
        self.plans.push((name.to_owned(), empty));
        let fields = model.map_or(&[][..], |m| m.fields.as_slice());
        let planned: Vec<_> = fields.iter().enumerate().map(|(i, f)| self.nested_field(i, f)).collect();
        self.plans[place].1.fields = planned;
        place
    }

    fn nested_field(&mut self, index: usize, field: &Field) -> NestedField {
        let shape = self.shape(field);
        NestedField {
            name: field.name.as_str().into(),
            prefix: prefix(index, &field.name),
            absent: absent(field),
            shape,
        }
    }
}

fn prefix(index: usize, name: &str) -> Box<[u8]> {
    let open = if index == 0 { '{' } else { ',' };
    format!("{open}\"{name}\":").into_bytes().into()
}

fn absent(field: &Field) -> &'static [u8] {
    if field.list && !field.nullable { b"[]" } else { b"null" }
}

fn constant(value: &serde_json::Value) -> Val<'static> {
    match value {
        serde_json::Value::Null => Val::Null,
        serde_json::Value::Bool(b) => Val::Bool(*b),
        serde_json::Value::String(s) => Val::string(s.clone()),
        serde_json::Value::Number(n) => n.as_i64().map_or_else(|| Val::Float(n.as_f64().unwrap_or(f64::NAN)), Val::Int),
        serde_json::Value::Array(items) => Val::Arr(items.iter().map(constant).collect()),
        serde_json::Value::Object(map) => Val::Obj(map.iter().map(|(k, v)| (k.clone().into(), constant(v))).collect()),
    }
}

fn nearest<'n>(name: &str, names: impl IntoIterator<Item = &'n str>) -> Option<String> {
    crate::expr::nearest(name, names)
}
