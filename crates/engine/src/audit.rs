//! Audit: who did what in a project, append only.

use serde::Serialize;
use uuid::Uuid;

use crate::{CheckError, Engine, Listing, PageRequest, Time};

/// Something somebody did.
#[derive(Debug, Clone, Serialize)]
pub struct AuditEvent {
    /// Its id.
    pub id: Uuid,
    /// Who: a person's or key's name.
    pub user_name: Option<String>,
    /// Their e-mail address.
    pub user_email: Option<String>,
    /// Their role (`API`, `SYSTEM`, ...).
    pub role: String,
    /// Where from.
    pub ip_address: String,
    /// What, a stable word.
    pub event_type: String,
    /// What, for people.
    pub event_description: String,
    /// When.
    pub created_at: Time,
}

/// Which events are wanted; absent conditions do not restrict.
#[derive(Debug, Clone, Default)]
pub struct AuditFilters {
    /// This kind.
    pub event_type: Option<String>,
    /// This person.
    pub user_email: Option<String>,
    /// At or after.
    pub from: Option<Time>,
    /// Before.
    pub until: Option<Time>,
}

impl Engine {
    /// Events of the project, latest first.
    pub async fn audit_trail(
        &self,
        project: Uuid,
        filters: &AuditFilters,
        page: &PageRequest,
    ) -> Result<Listing<AuditEvent>, CheckError> {
        todo!()
    }
}
