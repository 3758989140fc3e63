//! A login: one account's way to prove itself, with the manifest's templates filled in.

use std::collections::BTreeMap;
use std::sync::Arc;

use indexmap::IndexMap;
use serde_json::{Map, Value, json};
use unisono_connector::expr::Template;
use unisono_connector::manifest::{Algorithm, ClientAuth, Place, Refresh, Scheme, TokenRequest, TokenUse};
use unisono_connector::{CompiledScheme, Connector};
use unisono_outbound::{Bytes, HeaderMap, HeaderName, HeaderValue, Lane, Method, Outbound, Request, Secret, Url};

use crate::grant::{Client, Endpoint};
use crate::scheme::{api_key, basic, bearer, jwt_bearer, oauth2_client_credentials, oauth2_code, token};
use crate::{AuthError, Consent, Credentials, Tokens};

/// Our registration with the vendor: one per project and integration.
#[derive(Debug, Clone)]
pub struct App {
    /// `client_id`.
    pub client_id: String,
    /// `client_secret`; empty for a public client.
    pub client_secret: Secret,
}

/// Where a scheme lives; lets a login own a share of its connector.
pub trait SchemeSource: Send + Sync {
    /// The compiled scheme.
    fn scheme(&self) -> &CompiledScheme;
}

impl SchemeSource for CompiledScheme {
    fn scheme(&self) -> &CompiledScheme {
        self
    }
}

/// One of a connector's schemes, by position.
struct OfConnector {
    connector: Arc<Connector>,
    position: usize,
}

impl SchemeSource for OfConnector {
    fn scheme(&self) -> &CompiledScheme {
        // The position was found in this very list, which never changes.
        &self.connector.auth[self.position].scheme
    }
}

/// Everything but the credentials that a proof needs. Owned, so that a refresh may outlive the request that began it.
#[derive(Clone)]
pub struct Login {
    /// The connector's scheme; see [`Login::scheme_of`].
    pub scheme: Arc<dyn SchemeSource>,
    /// The account's base URL; paths of token requests are joined to it.
    pub base_url: Url,
    /// The connector's headers, sent with token requests too.
    pub headers: HeaderMap,
    /// The non-secret link fields: `.config`.
    pub config: sonic_rs::Value,
    /// Our registration, for `oauth2_code`: `.app`.
    pub app: Option<App>,
}

/// What the templates see.
struct View(sonic_rs::Value);

impl Login {
    /// The connector's scheme with this id, the first one for `None`; `None` if there is no such scheme.
    pub fn scheme_of(connector: &Arc<Connector>, id: Option<&str>) -> Option<Arc<dyn SchemeSource>> {
        let position = match id {
            None => (!connector.auth.is_empty()).then_some(0)?,
            Some(id) => connector.auth.iter().position(|auth| auth.id.as_deref() == Some(id))?,
        };
        Some(Arc::new(OfConnector { connector: Arc::clone(connector), position }))
    }

    /// Whether the scheme works with tokens that are obtained first.
    pub fn needs_tokens(&self) -> bool {
        match self.scheme.scheme() {
            Scheme::None {} | Scheme::ApiKey { .. } | Scheme::Basic { .. } | Scheme::Bearer { .. } => false,
            Scheme::Oauth2Code { .. } | Scheme::Oauth2ClientCredentials { .. } => true,
            Scheme::Token { .. } | Scheme::JwtBearer { .. } => true,
        }
    }

    /// Whether new tokens may be had without the end customer.
    pub fn can_renew(&self) -> bool {
        !matches!(self.scheme.scheme(), Scheme::Oauth2Code { refresh: Refresh::None, .. }) && self.needs_tokens()
    }

