//! Pages: the Markdown of connectors and common models.

use std::collections::BTreeSet;
use std::fmt::Write as _;

use unisono_connector::manifest::{FieldType, ModelManifest, ReadManifest};
use unisono_model::{Category, Field, Model, Models, Type};

use super::Folder;

const NOTE: &str = "<!-- Written by `./dev gen`; change the data instead. -->\n\n";
const BEGIN: &str = "<!-- generated: capabilities -->";
const END: &str = "<!-- /generated -->";

/// The table of all connectors.
pub(super) fn connectors(folders: &[Folder]) -> String {
    let mut page = format!(
        "{NOTE}# Connectors\n\n| connector | category | models read | authentication | evidence |\n| --- | --- | --- | --- | --- |\n"
    );
    for folder in folders {
        let connector = &folder.connector;
        let models: Vec<&str> = folder.models.iter().map(|(model, _)| short(model)).collect();
        let auth: Vec<&str> = connector.auth.iter().map(|auth| auth.scheme.name()).collect();
        let level = connector.evidence.level.as_str();
        _ = writeln!(
            page,
            "| [{}]({}.md) | {} | {} | {} | {level} |",
            connector.name,
            folder.slug,
            connector.categories.join(", "),
            models.join(", "),
            auth.join(", ")
        );
    }
    page.push_str("\n**Evidence** says how well a connector's facts are known: *recorded* (replies of the real system), *contract* (the vendor's machine-readable contract), *documented* (its documentation), *none*.\n");
    page
}

/// One connector's page.
pub(super) fn connector(folder: &Folder, models: &Models) -> String {
    let connector = &folder.connector;
    let mut page = format!("{NOTE}# {}\n\n", connector.name);
    if let Some(docs) = &connector.docs {
        _ = writeln!(page, "The vendor's documentation: <{docs}>\n");
    }
    let note = connector.evidence.note.as_deref().unwrap_or_default();
    _ = writeln!(page, "Evidence: **{}**. {note}\n", connector.evidence.level.as_str());
    page.push_str("## Linking\n\n| field | kind | required | what it is |\n| --- | --- | --- | --- |\n");
    for field in &connector.fields {
        let kind = match field.kind {
            FieldType::Text => "text",
            FieldType::Secret => "secret (sealed)",
            FieldType::Url => "address",
            FieldType::Select => "choice",
        };
        let help = field.help.as_deref().unwrap_or_default().replace('\n', " ");
        _ = writeln!(
            page,
            "| `{}` | {kind} | {} | **{}** {help} |",
            field.name,
            if field.optional { "no" } else { "yes" },
            field.title
        );
    }
    let auth = connector.auth.iter().map(|auth| format!("`{}`", auth.scheme.name())).collect::<Vec<_>>();
    _ = writeln!(page, "\nAuthentication: {}.\n\n## Models\n\n{}", auth.join(" or "), capabilities(folder, models));
    page.push_str("\n## Fields\n\nFields that are not named stay empty; the vendor's own data is in `remote_data`.\n\n| model | fields filled |\n| --- | --- |\n");
    for (name, manifest) in &folder.models {
        let filled = filled(manifest);
        let all = models.model(name).map_or(0, |model| model.own_fields().count());
        let list = filled.iter().map(|field| format!("`{field}`")).collect::<Vec<_>>().join(", ");
        _ = writeln!(page, "| {} ({} of {all}) | {list} |", short(name), filled.len());
    }
    page
}

/// The table of what a connector can do per model.
pub(super) fn capabilities(folder: &Folder, models: &Models) -> String {
    let mut table =
        "| model | full | changes only | one by id | deletions |\n| --- | --- | --- | --- | --- |\n".to_owned();
    for (name, manifest) in &folder.models {
        let title = models.model(name).map_or(short(name), |model| model.name.as_str());
        let streams = &manifest.streams;
        let mark = |yes: bool| if yes { "yes" } else { "-" };
        let incremental = streams.iter().any(|stream| {
            stream.incremental.is_some()
                || stream
                    .parent
                    .as_ref()
                    .is_some_and(|parent| parent.visit == unisono_connector::manifest::Visit::Changed)
        });
        let retrieve = streams.iter().any(|stream| stream.retrieve.is_some());
        let told = streams.iter().any(|s| {
            s.deletions_only || s.deleted.is_some() || s.incremental.as_ref().is_some_and(|i| i.deleted.is_some())
        });
        let deletions = if told { "told by the vendor, and by full passes" } else { "by full passes" };
        _ = writeln!(table, "| {title} | yes | {} | {} | {deletions} |", mark(incremental), mark(retrieve));
    }
    table
}

/// A README with the table between its marks.
pub(super) fn with_capabilities(text: &str, table: &str) -> String {
    let Some((head, rest)) = text.split_once(BEGIN) else { return text.to_owned() };
    let Some((_, tail)) = rest.split_once(END) else { return text.to_owned() };
    format!("{head}{BEGIN}\n\n{table}\n{END}{tail}")
}

/// The fields that some stream of a model fills.
fn filled(manifest: &ModelManifest) -> BTreeSet<&str> {
    let reads = manifest.read.iter().chain(manifest.streams.iter().filter_map(|stream| stream.read.as_ref()));
    reads.flat_map(|read: &ReadManifest| read.fields.keys().map(String::as_str)).collect()
}

/// The common models of one category.
pub(super) fn category(category: &Category) -> String {
    let mut page = format!("{NOTE}# {}\n\n{}\n", category.title, category.description);
    for model in &category.models {
        page.push_str(&model_section(model));
    }
    page
}

fn model_section(model: &Model) -> String {
    let mut section = format!("\n## {}\n\n{}\n", model.name, model.description);
    if let Some(path) = &model.path {
        _ = writeln!(section, "\n`GET {}{path}`", if model.nested { "… " } else { "" });
    }
    section.push_str("\n| field | type | meaning |\n| --- | --- | --- |\n");
    for field in model.own_fields() {
        _ = writeln!(section, "| `{}` | {} | {} |", field.name, type_of(field), field.description.replace('|', "\\|"));
    }
    if let Some(list) = model.list().filter(|list| !list.filters.is_empty()) {
        let names = list.filters.iter().map(|filter| format!("`{}`", filter.param)).collect::<Vec<_>>().join(", ");
        _ = writeln!(section, "\nFilters: {names}.");
    }
    section
}

fn type_of(field: &Field) -> String {
    let name = match (&field.kind, field.kind.model(), field.kind.enumeration()) {
        (_, _, Some(values)) => values.to_owned(),
        (_, Some(model), _) => model.to_owned(),
        (Type::Integer, ..) => "integer".to_owned(),
        (Type::Number, ..) => "number".to_owned(),
        (Type::Boolean, ..) => "boolean".to_owned(),
        (Type::DateTime, ..) => "date and time".to_owned(),
        (Type::Object | Type::Map { .. }, ..) => "object".to_owned(),
        (Type::Any, ..) => "any".to_owned(),
        _ => "text".to_owned(),
    };
    match (field.list, field.nullable) {
        (true, _) => format!("list of {name}"),
        (false, true) => format!("{name}, or null"),
        (false, false) => name,
    }
}

/// `employee` of `hris.employee`.
fn short(model: &str) -> &str {
    model.split_once('.').map_or(model, |(_, short)| short)
}
