//! Audit trail: who did what in a project. Append only.

use crate::{Keyset, Page, Scope, StoreError};
use uuid::Uuid;

/// Something somebody did.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AuditEvent {
    /// Its id.
    pub id: Uuid,
    /// Who: a person's or key's name.
    pub user_name: Option<String>,
    /// Their e-mail address.
    pub user_email: Option<String>,
    /// Their role.
    pub role: String,
    /// Where from.
    pub ip_address: String,
    /// What, a stable word.
    pub event_type: String,
    /// What, for people.
    pub description: String,
    /// When.
    pub at_us: i64,
}

/// Which events to list.
#[derive(Debug, Clone, Default)]
pub struct AuditFilter {
    /// This kind.
    pub event_type: Option<String>,
    /// This person.
    pub user_email: Option<String>,
    /// At or after.
    pub from_us: Option<i64>,
    /// Before.
    pub until_us: Option<i64>,
    /// Goes on after this event.
    pub after: Option<Keyset>,
    /// Rows per page.
    pub page_size: usize,
}

impl Scope {
    /// Appends an event.
    pub async fn audit(&self, event: AuditEvent) -> Result<(), StoreError> {
        todo!()
    }

    /// Events, newest first.
    pub async fn audit_trail(&self, filter: AuditFilter) -> Result<Page<AuditEvent>, StoreError> {
        todo!()
    }
}
