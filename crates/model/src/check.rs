//! What names exist, and the checks that a name used is one of them.

use std::collections::{BTreeMap, HashMap, HashSet};

use serde_saphyr::Spanned;

use crate::error::LoadError;
use crate::kind::{NAMES, Parsed, Type, parse};
use crate::load::{Folder, fault, is_platform};
use crate::model::{Field, PLATFORM};
use crate::standard::STANDARD_FIELDS;
use crate::suggest::nearest;

/// All names of all files, learnt before any model is built.
#[derive(Default)]
pub(crate) struct Known {
    /// category → model name → (slug, its field types as written).
    models: BTreeMap<String, BTreeMap<String, Shape>>,
    enums: BTreeMap<String, HashSet<String>>,
    paths: std::cell::RefCell<HashMap<(String, String, String), String>>,
}

pub(crate) struct Shape {
    pub(crate) slug: String,
    event: Option<String>,
    fields: BTreeMap<String, String>,
}

impl Known {
    pub(crate) fn learn(folders: &BTreeMap<String, Folder>) -> Self {
        let mut known = Self::default();
        for (category, folder) in folders {
            let models = known.models.entry(category.clone()).or_default();
            for (_, stem, document) in &folder.models {
                let own = document.fields.0.iter().map(|(name, field)| (name.clone(), field.kind.value.clone()));
                let standard = STANDARD_FIELDS.iter().map(|name| ((*name).to_owned(), String::from("any")));
                let fields = if is_platform(category) { own.collect() } else { standard.chain(own).collect() };
                models.insert(
                    document.name.value.clone(),
                    Shape { slug: format!("{category}.{stem}"), event: document.event.clone(), fields },
                );
            }
            known.enums.insert(category.clone(), folder.enums.iter().map(|item| item.name.clone()).collect());
        }
        known
    }

    /// The model a name stands for in a category.
    pub(crate) fn shape(&self, category: &str, name: &str) -> Option<&Shape> {
        let own = self.models.get(category).and_then(|models| models.get(name));
        own.or_else(|| self.models.get(PLATFORM).and_then(|models| models.get(name)))
    }

    /// Whether a model of the category goes by this internal name.
    pub(crate) fn is_event(&self, category: &str, name: &str) -> bool {
        self.models
            .get(category)
            .is_some_and(|models| models.values().any(|shape| shape.event.as_deref() == Some(name)))
    }

    /// Checks that a model exists; its slug if so.
    pub(crate) fn model<T>(
        &self,
        category: &str,
        file: &str,
        at: &Spanned<T>,
        name: &str,
        errors: &mut Vec<LoadError>,
    ) -> Option<String> {
        if let Some(shape) = self.shape(category, name) {
            return Some(shape.slug.clone());
        }
        let both = [category, PLATFORM];
        let names = both.iter().filter_map(|slug| self.models.get(*slug)).flat_map(|models| models.keys());
        errors.push(fault(file, at, format!("unknown model `{name}`"), nearest(name, names.map(String::as_str))));
        None
    }

    /// Reads a type and checks the names in it.
    pub(crate) fn kind(&self, category: &str, file: &str, at: &Spanned<String>, errors: &mut Vec<LoadError>) -> Parsed {
        let parsed = match parse(&at.value) {
            Ok(parsed) => parsed,
            Err(message) => {
                let plain = at.value.trim_end_matches(['?', '[', ']']);
                errors.push(fault(file, at, message, nearest(plain, NAMES.iter().copied())));
                return Parsed { kind: Type::Any, list: false, nullable: true };
            }
        };
        if let Some(name) = parsed.kind.model() {
            self.model(category, file, at, name, errors);
        }
        if let Some(name) = parsed.kind.enumeration() {
            self.enumeration(category, file, at, name, errors);
        }
        parsed
    }

    fn enumeration(&self, category: &str, file: &str, at: &Spanned<String>, name: &str, errors: &mut Vec<LoadError>) {
        let both = [category, PLATFORM];
        let sets = || both.iter().filter_map(|slug| self.enums.get(*slug));
        if !sets().any(|names| names.contains(name)) {
            let names = sets().flatten().map(String::as_str);
            errors.push(fault(file, at, format!("unknown enum `{name}`"), nearest(name, names)));
        }
    }

    /// Checks a dotted path of fields that starts in the named model.
    pub(crate) fn path(
        &self,
        category: &str,
        file: &str,
        model: &str,
        at: &Spanned<String>,
        errors: &mut Vec<LoadError>,
    ) {
        let mut current = model.to_owned();
        for part in at.value.split('.') {
            let Some(shape) = self.shape(category, &current) else { return };
            let Some(written) = shape.fields.get(part) else {
                let message = format!("model `{current}` has no field `{part}`");
                errors.push(fault(file, at, message, nearest(part, shape.fields.keys().map(String::as_str))));
                return;
            };
            match parse(written).ok().and_then(|parsed| parsed.kind.model().map(str::to_owned)) {
                Some(next) => current = next,
                None => return,
            }
        }
    }

    /// Checks that a name is a field of the model being built; the field if so.
    pub(crate) fn field<'a>(
        &self,
        file: &str,
        model: &str,
        fields: &'a [Field],
        at: &Spanned<String>,
        errors: &mut Vec<LoadError>,
    ) -> Option<&'a Field> {
        let found = fields.iter().find(|field| field.name == at.value);
        if found.is_none() {
            let message = format!("model `{model}` has no field `{}`", at.value);
            errors.push(fault(file, at, message, nearest(&at.value, fields.iter().map(|field| field.name.as_str()))));
        }
        found
    }

    /// Claims a method and path of a category for one file.
    pub(crate) fn claim(
        &self,
        category: &str,
        method: &str,
        file: &str,
        at: &Spanned<String>,
        path: &str,
        errors: &mut Vec<LoadError>,
    ) {
        let key = (category.to_owned(), method.to_owned(), path.to_owned());
        let earlier = self.paths.borrow_mut().insert(key, file.to_owned());
        if let Some(other) = earlier {
            errors.push(fault(file, at, format!("`{method} {path}` is already served by {other}"), None));
        }
    }
}
