//! Issues: what needs a person, one row per (account, kind, key); repeats update it, and it reopens when it comes back.

use crate::sql::{Row, Sql, Where, first, limit, rows};
use crate::{Keyset, Page, Scope, StoreError, account};
use uuid::Uuid;

/// State of an issue.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum IssueStatus {
    /// Still there.
    Ongoing,
    /// Gone.
    Resolved,
}

impl IssueStatus {
    /// The word on the wire and in the database.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Ongoing => "ONGOING",
            Self::Resolved => "RESOLVED",
        }
    }

    /// Reads the word.
    pub fn parse(word: &str) -> Option<Self> {
        [Self::Ongoing, Self::Resolved].into_iter().find(|s| s.as_str() == word)
    }
}

/// An issue.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Issue {
    /// Its id.
    pub id: Uuid,
    /// The account it is about, as far as it is about one.
    pub account: Option<IssueAccount>,
    /// Kind, a stable word.
    pub kind: String,
    /// Tells issues of one kind and account apart, such as a model.
    pub key: String,
    /// State.
    pub status: IssueStatus,
    /// Not shown by default.
    pub muted: bool,
    /// Short label.
    pub description: String,
    /// Details, a JSON array of strings.
    pub details: String,
    /// First incident.
    pub first_us: i64,
    /// Latest incident.
    pub last_us: i64,
    /// When it was resolved.
    pub resolved_us: Option<i64>,
    /// How many incidents.
    pub incidents: i64,
}

/// Whom an issue is about.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct IssueAccount {
    /// The account.
    pub id: Uuid,
    /// Slug of its connector.
    pub connector: String,
    /// Its category.
    pub category: String,
    /// The customer's own id of its end user.
    pub end_user_origin_id: String,
    /// The end user's organization.
    pub end_user_organization_name: String,
    /// The end user's e-mail address.
    pub end_user_email_address: String,
}

/// An incident to report.
#[derive(Debug, Clone)]
pub struct NewIssue {
    /// Id, if it turns out to be new.
    pub id: Uuid,
    /// The account.
    pub account: Option<Uuid>,
    /// Kind.
    pub kind: String,
    /// Tells issues of one kind and account apart.
    pub key: String,
    /// Short label.
    pub description: String,
    /// Details, a JSON array of strings; replaces earlier ones.
    pub details: String,
}

/// What an incident became.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Reported {
    /// A new issue.
    New(Uuid),
    /// One more incident of an ongoing issue.
    Repeated(Uuid),
    /// A resolved issue came back.
    Reopened(Uuid),
}

/// Which issues to list.
#[derive(Debug, Clone, Default)]
pub struct IssueFilter {
    /// Of this account.
    pub account: Option<Uuid>,
    /// Of accounts of these connectors (slugs).
    pub connectors: Vec<String>,
    /// Of accounts of this organization.
    pub end_user_organization_name: Option<String>,
    /// In this category.
    pub category: Option<String>,
    /// In this state.
    pub status: Option<IssueStatus>,
    /// Of this kind.
    pub kind: Option<String>,
    /// First incident at or after.
    pub first_after_us: Option<i64>,
    /// First incident before.
    pub first_before_us: Option<i64>,
    /// Latest incident at or after.
    pub last_after_us: Option<i64>,
    /// Latest incident before.
    pub last_before_us: Option<i64>,
    /// Muted ones too.
    pub include_muted: bool,
    /// Goes on after this issue (by first incident).
    pub after: Option<Keyset>,
    /// Rows per page.
    pub page_size: usize,
}

impl Scope {
    /// Reports an incident; `None` when it names an account that is not there.
    pub async fn report_issue(&self, issue: NewIssue, now_us: i64) -> Result<Option<Reported>, StoreError> {
        let project = self.project;
        self.store
            .pool
            .write(move |sql| {
                if let Some(account) = issue.account
                    && !account::exists(sql, project, account)?
                {
                    return Ok(None);
                }
                report(sql, project, &issue, now_us).map(Some)
            })
            .await
    }

    /// Resolves the ongoing issue of this account, kind and key; returns its id if there was one.
    pub async fn resolve_issue(
        &self,
        account: Option<Uuid>,
        kind: &str,
        key: &str,
        now_us: i64,
    ) -> Result<Option<Uuid>, StoreError> {
        let (project, kind, key) = (self.project, kind.to_owned(), key.to_owned());
        self.store
            .pool
            .write(move |sql| {
                let mut filter = Where::default();
                let now = filter.bind(now_us);
                filter.and_some("project =", Some(project));
                filter.and_some("account =", Some(account.unwrap_or_default()));
                filter.and_some("kind =", Some(kind.as_str()));
                filter.and_some("key =", Some(key.as_str()));
                Ok(resolve(sql, &now, filter)?.pop())
            })
            .await
    }

    /// Resolves all ongoing issues of an account (of some kinds; empty: all), as after relinking; returns their ids.
    pub async fn resolve_issues(&self, account: Uuid, kinds: &[&str], now_us: i64) -> Result<Vec<Uuid>, StoreError> {
        let project = self.project;
        let kinds: Vec<String> = kinds.iter().map(|kind| (*kind).to_owned()).collect();
        self.store
            .pool
            .write(move |sql| {
                let mut filter = Where::default();
                let now = filter.bind(now_us);
                filter.and_some("project =", Some(project));
                filter.and_some("account =", Some(account));
                filter.and_in("kind", kinds.iter());
                resolve(sql, &now, filter)
            })
            .await
    }

