//! Link: the values an end customer entered become a linked account.
//!
//! Always true: nothing is stored before the vendor accepted the credentials; a link token links once.

use std::sync::Arc;

use indexmap::IndexMap;
use unisono_auth::{Credentials, Vault};
use unisono_connector::Connector;
use unisono_connector::manifest::FieldType;
use unisono_outbound::Secret;
use unisono_store::{AccountStatus, AccountUpdate, NewAccount, Scope};
use uuid::Uuid;

use super::{Asked, internal, invalid};
use crate::send::{AUTH_KEY, Line, Trouble, app, of_fault};
use crate::{ConnectError, Engine, Integration, LinkRequest, LinkSession, Linked, sync, token};

/// How long a public token can be exchanged.
const PUBLIC_TOKEN_S: i64 = 600;

/// A link token that may still be used, and what it was made for.
pub(super) struct Session {
    pub(super) hash: unisono_store::Hash,
    pub(super) project: Uuid,
    pub(super) asked: Asked,
    /// What an earlier step left, see `oauth`.
    pub(super) saved: Option<String>,
}

/// A choice that was checked against the session and the manifest.
pub(super) struct Choice {
    pub(super) connector: Arc<Connector>,
    pub(super) category: String,
    /// Non-secret values and the auth option, JSON.
    pub(super) config: String,
    pub(super) credentials: Credentials,
}

impl Engine {
    /// What the holder of a link token may link.
    pub async fn link_session(&self, link_token: &str) -> Result<LinkSession, ConnectError> {
        let session = self.session(token::hash(link_token)).await?;
        let asked = session.asked;
        let fits = |offer: &Integration| {
            asked.connector.as_ref().is_none_or(|only| *only == offer.slug)
                && offer.categories.iter().any(|category| asked.categories.contains(category))
        };
        Ok(LinkSession {
            end_user_organization_name: asked.end_user_organization_name.clone(),
            categories: asked.categories.clone(),
            integrations: self.integrations().into_iter().filter(fits).collect(),
        })
    }

    /// Checks the entered values with the vendor and creates, or links again, the account.
    pub async fn link(&self, link_token: &str, request: LinkRequest) -> Result<Linked, ConnectError> {
        let session = self.session(token::hash(link_token)).await?;
        let choice = self.choose(&session, &request)?;
        self.finish_link(&session, choice).await
    }

    pub(super) async fn session(&self, hash: unisono_store::Hash) -> Result<Session, ConnectError> {
        let row = self.parts.store.link_token(hash, self.now().0).await.map_err(internal)?;
        let row = row.ok_or(ConnectError::BadToken("link token"))?;
        let asked = serde_json::from_str(&row.request).map_err(|error| ConnectError::Internal(error.into()))?;
        Ok(Session { hash, project: row.project, asked, saved: row.session })
    }

    /// Checks what the end customer chose and entered.
    pub(super) fn choose(&self, session: &Session, request: &LinkRequest) -> Result<Choice, ConnectError> {
        let asked = &session.asked;
        let missing = || ConnectError::NoSuchIntegration(request.connector.clone());
        let connector = self.parts.connectors.get(&request.connector).ok_or_else(missing)?;
        if asked.connector.as_ref().is_some_and(|only| *only != connector.slug) {
            return Err(missing());
        }
        let serves = |category: &&String| asked.categories.contains(category);
        let category = match &request.category {
            Some(category) => connector.categories.iter().filter(serves).find(|own| *own == category),
            None => connector.categories.iter().find(serves),
        };
        let category = category.ok_or_else(missing)?.clone();
        if connector.authorization(request.auth.as_deref()).is_none() && !connector.auth.is_empty() {
            return Err(invalid("auth", "is not a way of proving oneself to this integration"));
        }
        let given: IndexMap<String, String> =
            request.fields.iter().filter(|(_, value)| !value.trim().is_empty()).map(trimmed).collect();
        if let Some((field, problem)) = connector.check_fields(&given).into_iter().next() {
            return Err(ConnectError::Invalid { field, problem });
        }
        let (config, credentials) = sort_fields(&connector, &given, request.auth.as_deref());
        Ok(Choice { connector, category, config, credentials })
    }

    /// Proves the credentials, stores the account and starts its first sync.
    pub(super) async fn finish_link(&self, session: &Session, choice: Choice) -> Result<Linked, ConnectError> {
        let scope = self.scope(session.project);
        let origin = &session.asked.end_user_origin_id;
        let known = scope.account_by_origin(&choice.category, origin).await.map_err(internal)?;
        if known.as_ref().is_some_and(|known| known.connector != choice.connector.slug) {
            return Err(invalid("connector", "is not the one this end customer has linked; delete that account first"));
        }
        let account = known.as_ref().map_or_else(|| self.dice.id(), |known| known.id);
        let Choice { connector, category, config, credentials } = choice;
        let credentials = self.prove(&scope, account, &connector, &config, credentials).await?;

        if known.is_none() {
            self.create_account(&scope, account, &connector.slug, &category, &config, &session.asked).await?;
        }
        let stored = self.vault(&scope).put(account, &credentials).await;
        stored.map_err(|error| ConnectError::Internal(error.into()))?;
        if !self.parts.store.use_link_token(session.hash, account, self.now().0).await.map_err(internal)? {
            return Err(ConnectError::BadToken("link token"));
        }
        self.complete(&scope, account, config, &session.asked).await?;
        let models = sync::models_of(&connector, &category);
        self.schedule(&scope, account, &models, true).await.map_err(internal)?;
        self.enqueue_due().await.map_err(internal)?;
        self.public_token(&scope, account, known.is_some()).await
    }

