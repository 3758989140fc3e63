//! Connect: from a link token to a linked account, and the end of one.
//!
//! Always true: credentials are checked with the vendor before they are stored, and stored sealed; linking the same end
//! customer and category again keeps the account's id and token; tokens are known by their hash.
//! Elsewhere: what happens between the two tokens is `link` and `oauth`; how things look from outside is `show`.

mod link;
mod oauth;
mod show;

pub(crate) use show::account_of;

use serde::{Deserialize, Serialize};
use unisono_store::{
    AccountFilter, AccountStatus, AccountUpdate, NewLinkToken, PublicToken, Scope, Sealed, TokenChange,
};
use uuid::Uuid;

use crate::{
    Account, AccountFilters, AccountToken, AvailableActions, ConnectError, Engine, LinkToken, LinkTokenRequest,
    Listing, PageRequest, listing, token,
};

/// What binds the seal of account tokens.
const TOKEN_PURPOSE: &str = "account_token";

/// A link token's request, as it is stored.
#[derive(Serialize, Deserialize)]
struct Asked {
    end_user_origin_id: String,
    end_user_organization_name: String,
    end_user_email_address: String,
    categories: Vec<String>,
    connector: Option<String>,
}

impl Engine {
    /// Makes a link token for an end customer.
    pub async fn create_link_token(&self, project: Uuid, request: LinkTokenRequest) -> Result<LinkToken, ConnectError> {
        let scope = self.scope(project);
        let minutes = self.check_request(&request)?;
        let connector =
            request.integration.as_deref().map(|name| self.offered(name, &request.categories)).transpose()?;
        let mut linked = None;
        for category in &request.categories {
            let known = scope.account_by_origin(category, &request.end_user_origin_id).await.map_err(internal)?;
            linked = linked.or(known);
        }
        let asked = Asked {
            end_user_origin_id: request.end_user_origin_id,
            end_user_organization_name: request.end_user_organization_name,
            end_user_email_address: request.end_user_email_address,
            categories: request.categories,
            connector,
        };
        let (now, secret) = (self.now(), self.dice.token(token::LINK));
        let row = NewLinkToken {
            hash: token::hash(&secret),
            request: serde_json::to_string(&asked).map_err(|error| ConnectError::Internal(error.into()))?,
            account: linked.as_ref().map(|account| account.id),
            expires_us: now.plus_s(i64::from(minutes) * 60).0,
        };
        scope.create_link_token(row, now.0).await.map_err(internal)?;
        let magic = format!("{}/link/{secret}", self.parts.config.public_url);
        Ok(LinkToken {
            link_token: secret,
            integration_name: linked.map(|account| self.connector_name(&account.connector)),
            magic_link_url: request.magic_link.then_some(magic),
        })
    }

    /// Exchanges a public token (once, within ten minutes) for the account token.
    pub async fn exchange_public_token(&self, project: Uuid, public_token: &str) -> Result<AccountToken, ConnectError> {
        let taken = self.scope(project).take_public_token(token::hash(public_token), self.now().0).await;
        match taken.map_err(internal)? {
            PublicToken::Account(account) => self.account_token(project, account).await,
            PublicToken::Used | PublicToken::Expired | PublicToken::Unknown => {
                Err(ConnectError::BadToken("public token"))
            }
        }
    }

    /// Linked accounts.
    pub async fn linked_accounts(
        &self,
        project: Uuid,
        filters: &AccountFilters,
        page: &PageRequest,
    ) -> Result<Listing<Account>, ConnectError> {
        let nothing = Listing { next: None, previous: None, results: Vec::new() };
        let connectors = filters.integration_name.as_deref().map(|name| self.slugs(name)).unwrap_or_default();
        if filters.integration_name.is_some() && connectors.is_empty() {
            return Ok(nothing);
        }
        let status = match filters.status.as_deref().filter(|word| !word.is_empty()) {
            None => None,
            Some(word) => match AccountStatus::parse(word) {
                Some(status) => Some(status),
                None => return Ok(nothing),
            },
        };
        let filter = AccountFilter {
            ids: filters.ids.clone(),
            category: filters.category.clone(),
            connectors,
            end_user_origin_ids: filters.end_user_origin_ids.clone(),
            end_user_organization_name: filters.end_user_organization_name.clone(),
            end_user_email_address: filters.end_user_email_address.clone(),
            status,
            account_type: filters.is_test_account.map(|test| if test { "TEST" } else { "PRODUCTION" }.to_owned()),
            include_duplicates: true,
            after: listing::keyset(page).map_err(|_| ConnectError::Cursor)?,
            page_size: listing::size(page),
        };
        let found = self.scope(project).accounts(filter).await.map_err(internal)?;
        Ok(listing::listing(found, |account| account_of(self, account)))
    }

    /// One linked account.
    pub async fn account_details(&self, project: Uuid, account: Uuid) -> Result<Account, ConnectError> {
        Ok(account_of(self, found(&self.scope(project), account).await?))
    }

