//! Link tokens (a linking session) and public tokens (its single-use result), known by their hash only.

use crate::{Hash, Scope, Store, StoreError};
use uuid::Uuid;

/// A linking session.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LinkToken {
    /// SHA-256 of the token.
    pub hash: Hash,
    /// Whose it is.
    pub project: Uuid,
    /// What was asked for (end user, categories, integration, …), JSON.
    pub request: String,
    /// What the session has come to (chosen integration, OAuth state, …), JSON.
    pub session: Option<String>,
    /// The account it made or relinks.
    pub account: Option<Uuid>,
    /// When it was made.
    pub created_us: i64,
    /// When it ends.
    pub expires_us: i64,
    /// When linking finished; a used token links nothing more.
    pub used_us: Option<i64>,
}

/// A linking session to start.
#[derive(Debug, Clone)]
pub struct NewLinkToken {
    /// SHA-256 of the token.
    pub hash: Hash,
    /// What was asked for, JSON.
    pub request: String,
    /// The account to relink.
    pub account: Option<Uuid>,
    /// When it ends.
    pub expires_us: i64,
}

/// Outcome of swapping a public token.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PublicToken {
    /// Good; from now on used.
    Account(Uuid),
    /// Swapped before.
    Used,
    /// Too late.
    Expired,
    /// None of this project's.
    Unknown,
}

impl Store {
    /// The session of a link token that is neither used nor expired.
    pub async fn link_token(&self, hash: Hash, now_us: i64) -> Result<Option<LinkToken>, StoreError> {
        todo!()
    }

    /// Notes what a session has come to; false when it is used or expired.
    pub async fn save_link_session(&self, hash: Hash, session: &str, now_us: i64) -> Result<bool, StoreError> {
        todo!()
    }

    /// Ends a session with the account it made; false when somebody else has (single use) or it is expired.
    pub async fn use_link_token(&self, hash: Hash, account: Uuid, now_us: i64) -> Result<bool, StoreError> {
        todo!()
    }

    /// Removes link and public tokens that ended before this time; returns how many.
    pub async fn prune_tokens(&self, before_us: i64) -> Result<u64, StoreError> {
        todo!()
    }
}

impl Scope {
    /// Starts a session.
    pub async fn create_link_token(&self, token: NewLinkToken, now_us: i64) -> Result<(), StoreError> {
        todo!()
    }

    /// Adds a public token for an account; false when there is no such account.
    pub async fn create_public_token(
        &self,
        hash: Hash,
        account: Uuid,
        expires_us: i64,
        now_us: i64,
    ) -> Result<bool, StoreError> {
        todo!()
    }

    /// Swaps a public token, once.
    pub async fn take_public_token(&self, hash: Hash, now_us: i64) -> Result<PublicToken, StoreError> {
        todo!()
    }
}
