//! `ChangeLogEntry`: one number of one stored day of a vendor, and what it was the stored day before.

use async_graphql::{Context, Enum, Object, SimpleObject};
use entity::change_log::Model;
use serde_json::Value;

use super::{
    Date, VendorName,
    scalars::{count, read_date},
    stored::{known, vendor_of},
};
use crate::{graphql::errors::Fault, inventory::change_log::Metric};

/// What an entry of the change log counts.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Enum)]
#[graphql(remote = "Metric")]
pub enum ChangeMetric {
    /// Devices that the vendor lists.
    Total,
    /// Those that are billed. Only of a vendor that decides billing.
    Billable,
    /// Those that are spares. Only of a vendor that decides billing.
    Spare,
    /// Those whose billing could not be decided. Only of a vendor that decides billing.
    Unknown,
    /// Devices that the stored day before does not have.
    Added,
    /// Devices that only the stored day before has.
    Removed,
    /// Devices that another client has than the stored day before.
    OrganizationChanged,
    /// Devices whose billing is another than the stored day before. Only of a vendor that decides billing.
    BillingChanged,
}

/// A device that an entry of the change log counts.
#[derive(Clone, Debug, SimpleObject)]
pub struct ChangedDevice {
    /// The vendor's own id of it.
    vendor_device_key: String,
    /// Its host name: on the entry's day, or on the day before if it was removed.
    hostname: String,
}

/// An entry.
#[derive(Clone, Debug)]
pub struct ChangeLogEntry(pub Model);

/// One number of one stored day of a vendor, and what it was on the vendor's stored day before.
#[Object]
impl ChangeLogEntry {
    /// The vendor.
    async fn vendor(&self, ctx: &Context<'_>) -> Result<VendorName, Fault> {
        vendor_of(ctx, self.0.vendor_id)
    }

    /// The stored day.
    async fn date(&self) -> Date {
        self.0.change_date.into()
    }

    /// What is counted.
    async fn metric(&self) -> Result<ChangeMetric, Fault> {
        known("metric of the change log", &self.0.metric, Metric::from_code).map(ChangeMetric::from)
    }

    /// The stored day that it is compared with; null for the vendor's first.
    async fn previous_date(&self) -> Option<Date> {
        self.detail("previous_date").and_then(Value::as_str).and_then(read_date).map(Date)
    }

    /// How many devices there are, or how many changed.
    async fn value(&self) -> i32 {
        count(self.0.new_value.unwrap_or_default())
    }

    /// How many there were on the day before; null for the vendor's first day, and for ADDED, REMOVED,
    /// ORGANIZATION_CHANGED and BILLING_CHANGED, which count what happened between two days.
    async fn previous_value(&self) -> Option<i32> {
        self.0.prev_value.map(count)
    }

    /// The difference to the day before; for ADDED, REMOVED, ORGANIZATION_CHANGED and BILLING_CHANGED by how much they
    /// changed TOTAL. Null for the vendor's first day.
    async fn delta(&self) -> Option<i32> {
        self.0.delta.map(|delta| i32::try_from(delta).unwrap_or(if delta < 0 { i32::MIN } else { i32::MAX }))
    }

    /// The first 100 of the devices that changed; none for what is no change. `value` counts all of them.
    async fn devices(&self) -> Vec<ChangedDevice> {
        let devices = self.detail("devices").and_then(Value::as_array).into_iter().flatten();
        let text = |device: &Value, key: &str| device[key].as_str().unwrap_or_default().to_owned();
        let shown =
            |device| ChangedDevice { vendor_device_key: text(device, "key"), hostname: text(device, "hostname") };
        devices.map(shown).collect()
    }
}

impl ChangeLogEntry {
    fn detail(&self, key: &str) -> Option<&Value> {
        self.0.details.as_ref().and_then(|details| details.get(key))
    }
}
