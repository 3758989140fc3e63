//! `oauth2_code`: the end customer consents in the browser, the code buys tokens (RFC 6749 section 4.1, PKCE RFC 7636).

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use rand::RngExt as _;
use sha2::{Digest as _, Sha256};
use unisono_outbound::{Secret, Url};

use crate::grant::{Client, Endpoint};
use crate::{GrantError, Tokens};

/// Where to send the end customer, and what must be kept until the code comes back.
#[derive(Debug, Clone)]
pub struct Consent {
    /// The vendor's page.
    pub url: Url,
    /// The PKCE verifier; `None` when the vendor does without.
    pub verifier: Option<Secret>,
}

/// What the authorize URL is made of.
pub(crate) struct Ask<'a> {
    pub authorize_url: Url,
    pub client_id: &'a str,
    pub redirect_uri: &'a str,
    pub scope: &'a str,
    pub state: &'a str,
    pub pkce: bool,
    pub params: &'a [(String, String)],
}

/// Builds the authorize URL with a fresh PKCE challenge (S256).
pub(crate) fn begin(ask: Ask<'_>) -> Consent {
    let random: [u8; 32] = rand::rng().random();
    let verifier = ask.pkce.then(|| Secret::new(URL_SAFE_NO_PAD.encode(random)));
    let mut url = ask.authorize_url;
    {
        let mut query = url.query_pairs_mut();
        query.append_pair("response_type", "code").append_pair("client_id", ask.client_id);
        query.append_pair("redirect_uri", ask.redirect_uri).append_pair("state", ask.state);
        if !ask.scope.is_empty() {
            query.append_pair("scope", ask.scope);
        }
        if let Some(verifier) = &verifier {
            let challenge = URL_SAFE_NO_PAD.encode(Sha256::digest(verifier.expose().as_bytes()));
            query.append_pair("code_challenge", &challenge).append_pair("code_challenge_method", "S256");
        }
        query.extend_pairs(ask.params);
    }
    Consent { url, verifier }
}

/// Exchanges the code.
pub(crate) async fn exchange(
    endpoint: &Endpoint<'_>,
    client: &Client,
    redirect_uri: &str,
    code: &Secret,
    verifier: Option<&Secret>,
    params: &[(String, String)],
) -> Result<Tokens, GrantError> {
    let mut form = vec![("grant_type", "authorization_code"), ("code", code.expose()), ("redirect_uri", redirect_uri)];
    if let Some(verifier) = verifier {
        form.push(("code_verifier", verifier.expose()));
    }
    form.extend(params.iter().map(|(name, value)| (name.as_str(), value.as_str())));
    endpoint.ask(Some(client), &form).await
}

/// Exchanges the refresh token; one that the vendor does not replace stays in use.
pub(crate) async fn refresh(
    endpoint: &Endpoint<'_>,
    client: &Client,
    old: &Tokens,
    params: &[(String, String)],
) -> Result<Tokens, GrantError> {
    let Some(token) = &old.refresh else {
        return Err(GrantError::Dead { reason: "the access token has ended and there is no refresh token".into() });
    };
    let mut form = vec![("grant_type", "refresh_token"), ("refresh_token", token.expose())];
    form.extend(params.iter().map(|(name, value)| (name.as_str(), value.as_str())));
    let mut tokens = endpoint.ask(Some(client), &form).await?;
    tokens.refresh = tokens.refresh.or_else(|| Some(token.clone()));
    for (name, value) in &old.extra {
        tokens.extra.entry(name.clone()).or_insert_with(|| value.clone());
    }
    Ok(tokens)
}
