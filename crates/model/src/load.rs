//! From texts to [`Models`]: parse every file, learn all names, then build each model against them.

use std::collections::{BTreeMap, HashMap};

use serde::de::DeserializeOwned;
use serde_saphyr::{Error, Spanned};

use crate::build::build;
use crate::check::Known;
use crate::document::{CategoryDoc, EnumsDoc, ModelDoc};
use crate::error::LoadError;
use crate::model::{Category, Enum, Models, PLATFORM};
use crate::suggest::nearest;

/// The files of one category, parsed.
#[derive(Default)]
pub(crate) struct Folder {
    pub(crate) about: Option<(String, CategoryDoc)>,
    pub(crate) enums: Vec<Enum>,
    pub(crate) models: Vec<(String, String, ModelDoc)>,
}

pub(crate) fn load<I, P, T>(files: I) -> Result<Models, Vec<LoadError>>
where
    I: IntoIterator<Item = (P, T)>,
    P: AsRef<str>,
    T: AsRef<str>,
{
    let mut errors = Vec::new();
    let mut folders: BTreeMap<String, Folder> = BTreeMap::new();
    for (path, text) in files {
        if let Err(error) = read(&mut folders, path.as_ref(), text.as_ref()) {
            errors.push(error);
        }
    }
    let known = Known::learn(&folders);
    let mut categories = Vec::new();
    for (slug, folder) in &folders {
        match category(slug, folder, &known, &mut errors) {
            Some(category) => categories.push(category),
            None => errors.push(whole_file(&format!("{slug}/category.yaml"), "the category has no `category.yaml`")),
        }
    }
    if !errors.is_empty() {
        errors.sort_by(|a, b| (&a.file, a.line, a.column).cmp(&(&b.file, b.line, b.column)));
        return Err(errors);
    }
    Ok(Models { index: index(&categories), categories })
}

fn read(folders: &mut BTreeMap<String, Folder>, path: &str, text: &str) -> Result<(), LoadError> {
    let mut parts = path.rsplit(['/', '\\']);
    let file = parts.next().unwrap_or_default();
    let Some(slug) = parts.next() else {
        return Err(whole_file(path, "a model file lies in the folder of its category"));
    };
    let Some(stem) = file.strip_suffix(".yaml") else {
        return Err(whole_file(path, "a model file ends in `.yaml`"));
    };
    let folder = folders.entry(slug.to_owned()).or_default();
    match stem {
        "category" => folder.about = Some((path.to_owned(), parse(path, text)?)),
        "enums" => {
            let document: EnumsDoc = parse(path, text)?;
            folder.enums.extend(document.enums.0.into_iter().map(|(name, item)| Enum {
                name,
                description: item.description,
                values: item.values,
            }));
        }
        model => folder.models.push((path.to_owned(), model.to_owned(), parse(path, text)?)),
    }
    Ok(())
}

fn category(slug: &str, folder: &Folder, known: &Known, errors: &mut Vec<LoadError>) -> Option<Category> {
    let (file, about) = folder.about.as_ref()?;
    for name in &about.field_mapping_models {
        if !known.is_event(slug, &name.value) {
            known.model(slug, file, name, &name.value, errors);
        }
    }
    let mut models = Vec::new();
    for (path, stem, document) in &folder.models {
        models.push(build(slug, path, stem, document, about, known, errors));
    }
    models.sort_by(|a, b| a.slug.cmp(&b.slug));
    Some(Category {
        slug: slug.to_owned(),
        title: about.title.clone(),
        description: about.description.clone(),
        base_path: about.base_path.clone().unwrap_or_else(|| "/{category}/v1".to_owned()),
        field_mapping_models: about.field_mapping_models.iter().map(|name| name.value.clone()).collect(),
        models,
        enums: folder.enums.clone(),
    })
}

fn index(categories: &[Category]) -> HashMap<String, (usize, usize)> {
    let mut index = HashMap::new();
    for (at, category) in categories.iter().enumerate() {
        for (within, model) in category.models.iter().enumerate() {
            index.insert(model.slug.clone(), (at, within));
        }
    }
    index
}

fn parse<T: DeserializeOwned>(path: &str, text: &str) -> Result<T, LoadError> {
    let options = serde_saphyr::options! { with_snippet: false };
    serde_saphyr::from_str_with_options(text, options).map_err(|error| syntax(path, &error))
}

/// Says in our words what serde could not read.
fn syntax(path: &str, error: &Error) -> LoadError {
    let (line, column) = error.location().map_or((0, 0), |at| (at.line() as usize, at.column() as usize));
    let (message, suggestion) = match error {
        Error::SerdeUnknownField { field, expected, .. } => {
            (format!("unknown key `{field}`"), nearest(field, expected.iter().copied()))
        }
        Error::SerdeUnknownVariant { variant, expected, .. } => {
            (format!("unknown value `{variant}`"), nearest(variant, expected.iter().copied()))
        }
        Error::SerdeMissingField { field, .. } => (format!("key `{field}` is missing"), None),
        other => {
            let text = other.to_string();
            let plain = text.lines().next().unwrap_or_default().to_owned();
            (strip_place(plain), None)
        }
    };
    LoadError { file: path.to_owned(), line, column, message, suggestion }
}

/// The parser repeats the place in its text; we print it in front.
fn strip_place(message: String) -> String {
    match message.find(" at line ") {
        Some(end) => message[..end].to_owned(),
        None => message,
    }
}

fn whole_file(path: &str, message: &str) -> LoadError {
    LoadError { file: path.to_owned(), line: 0, column: 0, message: message.to_owned(), suggestion: None }
}

/// A fault at the place of a value.
pub(crate) fn fault<T>(file: &str, at: &Spanned<T>, message: String, suggestion: Option<String>) -> LoadError {
    let place = at.referenced;
    LoadError {
        file: file.to_owned(),
        line: place.line() as usize,
        column: place.column() as usize,
        message,
        suggestion,
    }
}

/// Whether a slug is the shared folder.
pub(crate) fn is_platform(slug: &str) -> bool {
    slug == PLATFORM
}
