//! Linked accounts: one end customer's system, connected.
//!
//! Always true: at most one account per (project, category, end user origin id); erasing one leaves no row of it in any table.

use crate::sql::{Row, Sql, Value, Where, first, limit, rows};
use crate::{Hash, Keyset, Page, Scope, Sealed, Store, StoreError};
use uuid::Uuid;

/// State of a linked account.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum AccountStatus {
    /// Linked, credentials good.
    Complete,
    /// Linking never finished.
    Incomplete,
    /// Credentials no longer work.
    RelinkNeeded,
    /// Paused for inactivity.
    Idle,
}

impl AccountStatus {
    /// The word on the wire and in the database.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Complete => "COMPLETE",
            Self::Incomplete => "INCOMPLETE",
            Self::RelinkNeeded => "RELINK_NEEDED",
            Self::Idle => "IDLE",
        }
    }

    /// Reads the word.
    pub fn parse(word: &str) -> Option<Self> {
        [Self::Complete, Self::Incomplete, Self::RelinkNeeded, Self::Idle].into_iter().find(|s| s.as_str() == word)
    }
}

/// A linked account.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Account {
    /// Its id.
    pub id: Uuid,
    /// Whose it is.
    pub project: Uuid,
    /// Slug of the connector.
    pub connector: String,
    /// Its category, such as `hris`.
    pub category: String,
    /// The customer's own id of its end user.
    pub end_user_origin_id: String,
    /// The end user's organization.
    pub end_user_organization_name: String,
    /// The end user's e-mail address.
    pub end_user_email_address: String,
    /// State.
    pub status: AccountStatus,
    /// Why it is in that state.
    pub status_detail: Option<String>,
    /// `PRODUCTION` or `TEST`.
    pub account_type: String,
    /// Link fields that are no secret, JSON.
    pub config: String,
    /// The account token, sealed, so that it can be shown again.
    pub token: Option<Sealed>,
    /// Another account of the project holds the same credentials; `None` when unknown.
    pub is_duplicate: Option<bool>,
    /// When it was made.
    pub created_us: i64,
    /// When linking first finished.
    pub completed_us: Option<i64>,
}

/// An account to add.
#[derive(Debug, Clone)]
pub struct NewAccount {
    /// Its id.
    pub id: Uuid,
    /// Slug of the connector.
    pub connector: String,
    /// Its category.
    pub category: String,
    /// The customer's own id of its end user.
    pub end_user_origin_id: String,
    /// The end user's organization.
    pub end_user_organization_name: String,
    /// The end user's e-mail address.
    pub end_user_email_address: String,
    /// State.
    pub status: AccountStatus,
    /// `PRODUCTION` or `TEST`.
    pub account_type: String,
    /// Link fields that are no secret, JSON.
    pub config: String,
    /// Hash and sealed form of the account token.
    pub token: TokenChange,
}

/// A new account token.
#[derive(Debug, Clone)]
pub struct TokenChange {
    /// SHA-256 of the token.
    pub hash: Hash,
    /// The token, sealed.
    pub sealed: Sealed,
}

/// What to change of an account; `None` leaves a value alone.
#[derive(Debug, Clone, Default)]
pub struct AccountUpdate {
    /// New state and why. Becoming `COMPLETE` for the first time sets `completed_us`.
    pub status: Option<(AccountStatus, Option<String>)>,
    /// New link fields.
    pub config: Option<String>,
    /// New token: the old one is no longer good.
    pub token: Option<TokenChange>,
    /// New organization name.
    pub end_user_organization_name: Option<String>,
    /// New e-mail address.
    pub end_user_email_address: Option<String>,
    /// Whether the credentials are another account's too.
    pub is_duplicate: Option<bool>,
}

/// Which accounts to list. Empty lists and `None` do not restrict.
#[derive(Debug, Clone, Default)]
pub struct AccountFilter {
    /// These ids.
    pub ids: Vec<Uuid>,
    /// This category.
    pub category: Option<String>,
    /// These connectors' slugs.
    pub connectors: Vec<String>,
    /// These end users.
    pub end_user_origin_ids: Vec<String>,
    /// This organization.
    pub end_user_organization_name: Option<String>,
    /// This e-mail address.
    pub end_user_email_address: Option<String>,
    /// This state.
    pub status: Option<AccountStatus>,
    /// This `account_type`.
    pub account_type: Option<String>,
    /// False leaves out accounts whose `is_duplicate` is true.
    pub include_duplicates: bool,
    /// Goes on after this account.
    pub after: Option<Keyset>,
    /// Rows per page.
    pub page_size: usize,
}

/// What an erasure removed, table by table.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Erased {
    /// Rows removed per table, in table order; tables without any are left out.
    pub tables: Vec<(String, u64)>,
    /// Records among them.
    pub records: u64,
}

