//! Asks an OpenID Connect issuer who somebody is: authorization code flow with PKCE, state and nonce.
//!
//! Small code of our own on `reqwest` and `jsonwebtoken`, which are here anyway: the crate `openidconnect` brings `rsa` (of
//! which RUSTSEC-2023-0071 is told) and a second HTTP stack, and asks the system for the time. This module knows no user, no
//! table and no route. It refuses what it was not told to expect: another issuer, tenant, audience or algorithm, a token
//! that was made for another sign-in, an answer that is too large or too late, and every redirect.

mod claims;
mod client;
mod discovery;
mod error;
mod id_token;
mod issuer;
mod keys;
mod settings;
mod tenants;

pub use self::{
    error::IssuerError,
    issuer::{Answer, Issuer, Question, Vouched},
    settings::{OidcLimits, OidcSettings, OidcSettingsError, RoleNames},
};
pub(crate) use settings::is_trustworthy;
