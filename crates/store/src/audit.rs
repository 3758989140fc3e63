//! Audit trail: who did what in a project. Append only.

use crate::sql::{Row, Where, limit, rows};
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
        let project = self.project;
        self.store
            .pool
            .write(move |sql| {
                sql.execute(
                    "insert into audit (id, project, user_name, user_email, role, ip_address, event_type, description, at_us)
                     values ($1, $2, $3, $4, $5, $6, $7, $8, $9)",
                    &[
                        event.id.into(),
                        project.into(),
                        event.user_name.as_deref().into(),
                        event.user_email.as_deref().into(),
                        event.role.as_str().into(),
                        event.ip_address.as_str().into(),
                        event.event_type.as_str().into(),
                        event.description.as_str().into(),
                        event.at_us.into(),
                    ],
                )
                .map(drop)
            })
            .await
    }

    /// Events, newest first.
    pub async fn audit_trail(&self, wanted: AuditFilter) -> Result<Page<AuditEvent>, StoreError> {
        let project = self.project;
        self.store
            .pool
            .read(move |sql| {
                let mut filter = Where::default();
                filter.and_some("project =", Some(project));
                filter.and_some("event_type =", wanted.event_type.as_deref());
                filter.and_some("user_email =", wanted.user_email.as_deref());
                filter.and_some("at_us >=", wanted.from_us);
                filter.and_some("at_us <", wanted.until_us);
                filter.and_before("at_us", wanted.after);
                let limit = filter.bind(limit(wanted.page_size) + 1);
                let text = format!(
                    "select id, user_name, user_email, role, ip_address, event_type, description, at_us from audit{}
                     order by at_us desc, id desc limit {limit}",
                    filter.text
                );
                let found = rows(sql, &text, &filter.values, read_event)?;
                Ok(Page::cut(found, wanted.page_size, |event| Keyset { us: event.at_us, id: event.id }))
            })
            .await
    }
}

fn read_event(row: &dyn Row) -> Result<AuditEvent, StoreError> {
    Ok(AuditEvent {
        id: row.uuid(0)?,
        user_name: row.opt_text(1)?,
        user_email: row.opt_text(2)?,
        role: row.text(3)?,
        ip_address: row.text(4)?,
        event_type: row.text(5)?,
        description: row.text(6)?,
        at_us: row.int(7)?,
    })
}
