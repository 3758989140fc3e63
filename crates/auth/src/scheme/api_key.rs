//! `api_key`: a key in a header or a query parameter.

use unisono_connector::manifest::Place;
use unisono_outbound::{HeaderName, HeaderValue, Request, Secret};

use crate::AuthError;

/// Adds the key; a header or parameter of that name is replaced, and redacted in logs.
pub(crate) fn apply(request: &mut Request, place: Place, name: &str, value: &Secret) -> Result<(), AuthError> {
    request.hide(value);
    match place {
        Place::Header => {
            let header = HeaderName::try_from(name).map_err(|error| AuthError::manifest("name", error))?;
            let mut text = HeaderValue::try_from(value.expose())
                .map_err(|_| AuthError::manifest("value", "the key holds characters that no header can carry"))?;
            text.set_sensitive(true);
            request.sensitive_headers.push(header.as_str().to_owned());
            request.headers.insert(header, text);
        }
        Place::Query => {
            let rest: Vec<(String, String)> = request
                .url
                .query_pairs()
                .filter(|(other, _)| other != name)
                .map(|(n, v)| (n.into(), v.into()))
                .collect();
            request.url.query_pairs_mut().clear().extend_pairs(rest).append_pair(name, value.expose());
            request.sensitive_query.push(name.to_owned());
        }
    }
    Ok(())
}