const ACCOUNT: &str =
    "id, project, connector, category, end_user_origin_id, end_user_organization_name, end_user_email_address,
    status, status_detail, account_type, config, token_seal_key, token_sealed, is_duplicate, created_us, completed_us";

fn read_account(row: &dyn Row) -> Result<Account, StoreError> {
    Ok(Account {
        id: row.uuid(0)?,
        project: row.uuid(1)?,
        connector: row.text(2)?,
        category: row.text(3)?,
        end_user_origin_id: row.text(4)?,
        end_user_organization_name: row.text(5)?,
        end_user_email_address: row.text(6)?,
        status: AccountStatus::parse(&row.text(7)?).ok_or(StoreError::Malformed { what: "account status" })?,
        status_detail: row.opt_text(8)?,
        account_type: row.text(9)?,
        config: row.text(10)?,
        token: Sealed::read(row, 11)?,
        is_duplicate: row.opt_bool(13)?,
        created_us: row.int(14)?,
        completed_us: row.opt_int(15)?,
    })
}

impl Store {
    /// The account with this id in whatever project: for jobs, which name no project. Never for a tenant's request.
    pub async fn account_anywhere(&self, id: Uuid) -> Result<Option<Account>, StoreError> {
        let text = format!("select {ACCOUNT} from account where id = $1");
        self.pool.read(move |sql| first(sql, &text, &[id.into()], read_account)).await
    }
}

impl Scope {
    /// Adds an account; a taken (category, end user origin id) is a [`StoreError::Conflict`].
    pub async fn create_account(&self, account: NewAccount, now_us: i64) -> Result<(), StoreError> {
        let project = self.project;
        self.store.pool.write(move |sql| insert(sql, project, &account, now_us)).await
    }

    /// One account.
    pub async fn account(&self, id: Uuid) -> Result<Option<Account>, StoreError> {
        let project = self.project;
        let text = format!("select {ACCOUNT} from account where id = $1 and project = $2");
        self.store.pool.read(move |sql| first(sql, &text, &[id.into(), project.into()], read_account)).await
    }

    /// The account a token selects.
    pub async fn account_by_token(&self, hash: Hash) -> Result<Option<Account>, StoreError> {
        let project = self.project;
        let text = format!("select {ACCOUNT} from account where token_hash = $1 and project = $2");
        self.store.pool.read(move |sql| first(sql, &text, &[Value::Blob(&hash), project.into()], read_account)).await
    }

    /// The account of an end user in a category, for relinking.
    pub async fn account_by_origin(
        &self,
        category: &str,
        end_user_origin_id: &str,
    ) -> Result<Option<Account>, StoreError> {
        let (project, category, origin) = (self.project, category.to_owned(), end_user_origin_id.to_owned());
        let text =
            format!("select {ACCOUNT} from account where project = $1 and category = $2 and end_user_origin_id = $3");
        self.store
            .pool
            .read(move |sql| {
                first(sql, &text, &[project.into(), category.as_str().into(), origin.as_str().into()], read_account)
            })
            .await
    }

    /// Accounts, oldest first.
    pub async fn accounts(&self, wanted: AccountFilter) -> Result<Page<Account>, StoreError> {
        let project = self.project;
        self.store
            .pool
            .read(move |sql| {
                let mut filter = Where::default();
                filter.and_some("project =", Some(project));
                filter.and_in("id", wanted.ids.iter().copied());
                filter.and_some("category =", wanted.category.as_deref());
                filter.and_in("connector", wanted.connectors.iter());
                filter.and_in("end_user_origin_id", wanted.end_user_origin_ids.iter());
                filter.and_some("end_user_organization_name =", wanted.end_user_organization_name.as_deref());
                filter.and_some("end_user_email_address =", wanted.end_user_email_address.as_deref());
                filter.and_some("status =", wanted.status.map(AccountStatus::as_str));
                filter.and_some("account_type =", wanted.account_type.as_deref());
                if !wanted.include_duplicates {
                    filter.and("(is_duplicate is null or is_duplicate = false)");
                }
                filter.and_after("created_us", wanted.after);
                let limit = filter.bind(limit(wanted.page_size) + 1);
                let text =
                    format!("select {ACCOUNT} from account{} order by created_us, id limit {limit}", filter.text);
                let found = rows(sql, &text, &filter.values, read_account)?;
                Ok(Page::cut(found, wanted.page_size, |account| Keyset { us: account.created_us, id: account.id }))
            })
            .await
    }

    /// Changes an account; false when there is none.
    pub async fn update_account(&self, id: Uuid, update: AccountUpdate, now_us: i64) -> Result<bool, StoreError> {
        let project = self.project;
        self.store.pool.write(move |sql| change(sql, project, id, &update, now_us)).await
    }

