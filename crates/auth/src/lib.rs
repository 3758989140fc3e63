//! Auth: proving ourselves to a vendor. Sealed credentials, tokens, and one file per scheme.
//!
//! Always true: credentials are stored sealed only; a token is refreshed by exactly one process per expiry, under a lease
//! whose intent is stored before the call and whose result right after it; a refused refresh token is read again before
//! anybody is asked to relink.
//! Elsewhere: the manifest's `auth` section is `connector::manifest`; the sealed rows and the lease are `store::credential`;
//! sending is `outbound`.

mod credentials;
mod error;
mod grant;
mod login;
mod scheme;
mod seal;
mod token;
mod vault;

pub use credentials::{Credentials, Tokens};
pub use error::{AuthError, GrantError};
pub use login::{App, Login, SchemeSource};
pub use scheme::jwt_bearer::sign_jwt;
pub use scheme::oauth2_code::Consent;
pub use seal::{KeyError, OpenError, Sealer};
pub use token::{hash, mint};
pub use vault::{Clock, Held, Vault};
