//! Who looks on while vendors are asked: for figures, never for what was said.

use std::{
    fmt::Debug,
    sync::{Arc, OnceLock},
    time::Duration,
};

use domain::vendor::Vendor;

/// Is told of every request that a collector made.
pub trait RequestWatch: Debug + Send + Sync {
    /// One request has ended, retries counted one by one: with the status of its answer, or `None` where no whole answer
    /// came.
    fn request_ended(&self, vendor: Vendor, status: Option<u16>, took: Duration);
}

/// The watch of one collector: none until somebody watches, and then always the same.
#[derive(Debug, Default)]
pub(crate) struct Watched(OnceLock<Arc<dyn RequestWatch>>);

impl Watched {
    pub(crate) fn by(&self, watch: Arc<dyn RequestWatch>) {
        // The first one stays.
        let _ = self.0.set(watch);
    }

    pub(crate) fn request_ended(&self, vendor: Vendor, status: Option<u16>, took: Duration) {
        if let Some(watch) = self.0.get() {
            watch.request_ended(vendor, status, took);
        }
    }
}
