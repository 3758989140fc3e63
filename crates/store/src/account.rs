//! Linked accounts: one end customer's system, connected.
//!
//! Always true: at most one account per (project, category, end user origin id); erasing one leaves no row of it in any table.

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

impl Store {
    /// The account with this token hash in whatever project: for callers that have the token only.
    pub async fn account_anywhere(&self, id: Uuid) -> Result<Option<Account>, StoreError> {
        todo!()
    }
}

impl Scope {
    /// Adds an account; a taken (category, end user origin id) is a [`StoreError::Conflict`].
    pub async fn create_account(&self, account: NewAccount, now_us: i64) -> Result<(), StoreError> {
        todo!()
    }

    /// One account.
    pub async fn account(&self, id: Uuid) -> Result<Option<Account>, StoreError> {
        todo!()
    }

    /// The account a token selects.
    pub async fn account_by_token(&self, hash: Hash) -> Result<Option<Account>, StoreError> {
        todo!()
    }

    /// The account of an end user in a category, for relinking.
    pub async fn account_by_origin(
        &self,
        category: &str,
        end_user_origin_id: &str,
    ) -> Result<Option<Account>, StoreError> {
        todo!()
    }

    /// Accounts, oldest first.
    pub async fn accounts(&self, filter: AccountFilter) -> Result<Page<Account>, StoreError> {
        todo!()
    }

    /// Changes an account; false when there is none.
    pub async fn update_account(&self, id: Uuid, update: AccountUpdate, now_us: i64) -> Result<bool, StoreError> {
        todo!()
    }

    /// Erases an account and everything of it: records, raw data, streams, runs, logs, rejects, issues, jobs, credentials, tokens.
    pub async fn delete_account(&self, id: Uuid) -> Result<Option<Erased>, StoreError> {
        todo!()
    }
}

/// The project has this account.
pub(crate) fn exists(sql: &mut dyn crate::sql::Sql, project: Uuid, account: Uuid) -> Result<bool, StoreError> {
    let text = "select 1 from account where id = $1 and project = $2";
    Ok(crate::sql::first(sql, text, &[account.into(), project.into()], |_| Ok(()))?.is_some())
}
