//! What the hub is told about the issuer.

use std::time::Duration;

use domain::access::Role;
use secrecy::SecretString;
use url::{Host, Url};

use super::tenants::Tenants;

/// How long and how much is taken from an issuer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct OidcLimits {
    /// Time for one request with its answer.
    pub timeout: Duration,
    /// Bytes of an answer at most.
    pub answer: usize,
    /// Sign-ins that wait for the issuer at once.
    pub at_once: usize,
}

impl Default for OidcLimits {
    fn default() -> Self {
        Self { timeout: Duration::from_secs(10), answer: 256 * 1024, at_once: 16 }
    }
}

/// Which values of the role claim give which role. Of several, the one that may most counts.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RoleNames {
    /// The claim; a text or a list of texts.
    pub claim: String,
    /// What makes an admin.
    pub admin: Vec<String>,
    /// What makes a technician.
    pub technician: Vec<String>,
    /// What makes a viewer.
    pub viewer: Vec<String>,
}

impl Default for RoleNames {
    /// Entra's app roles, by the names that docs/access.md gives them.
    fn default() -> Self {
        let named = |name: &str| vec![format!("InventoryHub.{name}")];
        Self {
            claim: "roles".to_owned(),
            admin: named("Admin"),
            technician: named("Technician"),
            viewer: named("Viewer"),
        }
    }
}

impl RoleNames {
    /// The highest role that one of these values gives.
    pub(super) fn highest(&self, values: &[&str]) -> Option<Role> {
        let given = |names: &[String]| names.iter().any(|name| values.contains(&name.as_str()));
        let roles = [(Role::Admin, &self.admin), (Role::Technician, &self.technician), (Role::Viewer, &self.viewer)];
        roles.into_iter().find(|(_, names)| given(names)).map(|(role, _)| role)
    }
}

/// Everything that is set about an issuer.
#[derive(Clone, Debug)]
pub struct OidcSettings {
    /// The issuer, exactly as its tokens name it (`iss`).
    pub issuer: String,
    /// By which name the issuer knows the hub.
    pub client_id: String,
    /// What the hub proves that with; a public client has none.
    pub client_secret: Option<SecretString>,
    /// Where the hub is reached by browsers, without a path.
    pub public_url: Url,
    /// What is asked for, separated by spaces; `openid` is among them.
    pub scopes: String,
    /// The tenants whose people may come in, where the issuer serves several (Entra's `common` and `organizations`).
    pub tenants: Vec<String>,
    /// The claim that a new user is called after.
    pub name_claim: String,
    /// Who gets which role.
    pub roles: RoleNames,
    /// How long and how much is taken.
    pub limits: OidcLimits,
}

/// Why these settings can't be used.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum OidcSettingsError {
    /// Neither https, nor http on this machine; or with parts that an issuer has not.
    #[error("an https URL without user, query and fragment (http on this machine only)")]
    Issuer,
    /// The issuer serves every tenant there is, and nobody said which may come in.
    #[error(
        "the issuer of one tenant (https://login.microsoftonline.com/<tenant id>/v2.0): `common` and `organizations` let \
         in the people of any tenant, so name those that may come in, in HUB_OIDC_TENANTS"
    )]
    AnyTenant,
}

impl OidcSettings {
    /// Where the issuer sends browsers back to.
    pub fn redirect_uri(&self) -> String {
        format!("{}/auth/oidc/callback", self.public_url.as_str().trim_end_matches('/'))
    }

    /// Whether they can be used.
    pub fn check(&self) -> Result<(), OidcSettingsError> {
        let url = Url::parse(&self.issuer).map_err(|_| OidcSettingsError::Issuer)?;
        let is_bare = url.username().is_empty() && url.password().is_none();
        if !is_trustworthy(&url) || !is_bare || url.query().is_some() || url.fragment().is_some() {
            return Err(OidcSettingsError::Issuer);
        }
        Tenants::of(self).map(|_| ())
    }
}

/// Whether nobody on the way can read along: https, or http on this machine.
pub(crate) fn is_trustworthy(url: &Url) -> bool {
    let is_loopback = match url.host() {
        Some(Host::Domain(name)) => name == "localhost",
        Some(Host::Ipv4(address)) => address.is_loopback(),
        Some(Host::Ipv6(address)) => address.is_loopback(),
        None => false,
    };
    url.scheme() == "https" || (url.scheme() == "http" && is_loopback)
}