    /// Asks the vendor whether the credentials are good; gives them back with first tokens.
    async fn prove(
        &self,
        scope: &Scope,
        account: Uuid,
        connector: &Arc<Connector>,
        config: &str,
        credentials: Credentials,
    ) -> Result<Credentials, ConnectError> {
        let say = |trouble: Trouble| refused(&connector.name, trouble);
        let app = app(self, scope, &connector.slug).await.map_err(say)?;
        let trial = Line::trial(self, scope.id(), account, connector.clone(), config, app, credentials);
        let mut line = trial.map_err(say)?;
        line.obtain_tokens().await.map_err(say)?;
        let cx = line.context();
        let request = connector.check_request(&cx);
        let odd = |error: unisono_connector::RequestError| invalid("fields", &error.to_string());
        if let Some(request) = request.map_err(odd)? {
            let reply = line.send(&request).await.map_err(say)?;
            let now = self.now().0;
            connector.checked(&cx, &reply).map_err(|fault| say(of_fault(&fault, now)))?;
        }
        Ok(line.given().unwrap_or_default())
    }

    async fn create_account(
        &self,
        scope: &Scope,
        id: Uuid,
        connector: &str,
        category: &str,
        config: &str,
        asked: &Asked,
    ) -> Result<(), ConnectError> {
        let (_, token) = self.new_account_token(id)?;
        let account = NewAccount {
            id,
            connector: connector.to_owned(),
            category: category.to_owned(),
            end_user_origin_id: asked.end_user_origin_id.clone(),
            end_user_organization_name: asked.end_user_organization_name.clone(),
            end_user_email_address: asked.end_user_email_address.clone(),
            status: AccountStatus::Incomplete,
            account_type: "PRODUCTION".to_owned(),
            config: config.to_owned(),
            token,
        };
        scope.create_account(account, self.now().0).await.map_err(internal)
    }

    /// The account works (again): its issues are settled.
    async fn complete(&self, scope: &Scope, account: Uuid, config: String, asked: &Asked) -> Result<(), ConnectError> {
        let update = AccountUpdate {
            status: Some((AccountStatus::Complete, None)),
            config: Some(config),
            end_user_organization_name: Some(asked.end_user_organization_name.clone()),
            end_user_email_address: Some(asked.end_user_email_address.clone()),
            ..AccountUpdate::default()
        };
        scope.update_account(account, update, self.now().0).await.map_err(internal)?;
        scope.resolve_issues(account, &[], self.now().0).await.map_err(internal)?;
        Ok(())
    }

    async fn public_token(&self, scope: &Scope, account: Uuid, is_relink: bool) -> Result<Linked, ConnectError> {
        let public_token = self.dice.token(token::PUBLIC);
        let (now, hash) = (self.now(), token::hash(&public_token));
        let expires = now.plus_s(PUBLIC_TOKEN_S);
        scope.create_public_token(hash, account, expires.0, now.0).await.map_err(internal)?;
        tracing::info!(account.id = %account, is_relink, "an account was linked");
        Ok(Linked { public_token, account, is_relink })
    }

    fn vault(&self, scope: &Scope) -> Vault {
        let engine = self.clone();
        let clock: unisono_auth::Clock = Arc::new(move || engine.now().0);
        Vault::new(scope.clone(), self.parts.sealer.clone(), self.parts.outbound.clone(), clock)
    }
}

fn trimmed((name, value): (&String, &String)) -> (String, String) {
    (name.clone(), value.trim().to_owned())
}

/// Secret values go to the credentials, the others to the settings.
fn sort_fields(connector: &Connector, given: &IndexMap<String, String>, auth: Option<&str>) -> (String, Credentials) {
    let mut config = serde_json::Map::new();
    let mut secrets = Vec::new();
    for field in &connector.fields {
        let Some(value) = given.get(&field.name).or(field.default.as_ref()) else { continue };
        match field.kind {
            FieldType::Secret => secrets.push((field.name.clone(), Secret::new(value.clone()))),
            FieldType::Text | FieldType::Url | FieldType::Select => {
                config.insert(field.name.clone(), value.clone().into());
            }
        }
    }
    if let Some(auth) = auth {
        config.insert(AUTH_KEY.to_owned(), auth.into());
    }
    (serde_json::Value::Object(config).to_string(), Credentials::new(secrets))
}

/// What trouble while linking means to the person who links.
pub(super) fn refused(integration: &str, trouble: Trouble) -> ConnectError {
    let message = trouble.to_string();
    let integration = integration.to_owned();
    match trouble {
        Trouble::Unauthorized(_) | Trouble::Forbidden(_) => ConnectError::Refused { integration, message },
        Trouble::RateLimited(_) | Trouble::Offline(_) => ConnectError::Unreachable { integration, message },
        Trouble::Refused(_) | Trouble::Expired(_) | Trouble::Unreadable(_) => {
            ConnectError::Unreachable { integration, message }
        }
        Trouble::Misconfigured(_) => invalid("fields", &message),
        Trouble::Internal(error) => ConnectError::Internal(error),
    }
}
