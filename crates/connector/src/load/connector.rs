//! Compiling `connector.yaml`.

use std::sync::Arc;

use indexmap::IndexMap;
use unisono_model::Models;

use super::scope::{AUTH, BASE, Scope, TOKEN};
use super::yaml::At;
use crate::connector::{CheckPlan, Connector};
use crate::expr::Template;
use crate::fault::{Faults, RetryAfter, Rule};
use crate::manifest::{
    Authorization, ConnectorManifest, FaultRule, FieldType, Scheme, TokenRequest, TokenUse, scheme_name,
};
use crate::request::Base;
use crate::stream::Stream;

/// What all streams of a connector share.
pub(super) struct Shared {
    pub(super) base: Arc<Base>,
    pub(super) faults: Arc<Faults>,
    auth: Vec<Authorization<Template>>,
    check: Option<CheckPlan>,
}

impl Shared {
    pub(super) fn finish(
        self,
        slug: &str,
        manifest: ConnectorManifest,
        streams: IndexMap<String, Vec<Stream>>,
    ) -> Connector {
        Connector {
            slug: slug.to_owned(),
            name: manifest.name,
            categories: manifest.categories,
            docs: manifest.docs,
            color: manifest.color,
            fields: manifest.fields,
            auth: self.auth,
            limits: manifest.limits,
            faults: self.faults,
            webhooks: manifest.webhooks,
            evidence: manifest.evidence,
            streams,
            base: self.base,
            check: self.check,
        }
    }
}

pub(super) fn compile(
    scope: &mut Scope<'_>,
    slug: &str,
    manifest: &ConnectorManifest,
    models: &Models,
) -> Option<Shared> {
    let top = At::default();
    if slug.is_empty() || !slug.chars().all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-' || c == '_') {
        scope.fail(
            &top,
            format!("`{slug}` is no folder name for a connector: lower-case letters, digits, - and _ only"),
        );
    }
    if manifest.categories.is_empty() {
        scope.fail(&top.key("categories"), "a connector serves at least one category");
    }
    for (index, category) in manifest.categories.iter().enumerate() {
        if models.category(category).is_none() {
            let names: Vec<&str> = models.categories().map(|category| category.slug.as_str()).collect();
            let message = format!("there is no category `{category}`, only {}", names.join(", "));
            scope.fail_near(&top.key("categories").index(index), message, category, names);
        }
    }
    check_fields(scope, manifest);
    let url = scope.template(&top.key("base_url"), &manifest.base_url, BASE);
    let literal = manifest.base_url.starts_with("https://") || manifest.base_url.starts_with("http://");
    if !literal && !manifest.base_url.starts_with("{{") {
        scope.fail(&top.key("base_url"), "the base URL must be an absolute http address");
    }
    let headers = scope.headers(&top.key("headers"), &manifest.headers, BASE);
    let hosts = manifest.hosts.iter().enumerate();
    let hosts: Vec<_> = hosts.map(|(index, host)| scope.template(&top.key("hosts").index(index), host, BASE)).collect();
    let faults = faults(scope, manifest);
    let auth = auth(scope, manifest);
    let check = check(scope, manifest);
    let base = Base { url: url?, headers, hosts: hosts.into_iter().flatten().collect() };
    Some(Shared { base: Arc::new(base), faults: Arc::new(faults), auth, check })
}

fn check_fields(scope: &mut Scope<'_>, manifest: &ConnectorManifest) {
    let at = At::default().key("fields");
    for (index, field) in manifest.fields.iter().enumerate() {
        let at = at.index(index);
        if manifest.fields[..index].iter().any(|other| other.name == field.name) {
            scope.fail(&at.key("name"), format!("the field `{}` is declared twice", field.name));
        }
        let valid = field.name.starts_with(|c: char| c.is_ascii_lowercase())
            && field.name.chars().all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '_');
        if !valid {
            scope.fail(&at.key("name"), format!("`{}` is no field name: snake_case only", field.name));
        }
        if let Some(pattern) = &field.pattern
            && let Err(error) = regex_lite::Regex::new(pattern)
        {
            scope.fail(&at.key("pattern"), format!("not a regular expression: {error}"));
        }
        if (field.kind == FieldType::Select) == field.choices.is_empty() {
            scope.fail(&at, "`choices` belong to `type: select`, and a select needs them");
        }
    }
}

