//! Credentials of linked accounts, sealed bytes only, and the lease that lets exactly one process refresh them.
//!
//! Always true: a refresh result is stored only by the holder of the newest fence; a lease that ran out without a result
//! says so to its successor, which re-reads before it gives up on the credentials.

use crate::sql::{Row, Value, first, rows};
use crate::{Scope, StoreError, account};
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

impl Sealed {
    /// Key and bytes to bind.
    pub(crate) fn values(sealed: Option<&Self>) -> (Value<'_>, Value<'_>) {
        match sealed {
            Some(sealed) => (Value::Text(&sealed.key_id), Value::Blob(&sealed.bytes)),
            None => (Value::Null, Value::Null),
        }
    }

    /// Key and bytes from two columns.
    pub(crate) fn read(row: &dyn Row, column: usize) -> Result<Option<Self>, StoreError> {
        let (key_id, bytes) = (row.opt_text(column)?, row.opt_bytes(column + 1)?);
        Ok(key_id.zip(bytes).map(|(key_id, bytes)| Self { key_id, bytes: bytes.to_vec() }))
    }
}

impl Scope {
    /// Stores credentials, at linking or relinking; any refresh under way loses its lease. False when there is no such account.
    pub async fn put_credential(&self, account: Uuid, sealed: Sealed, now_us: i64) -> Result<bool, StoreError> {
        let project = self.project;
        self.store
            .pool
            .write(move |sql| {
                if !account::exists(sql, project, account)? {
                    return Ok(false);
                }
                let (key, bytes) = Sealed::values(Some(&sealed));
                sql.execute(
                    "insert into credential (account, seal_key, sealed, version, updated_us, fence, until_us)
                     values ($1, $2, $3, 1, $4, 0, 0)
                     on conflict (account) do update set seal_key = excluded.seal_key, sealed = excluded.sealed,
                     version = credential.version + 1, updated_us = excluded.updated_us,
                     fence = credential.fence + 1, until_us = 0, intent_us = null",
                    &[account.into(), key, bytes, now_us.into()],
                )?;
                Ok(true)
            })
            .await
    }

    /// The credentials of an account.
    pub async fn credential(&self, account: Uuid) -> Result<Option<Credential>, StoreError> {
        let project = self.project;
        self.store
            .pool
            .read(move |sql| {
                let found = first(
                    sql,
                    "select c.seal_key, c.sealed, c.version, c.updated_us from credential c join account a on a.id = c.account
                     where c.account = $1 and a.project = $2",
                    &[account.into(), project.into()],
                    |row| Ok((Sealed::read(row, 0)?, row.int(2)?, row.int(3)?)),
                )?;
                Ok(found.and_then(|(sealed, version, updated_us)| {
                    sealed.map(|sealed| Credential { sealed, version, updated_us })
                }))
            })
            .await
    }

    /// Takes the refresh lease and stores the intent, if the credentials still have `version`.
    pub async fn begin_refresh(
        &self,
        account: Uuid,
        version: i64,
        now_us: i64,
        lease_us: i64,
    ) -> Result<Refresh, StoreError> {
        let project = self.project;
        self.store
            .pool
            .write(move |sql| {
                if !account::exists(sql, project, account)? {
                    return Ok(Refresh::Missing);
                }
                let found = first(
                    sql,
                    "select version, fence, until_us, intent_us from credential where account = $1 for update",
                    &[account.into()],
                    |row| Ok((row.int(0)?, row.int(1)?, row.int(2)?, row.opt_int(3)?)),
                )?;
                let Some((found, fence, until_us, intent_us)) = found else { return Ok(Refresh::Missing) };
                if intent_us.is_some() && until_us > now_us {
                    return Ok(Refresh::Busy { until_us });
                }
                if found != version {
                    return Ok(Refresh::Changed);
                }
                sql.execute(
                    "update credential set fence = $2, until_us = $3, intent_us = $4 where account = $1",
                    &[account.into(), (fence + 1).into(), (now_us + lease_us).into(), now_us.into()],
                )?;
                Ok(Refresh::Yours { fence: fence + 1, interrupted: intent_us.is_some() })
            })
            .await
    }

    /// Stores what the refresh brought (`None`: it failed and nothing changed) and frees the lease; false when the fence is not the newest.
    pub async fn finish_refresh(
        &self,
        account: Uuid,
        fence: i64,
        sealed: Option<Sealed>,
        now_us: i64,
    ) -> Result<bool, StoreError> {
        let project = self.project;
        self.store
            .pool
            .write(move |sql| {
                if !account::exists(sql, project, account)? {
                    return Ok(false);
                }
                let touched = match &sealed {
                    Some(sealed) => {
                        let (key, bytes) = Sealed::values(Some(sealed));
                        sql.execute(
                            "update credential set seal_key = $3, sealed = $4, version = version + 1, updated_us = $5,
                             until_us = 0, intent_us = null where account = $1 and fence = $2 and intent_us is not null",
                            &[account.into(), fence.into(), key, bytes, now_us.into()],
                        )?
                    }
                    None => sql.execute(
                        "update credential set until_us = 0, intent_us = null
                         where account = $1 and fence = $2 and intent_us is not null",
                        &[account.into(), fence.into()],
                    )?,
                };
                Ok(touched > 0)
            })
            .await
    }

    /// Accounts whose credentials were sealed by another key than this one, for key rotation.
    pub async fn credentials_not_sealed_by(&self, key_id: &str, limit: usize) -> Result<Vec<Uuid>, StoreError> {
        let (project, key) = (self.project, key_id.to_owned());
        self.store
            .pool
            .read(move |sql| {
                rows(
                    sql,
                    "select c.account from credential c join account a on a.id = c.account
                     where a.project = $1 and c.seal_key <> $2 order by c.account limit $3",
                    &[project.into(), key.as_str().into(), crate::sql::limit(limit).into()],
                    |row| row.uuid(0),
                )
            })
            .await
    }
}
