//! Redaction: takes credentials out of addresses, headers and texts before anything is stored or logged.

use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, STANDARD_NO_PAD, URL_SAFE, URL_SAFE_NO_PAD};
use http::HeaderMap;
use url::Url;
use zeroize::Zeroizing;

use crate::Secret;

/// What stands in for a secret.
const MASK: &str = "***";

/// Shorter values would blank out ordinary words and numbers.
const SECRET_CHARS_MIN: usize = 4;

/// Header names whose value is always a credential.
const HEADERS: &[&str] = &[
    "authorization",
    "proxy-authorization",
    "cookie",
    "set-cookie",
    "x-api-key",
    "api-key",
    "apikey",
    "x-auth-token",
    "x-access-token",
    "x-token",
    "x-csrf-token",
    "private-token",
    "x-account-token",
];

/// Query and form names whose value is always a credential.
const QUERY: &[&str] = &[
    "access_token",
    "refresh_token",
    "id_token",
    "token",
    "api_key",
    "apikey",
    "api-key",
    "key",
    "secret",
    "client_secret",
    "password",
    "pass",
    "pwd",
    "sig",
    "signature",
    "code",
    "code_verifier",
    "assertion",
    "auth",
    "session",
    "hapikey",
    "x-amz-signature",
    "x-amz-credential",
    "x-amz-security-token",
];

/// Redacts for one request: the well-known names, the given names and every form of the given values.
#[derive(Default)]
pub struct Redactor {
    headers: Vec<String>,
    query: Vec<String>,
    needles: Vec<Zeroizing<String>>,
}

impl Redactor {
    /// Knows the secret values in the forms they travel in: plain, percent-encoded, JSON-escaped and base64.
    pub fn new<'a>(secrets: impl IntoIterator<Item = &'a Secret>, headers: &[String], query: &[String]) -> Self {
        let mut needles: Vec<Zeroizing<String>> = secrets
            .into_iter()
            .filter(|secret| secret.expose().chars().count() >= SECRET_CHARS_MIN)
            .flat_map(|secret| forms(secret.expose()))
            .collect();
        needles.sort_by(|a, b| b.len().cmp(&a.len()).then_with(|| a.cmp(b)));
        needles.dedup();
        let lower = |names: &[String]| names.iter().map(|name| name.to_ascii_lowercase()).collect();
        Self { headers: lower(headers), query: lower(query), needles }
    }

    /// The text without any known secret value.
    pub fn text(&self, text: &str) -> String {
        let mut clean = text.to_owned();
        for needle in &self.needles {
            if clean.contains(needle.as_str()) {
                clean = clean.replace(needle.as_str(), MASK);
            }
        }
        clean
    }

    /// The address without user info, without the values of sensitive parameters and without known secret values.
    pub fn url(&self, url: &Url) -> String {
        let mut clean = url.clone();
        if !clean.username().is_empty() || clean.password().is_some() {
            // Both fail only for addresses that cannot have user info.
            let _ = clean.set_username("");
            let _ = clean.set_password(None);
        }
        if let Some(query) = url.query() {
            let parts: Vec<String> = query.split('&').map(|pair| self.pair(pair)).collect();
            clean.set_query(Some(&parts.join("&")));
        }
        clean.set_fragment(None);
        self.text(clean.as_str())
    }

    /// Header lines for a log, credentials masked.
    pub fn headers(&self, headers: &HeaderMap) -> Vec<(String, String)> {
        headers
            .iter()
            .map(|(name, value)| {
                let name = name.as_str().to_owned();
                let value = match value.to_str() {
                    Ok(text) if !self.is_sensitive_header(&name) => self.text(text),
                    _ => MASK.to_owned(),
                };
                (name, value)
            })
            .collect()
    }

    fn is_sensitive_header(&self, name: &str) -> bool {
        HEADERS.contains(&name) || self.headers.iter().any(|other| other == name)
    }

    fn pair(&self, pair: &str) -> String {
        let Some((name, _)) = pair.split_once('=') else { return pair.to_owned() };
        let plain = url::form_urlencoded::parse(name.as_bytes()).next().map(|(key, _)| key.to_ascii_lowercase());
        match plain {
            Some(key) if QUERY.contains(&key.as_str()) || self.query.contains(&key) => format!("{name}={MASK}"),
            _ => pair.to_owned(),
        }
    }
}

fn forms(secret: &str) -> Vec<Zeroizing<String>> {
    let json = serde_json::Value::from(secret).to_string();
    let escaped = json.trim_matches('"').to_owned();
    let form: String = url::form_urlencoded::byte_serialize(secret.as_bytes()).collect();
    let percent = form.replace('+', "%20");
    let bytes = secret.as_bytes();
    let mut all = vec![secret.to_owned(), escaped, form, percent];
    all.extend([STANDARD.encode(bytes), STANDARD_NO_PAD.encode(bytes)]);
    all.extend([URL_SAFE.encode(bytes), URL_SAFE_NO_PAD.encode(bytes)]);
    all.into_iter().map(Zeroizing::new).collect()
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    fn redactor() -> Redactor {
        Redactor::new([&Secret::new("s3cr/et key")], &["x-custom".into()], &["ticket".into()])
    }

    #[test]
    fn an_address_keeps_its_shape_and_loses_its_credentials() {
        let url =
            Url::parse("https://bob:pw@api.test/v1?page=2&access_token=abc&ticket=t1&q=s3cr%2Fet+key#frag").unwrap();
        assert_eq!(redactor().url(&url), "https://api.test/v1?page=2&access_token=***&ticket=***&q=***");
    }

    #[test]
    fn a_known_value_disappears_in_every_encoding() {
        let basic = STANDARD.encode("s3cr/et key");
        let text = format!("bad key s3cr/et key, s3cr%2Fet%20key, {basic}");
        assert_eq!(redactor().text(&text), "bad key ***, ***, ***");
    }

    #[test]
    fn headers_are_masked_by_name_and_by_value() {
        let mut headers = HeaderMap::new();
        headers.insert("authorization", "Bearer x".parse().unwrap());
        headers.insert("x-custom", "y".parse().unwrap());
        headers.insert("x-echo", "got s3cr/et key".parse().unwrap());
        headers.insert("accept", "application/json".parse().unwrap());
        let shown: Vec<String> = redactor().headers(&headers).into_iter().map(|(_, value)| value).collect();
        assert_eq!(shown, ["***", "***", "got ***", "application/json"]);
    }
}
