//! Credentials of linked accounts, sealed bytes only, and the lease that lets exactly one process refresh them.
//!
//! Always true: a refresh result is stored only by the holder of the newest fence; a lease that ran out without a result
//! says so to its successor, which re-reads before it gives up on the credentials.

use crate::{Scope, StoreError};
use uuid::Uuid;

/// Sealed bytes and the key that opens them.
#[derive(Clone, PartialEq, Eq)]
pub struct Sealed {
    /// Which key sealed it.
    pub key_id: String,
    /// The sealed bytes.
    pub bytes: Vec<u8>,
}

impl std::fmt::Debug for Sealed {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Sealed({}, {} bytes)", self.key_id, self.bytes.len())
    }
}

/// The credentials of an account.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Credential {
    /// Sealed content.
    pub sealed: Sealed,
    /// Counts every change; compare it to see whether somebody else refreshed meanwhile.
    pub version: i64,
    /// When it was last changed.
    pub updated_us: i64,
}

/// Answer to an attempt to refresh.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Refresh {
    /// This caller refreshes. The intent is stored.
    Yours {
        /// Names this attempt to [`Scope::finish_refresh`].
        fence: i64,
        /// An earlier attempt ended without a result: its outcome is unknown.
        interrupted: bool,
    },
    /// Somebody else refreshes, until then at the latest.
    Busy {
        /// When the lease ends.
        until_us: i64,
    },
    /// The credentials are no longer the version the caller read: read them again.
    Changed,
    /// No such account or credentials.
    Missing,
}

impl Scope {
    /// Stores credentials, at linking or relinking; any refresh under way loses its lease. False when there is no such account.
    pub async fn put_credential(&self, account: Uuid, sealed: Sealed, now_us: i64) -> Result<bool, StoreError> {
        todo!()
    }

    /// The credentials of an account.
    pub async fn credential(&self, account: Uuid) -> Result<Option<Credential>, StoreError> {
        todo!()
    }

    /// Takes the refresh lease and stores the intent, if the credentials still have `version`.
    pub async fn begin_refresh(
        &self,
        account: Uuid,
        version: i64,
        now_us: i64,
        lease_us: i64,
    ) -> Result<Refresh, StoreError> {
        todo!()
    }

    /// Stores what the refresh brought (`None`: it failed and nothing changed) and frees the lease; false when the fence is not the newest.
    pub async fn finish_refresh(
        &self,
        account: Uuid,
        fence: i64,
        sealed: Option<Sealed>,
        now_us: i64,
    ) -> Result<bool, StoreError> {
        todo!()
    }

    /// Accounts whose credentials were sealed by another key than this one, for key rotation.
    pub async fn credentials_not_sealed_by(&self, key_id: &str, limit: usize) -> Result<Vec<Uuid>, StoreError> {
        todo!()
    }
}
