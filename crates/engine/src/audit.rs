//! Audit: who did what in a project, append only.

use serde::Serialize;
use uuid::Uuid;

use crate::{CheckError, Engine, Listing, PageRequest, Time, listing};

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
        let after = listing::keyset(page).map_err(|_| CheckError::Cursor)?;
        let filter = unisono_store::AuditFilter {
            event_type: filters.event_type.clone(),
            user_email: filters.user_email.clone(),
            from_us: filters.from.map(|time| time.0),
            until_us: filters.until.map(|time| time.0),
            after,
            page_size: listing::size(page),
        };
        let found = self.scope(project).audit_trail(filter).await;
        Ok(listing::listing(found.map_err(|error| CheckError::Internal(error.into()))?, event_of))
    }
}

fn event_of(event: unisono_store::AuditEvent) -> AuditEvent {
    AuditEvent {
        id: event.id,
        user_name: event.user_name,
        user_email: event.user_email,
        role: event.role,
        ip_address: event.ip_address,
        event_type: event.event_type,
        event_description: event.description,
        created_at: Time(event.at_us),
    }
}
