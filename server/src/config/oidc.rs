//! Sign-in by an OpenID Connect issuer.

use url::Url;

use super::{error::ConfigError, values::Values};
use crate::oidc::{OidcLimits, OidcSettings, RoleNames};

const ISSUER: &str = "HUB_OIDC_ISSUER";
const CLIENT_ID: &str = "HUB_OIDC_CLIENT_ID";
const PUBLIC_URL: &str = "HUB_PUBLIC_URL";

/// What is asked for where nobody says.
const SCOPES: &str = "openid profile email";

/// Settings that are of no use without an issuer.
const OF_ISSUER: [&str; 9] = [
    CLIENT_ID,
    "HUB_OIDC_CLIENT_SECRET",
    "HUB_OIDC_SCOPES",
    "HUB_OIDC_TENANTS",
    "HUB_OIDC_NAME_CLAIM",
    "HUB_OIDC_ROLE_CLAIM",
    "HUB_OIDC_ADMINS",
    "HUB_OIDC_TECHNICIANS",
    "HUB_OIDC_VIEWERS",
];

/// Where browsers reach the hub: an origin.
pub(super) fn public_url(values: &Values) -> Result<Option<Url>, ConfigError> {
    let expected = "an origin without a path, such as https://hub.example.com (http on this machine only)";
    values.parsed(PUBLIC_URL, expected, |text| {
        let url = Url::parse(text).ok()?;
        let is_origin = url.origin().ascii_serialization() == text.trim_end_matches('/');
        (is_origin && crate::oidc::is_trustworthy(&url)).then_some(url)
    })
}

/// `None` where no issuer is set.
pub(super) fn read(values: &Values, public_url: Option<&Url>) -> Result<Option<OidcSettings>, ConfigError> {
    let Some(issuer) = values.text(ISSUER)?.map(str::to_owned) else { return no_issuer(values) };
    let client_id = values.text(CLIENT_ID)?;
    let (Some(client_id), Some(public_url)) = (client_id, public_url) else {
        let missing = [CLIENT_ID, PUBLIC_URL].into_iter().filter(|name| !values.has(name)).collect();
        return Err(ConfigError::Incomplete { vendor: "OIDC", missing });
    };
    let settings = OidcSettings {
        issuer,
        client_id: client_id.to_owned(),
        client_secret: values.secret("HUB_OIDC_CLIENT_SECRET")?,
        public_url: public_url.clone(),
        scopes: scopes(values)?,
        tenants: values.list("HUB_OIDC_TENANTS")?,
        name_claim: values.text("HUB_OIDC_NAME_CLAIM")?.unwrap_or("preferred_username").to_owned(),
        roles: roles(values)?,
        limits: OidcLimits::default(),
    };
    settings.check().map_err(|reason| values.bad(ISSUER, &reason.to_string()))?;
    Ok(Some(settings))
}

fn no_issuer(values: &Values) -> Result<Option<OidcSettings>, ConfigError> {
    if OF_ISSUER.iter().any(|name| values.has(name)) {
        return Err(ConfigError::Incomplete { vendor: "OIDC", missing: vec![ISSUER] });
    }
    Ok(None)
}

fn scopes(values: &Values) -> Result<String, ConfigError> {
    let expected = "scopes separated by spaces, `openid` among them";
    let scopes = values.parsed("HUB_OIDC_SCOPES", expected, |text| {
        text.split_whitespace().any(|scope| scope == "openid").then(|| text.to_owned())
    })?;
    Ok(scopes.unwrap_or_else(|| SCOPES.to_owned()))
}

/// One list that is set leaves the others as they are; who wants nobody to be an admin names a role that nobody has.
fn roles(values: &Values) -> Result<RoleNames, ConfigError> {
    let usual = RoleNames::default();
    let list = |name: &str, usual: Vec<String>| -> Result<Vec<String>, ConfigError> {
        if values.has(name) { values.list(name) } else { Ok(usual) }
    };
    Ok(RoleNames {
        claim: values.text("HUB_OIDC_ROLE_CLAIM")?.map_or(usual.claim, str::to_owned),
        admin: list("HUB_OIDC_ADMINS", usual.admin)?,
        technician: list("HUB_OIDC_TECHNICIANS", usual.technician)?,
        viewer: list("HUB_OIDC_VIEWERS", usual.viewer)?,
    })
}
