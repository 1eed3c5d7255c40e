//! Collectors turn a vendor's HTTP API into a [`Collection`]: every device the vendor lists, normalised, with whether the
//! list is complete and what could not be read.
//!
//! This crate knows no database and no schedule, writes nothing to a vendor, and refuses three things:
//! - to turn an error into an empty list (rules section 4): a failure is an [`CollectError`] or a reason of a partial
//!   collection;
//! - to call a list complete whose end was not proved;
//! - to show a secret: no token, key or record content is part of an error, a log line or a `Debug` output.
//!
//! A vendor is a folder with the same five files: `mod` (settings and the [`Collector`]), `client` (requests and what
//! the vendor's answers mean), `auth`, `wire` (shapes as sent) and `normalize` (shapes as wanted).

mod answer;
mod assembly;
mod base_url;
mod error;
mod http;
mod lenient;
pub mod ninja;
mod retry;
pub mod threatlocker;
mod timestamp;
pub mod token_store;
mod watch;

#[cfg(test)]
mod tests;

use std::{fmt::Debug, sync::Arc, time::Duration};

use async_trait::async_trait;
use domain::{collection::Collection, observation::Observation, vendor::Vendor};

pub use crate::{
    base_url::{BaseUrlError, ninja_base_url, vendor_base_url},
    error::{CallSite, CollectError, Refusal, SetupError},
    http::HttpLimits,
    ninja::{NinjaCollector, NinjaConfig},
    threatlocker::{ThreatLockerCollector, ThreatLockerConfig},
    token_store::{FileTokenStore, RefreshTokenStore, StoredToken, TokenGuard, TokenStoreError},
    watch::RequestWatch,
};

/// Reads one vendor.
#[async_trait]
pub trait Collector: Send + Sync + Debug {
    /// The vendor that is read.
    fn vendor(&self) -> Vendor;

    /// Reads everything the vendor lists.
    ///
    /// `Err` when no device was seen at all or when a person must act first (credentials, region, token store); when
    /// only a part failed, the collection is `Partial` and says what is missing. Dropping the future cancels the run and
    /// loses nothing: a refresh token that is being exchanged is still stored.
    async fn collect(&self, progress: &dyn Progress) -> Result<Collection, CollectError>;

    /// Asks for one device, with one request. Ninja's search for a host name says who has it and not how that device is:
    /// [`Found::Key`]. What fails is repeated within the time given, at least a second apart, and a token is fetched where
    /// none is at hand.
    ///
    /// The observation is the vendor's one record, normalised as [`Self::collect`] does. What only other lists say (names
    /// of organizations and locations at Ninja, the chassis of a role, custom fields) is `None` in it, which means "not
    /// asked". Always an error when the vendor could not tell.
    async fn find(&self, wanted: &DeviceQuery, within: Duration) -> Result<Found, Unanswered>;

    /// The one spelling of a vendor device key that all spellings have for which [`Self::find`] finds the same device.
    fn spell_key(&self, key: &str) -> String {
        key.trim().to_lowercase()
    }

    /// Tells this watch of every request from now on; a second watch is ignored. A collector that asks nobody over HTTP has
    /// nothing to tell.
    fn watch(&self, _watch: Arc<dyn RequestWatch>) {}
}

/// A vendor's answer to a [`DeviceQuery`].
#[derive(Clone, Debug, PartialEq)]
pub enum Found {
    /// It lists no such present device; deleted and unapproved ones are not present.
    None,
    /// This one.
    One(Box<Observation>),
    /// The device of this vendor device key alone has the host name; how it is, the vendor says when it is asked by key.
    Key(String),
    /// Several have the host name: their vendor device keys, sorted.
    Several(Vec<String>),
}

impl Found {
    fn of(observations: Vec<Observation>) -> Self {
        let mut keys: Vec<String> = observations.iter().map(|device| device.vendor_device_key.clone()).collect();
        let mut observations = observations.into_iter();
        match (observations.next(), keys.len()) {
            (None, _) => Self::None,
            (Some(only), 1) => Self::One(Box::new(only)),
            _ => {
                keys.sort();
                Self::Several(keys)
            }
        }
    }
}

/// A vendor that could not tell.
#[derive(Debug, thiserror::Error)]
#[error("the vendor gave no answer")]
pub struct Unanswered {
    /// Why.
    #[source]
    pub error: CollectError,
    /// How long the vendor asked to wait before the next request; `None` when it did not say.
    pub retry_after: Option<Duration>,
}

/// Which device to find.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum DeviceQuery {
    /// By the vendor's own id (`vendor_device_key`).
    Key(String),
    /// By host name; compared by its canonical form (`domain::hostname::canonical`).
    Hostname(String),
}

/// Where a collector reports how far it is.
pub trait Progress: Send + Sync {
    /// Called after each page: pages fetched in this run so far, how many there will be (`None` when the vendor does not
    /// tell; a repeated walk may pass it), and device rows seen so far.
    fn pages(&self, fetched: u64, of: Option<u64>, rows: u64);
}

/// Progress that nobody wants to see.
impl Progress for () {
    fn pages(&self, _fetched: u64, _of: Option<u64>, _rows: u64) {}
}
