//! The token endpoint (RFC 6749 section 5): asks once, reads what was issued or why not.

use std::collections::BTreeMap;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::Value;
use unisono_connector::manifest::ClientAuth;
use unisono_outbound::{Bytes, HeaderValue, Lane, Method, Outbound, Redactor, Reply, Request, Secret, Url};

use crate::{GrantError, Tokens};

/// Where to ask; shared by all schemes with tokens.
#[derive(Clone)]
pub(crate) struct Endpoint<'a> {
    pub outbound: &'a Outbound,
    pub lane: &'a Lane,
    pub url: Url,
    pub now_us: i64,
}

/// Who asks: an OAuth client and how it proves itself.
pub(crate) struct Client {
    pub id: String,
    pub secret: Secret,
    pub auth: ClientAuth,
}

/// Characters of a vendor's refusal that are kept.
const REASON_CHARS_MAX: usize = 300;

impl Endpoint<'_> {
    /// Posts the form, once: a repeated grant would end a rotating token.
    pub async fn ask(&self, client: Option<&Client>, form: &[(&str, &str)]) -> Result<Tokens, GrantError> {
        let mut pairs: Vec<(&str, &str)> = form.to_vec();
        let mut request = Request::new(Method::POST, self.url.clone());
        request.headers.insert("accept", HeaderValue::from_static("application/json"));
        request.headers.insert("content-type", HeaderValue::from_static("application/x-www-form-urlencoded"));
        if let Some(client) = client {
            request.hide(&client.secret);
            match client.auth {
                ClientAuth::Basic => request.headers.insert("authorization", basic(&client.id, &client.secret)?),
                ClientAuth::Body => {
                    pairs.push(("client_id", &client.id));
                    if !client.secret.is_empty() {
                        pairs.push(("client_secret", client.secret.expose()));
                    }
                    None
                }
            };
        }
        for (name, value) in &pairs {
            if matches!(*name, "refresh_token" | "code" | "code_verifier" | "assertion") {
                request.hide(&Secret::new(*value));
            }
        }
        let body = url::form_urlencoded::Serializer::new(String::new()).extend_pairs(pairs).finish();
        request.body = Bytes::from(body);
        let redactor = Redactor::new(&request.secrets, &[], &[]);
        let reply = self.outbound.send(self.lane, request).await?;
        let fields = fields(&reply);
        issued(&fields, self.now_us).ok_or_else(|| refusal(&reply, &fields, &redactor))
    }
}

/// Basic authentication of a client: both parts form-encoded first (RFC 6749 section 2.3.1).
fn basic(id: &str, secret: &Secret) -> Result<HeaderValue, GrantError> {
    let encode = |text: &str| url::form_urlencoded::byte_serialize(text.as_bytes()).collect::<String>();
    let pair = STANDARD.encode(format!("{}:{}", encode(id), encode(secret.expose())));
    let mut value = HeaderValue::try_from(format!("Basic {pair}"))
        .map_err(|error| GrantError::Reply { reason: error.to_string() })?;
    value.set_sensitive(true);
    Ok(value)
}

/// The reply's fields: JSON, or a form as a few old servers send.
fn fields(reply: &Reply) -> BTreeMap<String, Value> {
    if let Ok(Value::Object(map)) = serde_json::from_slice(&reply.body) {
        return map.into_iter().collect();
    }
    if reply.header("content-type").is_some_and(|kind| kind.contains("form-urlencoded")) {
        let pairs = url::form_urlencoded::parse(&reply.body);
        return pairs.map(|(name, value)| (name.into_owned(), Value::from(value.into_owned()))).collect();
    }
    BTreeMap::new()
}

fn issued(fields: &BTreeMap<String, Value>, now_us: i64) -> Option<Tokens> {
    let text = |name: &str| fields.get(name).and_then(Value::as_str).filter(|text| !text.is_empty());
    let access = Secret::new(text("access_token")?);
    let expires_us = fields.get("expires_in").and_then(seconds).map(|life| now_us.saturating_add(life));
    let known = ["access_token", "refresh_token", "expires_in", "token_type", "id_token"];
    let extra = fields.iter().filter(|(name, _)| !known.contains(&name.as_str())).filter_map(|(name, value)| {
        let text = match value {
            Value::String(text) => text.clone(),
            Value::Number(number) => number.to_string(),
            Value::Null | Value::Bool(_) | Value::Array(_) | Value::Object(_) => return None,
        };
        Some((name.clone(), Secret::new(text)))
    });
    let refresh = text("refresh_token").map(Secret::from);
    Some(Tokens { access, refresh, expires_us, issued_us: now_us, extra: extra.collect() })
}

/// A number of seconds, as number or text, in microseconds.
pub(crate) fn seconds(value: &Value) -> Option<i64> {
    let seconds = value.as_f64().or_else(|| value.as_str()?.parse().ok())?;
    (seconds.is_finite() && seconds > 0.0).then_some((seconds * 1e6) as i64)
}

fn refusal(reply: &Reply, fields: &BTreeMap<String, Value>, redactor: &Redactor) -> GrantError {
    let status = reply.status.as_u16();
    if reply.status.is_server_error() || status == 408 {
        return GrantError::Unavailable { status };
    }
    let text = |name: &str| fields.get(name).and_then(Value::as_str);
    let code = text("error").unwrap_or_default();
    let words = text("error_description").or(text("message")).unwrap_or_default();
    let mut reason = [code, words].into_iter().filter(|part| !part.is_empty()).collect::<Vec<_>>().join(": ");
    if reason.is_empty() {
        reason = format!("status {status} without an error code");
    }
    let reason = redactor.text(&reason).chars().take(REASON_CHARS_MAX).collect();
    match code {
        "invalid_grant" | "access_denied" => GrantError::Dead { reason },
        "invalid_client" | "unauthorized_client" | "invalid_scope" | "unsupported_grant_type" | "invalid_request" => {
            GrantError::Client { reason }
        }
        "temporarily_unavailable" | "server_error" => GrantError::Unavailable { status },
        _ if reply.status.is_success() => GrantError::Reply { reason: "no access token in it".into() },
        _ if matches!(status, 401 | 403) => GrantError::Dead { reason },
        _ => GrantError::Client { reason },
    }
}
