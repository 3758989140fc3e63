//! The schemes, one file each: how a request is given its proof, and where tokens come from.

pub(crate) mod api_key;
pub(crate) mod basic;
pub(crate) mod bearer;
pub mod jwt_bearer;
pub(crate) mod oauth2_client_credentials;
pub mod oauth2_code;
pub(crate) mod token;
