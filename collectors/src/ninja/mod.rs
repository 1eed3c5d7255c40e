//! Ninja (NinjaOne, NinjaRMM): what is managed.
//!
//! Details come in bulk (`devices-detailed`, `queries/*`), never one call per device, and nothing is written: every call
//! but the token's is a GET. It refuses to ask for secure custom-field values, and to call half a report a report.

pub mod activity;
mod auth;
mod client;
mod collect;
mod find;
mod normalize;
mod paging;
mod report;
mod wire;

use std::{
    sync::{Arc, Mutex},
    time::Duration,
};

use async_trait::async_trait;
use domain::{clock::Clock, collection::Collection, vendor::Vendor};
use secrecy::SecretString;
use url::Url;

use crate::{
    CallSite, Collector, DeviceQuery, Found, Progress, RequestWatch, Unanswered,
    error::{CollectError, SetupError},
    http::{Http, HttpLimits},
    ninja::{
        auth::{Auth, Redeemer},
        client::Client,
    },
    retry::{Patience, Retrier, answer_within},
    token_store::RefreshTokenStore,
};

const VENDOR: Vendor = Vendor::Ninja;

/// Settings of the Ninja collector.
#[derive(Clone, Debug)]
pub struct NinjaConfig {
    /// Checked base URL, see [`crate::ninja_base_url`].
    pub base_url: Url,
    /// Client id of the API application.
    pub client_id: String,
    /// Client secret of the API application.
    pub client_secret: SecretString,
    /// Refresh token to start from; without one, and with none stored, the client-credentials grant is used.
    pub refresh_token: Option<SecretString>,
    /// Rows per page, 1000 by default; the vendor may send fewer.
    pub page_size: u32,
    /// Time-outs and limits.
    pub limits: HttpLimits,
}

/// Reads Ninja.
#[derive(Debug)]
pub struct NinjaCollector {
    client: Client,
}

impl NinjaCollector {
    /// A collector; nothing is asked of the vendor yet. The store keeps a rotated refresh token between runs.
    pub fn new(
        config: NinjaConfig,
        token_store: Arc<dyn RefreshTokenStore>,
        clock: Arc<dyn Clock>,
    ) -> Result<Self, SetupError> {
        if config.page_size == 0 {
            return Err(SetupError::PageSize);
        }
        let http = Arc::new(Http::new(VENDOR, &config.base_url, &config.limits)?);
        let retrier = Arc::new(Retrier::new(clock, config.limits));
        let auth = Auth::new(Redeemer {
            http: Arc::clone(&http),
            retrier: Arc::clone(&retrier),
            client_id: config.client_id,
            client_secret: config.client_secret,
            seed: config.refresh_token,
            store: token_store,
            unsaved: Mutex::new(None),
        });
        Ok(Self { client: Client { http, retrier, auth, page_size: config.page_size } })
    }
}

#[async_trait]
impl Collector for NinjaCollector {
    fn vendor(&self) -> Vendor {
        VENDOR
    }

    async fn collect(&self, progress: &dyn Progress) -> Result<Collection, CollectError> {
        collect::collect(&self.client, progress).await
    }

    async fn find(&self, wanted: &DeviceQuery, within: Duration) -> Result<Found, Unanswered> {
        let at = CallSite { vendor: VENDOR, path: "v2/device".to_owned(), incident: None };
        let until = self.client.retrier.now() + within;
        answer_within(within, at, find::find(&self.client, wanted, Patience::for_one_device(until))).await
    }

    /// Ninja's ids are whole numbers: `0130` is 130.
    fn spell_key(&self, key: &str) -> String {
        find::id(key).map_or_else(|| key.trim().to_lowercase(), |id| id.to_string())
    }

    fn watch(&self, watch: Arc<dyn RequestWatch>) {
        self.client.http.watched.by(watch);
    }
}
