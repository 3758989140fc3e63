//! The vault: the sealed credentials of one project's linked accounts, and their refresh.
//!
//! Always true: new tokens are obtained by the holder of the lease only; once begun, a refresh runs to its end even if
//! the caller goes away, because a rotated token that is not stored is lost; a refused refresh token is read again
//! before anybody is told to relink.

use std::sync::Arc;
use std::time::Duration;

use unisono_outbound::{Lane, Outbound, Request};
use unisono_store::{Refresh, Scope};
use uuid::Uuid;

use crate::{AuthError, Credentials, GrantError, Login, OpenError, Sealer, Tokens};

/// The time in microseconds since 1970.
pub type Clock = Arc<dyn Fn() -> i64 + Send + Sync>;

/// Credentials as they were when read.
#[derive(Debug, Clone)]
pub struct Held {
    /// In the clear.
    pub credentials: Credentials,
    /// Changes with every change of the row.
    pub version: i64,
}

/// Reads, seals and refreshes the credentials of one project.
#[derive(Clone)]
pub struct Vault {
    scope: Scope,
    sealer: Arc<Sealer>,
    outbound: Outbound,
    clock: Clock,
}

/// Binds the seal to its use.
const PURPOSE: &str = "credential";

/// Ends a refresh whose process died. Longer than any token request may take, so that no living holder is overtaken.
const LEASE_US: i64 = 120_000_000;

/// One token request, its wait in the lane included; must end before the lease does.
const REQUEST_MAX: Duration = Duration::from_secs(90);

/// How long one waits for somebody else's refresh.
const WAIT_MAX: Duration = Duration::from_secs(150);

/// First pause between two looks while somebody else refreshes; grows to a second.
const LOOK: Duration = Duration::from_millis(20);

/// Tries to store what the vendor issued; losing it may mean relinking.
const STORE_TRIES: u32 = 6;

impl Vault {
    /// The vault of one project.
    pub fn new(scope: Scope, sealer: Arc<Sealer>, outbound: Outbound, clock: Clock) -> Self {
        Self { scope, sealer, outbound, clock }
    }

    /// Seals and stores, at linking and relinking. False when there is no such account.
    pub async fn put(&self, account: Uuid, credentials: &Credentials) -> Result<bool, AuthError> {
        let sealed = self.sealer.seal(account, PURPOSE, &credentials.to_bytes())?;
        Ok(self.scope.put_credential(account, sealed, (self.clock)()).await?)
    }

    /// Reads and opens.
    pub async fn get(&self, account: Uuid) -> Result<Held, AuthError> {
        let row = self.scope.credential(account).await?.ok_or(AuthError::Missing)?;
        let plain = self.sealer.open(account, PURPOSE, &row.sealed)?;
        let credentials = Credentials::from_bytes(&plain).ok_or(OpenError::Damaged)?;
        Ok(Held { credentials, version: row.version })
    }

    /// Gives the request its proof, with fresh tokens where the scheme has them. The version says which credentials
    /// were used: hand it to [`Vault::renew`] if the vendor answers 401.
    pub async fn sign(
        &self,
        account: Uuid,
        login: &Login,
        lane: &Lane,
        request: &mut Request,
    ) -> Result<i64, AuthError> {
        let mut held = self.get(account).await?;
        let stale = held.credentials.tokens.as_ref().is_none_or(|tokens| tokens.are_stale((self.clock)()));
        if stale && login.needs_tokens() {
            held = self.renew(account, login, lane, held.version).await?;
        }
        login.apply(&held.credentials, request)?;
        Ok(held.version)
    }

    /// New tokens in place of those of `version`; if somebody else has renewed them since, theirs. Exactly one process
    /// asks the vendor.
    pub async fn renew(&self, account: Uuid, login: &Login, lane: &Lane, version: i64) -> Result<Held, AuthError> {
        if !login.can_renew() {
            let reason = "the access token no longer works and this vendor issues no refresh tokens".into();
            return Err(AuthError::Relink { reason });
        }
        let (vault, login, lane) = (self.clone(), login.clone(), lane.clone());
        let task = tokio::spawn(async move { vault.renew_to_the_end(account, &login, &lane, version).await });
        task.await.unwrap_or(Err(AuthError::Busy))
    }

