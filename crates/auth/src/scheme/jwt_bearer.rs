//! `jwt_bearer`: a signed assertion buys a token (RFC 7523). Signing is ring's, which TLS uses already.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use ring::hmac;
use ring::rand::SystemRandom;
use ring::signature::{ECDSA_P256_SHA256_FIXED_SIGNING, EcdsaKeyPair, RSA_PKCS1_SHA256, RsaKeyPair};
use rustls_pki_types::PrivateKeyDer;
use rustls_pki_types::pem::PemObject as _;
use serde_json::{Map, Value, json};
use unisono_connector::manifest::Algorithm;
use unisono_outbound::Secret;

use crate::grant::Endpoint;
use crate::{AuthError, GrantError, Tokens};

/// Exchanges the assertion.
pub(crate) async fn obtain(
    endpoint: &Endpoint<'_>,
    assertion: &Secret,
    scope: &str,
    params: &[(String, String)],
) -> Result<Tokens, GrantError> {
    let mut form =
        vec![("grant_type", "urn:ietf:params:oauth:grant-type:jwt-bearer"), ("assertion", assertion.expose())];
    if !scope.is_empty() {
        form.push(("scope", scope));
    }
    form.extend(params.iter().map(|(name, value)| (name.as_str(), value.as_str())));
    endpoint.ask(None, &form).await
}

/// A signed JWT over the claims. The key is a PEM private key (RS256: PKCS#1 or PKCS#8; ES256: PKCS#8) or, for HS256, the
/// shared secret.
pub fn sign_jwt(
    algorithm: Algorithm,
    key: &Secret,
    key_id: Option<&str>,
    claims: &Map<String, Value>,
) -> Result<Secret, AuthError> {
    let name = match algorithm {
        Algorithm::RS256 => "RS256",
        Algorithm::ES256 => "ES256",
        Algorithm::HS256 => "HS256",
    };
    let mut header = json!({ "alg": name, "typ": "JWT" });
    if let Some(key_id) = key_id {
        header["kid"] = key_id.into();
    }
    let claims = Value::Object(claims.clone()).to_string();
    let message = format!("{}.{}", URL_SAFE_NO_PAD.encode(header.to_string()), URL_SAFE_NO_PAD.encode(claims));
    let signature = match algorithm {
        Algorithm::RS256 => rs256(key, message.as_bytes())?,
        Algorithm::ES256 => es256(key, message.as_bytes())?,
        Algorithm::HS256 => {
            let key = hmac::Key::new(hmac::HMAC_SHA256, key.expose().as_bytes());
            hmac::sign(&key, message.as_bytes()).as_ref().to_vec()
        }
    };
    Ok(Secret::new(format!("{message}.{}", URL_SAFE_NO_PAD.encode(signature))))
}

fn rs256(key: &Secret, message: &[u8]) -> Result<Vec<u8>, AuthError> {
    let pair = match pem(key)? {
        PrivateKeyDer::Pkcs1(der) => RsaKeyPair::from_der(der.secret_pkcs1_der()),
        PrivateKeyDer::Pkcs8(der) => RsaKeyPair::from_pkcs8(der.secret_pkcs8_der()),
        _ => return Err(AuthError::manifest("key", "is not an RSA private key")),
    };
    let pair =
        pair.map_err(|error| AuthError::manifest("key", format!("is not a usable RSA private key ({error})")))?;
    let mut signature = vec![0; pair.public().modulus_len()];
    pair.sign(&RSA_PKCS1_SHA256, &SystemRandom::new(), message, &mut signature)
        .map_err(|_| AuthError::manifest("key", "cannot sign with this RSA key"))?;
    Ok(signature)
}

fn es256(key: &Secret, message: &[u8]) -> Result<Vec<u8>, AuthError> {
    let PrivateKeyDer::Pkcs8(der) = pem(key)? else {
        return Err(AuthError::manifest("key", "is not a P-256 key in PKCS#8 (BEGIN PRIVATE KEY)"));
    };
    let random = SystemRandom::new();
    let pair = EcdsaKeyPair::from_pkcs8(&ECDSA_P256_SHA256_FIXED_SIGNING, der.secret_pkcs8_der(), &random)
        .map_err(|error| AuthError::manifest("key", format!("is not a usable P-256 private key ({error})")))?;
    let signature = pair.sign(&random, message).map_err(|_| AuthError::manifest("key", "cannot sign with this key"))?;
    Ok(signature.as_ref().to_vec())
}

/// Reads a PEM key; line breaks written as `\n`, as pasted from JSON, are accepted.
fn pem(key: &Secret) -> Result<PrivateKeyDer<'static>, AuthError> {
    let text = zeroize::Zeroizing::new(key.expose().replace("\\n", "\n"));
    PrivateKeyDer::from_pem_slice(text.as_bytes())
        .map_err(|_| AuthError::manifest("key", "is not a private key in PEM (BEGIN … PRIVATE KEY)"))
}
