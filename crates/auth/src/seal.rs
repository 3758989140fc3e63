//! Sealing: what must stay secret at rest.
//!
//! Always true: every sealed value has a data key of its own, wrapped by a key from the configuration (envelope); both
//! layers are bound to the linked account and the purpose, so that a row copied elsewhere does not open. The first
//! configured key seals, all of them open: a key is rotated by putting a new one in front and sealing anew.

use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, STANDARD_NO_PAD, URL_SAFE, URL_SAFE_NO_PAD};
use chacha20poly1305::aead::{Aead as _, KeyInit as _, Payload};
use chacha20poly1305::{XChaCha20Poly1305, XNonce};
use rand::RngExt as _;
use sha2::{Digest as _, Sha256};
use unisono_outbound::Secret;
use unisono_store::Sealed;
use uuid::Uuid;
use zeroize::Zeroizing;

const VERSION: u8 = 1;
const KEY: usize = 32;
const NONCE: usize = 24;
const TAG: usize = 16;
const WRAPPED: usize = NONCE + KEY + TAG;

/// Why the configured keys cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum KeyError {
    /// No key at all.
    #[error("UNISONO_SECRET_KEY is not set: give 32 random bytes in base64, such as from `openssl rand -base64 32`")]
    Missing,
    /// Not 32 bytes of base64.
    #[error("UNISONO_SECRET_KEY: key {position} is not 32 bytes in base64")]
    Malformed {
        /// Which of the keys, from 1.
        position: usize,
    },
    /// Two keys with one id.
    #[error("UNISONO_SECRET_KEY: key id `{id}` appears twice")]
    Duplicate {
        /// The id.
        id: String,
    },
}

/// Why a sealed value does not open.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum OpenError {
    /// The key that sealed it is not configured.
    #[error("sealed with key `{id}`, which is not configured")]
    UnknownKey {
        /// The key's id.
        id: String,
    },
    /// Damaged, or sealed for another account or purpose.
    #[error("sealed value is damaged or belongs elsewhere")]
    Damaged,
}

struct Kek {
    id: String,
    cipher: XChaCha20Poly1305,
}

/// Seals and opens.
pub struct Sealer {
    keys: Vec<Kek>,
}

impl Sealer {
    /// Reads `UNISONO_SECRET_KEY`: one or more keys of 32 bytes in base64, separated by commas or white space, each
    /// optionally as `id:key`; without an id it is derived from the key. The first seals, all open.
    pub fn parse(text: &Secret) -> Result<Self, KeyError> {
        let mut keys: Vec<Kek> = Vec::new();
        let parts = text.expose().split(|c: char| c == ',' || c.is_whitespace()).filter(|part| !part.is_empty());
        for (index, part) in parts.enumerate() {
            let (id, key) = part.split_once(':').map_or((None, part), |(id, key)| (Some(id), key));
            let key = decode(key).ok_or(KeyError::Malformed { position: index + 1 })?;
            let id = id.map_or_else(|| fingerprint(&key), str::to_owned);
            if keys.iter().any(|known| known.id == id) {
                return Err(KeyError::Duplicate { id });
            }
            keys.push(Kek { id, cipher: XChaCha20Poly1305::new((&*key).into()) });
        }
        if keys.is_empty() { Err(KeyError::Missing) } else { Ok(Self { keys }) }
    }

    /// A fresh random key in the form that [`Sealer::parse`] reads, for `demo` and for setting up.
    pub fn generate() -> Secret {
        let key: Zeroizing<[u8; KEY]> = Zeroizing::new(rand::rng().random());
        Secret::new(STANDARD.encode(*key))
    }

    /// The id of the key that seals now.
    pub fn key_id(&self) -> &str {
        self.keys.first().map_or("", |key| key.id.as_str())
    }

    /// Seals for one account and one purpose.
    pub fn seal(&self, account: Uuid, purpose: &str, plain: &[u8]) -> Result<Sealed, OpenError> {
        let kek = self.keys.first().ok_or(OpenError::Damaged)?;
        let aad = aad(&kek.id, account, purpose);
        let key: Zeroizing<[u8; KEY]> = Zeroizing::new(rand::rng().random());
        let mut bytes = vec![VERSION];
        encrypt(&kek.cipher, &*key, &aad, &mut bytes)?;
        encrypt(&XChaCha20Poly1305::new((&*key).into()), plain, &aad, &mut bytes)?;
        Ok(Sealed { key_id: kek.id.clone(), bytes })
    }

    /// Opens what was sealed for the same account and purpose.
    pub fn open(&self, account: Uuid, purpose: &str, sealed: &Sealed) -> Result<Zeroizing<Vec<u8>>, OpenError> {
        let kek = self.keys.iter().find(|key| key.id == sealed.key_id);
        let kek = kek.ok_or_else(|| OpenError::UnknownKey { id: sealed.key_id.clone() })?;
        let aad = aad(&kek.id, account, purpose);
        let (version, rest) = sealed.bytes.split_first().ok_or(OpenError::Damaged)?;
        let (wrapped, content) = rest.split_at_checked(WRAPPED).ok_or(OpenError::Damaged)?;
        if *version != VERSION {
            return Err(OpenError::Damaged);
        }
        let key = decrypt(&kek.cipher, wrapped, &aad)?;
        let key: Zeroizing<[u8; KEY]> = Zeroizing::new(key.as_slice().try_into().map_err(|_| OpenError::Damaged)?);
        decrypt(&XChaCha20Poly1305::new((&*key).into()), content, &aad)
    }

