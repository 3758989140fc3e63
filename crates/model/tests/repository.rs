//! The models of this repository: they load, they are complete, and each file fits on a screen or two.
#![allow(clippy::unwrap_used, clippy::panic, missing_docs)]

use std::path::Path;

use unisono_model::{FilterKind, Models, ScopeKind, Type};

fn files() -> Vec<(String, String)> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../models");
    let mut files = Vec::new();
    for folder in std::fs::read_dir(root).unwrap() {
        for file in std::fs::read_dir(folder.unwrap().path()).unwrap() {
            let path = file.unwrap().path();
            files.push((path.to_string_lossy().into_owned(), std::fs::read_to_string(&path).unwrap()));
        }
    }
    files
}

fn models() -> Models {
    Models::load(files()).unwrap_or_else(|errors| {
        let lines: Vec<String> = errors.iter().map(ToString::to_string).collect();
        panic!("{}", lines.join("\n"))
    })
}

#[test]
fn every_category_has_its_common_models() {
    let models = models();
    let served: Vec<(String, usize)> = models
        .categories()
        .map(|category| {
            let served = category.models.iter().filter(|model| model.path.is_some());
            (category.slug.clone(), served.count())
        })
        .collect();
    let expected = [
        ("accounting", 32),
        ("ats", 17),
        ("calendar", 7),
        ("chat", 5),
        ("crm", 14),
        ("email", 6),
        ("filestorage", 6),
        ("hris", 16),
        ("knowledgebase", 5),
        ("ticketing", 12),
    ];
    assert_eq!(served, expected.map(|(slug, count)| (slug.to_owned(), count)));
}

#[test]
fn no_file_is_longer_than_150_lines() {
    for (path, text) in files() {
        assert!(text.lines().count() <= 150, "{path} has {} lines", text.lines().count());
    }
}

#[test]
fn everything_is_described_in_a_sentence() {
    let models = models();
    for model in models.categories().chain(models.platform()).flat_map(|category| &category.models) {
        assert!(model.description.ends_with('.'), "{}: {}", model.slug, model.description);
        for field in &model.fields {
            let text = &field.description;
            let shown = format!("{}.{}: {text}", model.slug, field.name);
            assert!(text.ends_with('.') && text.len() > 10 && !text.contains("{n}"), "{shown}");
        }
    }
}

#[test]
fn employees_are_filtered_through_their_employments() {
    let models = models();
    let list = models.model("hris.employee").and_then(|employee| employee.list()).unwrap();
    let filter = list.filter("job_title").unwrap();
    let through = filter.through.as_ref().unwrap();
    assert_eq!((through.model.as_str(), through.relation.as_str()), ("hris.employment", "employments"));
    assert_eq!((filter.field.as_str(), filter.kind), ("job_title", FilterKind::Equals));
    assert_eq!(list.filter("started_after").unwrap().field, "start_date");
    let time_off = models.model("hris.time_off").and_then(|model| model.list()).unwrap();
    assert_eq!(time_off.filter("started_after").unwrap().field, "start_time");
}

#[test]
fn an_enum_filter_takes_the_empty_string_where_the_contract_lists_it() {
    let models = models();
    let list = models.model("ticketing.ticket").and_then(|model| model.list()).unwrap();
    assert_eq!(list.filter("status").unwrap().choices, ["", "CLOSED", "IN_PROGRESS", "ON_HOLD", "OPEN"]);
}

#[test]
fn a_plain_id_is_a_relation_too() {
    let models = models();
    let dependent = models.model("hris.dependent").unwrap();
    assert!(matches!(&dependent.field("employee").unwrap().kind, Type::Ref { model, .. } if model == "Employee"));
}

#[test]
fn lists_below_a_parent_say_how_the_parent_selects() {
    let models = models();
    let replies = &models.model("chat.message").unwrap().lists[1];
    assert_eq!(replies.path, "/messages/{message_id}/replies");
    assert_eq!(replies.scopes[0].kind, ScopeKind::Field { field: "root_message_id".to_owned() });
    let members = models.model("chat.member").and_then(|member| member.list()).unwrap();
    assert_eq!(members.scopes[0].kind, ScopeKind::Listed { field: "members".to_owned() });
}

#[test]
fn webhooks_and_sync_status_use_the_internal_names() {
    let models = models();
    let id = |slug: &str| models.model(slug).unwrap().model_id();
    assert_eq!(id("ticketing.attachment"), "ticketing.TicketingAttachment");
    assert_eq!(id("hris.employee"), "hris.Employee");
    assert_eq!(id("filestorage.file"), "filestorage.FileStorageFile");
    assert_eq!(id("ats.eeoc"), "ats.EEOC");
}
