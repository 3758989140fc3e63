//! Auth: who may ask, and the OAuth2 token endpoint.
//!
//! Always true: a code works once; a rotating refresh token works once, and using it again ends its whole family.

use std::collections::{BTreeMap, HashMap};
use std::sync::{Arc, Mutex, PoisonError};

use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use minijinja::value::Value as Mj;
use serde_json::{Value, json};
use sha2::{Digest as _, Sha256};

use crate::dice;
use crate::plan::{AuthPlan, OauthPlan};
use crate::request::{Reply, Request};
use crate::scope::Scope;
use crate::spec::{GrantSpec, PkceSpec, RefreshSpec};
use crate::state::World;

/// What was handed out.
#[derive(Debug, Default)]
pub(crate) struct Tokens {
    inner: Mutex<Issued>,
}

#[derive(Debug, Default)]
struct Issued {
    count: u64,
    codes: HashMap<String, Code>,
    /// Access token -> (expires at, family).
    access: HashMap<String, (i64, u64)>,
    /// Refresh token -> (family, still good).
    refresh: HashMap<String, (u64, bool)>,
}

#[derive(Debug)]
struct Code {
    redirect_uri: String,
    challenge: Option<(String, String)>,
}

impl Tokens {
    /// Ends the life of every access token.
    pub fn expire(&self) {
        self.lock().access.clear();
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, Issued> {
        self.inner.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Whether the request proves who it is by any of the vendor's ways.
pub(crate) fn allowed(world: &Arc<World>, tokens: &Tokens, request: &Request) -> bool {
    let plan = world.plan();
    if plan.auth.is_empty() && plan.oauth2.is_none() {
        return true;
    }
    let scope = Scope::new(world);
    let authorization = request.headers.get("authorization").map(String::as_str).unwrap_or_default();
    let bearer = scheme(authorization, "bearer");
    let basic = scheme(authorization, "basic")
        .and_then(|text| STANDARD.decode(text).ok())
        .and_then(|bytes| String::from_utf8(bytes).ok());
    let is = |given: Option<&String>, template: &crate::template::Template| {
        given.is_some_and(|given| template.eval_text(&scope).is_ok_and(|wanted| !wanted.is_empty() && wanted == *given))
    };
    let known = plan.auth.iter().any(|way| match way {
        AuthPlan::Header { name, value } => is(request.headers.get(name), value),
        AuthPlan::Query { name, value } => is(request.query.get(name), value),
        AuthPlan::Bearer { token } => is(bearer.map(str::to_owned).as_ref(), token),
        AuthPlan::Basic { username, password } => {
            basic.as_ref().and_then(|both| both.split_once(':')).is_some_and(|(user, given)| {
                is(Some(&user.to_owned()), username)
                    && password
                        .as_ref()
                        .is_none_or(|password| password.eval_text(&scope).is_ok_and(|wanted| wanted == given))
            })
        }
    });
    let now = world.clock.now().as_millisecond();
    known || bearer.is_some_and(|token| tokens.lock().access.get(token).is_some_and(|(expires, _)| *expires > now))
}

fn scheme<'h>(authorization: &'h str, name: &str) -> Option<&'h str> {
    let (scheme, rest) = authorization.split_once(' ')?;
    scheme.eq_ignore_ascii_case(name).then(|| rest.trim())
}

/// The reply of the vendor's OAuth2 pages, if the request is for one of them.
pub(crate) fn oauth(world: &Arc<World>, tokens: &Tokens, request: &Request) -> Option<Reply> {
    let plan = world.plan();
    let oauth = plan.oauth2.as_ref()?;
    if request.method == "GET" && oauth.spec.authorize.as_deref() == Some(request.path.as_str()) {
        return Some(authorize(world, oauth, tokens, &request.query));
    }
    if request.method == "POST" && oauth.spec.token == request.path {
        return Some(token(world, oauth, tokens, request).unwrap_or_else(|(status, error)| {
            Reply::json(status, &json!({ "error": error, "error_description": format!("simulated: {error}") }))
        }));
    }
    None
}

/// The customer agrees at once: back to the redirect address with a code.
fn authorize(world: &Arc<World>, oauth: &OauthPlan, tokens: &Tokens, query: &BTreeMap<String, String>) -> Reply {
    let scope = Scope::new(world);
    let asked = |name: &str| query.get(name).cloned().unwrap_or_default();
    let Ok(mut back) = url::Url::parse(&asked("redirect_uri")) else {
        return Reply::json(
            400,
            &json!({ "error": "invalid_request", "error_description": "redirect_uri is missing" }),
        );
    };
    let challenge = query.get("code_challenge").map(|challenge| {
        (challenge.clone(), query.get("code_challenge_method").cloned().unwrap_or_else(|| "plain".into()))
    });
    let client = oauth.client_id.eval_text(&scope).unwrap_or_default();
    let problem = if asked("client_id") != client {
        Some("unauthorized_client")
    } else if asked("response_type") != "code" {
        Some("unsupported_response_type")
    } else if oauth.spec.pkce == PkceSpec::Required && challenge.is_none() {
        Some("invalid_request")
    } else {
        None
    };
    let answer = match problem {
        Some(problem) => ("error", problem.to_owned()),
        None => {
            let mut issued = tokens.lock();
            let code = fresh(world, &mut issued, "code");
            issued.codes.insert(code.clone(), Code { redirect_uri: asked("redirect_uri"), challenge });
            ("code", code)
        }
    };
    back.query_pairs_mut().append_pair(answer.0, &answer.1);
    if let Some(state) = query.get("state") {
        back.query_pairs_mut().append_pair("state", state);
    }
    Reply { status: 302, headers: vec![("Location".into(), back.to_string())], body: Vec::new() }
}

fn fresh(world: &World, issued: &mut Issued, kind: &str) -> String {
    issued.count += 1;
    let words =
        [0, 1, 2].map(|part| dice::combine(dice::hash(&[kind.as_bytes()]) ^ part, world.seed() ^ (issued.count << 8)));
    let bytes: Vec<u8> = words.iter().flat_map(|word| word.to_be_bytes()).collect();
    format!("{kind}-{}", URL_SAFE_NO_PAD.encode(bytes))
}

type Refusal = (u16, &'static str);

fn token(world: &Arc<World>, oauth: &OauthPlan, tokens: &Tokens, request: &Request) -> Result<Reply, Refusal> {
    let form = request.json();
    let field = |name: &str| {
        form.get(name)
            .and_then(Value::as_str)
            .or_else(|| request.query.get(name).map(String::as_str))
            .unwrap_or_default()
    };
    check_client(world, oauth, request, field("client_id"), field("client_secret"))?;
    let grant = match field("grant_type") {
        "authorization_code" => GrantSpec::AuthorizationCode,
        "refresh_token" => GrantSpec::RefreshToken,
        "client_credentials" => GrantSpec::ClientCredentials,
        _ => return Err((400, "unsupported_grant_type")),
    };
    if !oauth.spec.grants.contains(&grant) {
        return Err((400, "unauthorized_client"));
    }
    let mut issued = tokens.lock();
    let (family, refresh) = match grant {
        GrantSpec::AuthorizationCode => {
            let code = issued.codes.remove(field("code")).ok_or((400, "invalid_grant"))?;
            if code.redirect_uri != field("redirect_uri") || !proven(&code, field("code_verifier")) {
                return Err((400, "invalid_grant"));
            }
            let family = issued.count;
            (family, Some(new_refresh(world, &mut issued, family)))
        }
        GrantSpec::RefreshToken => {
            let given = field("refresh_token").to_owned();
            let (family, good) = issued.refresh.get(&given).copied().ok_or((400, "invalid_grant"))?;
            if !good {
                issued.refresh.values_mut().filter(|(member, _)| *member == family).for_each(|(_, good)| *good = false);
                issued.access.retain(|_, (_, member)| *member != family);
                return Err((400, "invalid_grant"));
            }
            match oauth.spec.refresh {
                RefreshSpec::Fixed => (family, Some(given)),
                RefreshSpec::Rotating => {
                    issued.refresh.insert(given, (family, false));
                    (family, Some(new_refresh(world, &mut issued, family)))
                }
            }
        }
        GrantSpec::ClientCredentials => (issued.count, None),
    };
    let access = fresh(world, &mut issued, "access");
    let life_ms = i64::try_from(oauth.spec.access_token_s).unwrap_or(3600) * 1000;
    issued.access.insert(access.clone(), (world.clock.now().as_millisecond() + life_ms, family));
    drop(issued);
    let scope = Scope::new(world)
        .with("access_token", Mj::from(access))
        .with("refresh_token", refresh.map_or_else(|| Mj::from(()), Mj::from))
        .with("expires_in", Mj::from(oauth.spec.access_token_s));
    oauth.reply.eval_json(&scope).map(|body| Reply::json(200, &body)).map_err(|_| (500, "server_error"))
}

fn new_refresh(world: &World, issued: &mut Issued, family: u64) -> String {
    let refresh = fresh(world, issued, "refresh");
    issued.refresh.insert(refresh.clone(), (family, true));
    refresh
}

fn check_client(
    world: &Arc<World>,
    oauth: &OauthPlan,
    request: &Request,
    id: &str,
    secret: &str,
) -> Result<(), Refusal> {
    let scope = Scope::new(world);
    let basic = request
        .headers
        .get("authorization")
        .and_then(|header| scheme(header, "basic"))
        .and_then(|text| STANDARD.decode(text).ok());
    let basic = basic.and_then(|bytes| String::from_utf8(bytes).ok());
    let (id, secret) = basic.as_deref().and_then(|both| both.split_once(':')).unwrap_or((id, secret));
    let wanted = (
        oauth.client_id.eval_text(&scope).unwrap_or_default(),
        oauth.client_secret.eval_text(&scope).unwrap_or_default(),
    );
    if (id, secret) == (wanted.0.as_str(), wanted.1.as_str()) { Ok(()) } else { Err((401, "invalid_client")) }
}

fn proven(code: &Code, verifier: &str) -> bool {
    match &code.challenge {
        None => true,
        Some((challenge, method)) if method == "S256" => {
            URL_SAFE_NO_PAD.encode(Sha256::digest(verifier.as_bytes())) == *challenge
        }
        Some((challenge, _)) => challenge == verifier,
    }
}
