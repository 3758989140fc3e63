//! `bearer`: a token in `Authorization: Bearer …`. The OAuth schemes send theirs the same way.

use unisono_connector::manifest::Place;
use unisono_outbound::{Request, Secret};

use super::api_key;
use crate::AuthError;

/// Adds `Authorization: Bearer …`.
pub(crate) fn apply(request: &mut Request, token: &Secret) -> Result<(), AuthError> {
    request.hide(token);
    api_key::apply(request, Place::Header, "authorization", &Secret::new(format!("Bearer {}", token.expose())))
}
