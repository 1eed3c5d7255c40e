//! Whether people sign in, and what is needed for it.

use std::net::SocketAddr;

use secrecy::SecretString;
use url::Url;

use super::{error::ConfigError, oidc, values::Values};
use crate::oidc::OidcSettings;

/// Characters of the key of access tokens at least: as many as the hash has bytes.
const FEWEST_OF_KEY: usize = 32;

/// Characters of a password at least.
const FEWEST_OF_PASSWORD: usize = 12;

/// How people sign in.
#[derive(Clone, Debug)]
pub struct SignInSettings {
    /// What access tokens are signed with; without, a key that is kept in the data directory.
    pub key: Option<SecretString>,
    /// The password of the user `admin`, who is made where there is no user yet; without, one is made and shown.
    pub admin_password: Option<SecretString>,
    /// The OpenID Connect issuer that people may come in by (default none).
    pub oidc: Option<OidcSettings>,
    /// Where browsers reach the hub, without a path (default: nobody said).
    pub public_url: Option<Url>,
}

impl SignInSettings {
    /// `None` where sign-in is off.
    pub(super) fn read(values: &Values) -> Result<Option<Self>, ConfigError> {
        let is_on = values.switch("HUB_SIGN_IN")?.unwrap_or(false);
        let key = values.long_secret("HUB_SIGN_IN_KEY", FEWEST_OF_KEY)?;
        let admin_password = values.long_secret("HUB_ADMIN_PASSWORD", FEWEST_OF_PASSWORD)?;
        let public_url = oidc::public_url(values)?;
        let oidc = oidc::read(values, public_url.as_ref())?;
        if oidc.is_some() && !is_on {
            return Err(values.bad("HUB_OIDC_ISSUER", "HUB_SIGN_IN=on beside it"));
        }
        Ok(is_on.then_some(Self { key, admin_password, oidc, public_url }))
    }
}

/// Where the hub answers: without sign-in, on loopback only.
pub(super) fn listen(values: &Values, signs_in: bool) -> Result<SocketAddr, ConfigError> {
    let address = values.listen("HUB_LISTEN")?.unwrap_or(SocketAddr::from(([127, 0, 0, 1], 5400)));
    if signs_in || address.ip().is_loopback() {
        return Ok(address);
    }
    Err(ConfigError::NotLoopback { key: values.origin("HUB_LISTEN"), address: address.to_string() })
}
