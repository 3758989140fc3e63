//! The shape of `auth` in `connector.yaml`: the ways a vendor lets us prove ourselves.
//!
//! `Scheme<String>` is what is written; the compiled connector holds `Scheme<Template>`. Templates see `.credentials` (the secret
//! link fields and tokens), `.config` and `.app` (the project's own client id and secret for OAuth).
//! Elsewhere: the `auth` crate acts on these.

use indexmap::IndexMap;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::stream::RequestManifest;

/// One way to prove ourselves.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(bound(deserialize = "T: Deserialize<'de>"))]
pub struct Authorization<T = String> {
    /// How it is chosen when there are several; default: the scheme's name.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub id: Option<String>,
    /// How it is called in Link.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub title: Option<String>,
    /// The scheme and its settings.
    #[serde(flatten)]
    pub scheme: Scheme<T>,
}

/// The schemes.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(tag = "scheme", rename_all = "snake_case", bound(deserialize = "T: Deserialize<'de>"))]
pub enum Scheme<T = String> {
    /// No proof needed.
    None {},
    /// A key in a header or query parameter.
    ApiKey {
        /// Where the key goes.
        #[serde(default, rename = "in")]
        place: Place,
        /// The header's or parameter's name.
        name: String,
        /// What is sent.
        value: T,
    },
    /// HTTP Basic.
    Basic {
        /// The user name.
        username: T,
        /// The password; may be empty.
        password: T,
    },
    /// `Authorization: Bearer <token>`.
    Bearer {
        /// The token.
        token: T,
    },
    /// OAuth 2 authorization code.
    Oauth2Code {
        /// Where the customer is sent.
        authorize_url: T,
        /// Where codes and refresh tokens are exchanged.
        token_url: T,
        /// What is asked for.
        #[serde(default)]
        scopes: Vec<String>,
        /// What stands between scopes; default a space.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        scope_separator: Option<String>,
        /// Whether PKCE (S256) is used; default yes.
        #[serde(default = "yes")]
        pkce: bool,
        /// How the client proves itself at the token URL.
        #[serde(default)]
        client_auth: ClientAuth,
        /// What a refresh does to the refresh token.
        #[serde(default)]
        refresh: Refresh,
        /// Further parameters of the authorize URL.
        #[serde(default)]
        authorize_params: IndexMap<String, T>,
        /// Further parameters of the token request.
        #[serde(default)]
        token_params: IndexMap<String, T>,
    },
    /// OAuth 2 client credentials.
    Oauth2ClientCredentials {
        /// Where tokens come from.
        token_url: T,
        /// What is asked for.
        #[serde(default)]
        scopes: Vec<String>,
        /// How the client proves itself.
        #[serde(default)]
        client_auth: ClientAuth,
        /// The client's id; default `{{ .credentials.client_id }}`.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        client_id: Option<T>,
        /// The client's secret; default `{{ .credentials.client_secret }}`.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        client_secret: Option<T>,
        /// Further parameters of the token request.
        #[serde(default)]
        token_params: IndexMap<String, T>,
    },
    /// A request that yields a token, which is then sent with every request.
    Token {
        /// The request for the token.
        request: TokenRequest<T>,
        /// jq over the reply's body: the token.
        token: String,
        /// How long a token lives.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        lifetime_s: Option<u64>,
        /// jq over the reply's body: seconds the token lives.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        expires_in: Option<String>,
        /// How the token is sent.
        #[serde(flatten)]
        used: TokenUse<T>,
    },
    /// A signed JWT exchanged for an access token (RFC 7523).
    JwtBearer {
        /// Where the assertion is exchanged.
        token_url: T,
        /// How the assertion is signed.
        #[serde(default)]
        algorithm: Algorithm,
        /// Further claims; `iat` and `exp` are added.
        #[serde(default)]
        claims: IndexMap<String, T>,
        /// The private key (PEM) or the shared secret.
        key: T,
        /// The `kid` header.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        key_id: Option<T>,
        /// How long the assertion lives.
        #[serde(default = "five_minutes")]
        lifetime_s: u64,
        /// What is asked for.
        #[serde(default)]
        scopes: Vec<String>,
        /// Further parameters of the token request.
        #[serde(default)]
        token_params: IndexMap<String, T>,
    },
}

