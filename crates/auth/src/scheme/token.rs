//! `token`: a first request yields a token, which goes with every further one.

use unisono_connector::expr::Expr;
use unisono_outbound::{Redactor, Reply, Request, Secret};

use crate::grant::{Endpoint, seconds};
use crate::{AuthError, GrantError, Tokens};

/// Where the token is in the reply and how long it lives.
pub(crate) struct Reading<'a> {
    pub token: &'a str,
    pub expires_in: Option<&'a str>,
    pub lifetime_s: Option<u64>,
}

/// Sends the token request and reads the token.
pub(crate) async fn obtain(
    endpoint: &Endpoint<'_>,
    request: Request,
    reading: &Reading<'_>,
) -> Result<Tokens, AuthError> {
    let redactor = Redactor::new(&request.secrets, &[], &[]);
    let reply = endpoint.outbound.send(endpoint.lane, request).await.map_err(GrantError::from)?;
    if !reply.status.is_success() {
        return Err(refusal(&reply, &redactor).into());
    }
    let body: sonic_rs::Value =
        sonic_rs::from_slice(&reply.body).map_err(|_| GrantError::Reply { reason: "it is not JSON".into() })?;
    let access = text(&pick(reading.token, "token", &body)?)
        .ok_or_else(|| GrantError::Reply { reason: format!("`{}` gives no token", reading.token) })?;
    let declared =
        reading.lifetime_s.and_then(|life| i64::try_from(life).ok()).map(|life| life.saturating_mul(1_000_000));
    let life = match reading.expires_in {
        Some(path) => seconds(&pick(path, "expires_in", &body)?).or(declared),
        None => declared,
    };
    let expires_us = life.map(|life| endpoint.now_us.saturating_add(life));
    let issued_us = endpoint.now_us;
    Ok(Tokens { access: Secret::new(access), refresh: None, expires_us, issued_us, extra: Default::default() })
}

fn pick(path: &str, what: &str, body: &sonic_rs::Value) -> Result<serde_json::Value, AuthError> {
    let expr = Expr::parse(path).map_err(|error| AuthError::manifest(what, error))?;
    let value = expr.eval(body, &[]).map_err(|error| GrantError::Reply { reason: error.to_string() })?;
    sonic_rs::to_string(&value)
        .ok()
        .and_then(|text| serde_json::from_str(&text).ok())
        .ok_or_else(|| AuthError::manifest(what, "gives no JSON value"))
}

fn text(value: &serde_json::Value) -> Option<String> {
    match value {
        serde_json::Value::String(text) if !text.is_empty() => Some(text.clone()),
        serde_json::Value::Number(number) => Some(number.to_string()),
        _ => None,
    }
}

fn refusal(reply: &Reply, redactor: &Redactor) -> GrantError {
    let status = reply.status.as_u16();
    if reply.status.is_server_error() || status == 408 {
        return GrantError::Unavailable { status };
    }
    let body = String::from_utf8_lossy(&reply.body);
    let excerpt: String = redactor.text(&body).chars().take(200).collect();
    let reason = format!("status {status}: {}", excerpt.trim());
    if matches!(status, 400 | 401 | 403) { GrantError::Dead { reason } } else { GrantError::Client { reason } }
}
