//! ThreatLocker: what is protected.
//!
//! Its lists are read by POST, so "GET only" is no rule here: the only two paths that are ever called are spelt out in
//! `client`, and nothing is written. It refuses to take a human label for a host name, and a key's home organization for
//! the one that was asked for.

mod auth;
mod client;
mod collect;
mod find;
mod normalize;
mod paging;
mod scope;
mod wire;

use std::{sync::Arc, time::Duration};

use async_trait::async_trait;
use domain::{clock::Clock, collection::Collection, vendor::Vendor};
use secrecy::SecretString;
use url::Url;

use crate::{
    Collector, DeviceQuery, Found, Progress, RequestWatch, Unanswered,
    error::{CollectError, SetupError},
    http::{Http, HttpLimits},
    retry::{Patience, Retrier, answer_within},
    threatlocker::client::Client,
};

const VENDOR: Vendor = Vendor::ThreatLocker;

/// Settings of the ThreatLocker collector.
#[derive(Clone, Debug)]
pub struct ThreatLockerConfig {
    /// Checked base URL, see [`crate::vendor_base_url`]; with or without the trailing `portalapi`.
    pub base_url: Url,
    /// The raw API key.
    pub api_key: SecretString,
    /// The organization (GUID) to read, with everything below it; the key's home organization without.
    pub organization_id: Option<String>,
    /// Rows per page, 500 by default; the vendor may send fewer or more.
    pub page_size: u32,
    /// Time-outs and limits.
    pub limits: HttpLimits,
}

/// Reads ThreatLocker.
#[derive(Debug)]
pub struct ThreatLockerCollector {
    client: Client,
    /// The organization asked for, lower case.
    scope: Option<String>,
}

impl ThreatLockerCollector {
    /// A collector; nothing is asked of the vendor yet.
    pub fn new(config: ThreatLockerConfig, clock: Arc<dyn Clock>) -> Result<Self, SetupError> {
        if config.page_size == 0 {
            return Err(SetupError::PageSize);
        }
        let organization = config.organization_id.as_deref().map(str::trim).filter(|id| !id.is_empty());
        let http = Http::new(VENDOR, &config.base_url, &config.limits)?;
        let last_segment = config.base_url.path_segments().and_then(|mut segments| segments.next_back());
        let has_prefix = last_segment.is_some_and(|segment| segment.eq_ignore_ascii_case("portalapi"));
        let client = Client {
            http,
            retrier: Retrier::new(clock, config.limits),
            headers: auth::headers(&config.api_key, organization)?,
            page_size: config.page_size,
            prefix: if has_prefix { "" } else { "portalapi/" },
        };
        Ok(Self { client, scope: organization.map(str::to_lowercase) })
    }
}

#[async_trait]
impl Collector for ThreatLockerCollector {
    fn vendor(&self) -> Vendor {
        VENDOR
    }

    async fn collect(&self, progress: &dyn Progress) -> Result<Collection, CollectError> {
        collect::collect(&self.client, self.scope.as_deref(), progress).await
    }

    async fn find(&self, wanted: &DeviceQuery, within: Duration) -> Result<Found, Unanswered> {
        let until = self.client.retrier.now() + within;
        answer_within(within, find::site(), find::find(&self.client, wanted, Patience::for_one_device(until))).await
    }

    fn watch(&self, watch: Arc<dyn RequestWatch>) {
        self.client.http.watched.by(watch);
    }
}