    /// Seals anew with the first key; `None` if it is sealed with that already.
    pub fn reseal(&self, account: Uuid, purpose: &str, sealed: &Sealed) -> Result<Option<Sealed>, OpenError> {
        if sealed.key_id == self.key_id() {
            return Ok(None);
        }
        let plain = self.open(account, purpose, sealed)?;
        self.seal(account, purpose, &plain).map(Some)
    }
}

impl std::fmt::Debug for Sealer {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Sealer({} keys)", self.keys.len())
    }
}

fn encrypt(cipher: &XChaCha20Poly1305, plain: &[u8], aad: &[u8], out: &mut Vec<u8>) -> Result<(), OpenError> {
    let nonce: [u8; NONCE] = rand::rng().random();
    let payload = Payload { msg: plain, aad };
    let sealed = cipher.encrypt(&XNonce::from(nonce), payload).map_err(|_| OpenError::Damaged)?;
    out.extend_from_slice(&nonce);
    out.extend_from_slice(&sealed);
    Ok(())
}

fn decrypt(cipher: &XChaCha20Poly1305, bytes: &[u8], aad: &[u8]) -> Result<Zeroizing<Vec<u8>>, OpenError> {
    let (nonce, msg) = bytes.split_at_checked(NONCE).ok_or(OpenError::Damaged)?;
    let nonce: [u8; NONCE] = nonce.try_into().map_err(|_| OpenError::Damaged)?;
    let plain = cipher.decrypt(&XNonce::from(nonce), Payload { msg, aad });
    plain.map(Zeroizing::new).map_err(|_| OpenError::Damaged)
}

/// Binds a value to key, account and purpose; the lengths keep the parts apart.
fn aad(key_id: &str, account: Uuid, purpose: &str) -> Vec<u8> {
    let mut aad = b"unisono.seal.1\0".to_vec();
    aad.extend_from_slice(account.as_bytes());
    for part in [key_id, purpose] {
        aad.extend_from_slice(&(part.len() as u64).to_be_bytes());
        aad.extend_from_slice(part.as_bytes());
    }
    aad
}

fn decode(text: &str) -> Option<Zeroizing<[u8; KEY]>> {
    let engines = [&STANDARD, &STANDARD_NO_PAD, &URL_SAFE, &URL_SAFE_NO_PAD];
    let bytes = engines.iter().find_map(|engine| engine.decode(text).ok()).map(Zeroizing::new)?;
    bytes.as_slice().try_into().ok().map(Zeroizing::new)
}

/// A short name of a key that says nothing about it.
fn fingerprint(key: &[u8; KEY]) -> String {
    let digest = Sha256::new().chain_update(b"unisono.key-id\0").chain_update(key).finalize();
    digest.iter().take(4).map(|byte| format!("{byte:02x}")).collect()
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    const ONE: Uuid = Uuid::from_u128(1);

    #[test]
    fn a_sealed_value_opens_only_for_its_account_and_purpose() {
        let sealer = Sealer::parse(&Sealer::generate()).unwrap();
        let sealed = sealer.seal(ONE, "credential", b"top secret").unwrap();
        assert!(!sealed.bytes.windows(6).any(|window| window == b"secret"));
        assert_eq!(sealer.open(ONE, "credential", &sealed).unwrap().as_slice(), b"top secret");
        assert_eq!(sealer.open(ONE, "token", &sealed).unwrap_err(), OpenError::Damaged);
        assert_eq!(sealer.open(Uuid::from_u128(2), "credential", &sealed).unwrap_err(), OpenError::Damaged);
        for at in 0..sealed.bytes.len() {
            let mut damaged = sealed.clone();
            damaged.bytes[at] ^= 1;
            assert_eq!(sealer.open(ONE, "credential", &damaged).unwrap_err(), OpenError::Damaged, "byte {at}");
            damaged.bytes.truncate(at);
            assert_eq!(sealer.open(ONE, "credential", &damaged).unwrap_err(), OpenError::Damaged, "cut at {at}");
        }
    }

    #[test]
    fn keys_are_rotated_without_losing_what_the_old_one_sealed() {
        let (old, new) = (Sealer::generate(), Sealer::generate());
        let before = Sealer::parse(&old).unwrap();
        let sealed = before.seal(ONE, "credential", b"x").unwrap();
        let both = Sealer::parse(&Secret::new(format!("k2:{},{}", new.expose(), old.expose()))).unwrap();
        let moved = both.reseal(ONE, "credential", &sealed).unwrap().unwrap();
        assert_eq!(moved.key_id, "k2");
        assert_eq!(both.reseal(ONE, "credential", &moved).unwrap(), None);
        let after = Sealer::parse(&Secret::new(format!("k2:{}", new.expose()))).unwrap();
        assert_eq!(after.open(ONE, "credential", &moved).unwrap().as_slice(), b"x");
        assert!(matches!(after.open(ONE, "credential", &sealed), Err(OpenError::UnknownKey { .. })));
    }

    #[test]
    fn a_bad_key_is_named_without_being_shown() {
        let error = |text: &str| Sealer::parse(&Secret::new(text)).unwrap_err().to_string();
        assert!(error("  ").contains("UNISONO_SECRET_KEY is not set"));
        assert_eq!(error("aGVsbG8="), "UNISONO_SECRET_KEY: key 1 is not 32 bytes in base64");
        let key = Sealer::generate();
        assert!(error(&format!("a:{0} a:{0}", key.expose())).contains("`a` appears twice"));
    }
}
