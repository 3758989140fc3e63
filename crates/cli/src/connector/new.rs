//! New: the beginning of a connector.

use std::fs;
use std::path::Path;
use std::process::ExitCode;

use anyhow::{Context as _, anyhow};
use unisono_catalog::Catalog;
use unisono_model::{Field, Model};

use crate::failure::Failure;
use crate::out;

/// Models to begin with, where a category has one of them.
const FIRST: [&str; 8] = ["employee", "candidate", "contact", "ticket", "file", "article", "message", "event"];

/// Writes `connector.yaml`, one model, one fixture and a README; never over an existing folder.
pub fn run(catalog: &Catalog, vendor: &str, category: &str, dir: &Path) -> Result<ExitCode, Failure> {
    let models = catalog.models();
    let known: Vec<&str> = models.categories().map(|category| category.slug.as_str()).collect();
    let Some(found) = models.category(category) else {
        return Err(Failure::NotFound(format!("there is no category `{category}` (there are: {})", known.join(", "))));
    };
    let common: Vec<&Model> = found.common().collect();
    let first = FIRST.iter().find_map(|name| common.iter().find(|model| model.short() == *name));
    let Some(model) = first.or(common.first()) else {
        return Err(Failure::Failed(anyhow!("the category {category} has no models")));
    };
    if vendor.is_empty()
        || !vendor.chars().all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-' || c == '_')
    {
        return Err(Failure::Failed(anyhow!(
            "`{vendor}` is no name for a connector: lower-case letters, digits, - and _ only"
        )));
    }
    let root = dir.join(vendor);
    if root.exists() {
        return Err(Failure::Failed(anyhow!("{} exists already", root.display())));
    }
    let text = own_text_field(model);
    let model_path = format!("{category}/{}.yaml", model.short());
    let files = [
        ("connector.yaml".to_owned(), connector_yaml(vendor, category)),
        (model_path, model_yaml(text)),
        (format!("fixtures/{}.json", model.short()), fixture(model, text)?),
        (
            "README.md".to_owned(),
            format!("# {vendor}\n\nHow to get credentials, what is read, what is known to be missing.\n"),
        ),
    ];
    for (path, content) in &files {
        let file = root.join(path);
        let folder = file.parent().unwrap_or(&root);
        fs::create_dir_all(folder).with_context(|| format!("cannot make {}", folder.display()))?;
        fs::write(&file, content).with_context(|| format!("cannot write {}", file.display()))?;
        out::data(file.display());
    }
    out::talk(format!(
        "next: fill it in, then `unisono connector lint {0}` and `unisono connector test {0}`",
        root.display()
    ));
    Ok(ExitCode::SUCCESS)
}

fn own_text_field(model: &Model) -> Option<&str> {
    let is_text = |field: &&Field| !field.list && matches!(field.kind, unisono_model::Type::String { .. });
    model.own_fields().find(is_text).map(|field| field.name.as_str())
}

fn connector_yaml(vendor: &str, category: &str) -> String {
    format!(
        r#"# Source: https://developers.example.com (one line per page the facts are from)
name: {vendor}
categories: [{category}]
docs: https://developers.example.com
base_url: "https://{{{{ .config.subdomain }}}}.example.com/api"
fields:
  - {{ name: subdomain, title: Company subdomain, help: The first part of the address you sign in at., pattern: "^[a-z0-9-]+$" }}
  - {{ name: api_key, title: API key, type: secret, help: Where the customer finds it. }}
auth:
  - scheme: bearer
    token: "{{{{ .credentials.api_key }}}}"
check: {{ get: /me }}
limits: {{ requests: 60, per_s: 60, concurrent: 2 }}
evidence: {{ level: none, note: A beginning. }}
"#
    )
}

fn model_yaml(text: Option<&str>) -> String {
    let fields = text.map_or_else(|| " {}".to_owned(), |field| format!("\n    {field}: .name"));
    format!(
        r#"# Source: https://developers.example.com/list
streams:
  - request: {{ get: /records }}
    records: .data
    page: {{ by: cursor, at: .next_cursor, param: cursor, size: 100, size_param: limit }}
    retrieve: {{ request: {{ get: "/records/{{{{ .id }}}}" }} }}
read:
  id: .id
  fields:{fields}
"#
    )
}

fn fixture(model: &Model, text: Option<&str>) -> anyhow::Result<String> {
    let mut record = serde_json::Map::new();
    record.insert("remote_id".to_owned(), "1".into());
    for field in model.own_fields() {
        let absent = if field.list && !field.nullable { serde_json::json!([]) } else { serde_json::Value::Null };
        let value = if Some(field.name.as_str()) == text { "An example".into() } else { absent };
        record.insert(field.name.clone(), value);
    }
    let fixture = serde_json::json!({
        "source": "https://developers.example.com/list",
        "request": { "method": "GET", "path": "/records" },
        "response": { "status": 200, "body": { "data": [{ "id": 1, "name": "An example" }], "next_cursor": null } },
        "expect": [{ "model": model.slug, "record": record }],
    });
    Ok(format!("{}\n", serde_json::to_string_pretty(&fixture)?))
}