/// The request of the `token` scheme; values are templates and may use `.credentials`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, bound(deserialize = "T: Deserialize<'de>"))]
pub struct TokenRequest<T = String> {
    /// Address of a GET request; a path is joined to the base URL.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub get: Option<T>,
    /// Address of a POST request.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub post: Option<T>,
    /// Query parameters.
    #[serde(default)]
    pub query: IndexMap<String, T>,
    /// Headers.
    #[serde(default)]
    pub headers: IndexMap<String, T>,
    /// JSON body (one level).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub json: Option<IndexMap<String, T>>,
    /// Form body.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub form: Option<IndexMap<String, T>>,
}

/// How a token is sent: a header by default, `Authorization: Bearer …` unless said otherwise.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(bound(deserialize = "T: Deserialize<'de>"))]
pub struct TokenUse<T = String> {
    /// Where it goes.
    #[serde(default, rename = "in")]
    pub place: Place,
    /// The header's or parameter's name; default `Authorization`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// What is sent, over `.token`; default `Bearer {{ .token }}`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub value: Option<T>,
}

/// Where a key goes.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Place {
    /// A header.
    #[default]
    Header,
    /// A query parameter.
    Query,
}

/// How an OAuth client proves itself at the token URL.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum ClientAuth {
    /// HTTP Basic.
    Basic,
    /// `client_id` and `client_secret` in the form body.
    #[default]
    Body,
}

/// What a refresh does to the refresh token.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Refresh {
    /// Each refresh brings a new refresh token and ends the old one.
    Rotating,
    /// The refresh token stays.
    #[default]
    Fixed,
    /// Access tokens do not expire.
    None,
}

/// How a JWT assertion is signed.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub enum Algorithm {
    /// RSA with SHA-256.
    #[default]
    RS256,
    /// ECDSA P-256 with SHA-256.
    ES256,
    /// HMAC with SHA-256.
    HS256,
}

fn yes() -> bool {
    true
}

fn five_minutes() -> u64 {
    300
}

impl Scheme<String> {
    /// The word used in manifests.
    #[must_use]
    pub fn name(&self) -> &'static str {
        scheme_name(self)
    }
}

/// The word a scheme has in manifests.
pub(crate) fn scheme_name<T>(scheme: &Scheme<T>) -> &'static str {
    match scheme {
        Scheme::None {} => "none",
        Scheme::ApiKey { .. } => "api_key",
        Scheme::Basic { .. } => "basic",
        Scheme::Bearer { .. } => "bearer",
        Scheme::Oauth2Code { .. } => "oauth2_code",
        Scheme::Oauth2ClientCredentials { .. } => "oauth2_client_credentials",
        Scheme::Token { .. } => "token",
        Scheme::JwtBearer { .. } => "jwt_bearer",
    }
}

/// Requests are compiled by the same rules as any other.
impl TokenRequest<String> {
    /// The same as a request manifest, to share its checks.
    #[must_use]
    pub fn as_request(&self) -> RequestManifest {
        let text = |map: &IndexMap<String, String>| {
            map.iter().map(|(k, v)| (k.clone(), serde_json::Value::String(v.clone()))).collect::<IndexMap<_, _>>()
        };
        RequestManifest {
            get: self.get.clone(),
            post: self.post.clone(),
            put: None,
            query: text(&self.query),
            headers: self.headers.clone(),
            json: self.json.as_ref().map(|map| serde_json::Value::Object(text(map).into_iter().collect())),
            form: self.form.as_ref().map(text),
            graphql: None,
            raw: None,
        }
    }
}