    /// Seals anew what an older key sealed; how many rows were moved. Call until 0.
    pub async fn reseal(&self, rows_max: usize) -> Result<usize, AuthError> {
        let accounts = self.scope.credentials_not_sealed_by(self.sealer.key_id(), rows_max).await?;
        let mut moved = 0;
        for account in accounts {
            let held = self.get(account).await?;
            // Under the lease, so that a refresh in another process is not overwritten.
            let lease = self.scope.begin_refresh(account, held.version, (self.clock)(), LEASE_US).await?;
            if let Refresh::Yours { fence, .. } = lease {
                let sealed = self.sealer.seal(account, PURPOSE, &held.credentials.to_bytes())?;
                moved += usize::from(self.scope.finish_refresh(account, fence, Some(sealed), (self.clock)()).await?);
            }
        }
        Ok(moved)
    }

    async fn renew_to_the_end(
        &self,
        account: Uuid,
        login: &Login,
        lane: &Lane,
        version: i64,
    ) -> Result<Held, AuthError> {
        let deadline = tokio::time::Instant::now() + WAIT_MAX;
        let mut look = LOOK;
        loop {
            let held = self.get(account).await?;
            if held.version != version {
                return Ok(held);
            }
            match self.scope.begin_refresh(account, version, (self.clock)(), LEASE_US).await? {
                Refresh::Yours { fence, interrupted } => {
                    return self.refresh(account, login, lane, held, fence, interrupted).await;
                }
                Refresh::Missing => return Err(AuthError::Missing),
                Refresh::Busy { .. } if tokio::time::Instant::now() >= deadline => return Err(AuthError::Busy),
                Refresh::Busy { .. } => tokio::time::sleep(look).await,
                Refresh::Changed => {}
            }
            look = (look * 2).min(Duration::from_secs(1));
        }
    }

    /// The holder's part: ask, and store the answer at once.
    async fn refresh(
        &self,
        account: Uuid,
        login: &Login,
        lane: &Lane,
        held: Held,
        fence: i64,
        interrupted: bool,
    ) -> Result<Held, AuthError> {
        let asked = login.obtain(&self.outbound, lane, &held.credentials, (self.clock)());
        let asked = tokio::time::timeout(REQUEST_MAX, asked).await;
        match asked.unwrap_or(Err(AuthError::Grant(GrantError::Unavailable { status: 408 }))) {
            Ok(tokens) => self.keep(account, held.credentials, tokens, fence).await,
            Err(error) => {
                self.scope.finish_refresh(account, fence, None, (self.clock)()).await?;
                let AuthError::Relink { reason } = error else { return Err(error) };
                // Somebody may have stored newer ones (a relink, or a holder that was only slow).
                let now = self.get(account).await?;
                if now.version != held.version {
                    return Ok(now);
                }
                let lost = "; an earlier refresh was interrupted and its result is lost";
                Err(AuthError::Relink { reason: if interrupted { reason + lost } else { reason } })
            }
        }
    }

    async fn keep(
        &self,
        account: Uuid,
        mut credentials: Credentials,
        tokens: Tokens,
        fence: i64,
    ) -> Result<Held, AuthError> {
        credentials.tokens = Some(tokens);
        let sealed = self.sealer.seal(account, PURPOSE, &credentials.to_bytes())?;
        for attempt in 1.. {
            match self.scope.finish_refresh(account, fence, Some(sealed.clone()), (self.clock)()).await {
                // False: the lease went to somebody else, whose result counts.
                Ok(_) => break,
                Err(error) if attempt >= STORE_TRIES => return Err(error.into()),
                Err(error) => {
                    tracing::warn!(account.id = %account, attempt, %error, "new tokens could not be stored yet");
                    tokio::time::sleep(Duration::from_millis(250) * 2u32.pow(attempt)).await;
                }
            }
        }
        self.get(account).await
    }
}
