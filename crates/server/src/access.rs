//! Access: who is calling, from the API key and the account token.
//!
//! Always true: keys and tokens are kept only as digests; what was found is believed for two seconds at most, and not
//! at all after this process itself changed a key, token or account; what was not found is asked again every time.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use axum::http::{HeaderMap, header};
use sha2::{Digest, Sha256};
use unisono_engine::{Account, Caller, Engine};
use uuid::Uuid;

use crate::fault;
use crate::operation::{Access, Surface};
use crate::problem::{ACCOUNT_TOKEN, Refusal, UNAUTHORIZED};

/// How long a found key or token is believed; a revocation by another process takes effect within this time.
const BELIEVED: Duration = Duration::from_secs(2);
const ENTRIES_MAX: usize = 10_000;

/// Who is calling, and for which linked account.
#[derive(Debug, Clone)]
pub(crate) struct Visitor {
    pub(crate) caller: Caller,
    pub(crate) account: Option<Arc<Account>>,
}

impl Visitor {
    pub(crate) fn project(&self) -> Uuid {
        self.caller.project
    }

    /// The linked account; operations that need one are declared so and never get here without.
    pub(crate) fn account(&self) -> Result<&Account, Refusal> {
        self.account.as_deref().ok_or_else(|| Refusal::new(ACCOUNT_TOKEN, "X-Account-Token header is required."))
    }
}

/// Checks keys and tokens, remembering the answers for a moment.
#[derive(Debug, Default)]
pub(crate) struct Doorman {
    memory: Mutex<Memory>,
}

#[derive(Debug, Default)]
struct Memory {
    /// Grows with each change; an answer asked for before a change is not remembered after it.
    age: u64,
    callers: HashMap<[u8; 32], (Instant, Caller)>,
    accounts: HashMap<[u8; 32], (Instant, Arc<Account>)>,
}

impl Doorman {
    /// Lets the request in, or says why not.
    pub(crate) async fn admit(
        &self,
        engine: &Engine,
        headers: &HeaderMap,
        access: Access,
        surface: &Surface,
    ) -> Result<Visitor, Refusal> {
        let caller = self.caller(engine, headers).await?;
        let account = match access {
            Access::Key => None,
            Access::Account => Some(self.account(engine, &caller, headers, surface).await?),
        };
        Ok(Visitor { caller, account })
    }

    /// Forgets everything; called after a key, token or account was changed here.
    pub(crate) fn forget(&self) {
        let mut memory = self.memory();
        let age = memory.age + 1;
        *memory = Memory { age, ..Memory::default() };
    }

    async fn caller(&self, engine: &Engine, headers: &HeaderMap) -> Result<Caller, Refusal> {
        let refuse = |detail| Err(Refusal::new(UNAUTHORIZED, detail));
        let Some(value) = headers.get(header::AUTHORIZATION) else {
            return refuse("Authentication credentials were not provided.");
        };
        let Some(key) = value.to_str().ok().and_then(bearer) else {
            return refuse("Invalid Authorization header. Send `Authorization: Bearer <API key>`.");
        };
        let digest: [u8; 32] = Sha256::digest(key.as_bytes()).into();
        let now = Instant::now();
        let age = {
            let memory = self.memory();
            match memory.callers.get(&digest) {
                Some((until, caller)) if *until > now => return Ok(caller.clone()),
                _ => memory.age,
            }
        };
        match engine.caller(key).await.map_err(fault::access)? {
            None => refuse("Invalid API key."),
            Some(caller) => {
                self.remember(age, |memory| {
                    memory.callers.insert(digest, (now + BELIEVED, caller.clone()));
                });
                Ok(caller)
            }
        }
    }

    async fn account(
        &self,
        engine: &Engine,
        caller: &Caller,
        headers: &HeaderMap,
        surface: &Surface,
    ) -> Result<Arc<Account>, Refusal> {
        let refuse = |detail: String| Err(Refusal::new(ACCOUNT_TOKEN, detail));
        let token = headers.get("x-account-token").and_then(|value| value.to_str().ok()).unwrap_or_default();
        if token.is_empty() {
            return refuse("X-Account-Token header is required.".to_owned());
        }
        let mut hash = Sha256::new();
        hash.update(caller.project.as_bytes());
        hash.update(token.as_bytes());
        let digest: [u8; 32] = hash.finalize().into();
        let now = Instant::now();
        let (known, age) = {
            let memory = self.memory();
            let known = memory.accounts.get(&digest).filter(|(until, _)| *until > now);
            (known.map(|(_, account)| Arc::clone(account)), memory.age)
        };
        let account = match known {
            Some(account) => account,
            None => {
                let found = engine.account_by_token(caller.project, token).await.map_err(fault::access)?;
                let Some(found) = found.map(Arc::new) else {
                    return refuse("Invalid account token.".to_owned());
                };
                self.remember(age, |memory| {
                    memory.accounts.insert(digest, (now + BELIEVED, Arc::clone(&found)));
                });
                found
            }
        };
        match surface {
            Surface::Unified(category) if *category != account.category => {
                refuse(format!("Invalid account token: the linked account is for {}.", account.category))
            }
            Surface::Unified(_) | Surface::Admin => Ok(account),
        }
    }

    fn remember(&self, age: u64, insert: impl FnOnce(&mut Memory)) {
        let mut memory = self.memory();
        if memory.age != age {
            return;
        }
        if memory.callers.len() + memory.accounts.len() >= ENTRIES_MAX {
            *memory = Memory { age, ..Memory::default() };
        }
        insert(&mut memory);
    }

    fn memory(&self) -> std::sync::MutexGuard<'_, Memory> {
        self.memory.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn bearer(value: &str) -> Option<&str> {
    let (scheme, key) = value.split_once(' ')?;
    let key = key.trim();
    (scheme.eq_ignore_ascii_case("bearer") && !key.is_empty()).then_some(key)
}
