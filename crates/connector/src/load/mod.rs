//! Loading: a connector's files, checked against each other and the models, into a compiled `Connector`.
//!
//! Always true: every mistake of every file is reported at once, each with file, line, column and the line's text.
//! Elsewhere: the shape of the files is `manifest`, read specs are compiled by `map`.

mod connector;
mod error;
mod scope;
mod stream;
mod yaml;

use unisono_model::Models;

use crate::connector::Connector;
use crate::manifest::{ConnectorManifest, FieldType, ModelManifest};
use crate::native::Native;
use connector::Shared;
use scope::Scope;
use yaml::{At, File};

pub use error::LoadError;

/// Compiles `connector.yaml` and every `<category>/<model>.yaml`.
pub(crate) fn load<I, P, T>(
    slug: &str,
    files: I,
    models: &Models,
    native: Option<&'static dyn Native>,
) -> Result<Connector, Vec<LoadError>>
where
    I: IntoIterator<Item = (P, T)>,
    P: AsRef<str>,
    T: AsRef<str>,
{
    let files: Vec<(P, T)> = files.into_iter().collect();
    let mut errors = Vec::new();
    let main = files.iter().find(|(path, _)| path.as_ref() == "connector.yaml");
    let Some((path, text)) = main else {
        let message = "the connector has no connector.yaml".to_owned();
        return Err(vec![whole_file(&format!("{slug}/connector.yaml"), message)]);
    };
    let (file, manifest) = match File::read::<ConnectorManifest>(path.as_ref(), text.as_ref()) {
        Ok(read) => read,
        Err(error) => return Err(vec![error]),
    };
    let secrets: Vec<String> = manifest
        .fields
        .iter()
        .filter(|field| field.kind == FieldType::Secret)
        .map(|field| field.name.clone())
        .collect();
    let mut scope = Scope::new(file, secrets.clone());
    let shared = connector::compile(&mut scope, slug, &manifest, models);
    errors.append(&mut scope.errors);

    let mut streams = indexmap::IndexMap::new();
    let mut paths: Vec<&(P, T)> = files.iter().filter(|(path, _)| is_model_file(path.as_ref(), models)).collect();
    paths.sort_by(|a, b| a.0.as_ref().cmp(b.0.as_ref()));
    for (path, text) in paths {
        let path = path.as_ref();
        let compiled =
            model_file(path, text.as_ref(), &manifest, models, shared.as_ref(), native, &secrets, &mut errors);
        if let Some((model, list)) = compiled {
            streams.insert(model, list);
        }
    }
    check_parents(&streams, &mut errors);
    match shared {
        Some(shared) if errors.is_empty() => Ok(shared.finish(slug, manifest, streams)),
        _ => {
            errors.sort_by(|a, b| (&a.file, a.line, a.column).cmp(&(&b.file, b.line, b.column)));
            errors.dedup();
            Err(errors)
        }
    }
}

/// `<category>/<model>.yaml`, where the folder is a category; other folders (fixtures, bots) are not ours.
fn is_model_file(path: &str, models: &Models) -> bool {
    let parts: Vec<&str> = path.split('/').collect();
    matches!(parts.as_slice(), [category, file] if file.ends_with(".yaml") && models.category(category).is_some())
}

#[allow(clippy::too_many_arguments)]
fn model_file(
    path: &str,
    text: &str,
    manifest: &ConnectorManifest,
    models: &Models,
    shared: Option<&Shared>,
    native: Option<&'static dyn Native>,
    secrets: &[String],
    errors: &mut Vec<LoadError>,
) -> Option<(String, Vec<crate::stream::Stream>)> {
    let slug = path.trim_end_matches(".yaml").replace('/', ".");
    let (category, short) = slug.split_once('.')?;
    let (file, read) = match File::read::<ModelManifest>(path, text) {
        Ok(read) => read,
        Err(error) => {
            errors.push(error);
            return None;
        }
    };
    let mut scope = Scope::new(file, secrets.to_vec());
    let top = At::default();
    if !manifest.categories.iter().any(|known| known == category) {
        scope.fail(&top, format!("the category {category} is not listed under `categories` in connector.yaml"));
    }
    let compiled = match models.model(&slug) {
        Some(model) if !model.nested => {
            shared.map(|shared| stream::compile(&mut scope, &read, model, models, shared, native))
        }
        _ => {
            let names = models.category(category).into_iter().flat_map(|category| category.common());
            let names: Vec<&str> = names.map(unisono_model::Model::short).collect();
            scope.fail_near(&top, format!("there is no common model {slug}"), short, names);
            None
        }
    };
    errors.append(&mut scope.errors);
    Some((slug, compiled?))
}

/// Parents must be read by the same connector.
fn check_parents(streams: &indexmap::IndexMap<String, Vec<crate::stream::Stream>>, errors: &mut Vec<LoadError>) {
    for (model, list) in streams {
        for stream in list {
            if let Some(parent) = stream.parent_model()
                && !streams.contains_key(parent)
            {
                let path = format!("{}.yaml", model.replace('.', "/"));
                errors.push(whole_file(&path, format!("the parent model {parent} is not read by this connector")));
            }
        }
    }
}

fn whole_file(path: &str, message: String) -> LoadError {
    LoadError { file: path.to_owned(), line: 0, column: 0, excerpt: None, message, suggestion: None }
}
