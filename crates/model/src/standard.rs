//! Fields and filters that every category has.

use crate::query::{Filter, FilterKind, ValueType};

/// Fields the store keeps in columns or apart from the unified JSON.
pub const STANDARD_FIELDS: &[&str] = &[
    "id",
    "remote_id",
    "created_at",
    "modified_at",
    "remote_was_deleted",
    "field_mappings",
    "remote_data",
    "remote_fields",
];

/// Filters that lists have unless their file says otherwise.
pub const STANDARD_FILTERS: &[&str] =
    &["created_after", "created_before", "modified_after", "modified_before", "remote_id"];

/// Whether a field of this name is one of [`STANDARD_FIELDS`].
pub fn is_standard(name: &str) -> bool {
    STANDARD_FIELDS.contains(&name)
}

/// Query parameters of the lists of remote field classes.
pub(crate) const REMOTE_FIELD_CLASSES: &[&str] = &[
    "cursor",
    "include_deleted_data",
    "include_remote_data",
    "include_shell_data",
    "is_common_model_field",
    "is_custom",
    "page_size",
];

/// The filter of one of [`STANDARD_FILTERS`].
pub(crate) fn standard_filter(param: &str) -> Option<Filter> {
    let (field, kind, value, description) = match param {
        "created_after" => {
            ("created_at", FilterKind::After, ValueType::DateTime, "Only those stored here at or after this time.")
        }
        "created_before" => {
            ("created_at", FilterKind::Before, ValueType::DateTime, "Only those stored here before this time.")
        }
        "modified_after" => {
            ("modified_at", FilterKind::After, ValueType::DateTime, "Only those a sync changed at or after this time.")
        }
        "modified_before" => {
            ("modified_at", FilterKind::Before, ValueType::DateTime, "Only those a sync last changed before this time.")
        }
        "remote_id" => {
            ("remote_id", FilterKind::Equals, ValueType::String, "Only the one with this id in the linked system.")
        }
        _ => return None,
    };
    Some(Filter {
        param: param.to_owned(),
        kind,
        field: field.to_owned(),
        through: None,
        value,
        choices: Vec::new(),
        null: false,
        ignore_case: false,
        description: description.to_owned(),
    })
}
