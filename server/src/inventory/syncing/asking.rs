//! Asking the vendor for one device.

use std::time::Duration;

use collectors::{DeviceQuery, Found};
use domain::{hostname, observation::Observation, vendor::Vendor};
use entity::{device_identity, device_snapshot};
use sea_orm::{ColumnTrait, EntityTrait, JoinType, QueryFilter, QuerySelect, RelationTrait};

use super::{Running, SyncOutcome};
use crate::inventory::{Inventory, InventoryError, jobs::spell_out};

/// Who is asked for, by key where the hub knows it; with the name that it was asked by.
pub(super) type Named = (DeviceQuery, Option<String>);

/// What the vendor says of the device, or why there is nothing to store.
pub(super) type Asked = Result<Box<Observation>, SyncOutcome>;

impl Inventory {
    /// The key of a host name that exactly one device of the vendor has on its latest day: the vendor need not search.
    pub(super) async fn resolve(&self, vendor: Vendor, wanted: DeviceQuery) -> Result<Named, InventoryError> {
        use device_snapshot::{Column, Relation};
        let DeviceQuery::Hostname(name) = &wanted else { return Ok((wanted, None)) };
        let reader = self.database.reader();
        let day = self.latest_day(reader, vendor).await?;
        let Some((day, canonical)) = day.zip(hostname::canonical(name)) else { return Ok((wanted, None)) };
        let keys = device_snapshot::Entity::find()
            .select_only()
            .column(device_identity::Column::VendorDeviceKey)
            .join(JoinType::InnerJoin, Relation::DeviceIdentity.def())
            .filter(Column::SnapshotDate.eq(day.snapshot_date))
            .filter(Column::VendorId.eq(day.vendor_id))
            .filter(Column::CanonicalHostname.eq(canonical))
            .limit(2)
            .into_tuple::<String>()
            .all(reader)
            .await?;
        Ok(match <[String; 1]>::try_from(keys) {
            Ok([key]) => (DeviceQuery::Key(key), Some(name.clone())),
            Err(_) => (wanted, None),
        })
    }

    /// Asks the vendor. A known device that is gone or has another name by now leaves its name to others: the vendor is
    /// asked once more, for the name.
    pub(super) async fn ask(&self, running: &Running) -> Result<Asked, InventoryError> {
        let until = running.started_at + running.within;
        let asked = self.ask_for(running.vendor, &running.wanted, running.within).await?;
        let Some(name) = &running.name else { return Ok(asked) };
        let has_name = |seen: &Observation| hostname::canonical(&seen.hostname) == hostname::canonical(name);
        match &asked {
            Ok(seen) if has_name(seen) => Ok(asked),
            Ok(_) | Err(SyncOutcome::NotFound) => {
                let left = (until - self.now()).to_std().unwrap_or_default().max(Duration::from_secs(1));
                self.ask_for(running.vendor, &DeviceQuery::Hostname(name.clone()), left).await
            }
            Err(_) => Ok(asked),
        }
    }

    async fn ask_for(&self, vendor: Vendor, wanted: &DeviceQuery, within: Duration) -> Result<Asked, InventoryError> {
        Ok(match self.collector(vendor)?.find(wanted, within).await {
            Ok(Found::One(seen)) => Ok(seen),
            Ok(Found::None) => Err(SyncOutcome::NotFound),
            Ok(Found::Several(keys)) => Err(SyncOutcome::Ambiguous { keys }),
            Err(unanswered) => {
                let reason = spell_out(&unanswered.error);
                Err(SyncOutcome::Unavailable { reason, retry_after: unanswered.retry_after })
            }
        })
    }
}
