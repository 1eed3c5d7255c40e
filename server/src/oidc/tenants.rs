//! Whose people may come in by an issuer of many: Microsoft Entra, whose issuers are `https://host/<tenant>/v2.0`.
//!
//! The tokens of a tenant name it twice, in `iss` and in `tid`. The issuers `common`, `organizations` and `consumers` are
//! no tenant: they sign for whoever has any Microsoft account, and tell another issuer in each token.

use url::Url;

use super::settings::{OidcSettings, OidcSettingsError};

/// What stands for a tenant in the discovery document of an issuer of many.
const PLACE: &str = "{tenantid}";

/// Who may come in.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Tenants {
    /// Whoever the issuer vouches for; it knows no tenants.
    None,
    /// The people of the one tenant that the issuer is of.
    One(String),
    /// The people of these; the issuer has [`PLACE`] where the tenant is.
    Some { issuer: String, tenants: Vec<String> },
}

impl Tenants {
    /// By what is set.
    pub(super) fn of(settings: &OidcSettings) -> Result<Self, OidcSettingsError> {
        let Some(tenant) = tenant_of(&settings.issuer) else { return Ok(Self::None) };
        let serves_many = ["common", "organizations", "consumers"].contains(&tenant.as_str());
        match (serves_many, settings.tenants.is_empty()) {
            (false, _) => Ok(Self::One(tenant)),
            (true, true) => Err(OidcSettingsError::AnyTenant),
            (true, false) => {
                let issuer = settings.issuer.replacen(&format!("/{tenant}/"), &format!("/{PLACE}/"), 1);
                Ok(Self::Some { issuer, tenants: settings.tenants.clone() })
            }
        }
    }

    /// What the discovery document has to call the issuer.
    pub(super) fn issuer<'a>(&'a self, configured: &'a str) -> &'a str {
        match self {
            Self::None | Self::One(_) => configured,
            Self::Some { issuer, .. } => issuer,
        }
    }

    /// Whether a token with these claims is of somebody who may come in.
    pub(super) fn let_in(&self, configured: &str, issuer: &str, tid: Option<&str>) -> Result<(), &'static str> {
        let is_issuer = |expected: &str| if issuer == expected { Ok(()) } else { Err("iss") };
        match (self, tid) {
            (Self::None, _) => is_issuer(configured),
            (Self::One(tenant), Some(tid)) if tid == tenant => is_issuer(configured),
            (Self::Some { issuer, tenants }, Some(tid)) if tenants.iter().any(|tenant| tenant == tid) => {
                is_issuer(&issuer.replacen(PLACE, tid, 1))
            }
            (Self::One(_) | Self::Some { .. }, _) => Err("tid"),
        }
    }
}

/// The tenant of an issuer of Entra's shape.
fn tenant_of(issuer: &str) -> Option<String> {
    let url = Url::parse(issuer).ok()?;
    let mut segments = url.path_segments()?;
    let tenant = segments.next().filter(|segment| !segment.is_empty())?.to_owned();
    (segments.next() == Some("v2.0") && segments.next().is_none()).then_some(tenant)
}