    /// Gives the request its proof. Schemes with tokens need them to be there.
    pub fn apply(&self, credentials: &Credentials, request: &mut Request) -> Result<(), AuthError> {
        let view = self.view(credentials)?;
        credentials.secrets().for_each(|secret| request.hide(secret));
        let access = || credentials.tokens.as_ref().map(|tokens| &tokens.access).ok_or(AuthError::Missing);
        match self.scheme.scheme() {
            Scheme::None {} => Ok(()),
            Scheme::ApiKey { place, name, value } => {
                api_key::apply(request, *place, name, &view.secret(value, "value")?)
            }
            Scheme::Basic { username, password } => {
                // An empty password is legal; many vendors put the key into the user name.
                let password = Secret::new(view.maybe(password, "password")?.unwrap_or_default());
                basic::apply(request, &view.secret(username, "username")?, &password)
            }
            Scheme::Bearer { token } => bearer::apply(request, &view.secret(token, "token")?),
            Scheme::Token { used, .. } => use_token(request, used, access()?, &view),
            Scheme::Oauth2Code { .. } | Scheme::Oauth2ClientCredentials { .. } | Scheme::JwtBearer { .. } => {
                bearer::apply(request, access()?)
            }
        }
    }

    /// Obtains tokens, the first ones or the next: by refresh token, client credentials, token request or assertion.
    /// Does not store them; between processes only `Vault` may call it for a linked account.
    pub async fn obtain(
        &self,
        outbound: &Outbound,
        lane: &Lane,
        credentials: &Credentials,
        now_us: i64,
    ) -> Result<Tokens, AuthError> {
        let view = self.view(credentials)?;
        let at = |url: Url| Endpoint { outbound, lane, url, now_us };
        match self.scheme.scheme() {
            Scheme::None {} | Scheme::ApiKey { .. } | Scheme::Basic { .. } | Scheme::Bearer { .. } => {
                Err(AuthError::manifest("scheme", "has no tokens"))
            }
            Scheme::Oauth2Code { token_url, client_auth, token_params, .. } => {
                let old = credentials.tokens.as_ref().ok_or(AuthError::Missing)?;
                let endpoint = at(self.address(&view, token_url, "token_url")?);
                let params = view.params(token_params, "token_params")?;
                Ok(oauth2_code::refresh(&endpoint, &self.client(*client_auth)?, old, &params).await?)
            }
            Scheme::Oauth2ClientCredentials {
                token_url,
                scopes,
                client_auth,
                client_id,
                client_secret,
                token_params,
            } => {
                let endpoint = at(self.address(&view, token_url, "token_url")?);
                let client =
                    customer_client(&view, credentials, *client_auth, client_id.as_ref(), client_secret.as_ref())?;
                let params = view.params(token_params, "token_params")?;
                Ok(oauth2_client_credentials::obtain(&endpoint, &client, &scopes.join(" "), &params).await?)
            }
            Scheme::Token { request, token, lifetime_s, expires_in, .. } => {
                let mut request = self.token_request(&view, request)?;
                credentials.secrets().for_each(|secret| request.hide(secret));
                let endpoint = at(request.url.clone());
                let reading = token::Reading { token, expires_in: expires_in.as_deref(), lifetime_s: *lifetime_s };
                token::obtain(&endpoint, request, &reading).await
            }
            Scheme::JwtBearer { token_url, algorithm, claims, key, key_id, lifetime_s, scopes, token_params } => {
                let endpoint = at(self.address(&view, token_url, "token_url")?);
                let key_id = key_id.as_ref().map(|id| view.text(id, "key_id")).transpose()?;
                let claims = view.claims(claims, now_us, *lifetime_s)?;
                let assertion = assertion(&view, *algorithm, key, key_id.as_deref(), &claims)?;
                let params = view.params(token_params, "token_params")?;
                Ok(jwt_bearer::obtain(&endpoint, &assertion, &scopes.join(" "), &params).await?)
            }
        }
    }

    /// Where to send the end customer (`oauth2_code`). `state` comes back with the code and must be checked.
    pub fn consent(&self, credentials: &Credentials, redirect_uri: &str, state: &str) -> Result<Consent, AuthError> {
        let Scheme::Oauth2Code { authorize_url, scopes, scope_separator, pkce, authorize_params, .. } =
            self.scheme.scheme()
        else {
            return Err(AuthError::manifest("scheme", "is not oauth2_code"));
        };
        let view = self.view(credentials)?;
        Ok(oauth2_code::begin(oauth2_code::Ask {
            authorize_url: self.address(&view, authorize_url, "authorize_url")?,
            client_id: &self.app()?.client_id,
            redirect_uri,
            scope: &scopes.join(scope_separator.as_deref().unwrap_or(" ")),
            state,
            pkce: *pkce,
            params: &view.params(authorize_params, "authorize_params")?,
        }))
    }

