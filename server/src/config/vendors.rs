//! How the vendors are reached: all of a vendor's required names, or none.

use collectors::{BaseUrlError, HttpLimits, NinjaConfig, ThreatLockerConfig, ninja_base_url, vendor_base_url};
use domain::vendor::Vendor;
use secrecy::ExposeSecret;
use url::Url;

use super::{error::ConfigError, values::Values};

/// Ninja's region where `NINJA_BASE_URL` is not set: `https://app.ninjarmm.com`.
const NINJA_REGION: &str = "us";

/// Rows per page that each vendor is known to give.
const NINJA_PAGE: u32 = 1000;
const THREATLOCKER_PAGE: u32 = 500;

/// The vendors that are set up; `None` where no required name is set.
#[derive(Clone, Debug)]
pub struct VendorSettings {
    /// `NINJA_CLIENT_ID` and `NINJA_CLIENT_SECRET`; `NINJA_BASE_URL` (a region key or a URL) and `NINJA_REFRESH_TOKEN`
    /// (without it the client-credentials grant is used) as wanted.
    pub ninja: Option<NinjaConfig>,
    /// `THREATLOCKER_API_KEY` and `THREATLOCKER_API_BASE_URL`; `THREATLOCKER_ORGANIZATION_ID` as wanted.
    pub threatlocker: Option<ThreatLockerConfig>,
}

impl VendorSettings {
    /// Whether a vendor is set up.
    pub fn has(&self, vendor: Vendor) -> bool {
        match vendor {
            Vendor::Ninja => self.ninja.is_some(),
            Vendor::ThreatLocker => self.threatlocker.is_some(),
        }
    }

    pub(super) fn read(values: &Values) -> Result<Self, ConfigError> {
        Ok(Self { ninja: ninja(values)?, threatlocker: threatlocker(values)? })
    }
}

fn ninja(values: &Values) -> Result<Option<NinjaConfig>, ConfigError> {
    complete(values, "Ninja", &["NINJA_CLIENT_ID", "NINJA_CLIENT_SECRET"], &["NINJA_REFRESH_TOKEN"])?;
    let base_url = base_url(values, "NINJA_BASE_URL", NINJA_REGION, ninja_base_url)?;
    let credentials = values.secret("NINJA_CLIENT_ID")?.zip(values.secret("NINJA_CLIENT_SECRET")?);
    let Some((client_id, client_secret)) = credentials else { return Ok(None) };
    Ok(Some(NinjaConfig {
        base_url,
        client_id: client_id.expose_secret().to_owned(),
        client_secret,
        refresh_token: values.secret("NINJA_REFRESH_TOKEN")?,
        page_size: NINJA_PAGE,
        limits: HttpLimits::default(),
    }))
}

fn threatlocker(values: &Values) -> Result<Option<ThreatLockerConfig>, ConfigError> {
    complete(values, "ThreatLocker", &["THREATLOCKER_API_KEY", "THREATLOCKER_API_BASE_URL"], &[])?;
    let Some(api_key) = values.secret("THREATLOCKER_API_KEY")? else { return Ok(None) };
    Ok(Some(ThreatLockerConfig {
        base_url: base_url(values, "THREATLOCKER_API_BASE_URL", "", vendor_base_url)?,
        api_key,
        organization_id: values.text("THREATLOCKER_ORGANIZATION_ID")?.map(str::to_owned),
        page_size: THREATLOCKER_PAGE,
        limits: HttpLimits::default(),
    }))
}

/// Refuses a vendor of which some required names are set, or something that needs them, and others are not.
fn complete(
    values: &Values,
    vendor: &'static str,
    required: &[&'static str],
    optional: &[&'static str],
) -> Result<(), ConfigError> {
    let missing: Vec<&'static str> = required.iter().copied().filter(|name| !values.has(name)).collect();
    let is_wanted = required.iter().chain(optional).any(|name| values.has(name));
    if is_wanted && !missing.is_empty() { Err(ConfigError::Incomplete { vendor, missing }) } else { Ok(()) }
}

fn base_url(
    values: &Values,
    name: &str,
    default: &str,
    check: fn(&str) -> Result<Url, BaseUrlError>,
) -> Result<Url, ConfigError> {
    check(values.text(name)?.unwrap_or(default))
        .map_err(|reason| values.bad(name, &format!("an https URL (http on this machine only): {reason}")))
}
