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

use std::{fmt::Debug, sync::Arc};

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

    /// Reads one device. Empty when the vendor lists no such present device (deleted and unapproved ones are not
    /// present), several when more than one has the wanted host name. Always an error when the vendor could not tell.
    async fn find(&self, wanted: &DeviceQuery) -> Result<Vec<Observation>, CollectError>;

    /// Tells this watch of every request from now on; a second watch is ignored. A collector that asks nobody over HTTP has
    /// nothing to tell.
    fn watch(&self, _watch: Arc<dyn RequestWatch>) {}
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
