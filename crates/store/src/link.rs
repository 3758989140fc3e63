//! Link tokens (a linking session) and public tokens (its single-use result), known by their hash only.

use crate::sql::{Value, first};
use crate::{Hash, Scope, Store, StoreError, account};
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
        self.pool
            .read(move |sql| {
                first(
                    sql,
                    "select project, request, session, account, created_us, expires_us, used_us from link_token
                     where hash = $1 and used_us is null and expires_us > $2",
                    &[Value::Blob(&hash), now_us.into()],
                    |row| {
                        Ok(LinkToken {
                            hash,
                            project: row.uuid(0)?,
                            request: row.text(1)?,
                            session: row.opt_text(2)?,
                            account: row.opt_uuid(3)?,
                            created_us: row.int(4)?,
                            expires_us: row.int(5)?,
                            used_us: row.opt_int(6)?,
                        })
                    },
                )
            })
            .await
    }

    /// Notes what a session has come to; false when it is used or expired.
    pub async fn save_link_session(&self, hash: Hash, session: &str, now_us: i64) -> Result<bool, StoreError> {
        let session = session.to_owned();
        let text = "update link_token set session = $2 where hash = $1 and used_us is null and expires_us > $3";
        self.pool
            .write(move |sql| Ok(sql.execute(text, &[Value::Blob(&hash), session.as_str().into(), now_us.into()])? > 0))
            .await
    }

    /// Ends a session with the account it made; false when somebody else has (single use), it is expired, or the account is not its project's.
    pub async fn use_link_token(&self, hash: Hash, account: Uuid, now_us: i64) -> Result<bool, StoreError> {
        self.pool
            .write(move |sql| {
                let used = sql.execute(
                    "update link_token set used_us = $3, account = $2 where hash = $1 and used_us is null and expires_us > $3
                     and project = (select a.project from account a where a.id = $2)",
                    &[Value::Blob(&hash), account.into(), now_us.into()],
                )?;
                Ok(used > 0)
            })
            .await
    }

    /// Removes link and public tokens that ended before this time; returns how many.
    pub async fn prune_tokens(&self, before_us: i64) -> Result<u64, StoreError> {
        self.pool
            .write(move |sql| {
                let link = sql.execute("delete from link_token where expires_us < $1", &[before_us.into()])?;
                Ok(link + sql.execute("delete from public_token where expires_us < $1", &[before_us.into()])?)
            })
            .await
    }
}

impl Scope {
    /// Starts a session.
    pub async fn create_link_token(&self, token: NewLinkToken, now_us: i64) -> Result<(), StoreError> {
        let project = self.project;
        self.store
            .pool
            .write(move |sql| {
                sql.execute(
                    "insert into link_token (hash, project, request, account, created_us, expires_us) values ($1, $2, $3, $4, $5, $6)",
                    &[
                        Value::Blob(&token.hash),
                        project.into(),
                        token.request.as_str().into(),
                        token.account.into(),
                        now_us.into(),
                        token.expires_us.into(),
                    ],
                )
                .map(drop)
            })
            .await
    }

    /// Adds a public token for an account; false when there is no such account.
    pub async fn create_public_token(
        &self,
        hash: Hash,
        account: Uuid,
        expires_us: i64,
        now_us: i64,
    ) -> Result<bool, StoreError> {
        let project = self.project;
        self.store
            .pool
            .write(move |sql| {
                if !account::exists(sql, project, account)? {
                    return Ok(false);
                }
                sql.execute(
                    "insert into public_token (hash, project, account, created_us, expires_us) values ($1, $2, $3, $4, $5)",
                    &[Value::Blob(&hash), project.into(), account.into(), now_us.into(), expires_us.into()],
                )?;
                Ok(true)
            })
            .await
    }

    /// Swaps a public token, once.
    pub async fn take_public_token(&self, hash: Hash, now_us: i64) -> Result<PublicToken, StoreError> {
        let project = self.project;
        self.store
            .pool
            .write(move |sql| {
                let found = first(
                    sql,
                    "select account, expires_us, used_us from public_token where hash = $1 and project = $2 for update",
                    &[Value::Blob(&hash), project.into()],
                    |row| Ok((row.uuid(0)?, row.int(1)?, row.opt_int(2)?)),
                )?;
                let Some((account, expires_us, used_us)) = found else { return Ok(PublicToken::Unknown) };
                if used_us.is_some() {
                    return Ok(PublicToken::Used);
                }
                if expires_us <= now_us {
                    return Ok(PublicToken::Expired);
                }
                let text = "update public_token set used_us = $2 where hash = $1";
                sql.execute(text, &[Value::Blob(&hash), now_us.into()])?;
                Ok(PublicToken::Account(account))
            })
            .await
    }
}