    /// Erases an account and everything of it: records, raw data, streams, runs, logs, rejects, issues, jobs, credentials, tokens.
    pub async fn delete_account(&self, id: Uuid) -> Result<Option<Erased>, StoreError> {
        let project = self.project;
        self.store.pool.write(move |sql| erase(sql, project, id)).await
    }
}

fn insert(sql: &mut dyn Sql, project: Uuid, account: &NewAccount, now_us: i64) -> Result<(), StoreError> {
    let (key, sealed) = Sealed::values(Some(&account.token.sealed));
    let completed = (account.status == AccountStatus::Complete).then_some(now_us);
    sql.execute(
        "insert into account (id, project, connector, category, end_user_origin_id, end_user_organization_name,
         end_user_email_address, status, account_type, config, token_hash, token_seal_key, token_sealed, created_us, completed_us)
         values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15)",
        &[
            account.id.into(),
            project.into(),
            account.connector.as_str().into(),
            account.category.as_str().into(),
            account.end_user_origin_id.as_str().into(),
            account.end_user_organization_name.as_str().into(),
            account.end_user_email_address.as_str().into(),
            account.status.as_str().into(),
            account.account_type.as_str().into(),
            account.config.as_str().into(),
            Value::Blob(&account.token.hash),
            key,
            sealed,
            now_us.into(),
            completed.into(),
        ],
    )
    .map(drop)
}

fn change(sql: &mut dyn Sql, project: Uuid, id: Uuid, update: &AccountUpdate, now_us: i64) -> Result<bool, StoreError> {
    let mut set = Where::default();
    let (id, project) = (set.bind(id), set.bind(project));
    let mut changes = vec!["connector = connector".to_owned()];
    if let Some((AccountStatus::Complete, _)) = &update.status {
        changes.push(format!("completed_us = coalesce(completed_us, {})", set.bind(now_us)));
    }
    let mut assign = |column: &str, value| {
        set.values.push(value);
        changes.push(format!("{column} = ${}", set.values.len()));
    };
    if let Some((status, detail)) = &update.status {
        assign("status", status.as_str().into());
        assign("status_detail", detail.as_deref().into());
    }
    if let Some(config) = &update.config {
        assign("config", Value::from(config));
    }
    if let Some(token) = &update.token {
        let (key, sealed) = Sealed::values(Some(&token.sealed));
        assign("token_hash", Value::Blob(&token.hash));
        assign("token_seal_key", key);
        assign("token_sealed", sealed);
    }
    if let Some(name) = &update.end_user_organization_name {
        assign("end_user_organization_name", name.into());
    }
    if let Some(address) = &update.end_user_email_address {
        assign("end_user_email_address", address.into());
    }
    if let Some(is_duplicate) = update.is_duplicate {
        assign("is_duplicate", is_duplicate.into());
    }
    let text = format!("update account set {} where id = {id} and project = {project}", changes.join(", "));
    Ok(sql.execute(&text, &set.values)? > 0)
}

/// Every table with rows of an account, the account itself last. A test walks the schema to see that none is missing.
const TABLES: &[&str] = &[
    "record",
    "remote_data",
    "reject",
    "seen",
    "sync_run",
    "outbox",
    "stream",
    "credential",
    "link_token",
    "public_token",
    "issue",
    "job",
    "request_log",
];

fn erase(sql: &mut dyn Sql, project: Uuid, id: Uuid) -> Result<Option<Erased>, StoreError> {
    let account = "select 1 from account where id = $1 and project = $2 for update";
    if first(sql, account, &[id.into(), project.into()], |_| Ok(()))?.is_none() {
        return Ok(None);
    }
    // The streams' locks keep a commit under way from writing behind us.
    sql.query("select model from stream where account = $1 order by model for update", &[id.into()], &mut |_| Ok(()))?;
    let mut erased = Erased::default();
    for table in TABLES {
        let count = sql.execute(&format!("delete from {table} where account = $1"), &[id.into()])?;
        if *table == "record" {
            erased.records = count;
        }
        if count > 0 {
            erased.tables.push(((*table).to_owned(), count));
        }
    }
    sql.execute("delete from account where id = $1 and project = $2", &[id.into(), project.into()])?;
    erased.tables.push(("account".to_owned(), 1));
    Ok(Some(erased))
}

/// The project has this account; for reading.
pub(crate) fn owned(sql: &mut dyn Sql, project: Uuid, account: Uuid) -> Result<bool, StoreError> {
    let text = "select 1 from account where id = $1 and project = $2";
    Ok(first(sql, text, &[account.into(), project.into()], |_| Ok(()))?.is_some())
}

/// The project has this account, and has it until the transaction ends.
pub(crate) fn exists(sql: &mut dyn Sql, project: Uuid, account: Uuid) -> Result<bool, StoreError> {
    let text = "select 1 from account where id = $1 and project = $2 for share";
    Ok(first(sql, text, &[account.into(), project.into()], |_| Ok(()))?.is_some())
}
