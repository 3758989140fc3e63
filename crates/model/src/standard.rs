//! Fields and filters that every category has.

/// Fields the store keeps in columns or apart from the unified JSON.
pub const STANDARD_FIELDS: &[&str] = &[
    "id", "remote_id", "created_at", "modified_at", "remote_was_deleted", "field_mappings", "remote_data", "remote_fields",
];

/// Filters that lists have unless their file says otherwise.
pub const STANDARD_FILTERS: &[&str] = &["created_after", "created_before", "modified_after", "modified_before", "remote_id"];

/// Whether a field of this name is one of [`STANDARD_FIELDS`].
pub fn is_standard(name: &str) -> bool {
    STANDARD_FIELDS.contains(&name)
}
