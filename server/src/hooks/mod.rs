//! What vendors' webhooks mean to the hub: a wish to read a device anew, and nothing else.
//!
//! What a vendor posts is never believed: it names a device, and the vendor is asked about it. This module refuses to
//! wait for that, and to change anything but the queue of syncs.

use collectors::ninja::activity::Activity;
use domain::vendor::Vendor;
use futures::future::BoxFuture;

use crate::{
    http::{Delivery, Webhooks},
    inventory::{Inventory, syncing::Queued},
};

/// Under which name a webhook's wishes are recorded.
const NINJA_WEBHOOK: &str = "ninja webhook";

/// Takes what vendors post for a hub.
#[derive(Clone, Debug)]
pub struct Hooks(Inventory);

impl Hooks {
    /// For this hub.
    pub fn new(inventory: Inventory) -> Self {
        Self(inventory)
    }

    async fn take(&self, body: Vec<u8>) -> Delivery {
        let Ok(activity) = Activity::read(&body) else { return Delivery::NotUnderstood };
        let Some(key) = activity.vendor_device_key else { return Delivery::Ignored("the activity names no device") };
        let who = (NINJA_WEBHOOK, activity.is_about_existence);
        match self.0.queue_sync((Vendor::Ninja, &key), who).await {
            Ok(Queued::New | Queued::Already) => Delivery::Queued,
            Ok(Queued::UnknownDevice) => Delivery::Ignored("the hub knows no such device"),
            Ok(Queued::NotConfigured) => Delivery::Ignored("Ninja is not configured on this server"),
            Err(error) => {
                tracing::error!(%error, "a webhook's wish could not be written down");
                Delivery::NotTaken
            }
        }
    }
}

impl Webhooks for Hooks {
    fn take_ninja(&self, body: Vec<u8>) -> BoxFuture<'_, Delivery> {
        Box::pin(self.take(body))
    }
}
