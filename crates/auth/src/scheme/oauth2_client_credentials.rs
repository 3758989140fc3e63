//! `oauth2_client_credentials`: the end customer registered a client; its id and secret buy tokens (RFC 6749 section 4.4).

use crate::grant::{Client, Endpoint};
use crate::{GrantError, Tokens};

/// Asks for a token.
pub(crate) async fn obtain(
    endpoint: &Endpoint<'_>,
    client: &Client,
    scope: &str,
    params: &[(String, String)],
) -> Result<Tokens, GrantError> {
    let mut form = vec![("grant_type", "client_credentials")];
    if !scope.is_empty() {
        form.push(("scope", scope));
    }
    form.extend(params.iter().map(|(name, value)| (name.as_str(), value.as_str())));
    let tokens = endpoint.ask(Some(client), &form).await;
    // The client's proof is the end customer's own here, so its refusal is for the end customer to repair.
    tokens.map_err(|error| match error {
        GrantError::Client { reason } => GrantError::Dead { reason },
        other => other,
    })
}