fn check(scope: &mut Scope<'_>, manifest: &ConnectorManifest) -> Option<CheckPlan> {
    let check = manifest.check.as_ref()?;
    let at = At::default().key("check");
    let expect = scope.maybe(&at.key("expect"), check.expect.as_deref());
    Some(CheckPlan { request: scope.request(&at, &check.request(), BASE)?, expect })
}

fn faults(scope: &mut Scope<'_>, manifest: &ConnectorManifest) -> Faults {
    let top = At::default();
    let message = scope.maybe(&top.key("message"), manifest.message.as_deref());
    let mut rules = Vec::new();
    for (index, rule) in manifest.faults.iter().enumerate() {
        rules.push(fault(scope, &top.key("faults").index(index), rule));
    }
    Faults { rules, message }
}

fn fault(scope: &mut Scope<'_>, at: &At, rule: &FaultRule) -> Rule {
    if rule.status.is_empty() && rule.when.is_none() {
        scope.fail(at, "a fault needs `status` or `when`");
    }
    let retry_after = rule.retry_after.as_deref().and_then(|text| {
        if text.starts_with(['.', '(', '[']) {
            return scope.expr(&at.key("retry_after"), text).map(RetryAfter::Jq);
        }
        Some(RetryAfter::Header(text.to_ascii_lowercase()))
    });
    Rule {
        status: rule.status.clone(),
        when: scope.maybe(&at.key("when"), rule.when.as_deref()),
        kind: rule.fault,
        message: scope.maybe(&at.key("message"), rule.message.as_deref()),
        retry_after,
    }
}

/// Keys of each scheme beside `scheme`, `id` and `title`; serde cannot close a flattened enum.
fn scheme_keys(scheme: &str) -> &'static [&'static str] {
    match scheme {
        "api_key" => &["in", "name", "value"],
        "basic" => &["username", "password"],
        "bearer" => &["token"],
        "oauth2_code" => &[
            "authorize_url",
            "token_url",
            "scopes",
            "scope_separator",
            "pkce",
            "client_auth",
            "refresh",
            "authorize_params",
            "token_params",
        ],
        "oauth2_client_credentials" => {
            &["token_url", "scopes", "client_auth", "client_id", "client_secret", "token_params"]
        }
        "token" => &["request", "token", "lifetime_s", "expires_in", "in", "name", "value"],
        "jwt_bearer" => &["token_url", "algorithm", "claims", "key", "key_id", "lifetime_s", "scopes", "token_params"],
        _ => &[],
    }
}

fn auth(scope: &mut Scope<'_>, manifest: &ConnectorManifest) -> Vec<Authorization<Template>> {
    let mut compiled: Vec<Authorization<Template>> = Vec::new();
    for (index, written) in manifest.auth.iter().enumerate() {
        let at = At::default().key("auth").index(index);
        let name = scheme_name(&written.scheme);
        let allowed: Vec<&str> =
            ["scheme", "id", "title"].into_iter().chain(scheme_keys(name).iter().copied()).collect();
        let unknown: Vec<String> =
            scope.file.keys(&at).into_iter().filter(|key| !allowed.contains(key)).map(str::to_owned).collect();
        for key in unknown {
            let message = format!("unknown key `{key}` of the scheme {name}");
            scope.fail_near(&at.key(&key), message, &key, allowed.iter().copied());
        }
        let id = written.id.clone().unwrap_or_else(|| name.to_owned());
        if compiled.iter().any(|other| other.id.as_deref() == Some(&id)) {
            scope.fail(&at, format!("two ways of `auth` have the id `{id}`; give each an `id`"));
        }
        if let Some(scheme) = scheme(scope, &at, &written.scheme) {
            compiled.push(Authorization { id: Some(id), title: written.title.clone(), scheme });
        }
    }
    compiled
}

