//! `basic`: user name and password, HTTP Basic.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use unisono_connector::manifest::Place;
use unisono_outbound::{Request, Secret};

use super::api_key;
use crate::AuthError;

/// Adds `Authorization: Basic …`.
pub(crate) fn apply(request: &mut Request, username: &Secret, password: &Secret) -> Result<(), AuthError> {
    let pair = STANDARD.encode(format!("{}:{}", username.expose(), password.expose()));
    request.hide(password);
    request.hide(&Secret::new(pair.clone()));
    api_key::apply(request, Place::Header, "authorization", &Secret::new(format!("Basic {pair}")))
}
