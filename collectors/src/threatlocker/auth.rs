//! The headers that authorise a call (vendor-apis.md 2.1): the raw key, no `Bearer`, and the organization's scope. There
//! is no token exchange.

use reqwest::header::{AUTHORIZATION, HeaderMap, HeaderValue};
use secrecy::{ExposeSecret, SecretString};

use crate::error::SetupError;

/// The scope's header. A wrong name (`OrganizationId`) is ignored by the vendor without a word, see [`super::scope`].
const SCOPE: &str = "managedorganizationid";

/// The headers of every call; the key is marked so that no library prints it.
pub(super) fn headers(api_key: &SecretString, organization_id: Option<&str>) -> Result<HeaderMap, SetupError> {
    let mut key =
        HeaderValue::from_str(api_key.expose_secret().trim()).map_err(|_| SetupError::Credential("the API key"))?;
    key.set_sensitive(true);
    let mut headers = HeaderMap::from_iter([(AUTHORIZATION, key)]);
    if let Some(organization) = organization_id {
        let organization =
            HeaderValue::from_str(organization).map_err(|_| SetupError::Credential("the organization id"))?;
        headers.insert(SCOPE, organization);
    }
    Ok(headers)
}