    /// Exchanges the code that the end customer brought back (`oauth2_code`).
    pub async fn exchange(
        &self,
        (outbound, lane): (&Outbound, &Lane),
        credentials: &Credentials,
        redirect_uri: &str,
        (code, verifier): (&Secret, Option<&Secret>),
        now_us: i64,
    ) -> Result<Tokens, AuthError> {
        let Scheme::Oauth2Code { token_url, client_auth, token_params, .. } = self.scheme.scheme() else {
            return Err(AuthError::manifest("scheme", "is not oauth2_code"));
        };
        let view = self.view(credentials)?;
        let url = self.address(&view, token_url, "token_url")?;
        let endpoint = Endpoint { outbound, lane, url, now_us };
        let (client, params) = (self.client(*client_auth)?, view.params(token_params, "token_params")?);
        Ok(oauth2_code::exchange(&endpoint, &client, redirect_uri, code, verifier, &params).await?)
    }

    fn app(&self) -> Result<&App, AuthError> {
        self.app.as_ref().ok_or_else(|| AuthError::manifest("app", "no client id is configured for this integration"))
    }

    fn client(&self, auth: ClientAuth) -> Result<Client, AuthError> {
        let app = self.app()?;
        Ok(Client { id: app.client_id.clone(), secret: app.client_secret.clone(), auth })
    }

    fn view(&self, credentials: &Credentials) -> Result<View, AuthError> {
        let mut shown = Map::new();
        if let Some(tokens) = &credentials.tokens {
            shown.extend(exposed(&tokens.extra));
            shown.insert("access_token".into(), tokens.access.expose().into());
        }
        shown.extend(exposed(&credentials.fields));
        let mut root = json!({ "credentials": shown, "config": self.config });
        if let Some(tokens) = &credentials.tokens {
            root["token"] = tokens.access.expose().into();
        }
        if let Some(app) = &self.app {
            root["app"] = json!({ "client_id": app.client_id, "client_secret": app.client_secret.expose() });
        }
        sonic_rs::to_value(&root).map(View).map_err(|error| AuthError::manifest("config", error))
    }

    /// An absolute address, or a path below the base URL.
    fn address(&self, view: &View, template: &Template, what: &str) -> Result<Url, AuthError> {
        let text = view.text(template, what)?;
        let absolute = if text.contains("://") {
            text
        } else {
            format!("{}/{}", self.base_url.as_str().trim_end_matches('/'), text.trim_start_matches('/'))
        };
        Url::parse(&absolute).map_err(|error| AuthError::manifest(what, error))
    }

    fn token_request(&self, view: &View, plan: &TokenRequest<Template>) -> Result<Request, AuthError> {
        let (method, address, what) = match (&plan.get, &plan.post) {
            (Some(get), None) => (Method::GET, get, "request.get"),
            (None, Some(post)) => (Method::POST, post, "request.post"),
            _ => return Err(AuthError::manifest("request", "needs one of get and post")),
        };
        let mut request = Request::new(method, self.address(view, address, what)?);
        request.headers = self.headers.clone();
        let query = view.params(&plan.query, "request.query")?;
        if !query.is_empty() {
            request.url.query_pairs_mut().extend_pairs(query);
        }
        if let Some(json) = &plan.json {
            request.headers.insert("content-type", HeaderValue::from_static("application/json"));
            request.body = Bytes::from(Value::Object(view.object(json, "request.json")?).to_string());
        } else if let Some(form) = &plan.form {
            let pairs = view.params(form, "request.form")?;
            request.headers.insert("content-type", HeaderValue::from_static("application/x-www-form-urlencoded"));
            let body = url::form_urlencoded::Serializer::new(String::new()).extend_pairs(pairs).finish();
            request.body = Bytes::from(body);
        }
        for (name, value) in view.params(&plan.headers, "request.headers")? {
            let header = HeaderName::try_from(&name).map_err(|error| AuthError::manifest(&name, error))?;
            let value = HeaderValue::try_from(value).map_err(|error| AuthError::manifest(&name, error))?;
            request.headers.insert(header, value);
        }
        Ok(request)
    }
}