    /// Mutes or unmutes; false when there is no such issue.
    pub async fn mute_issue(&self, id: Uuid, muted: bool) -> Result<bool, StoreError> {
        let project = self.project;
        let text = "update issue set muted = $3 where id = $1 and project = $2";
        self.store.pool.write(move |sql| Ok(sql.execute(text, &[id.into(), project.into(), muted.into()])? > 0)).await
    }

    /// One issue.
    pub async fn issue(&self, id: Uuid) -> Result<Option<Issue>, StoreError> {
        let project = self.project;
        let text = format!("{ISSUE} where i.id = $1 and i.project = $2");
        self.store.pool.read(move |sql| first(sql, &text, &[id.into(), project.into()], read_issue)).await
    }

    /// Issues, newest first.
    pub async fn issues(&self, wanted: IssueFilter) -> Result<Page<Issue>, StoreError> {
        let project = self.project;
        self.store
            .pool
            .read(move |sql| {
                let mut filter = Where::default();
                filter.and_some("i.project =", Some(project));
                filter.and_some("i.account =", wanted.account);
                filter.and_in("a.connector", wanted.connectors.iter());
                filter.and_some("a.end_user_organization_name =", wanted.end_user_organization_name.as_deref());
                filter.and_some("a.category =", wanted.category.as_deref());
                filter.and_some("i.status =", wanted.status.map(IssueStatus::as_str));
                filter.and_some("i.kind =", wanted.kind.as_deref());
                filter.and_some("i.first_us >=", wanted.first_after_us);
                filter.and_some("i.first_us <", wanted.first_before_us);
                filter.and_some("i.last_us >=", wanted.last_after_us);
                filter.and_some("i.last_us <", wanted.last_before_us);
                if !wanted.include_muted {
                    filter.and("i.muted = false");
                }
                filter.and_before_aliased("i.first_us", "i.id", wanted.after);
                let limit = filter.bind(limit(wanted.page_size) + 1);
                let text = format!("{ISSUE}{} order by i.first_us desc, i.id desc limit {limit}", filter.text);
                let found = rows(sql, &text, &filter.values, read_issue)?;
                Ok(Page::cut(found, wanted.page_size, |issue| Keyset { us: issue.first_us, id: issue.id }))
            })
            .await
    }
}

fn report(sql: &mut dyn Sql, project: Uuid, issue: &NewIssue, now_us: i64) -> Result<Reported, StoreError> {
    let subject = issue.account.unwrap_or_default();
    let inserted = sql.execute(
        "insert into issue (id, project, account, kind, key, status, muted, description, details, first_us, last_us, incidents)
         values ($1, $2, $3, $4, $5, 'ONGOING', false, $6, $7, $8, $8, 1)
         on conflict (project, account, kind, key) do nothing",
        &[
            issue.id.into(),
            project.into(),
            subject.into(),
            issue.kind.as_str().into(),
            issue.key.as_str().into(),
            issue.description.as_str().into(),
            issue.details.as_str().into(),
            now_us.into(),
        ],
    )?;
    if inserted > 0 {
        return Ok(Reported::New(issue.id));
    }
    let found = first(
        sql,
        "select id, status from issue where project = $1 and account = $2 and kind = $3 and key = $4 for update",
        &[project.into(), subject.into(), issue.kind.as_str().into(), issue.key.as_str().into()],
        |row| Ok((row.uuid(0)?, row.text(1)?)),
    )?;
    let Some((id, status)) = found else { return Err(StoreError::Malformed { what: "issue" }) };
    sql.execute(
        "update issue set status = 'ONGOING', resolved_us = null, description = $2, details = $3, last_us = $4,
         incidents = incidents + 1 where id = $1",
        &[id.into(), issue.description.as_str().into(), issue.details.as_str().into(), now_us.into()],
    )?;
    let ongoing = status == IssueStatus::Ongoing.as_str();
    Ok(if ongoing { Reported::Repeated(id) } else { Reported::Reopened(id) })
}

/// Resolves what the filter finds ongoing; `now` is a place already bound in it.
fn resolve(sql: &mut dyn Sql, now: &str, mut filter: Where<'_>) -> Result<Vec<Uuid>, StoreError> {
    filter.and("status = 'ONGOING'");
    let text = format!("update issue set status = 'RESOLVED', resolved_us = {now}{} returning id", filter.text);
    rows(sql, &text, &filter.values, |row| row.uuid(0))
}

const ISSUE: &str = "select i.id, i.kind, i.key, i.status, i.muted, i.description, i.details, i.first_us, i.last_us,
    i.resolved_us, i.incidents, a.id, a.connector, a.category, a.end_user_origin_id, a.end_user_organization_name,
    a.end_user_email_address from issue i left join account a on a.id = i.account";

fn read_issue(row: &dyn Row) -> Result<Issue, StoreError> {
    let account = match row.opt_uuid(11)? {
        None => None,
        Some(id) => Some(IssueAccount {
            id,
            connector: row.text(12)?,
            category: row.text(13)?,
            end_user_origin_id: row.text(14)?,
            end_user_organization_name: row.text(15)?,
            end_user_email_address: row.text(16)?,
        }),
    };
    Ok(Issue {
        id: row.uuid(0)?,
        account,
        kind: row.text(1)?,
        key: row.text(2)?,
        status: IssueStatus::parse(&row.text(3)?).ok_or(StoreError::Malformed { what: "issue status" })?,
        muted: row.bool(4)?,
        description: row.text(5)?,
        details: row.text(6)?,
        first_us: row.int(7)?,
        last_us: row.int(8)?,
        resolved_us: row.opt_int(9)?,
        incidents: row.int(10)?,
    })
}
