//! Tokens, ids and jitter: the only place where chance enters.
//!
//! Always true: a token has 32 random bytes and is looked up by its SHA-256 only; with a seed everything repeats.

use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use rand::rngs::StdRng;
use rand::{Rng as _, RngExt as _, SeedableRng as _};
use sha2::{Digest as _, Sha256};
use unisono_store::Hash;
use uuid::Uuid;

/// Prefix of API keys.
pub(crate) const API_KEY: &str = "unis_live_";
/// Prefix of account tokens.
pub(crate) const ACCOUNT: &str = "acct_";
/// Prefix of link tokens.
pub(crate) const LINK: &str = "link_";
/// Prefix of public tokens.
pub(crate) const PUBLIC: &str = "pub_";

/// The source of chance.
pub(crate) struct Dice(Mutex<StdRng>);

impl Dice {
    /// From a seed, or from the system.
    pub(crate) fn new(seed: Option<u64>) -> Self {
        Self(Mutex::new(seed.map_or_else(rand::make_rng, StdRng::seed_from_u64)))
    }

    /// A new token with this prefix.
    pub(crate) fn token(&self, prefix: &str) -> String {
        let mut bytes = [0_u8; 32];
        self.rng(|rng| rng.fill_bytes(&mut bytes));
        format!("{prefix}{}", URL_SAFE_NO_PAD.encode(bytes))
    }

    /// A new random id.
    pub(crate) fn id(&self) -> Uuid {
        let mut bytes = [0_u8; 16];
        self.rng(|rng| rng.fill_bytes(&mut bytes));
        uuid::Builder::from_random_bytes(bytes).into_uuid()
    }

    /// The interval in microseconds, moved by up to `jitter` of it in either direction.
    pub(crate) fn around(&self, interval: Duration, jitter: f64) -> i64 {
        let us = interval.as_micros() as f64;
        let jitter = jitter.clamp(0.0, 1.0);
        let moved = if jitter > 0.0 { self.rng(|rng| rng.random_range(-jitter..jitter)) } else { 0.0 };
        (us * (1.0 + moved)) as i64
    }

    fn rng<T>(&self, with: impl FnOnce(&mut StdRng) -> T) -> T {
        with(&mut self.0.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

/// What a token is looked up by.
pub(crate) fn hash(token: &str) -> Hash {
    Sha256::digest(token.as_bytes()).into()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tokens_are_long_and_differ_and_repeat_with_the_seed() {
        let dice = Dice::new(Some(7));
        let (one, two) = (dice.token(ACCOUNT), dice.token(ACCOUNT));
        assert!(one.starts_with("acct_") && one.len() == 5 + 43);
        assert_ne!(one, two);
        assert_eq!(Dice::new(Some(7)).token(ACCOUNT), one);
        assert_ne!(hash(&one), hash(&two));
    }

    #[test]
    fn jitter_stays_within_its_share() {
        let dice = Dice::new(Some(1));
        for _ in 0..1000 {
            let us = dice.around(Duration::from_secs(100), 0.1);
            assert!((90_000_000..=110_000_000).contains(&us));
        }
    }
}