    /// Shows the account token again.
    pub async fn account_token(&self, project: Uuid, account: Uuid) -> Result<AccountToken, ConnectError> {
        let found = found(&self.scope(project), account).await?;
        let Some(sealed) = &found.token else { return self.regenerate_account_token(project, account).await };
        let opened = self.parts.sealer.open(account, TOKEN_PURPOSE, sealed);
        let opened = opened.map_err(|error| ConnectError::Internal(error.into()))?;
        Ok(AccountToken {
            account_token: String::from_utf8_lossy(&opened).into_owned(),
            id: account,
            integration: self.integration_of(&found.connector),
        })
    }

    /// Replaces the account token; the old one stops working at once.
    pub async fn regenerate_account_token(&self, project: Uuid, account: Uuid) -> Result<AccountToken, ConnectError> {
        let scope = self.scope(project);
        let found = found(&scope, account).await?;
        let (secret, change) = self.new_account_token(account)?;
        let update = AccountUpdate { token: Some(change), ..AccountUpdate::default() };
        scope.update_account(account, update, self.now().0).await.map_err(internal)?;
        let integration = self.integration_of(&found.connector);
        Ok(AccountToken { account_token: secret, id: account, integration })
    }

    /// Erases a linked account with its records, credentials, logs and issues.
    pub async fn delete_account(&self, project: Uuid, account: Uuid) -> Result<(), ConnectError> {
        let erased = self.scope(project).delete_account(account).await.map_err(internal)?;
        let erased = erased.ok_or(ConnectError::NoSuchAccount)?;
        tracing::info!(account.id = %account, records = erased.records, "a linked account was erased");
        Ok(())
    }

    /// What can be done with a linked account.
    pub async fn available_actions(&self, project: Uuid, account: Uuid) -> Result<AvailableActions, ConnectError> {
        let found = found(&self.scope(project), account).await?;
        Ok(self.actions_of(&found))
    }

    /// Registers the project's own application with a vendor (OAuth), in place of an earlier one.
    pub async fn set_app(
        &self,
        project: Uuid,
        connector: &str,
        client_id: &str,
        client_secret: &str,
    ) -> Result<(), ConnectError> {
        let slug = self.offered(connector, &[])?;
        let sealed = self.parts.sealer.seal(project, crate::send::APP_PURPOSE, client_secret.as_bytes());
        let integration = unisono_store::Integration {
            connector: slug,
            enabled: true,
            config: serde_json::json!({ "client_id": client_id }).to_string(),
            secrets: Some(sealed.map_err(|error| ConnectError::Internal(error.into()))?),
            created_us: self.now().0,
        };
        self.scope(project).put_integration(integration).await.map_err(internal)
    }

    /// A new account token and what is stored of it.
    fn new_account_token(&self, account: Uuid) -> Result<(String, TokenChange), ConnectError> {
        let secret = self.dice.token(token::ACCOUNT);
        let sealed: Sealed = self
            .parts
            .sealer
            .seal(account, TOKEN_PURPOSE, secret.as_bytes())
            .map_err(|error| ConnectError::Internal(error.into()))?;
        let change = TokenChange { hash: token::hash(&secret), sealed };
        Ok((secret, change))
    }

    /// Checks a link token's request; gives the minutes it lives.
    fn check_request(&self, request: &LinkTokenRequest) -> Result<u32, ConnectError> {
        for (field, value) in [
            ("end_user_origin_id", &request.end_user_origin_id),
            ("end_user_organization_name", &request.end_user_organization_name),
            ("end_user_email_address", &request.end_user_email_address),
        ] {
            if value.trim().is_empty() {
                return Err(invalid(field, "is empty"));
            }
            if value.chars().count() > 255 {
                return Err(invalid(field, "is longer than 255 characters"));
            }
        }
        if request.categories.is_empty() {
            return Err(invalid("categories", "is empty"));
        }
        if let Some(odd) = request.categories.iter().find(|slug| self.parts.models.category(slug).is_none()) {
            return Err(invalid("categories", &format!("has no category `{odd}`")));
        }
        let minutes_max = if request.magic_link { 10_080 } else { 720 };
        match request.link_expiry_mins {
            None => Ok(30),
            Some(minutes) if (30..=minutes_max).contains(&minutes) => Ok(minutes),
            Some(_) => Err(invalid("link_expiry_mins", &format!("must be between 30 and {minutes_max}"))),
        }
    }

    /// The slug of a connector that serves one of the categories.
    fn offered(&self, name: &str, categories: &[String]) -> Result<String, ConnectError> {
        let missing = || ConnectError::NoSuchIntegration(name.to_owned());
        let slug = self.slugs(name).into_iter().next().ok_or_else(missing)?;
        let connector = self.parts.connectors.get(&slug).ok_or_else(missing)?;
        let serves = categories.is_empty() || connector.categories.iter().any(|own| categories.contains(own));
        serves.then_some(slug).ok_or_else(missing)
    }
}

async fn found(scope: &Scope, account: Uuid) -> Result<unisono_store::Account, ConnectError> {
    scope.account(account).await.map_err(internal)?.ok_or(ConnectError::NoSuchAccount)
}

fn invalid(field: &str, problem: &str) -> ConnectError {
    ConnectError::Invalid { field: field.to_owned(), problem: problem.to_owned() }
}

fn internal(error: unisono_store::StoreError) -> ConnectError {
    ConnectError::Internal(error.into())
}
