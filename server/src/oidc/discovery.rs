//! What an issuer says of itself: OpenID Connect Discovery 1.0.

use serde::{Deserialize, Deserializer, de::Error};
use url::Url;

use super::{IssuerError, client::Asking, settings::is_trustworthy, tenants::Tenants};

/// The part of the document that is used.
#[derive(Clone, Debug, Deserialize)]
pub(super) struct Document {
    issuer: String,
    #[serde(deserialize_with = "url")]
    pub(super) authorization_endpoint: Url,
    #[serde(deserialize_with = "url")]
    pub(super) token_endpoint: Url,
    #[serde(deserialize_with = "url")]
    pub(super) jwks_uri: Url,
    #[serde(default)]
    token_endpoint_auth_methods_supported: Option<Vec<String>>,
    #[serde(default)]
    pub(super) authorization_response_iss_parameter_supported: bool,
}

impl Document {
    /// Reads it, and believes it only as far as it is the issuer's that is configured.
    pub(super) async fn read(asking: &Asking, issuer: &str, tenants: &Tenants) -> Result<Self, IssuerError> {
        let place = format!("{}/.well-known/openid-configuration", issuer.trim_end_matches('/'));
        let place = Url::parse(&place).map_err(|_| IssuerError::Misconfigured("the issuer is no URL"))?;
        let document: Self = asking.read(place, "the discovery document").await?;
        document.check(tenants.issuer(issuer))?;
        Ok(document)
    }

    fn check(&self, issuer: &str) -> Result<(), IssuerError> {
        if self.issuer != issuer {
            return Err(IssuerError::Misconfigured("the discovery document is another issuer's"));
        }
        let endpoints = [&self.authorization_endpoint, &self.token_endpoint, &self.jwks_uri];
        if endpoints.into_iter().all(is_trustworthy) {
            Ok(())
        } else {
            Err(IssuerError::Misconfigured("an endpoint is not https"))
        }
    }

    /// Whether the client's secret goes into the form; else it goes into the header, which is the standard's default.
    pub(super) fn wants_secret_in_form(&self) -> bool {
        let Some(methods) = &self.token_endpoint_auth_methods_supported else { return false };
        let has = |wanted: &str| methods.iter().any(|method| method == wanted);
        has("client_secret_post") && !has("client_secret_basic")
    }
}

fn url<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Url, D::Error> {
    Url::parse(&String::deserialize(deserializer)?).map_err(D::Error::custom)
}