fn scheme(scope: &mut Scope<'_>, at: &At, written: &Scheme) -> Option<Scheme<Template>> {
    let one = |scope: &mut Scope<'_>, key: &str, text: &str| scope.template(&at.key(key), text, AUTH);
    Some(match written {
        Scheme::None {} => Scheme::None {},
        Scheme::ApiKey { place, name, value } => {
            Scheme::ApiKey { place: *place, name: name.clone(), value: one(scope, "value", value)? }
        }
        Scheme::Basic { username, password } => {
            let (username, password) = (one(scope, "username", username), one(scope, "password", password));
            Scheme::Basic { username: username?, password: password? }
        }
        Scheme::Bearer { token } => Scheme::Bearer { token: one(scope, "token", token)? },
        Scheme::Oauth2Code {
            authorize_url,
            token_url,
            scopes,
            scope_separator,
            pkce,
            client_auth,
            refresh,
            authorize_params,
            token_params,
        } => Scheme::Oauth2Code {
            authorize_url: one(scope, "authorize_url", authorize_url)?,
            token_url: one(scope, "token_url", token_url)?,
            scopes: scopes.clone(),
            scope_separator: scope_separator.clone(),
            pkce: *pkce,
            client_auth: *client_auth,
            refresh: *refresh,
            authorize_params: templates(scope, &at.key("authorize_params"), authorize_params),
            token_params: templates(scope, &at.key("token_params"), token_params),
        },
        Scheme::Oauth2ClientCredentials { token_url, scopes, client_auth, client_id, client_secret, token_params } => {
            Scheme::Oauth2ClientCredentials {
                token_url: one(scope, "token_url", token_url)?,
                scopes: scopes.clone(),
                client_auth: *client_auth,
                client_id: client_id.as_ref().and_then(|text| one(scope, "client_id", text)),
                client_secret: client_secret.as_ref().and_then(|text| one(scope, "client_secret", text)),
                token_params: templates(scope, &at.key("token_params"), token_params),
            }
        }
        Scheme::Token { request, token, lifetime_s, expires_in, used } => {
            scope.expr(&at.key("token"), token)?;
            scope.maybe(&at.key("expires_in"), expires_in.as_deref());
            let value = used.value.as_ref().and_then(|text| scope.template(&at.key("value"), text, TOKEN));
            Scheme::Token {
                request: token_request(scope, &at.key("request"), request)?,
                token: token.clone(),
                lifetime_s: *lifetime_s,
                expires_in: expires_in.clone(),
                used: TokenUse { place: used.place, name: used.name.clone(), value },
            }
        }
        Scheme::JwtBearer { token_url, algorithm, claims, key, key_id, lifetime_s, scopes, token_params } => {
            Scheme::JwtBearer {
                token_url: one(scope, "token_url", token_url)?,
                algorithm: *algorithm,
                claims: templates(scope, &at.key("claims"), claims),
                key: one(scope, "key", key)?,
                key_id: key_id.as_ref().and_then(|text| one(scope, "key_id", text)),
                lifetime_s: *lifetime_s,
                scopes: scopes.clone(),
                token_params: templates(scope, &at.key("token_params"), token_params),
            }
        }
    })
}

fn token_request(scope: &mut Scope<'_>, at: &At, written: &TokenRequest) -> Option<TokenRequest<Template>> {
    scope.request(at, &written.as_request(), AUTH)?;
    let one = |scope: &mut Scope<'_>, key: &str, text: &Option<String>| {
        text.as_ref()
            .and_then(|text| Template::parse(text).map_err(|_| scope.fail(&at.key(key), "not a template")).ok())
    };
    Some(TokenRequest {
        get: one(scope, "get", &written.get),
        post: one(scope, "post", &written.post),
        query: templates(scope, &at.key("query"), &written.query),
        headers: templates(scope, &at.key("headers"), &written.headers),
        json: written.json.as_ref().map(|map| templates(scope, &at.key("json"), map)),
        form: written.form.as_ref().map(|map| templates(scope, &at.key("form"), map)),
    })
}

fn templates(scope: &mut Scope<'_>, at: &At, written: &IndexMap<String, String>) -> IndexMap<String, Template> {
    let mut compiled = IndexMap::new();
    for (name, text) in written {
        if let Some(template) = scope.template(&at.key(name), text, AUTH) {
            compiled.insert(name.clone(), template);
        }
    }
    compiled
}
