//! Our own tokens: API keys, account tokens, link tokens. Random, prefixed, stored as a hash.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use rand::RngExt as _;
use sha2::{Digest as _, Sha256};
use unisono_outbound::Secret;

/// A new token `<prefix><32 random bytes in base64url>` and its hash, such as `mint("unis_live_")`.
pub fn mint(prefix: &str) -> (Secret, [u8; 32]) {
    let random: [u8; 32] = rand::rng().random();
    let token = format!("{prefix}{}", URL_SAFE_NO_PAD.encode(random));
    let digest = hash(&token);
    (Secret::new(token), digest)
}

/// The SHA-256 hash under which a token is stored. 32 random bytes need no slow hash.
pub fn hash(token: &str) -> [u8; 32] {
    Sha256::digest(token.as_bytes()).into()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tokens_carry_their_prefix_and_differ() {
        let ((one, digest), (two, _)) = (mint("acct_"), mint("acct_"));
        assert!(one.expose().starts_with("acct_"));
        assert_eq!(one.expose().len(), "acct_".len() + 43);
        assert_ne!(one.expose(), two.expose());
        assert_eq!(hash(one.expose()), digest);
    }
}
