//! OAuth: linking through the vendor's consent page.
//!
//! Always true: the state that travels through the browser names the linking session and a random number kept with it; what
//! was entered and the PKCE verifier wait sealed; a state works once, as its link token does.

use std::collections::BTreeMap;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde::{Deserialize, Serialize};
use unisono_outbound::Secret;
use unisono_store::{Hash, Sealed};
use uuid::Uuid;

use super::link::{Choice, Session, refused};
use super::{internal, invalid};
use crate::send::{Line, app};
use crate::{ConnectError, Engine, LinkRequest, Linked, token};

/// What binds the seal of a waiting session.
const PURPOSE: &str = "link_session";

/// What waits for the browser to come back.
#[derive(Serialize, Deserialize)]
struct Waiting {
    connector: String,
    category: Option<String>,
    auth: Option<String>,
    fields: BTreeMap<String, String>,
    redirect_uri: String,
    nonce: Uuid,
    verifier: Option<String>,
}

#[derive(Serialize, Deserialize)]
struct Saved {
    key_id: String,
    sealed: String,
}

impl Engine {
    /// Begins linking through the vendor's consent page: the address to send the browser to.
    pub async fn oauth_begin(
        &self,
        link_token: &str,
        request: LinkRequest,
        redirect_uri: &str,
    ) -> Result<String, ConnectError> {
        let hash = token::hash(link_token);
        let session = self.session(hash).await?;
        let choice = self.choose(&session, &request)?;
        let name = choice.connector.name.clone();
        let nonce = self.dice.id();
        let (line, credentials) = self.consent_line(&session, choice).await?;
        let login = line.login().ok_or_else(|| invalid("auth", "needs no consent page"))?;
        let consent = login.consent(&credentials, redirect_uri, &state(&hash, nonce));
        let consent = consent.map_err(|error| invalid("auth", &format!("of {name} cannot begin: {error}")))?;
        let waiting = Waiting {
            connector: request.connector,
            category: request.category,
            auth: request.auth,
            fields: request.fields,
            redirect_uri: redirect_uri.to_owned(),
            nonce,
            verifier: consent.verifier.map(|verifier| verifier.expose().to_owned()),
        };
        self.save(&session, &waiting).await?;
        Ok(consent.url.into())
    }

    /// The vendor's consent page came back: `query` holds its parameters (`state`, `code` or `error`).
    pub async fn oauth_callback(&self, query: &[(String, String)]) -> Result<Linked, ConnectError> {
        const STATE: ConnectError = ConnectError::BadToken("state");
        let value = |name: &str| query.iter().find(|(key, _)| key == name).map(|(_, value)| value.as_str());
        let (hash, nonce) = value("state").and_then(read_state).ok_or(STATE)?;
        let session = self.session(hash).await?;
        let waiting = self.open(&session).filter(|waiting| waiting.nonce == nonce).ok_or(STATE)?;
        let request = LinkRequest {
            connector: waiting.connector,
            category: waiting.category,
            auth: waiting.auth,
            fields: waiting.fields,
        };
        let mut choice = self.choose(&session, &request)?;
        let name = choice.connector.name.clone();
        let Some(code) = value("code") else {
            let why = value("error_description").or(value("error")).unwrap_or("no code came back");
            let message = why.chars().take(300).collect();
            return Err(ConnectError::Refused { integration: name, message });
        };
        let (line, credentials) = self.consent_line(&session, copy(&choice)).await?;
        let login = line.login().ok_or_else(|| invalid("auth", "needs no consent page"))?;
        let (code, verifier) = (Secret::new(code), waiting.verifier.map(Secret::new));
        let way = (&self.parts.outbound, line.lane());
        let proof = (&code, verifier.as_ref());
        let tokens = login.exchange(way, &credentials, &waiting.redirect_uri, proof, self.now().0).await;
        let tokens = tokens.map_err(|error| ConnectError::Refused { integration: name, message: error.to_string() })?;
        choice.credentials.tokens = Some(tokens);
        self.finish_link(&session, choice).await
    }

    async fn consent_line(
        &self,
        session: &Session,
        choice: Choice,
    ) -> Result<(Line, unisono_auth::Credentials), ConnectError> {
        let name = choice.connector.name.clone();
        let say = |trouble| refused(&name, trouble);
        let app = app(self, &self.scope(session.project), &choice.connector.slug).await.map_err(say)?;
        let credentials = choice.credentials.clone();
        let account = Uuid::nil();
        let line =
            Line::trial(self, session.project, account, choice.connector, &choice.config, app, choice.credentials);
        Ok((line.map_err(say)?, credentials))
    }

    async fn save(&self, session: &Session, waiting: &Waiting) -> Result<(), ConnectError> {
        let broken = |error: anyhow::Error| ConnectError::Internal(error);
        let plain = serde_json::to_vec(waiting).map_err(|error| broken(error.into()))?;
        let sealed = self.parts.sealer.seal(session.project, PURPOSE, &plain).map_err(|error| broken(error.into()))?;
        let saved = Saved { key_id: sealed.key_id, sealed: URL_SAFE_NO_PAD.encode(sealed.bytes) };
        let text = serde_json::to_string(&saved).map_err(|error| broken(error.into()))?;
        let kept = self.parts.store.save_link_session(session.hash, &text, self.now().0).await.map_err(internal)?;
        if kept { Ok(()) } else { Err(ConnectError::BadToken("link token")) }
    }

    fn open(&self, session: &Session) -> Option<Waiting> {
        let saved: Saved = serde_json::from_str(session.saved.as_deref()?).ok()?;
        let bytes = URL_SAFE_NO_PAD.decode(saved.sealed).ok()?;
        let sealed = Sealed { key_id: saved.key_id, bytes };
        let plain = self.parts.sealer.open(session.project, PURPOSE, &sealed).ok()?;
        serde_json::from_slice(&plain).ok()
    }
}

fn copy(choice: &Choice) -> Choice {
    Choice {
        connector: choice.connector.clone(),
        category: choice.category.clone(),
        config: choice.config.clone(),
        credentials: choice.credentials.clone(),
    }
}

fn state(hash: &Hash, nonce: Uuid) -> String {
    let mut bytes = hash.to_vec();
    bytes.extend_from_slice(nonce.as_bytes());
    URL_SAFE_NO_PAD.encode(bytes)
}

fn read_state(state: &str) -> Option<(Hash, Uuid)> {
    let bytes = URL_SAFE_NO_PAD.decode(state).ok()?;
    let (hash, nonce) = bytes.split_at_checked(32)?;
    Some((hash.try_into().ok()?, Uuid::from_slice(nonce).ok()?))
}