impl View {
    fn maybe(&self, template: &Template, what: &str) -> Result<Option<String>, AuthError> {
        template.text(&self.0, &[]).map_err(|error| AuthError::manifest(what, error))
    }

    fn text(&self, template: &Template, what: &str) -> Result<String, AuthError> {
        match self.maybe(template, what)? {
            Some(text) if !text.is_empty() => Ok(text),
            _ => Err(AuthError::manifest(what, "is empty: a link field is missing")),
        }
    }

    fn secret(&self, template: &Template, what: &str) -> Result<Secret, AuthError> {
        self.text(template, what).map(Secret::new)
    }

    /// Name and value; what is null is left out.
    fn params(&self, map: &IndexMap<String, Template>, what: &str) -> Result<Vec<(String, String)>, AuthError> {
        let mut params = Vec::with_capacity(map.len());
        for (name, template) in map {
            if let Some(value) = self.maybe(template, &format!("{what}.{name}"))? {
                params.push((name.clone(), value));
            }
        }
        Ok(params)
    }

    fn object(&self, map: &IndexMap<String, Template>, what: &str) -> Result<Map<String, Value>, AuthError> {
        let mut object = Map::new();
        for (name, template) in map {
            let fail = |error: &dyn std::fmt::Display| AuthError::manifest(&format!("{what}.{name}"), error);
            if let Some(value) = template.json(&self.0, &[]).map_err(|error| fail(&error))? {
                let value = serde_json::to_value(&value).map_err(|error| fail(&error))?;
                object.insert(name.clone(), value);
            }
        }
        Ok(object)
    }

    /// The declared claims with `iat` and `exp`.
    fn claims(
        &self,
        declared: &IndexMap<String, Template>,
        now_us: i64,
        lifetime_s: u64,
    ) -> Result<Map<String, Value>, AuthError> {
        let now_s = now_us.div_euclid(1_000_000);
        let mut claims = self.object(declared, "claims")?;
        claims.insert("iat".into(), now_s.into());
        claims.insert("exp".into(), now_s.saturating_add_unsigned(lifetime_s).into());
        Ok(claims)
    }
}

fn assertion(
    view: &View,
    algorithm: Algorithm,
    key: &Template,
    key_id: Option<&str>,
    claims: &Map<String, Value>,
) -> Result<Secret, AuthError> {
    jwt_bearer::sign_jwt(algorithm, &view.secret(key, "key")?, key_id, claims)
}

/// The end customer's own client: declared, or the link fields `client_id` and `client_secret`.
fn customer_client(
    view: &View,
    credentials: &Credentials,
    auth: ClientAuth,
    id: Option<&Template>,
    secret: Option<&Template>,
) -> Result<Client, AuthError> {
    let field = |name: &str| {
        let field = credentials.fields.get(name).cloned();
        field.ok_or_else(|| AuthError::manifest(name, "is empty: a link field is missing"))
    };
    let id = id.map_or_else(|| field("client_id"), |template| view.secret(template, "client_id"))?;
    let secret = secret.map_or_else(|| field("client_secret"), |template| view.secret(template, "client_secret"))?;
    Ok(Client { id: id.expose().to_owned(), secret, auth })
}

fn use_token(request: &mut Request, used: &TokenUse<Template>, token: &Secret, view: &View) -> Result<(), AuthError> {
    request.hide(token);
    let name = used.name.as_deref().unwrap_or("Authorization");
    let value = match &used.value {
        Some(template) => view.secret(template, "value")?,
        None if used.place == Place::Header => Secret::new(format!("Bearer {}", token.expose())),
        None => token.clone(),
    };
    api_key::apply(request, used.place, name, &value)
}

fn exposed(map: &BTreeMap<String, Secret>) -> impl Iterator<Item = (String, Value)> {
    map.iter().map(|(name, secret)| (name.clone(), secret.expose().into()))
}
