//! Credentials of one linked account in the clear, for as short as possible.

use std::collections::BTreeMap;

use serde_json::{Map, Value};
use unisono_outbound::Secret;
use zeroize::Zeroizing;

/// What the end customer entered and what the vendor issued.
#[derive(Clone, Default)]
pub struct Credentials {
    /// The secret link fields by name.
    pub fields: BTreeMap<String, Secret>,
    /// Issued by the vendor; `None` until obtained, and for schemes without tokens.
    pub tokens: Option<Tokens>,
}

/// What a token endpoint issued.
#[derive(Clone)]
pub struct Tokens {
    /// Sent with requests.
    pub access: Secret,
    /// Exchanged for new ones.
    pub refresh: Option<Secret>,
    /// When `access` ends, if the vendor said so.
    pub expires_us: Option<i64>,
    /// When it was issued.
    pub issued_us: i64,
    /// Whatever else came with it, such as the address of the customer's instance.
    pub extra: BTreeMap<String, Secret>,
}

/// Tokens are renewed this long before they end, or a tenth of their life if that is shorter.
const MARGIN_US_MAX: i64 = 60_000_000;

impl Tokens {
    /// Whether they should be renewed before the next request.
    pub fn are_stale(&self, now_us: i64) -> bool {
        self.expires_us.is_some_and(|expires| {
            let margin = (expires.saturating_sub(self.issued_us) / 10).clamp(0, MARGIN_US_MAX);
            now_us >= expires.saturating_sub(margin)
        })
    }
}

impl Credentials {
    /// Link fields only.
    pub fn new(fields: impl IntoIterator<Item = (String, Secret)>) -> Self {
        Self { fields: fields.into_iter().collect(), tokens: None }
    }

    /// Every secret value, for redaction.
    pub fn secrets(&self) -> impl Iterator<Item = &Secret> {
        let tokens = self.tokens.iter().flat_map(|tokens| std::iter::once(&tokens.access).chain(&tokens.refresh));
        self.fields.values().chain(tokens)
    }

    /// The bytes that are sealed.
    pub(crate) fn to_bytes(&self) -> Zeroizing<Vec<u8>> {
        let mut root = Map::from_iter([("fields".to_owned(), object(&self.fields))]);
        if let Some(tokens) = &self.tokens {
            let mut map = Map::new();
            map.insert("access".into(), tokens.access.expose().into());
            map.insert("refresh".into(), tokens.refresh.as_ref().map_or(Value::Null, |token| token.expose().into()));
            map.insert("expires_us".into(), tokens.expires_us.into());
            map.insert("issued_us".into(), tokens.issued_us.into());
            map.insert("extra".into(), object(&tokens.extra));
            root.insert("tokens".into(), Value::Object(map));
        }
        Zeroizing::new(Value::Object(root).to_string().into_bytes())
    }

    /// Reads them back; `None` if the bytes are no credentials.
    pub(crate) fn from_bytes(bytes: &[u8]) -> Option<Self> {
        let root: Value = serde_json::from_slice(bytes).ok()?;
        let tokens = root.get("tokens").and_then(|tokens| {
            Some(Tokens {
                access: tokens.get("access")?.as_str()?.into(),
                refresh: tokens.get("refresh").and_then(Value::as_str).map(Secret::from),
                expires_us: tokens.get("expires_us").and_then(Value::as_i64),
                issued_us: tokens.get("issued_us").and_then(Value::as_i64).unwrap_or_default(),
                extra: tokens.get("extra").map(secrets).unwrap_or_default(),
            })
        });
        Some(Self { fields: secrets(root.get("fields")?), tokens })
    }
}

impl std::fmt::Debug for Credentials {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Credentials({} fields, tokens: {})", self.fields.len(), self.tokens.is_some())
    }
}

impl std::fmt::Debug for Tokens {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Tokens(until {:?})", self.expires_us)
    }
}

fn object(map: &BTreeMap<String, Secret>) -> Value {
    map.iter().map(|(name, secret)| (name.clone(), Value::from(secret.expose()))).collect()
}

fn secrets(value: &Value) -> BTreeMap<String, Secret> {
    let pairs = value.as_object().into_iter().flatten();
    pairs.filter_map(|(name, value)| Some((name.clone(), value.as_str()?.into()))).collect()
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    fn tokens(life_s: i64) -> Tokens {
        let expires_us = Some(life_s * 1_000_000);
        Tokens { access: "a".into(), refresh: Some("r".into()), expires_us, issued_us: 0, extra: BTreeMap::new() }
    }

    #[test]
    fn tokens_are_renewed_shortly_before_they_end() {
        assert!(!tokens(3600).are_stale(3539 * 1_000_000));
        assert!(tokens(3600).are_stale(3540 * 1_000_000));
        assert!(!tokens(10).are_stale(8_900_000));
        assert!(tokens(10).are_stale(9_000_000));
        assert!(!Tokens { expires_us: None, ..tokens(1) }.are_stale(i64::MAX));
    }

    #[test]
    fn what_is_sealed_comes_back_and_is_never_printed() {
        let mut credentials = Credentials::new([("api_key".to_owned(), Secret::new("hush"))]);
        credentials.tokens = Some(tokens(60));
        let back = Credentials::from_bytes(&credentials.to_bytes()).unwrap();
        assert_eq!(back.fields["api_key"].expose(), "hush");
        assert_eq!(back.tokens.as_ref().unwrap().refresh.as_ref().unwrap().expose(), "r");
        assert!(!format!("{back:?} {:?}", back.tokens).contains("hush"));
        assert!(Credentials::from_bytes(b"[]").is_none());
    }
}
