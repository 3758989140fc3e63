//! Remote data: what the vendor sent, kept beside the records in a table that plain lists never touch.

/// What to read beside the record itself.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Include {
    /// The raw data.
    pub remote_data: bool,
    /// The vendor's enum values.
    pub origins: bool,
    /// The `remote_fields` value.
    pub remote_fields: bool,
}

impl Include {
    /// The table must be read at all.
    pub fn any(self) -> bool {
        self.remote_data || self.origins || self.remote_fields
    }
}
