//! Asking the vendor for one device.

use std::time::Duration;

use collectors::{DeviceQuery, Found, Unanswered};
use domain::{hostname, observation::Observation, vendor::Vendor};
use entity::{device_identity, device_snapshot};
use sea_orm::{ColumnTrait, EntityTrait, JoinType, QueryFilter, QuerySelect, RelationTrait};

use super::{Running, SyncOutcome, records::claimed_until, turns};
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
    pub(super) async fn ask(&self, running: &mut Running) -> Result<Asked, InventoryError> {
        let asked = self.ask_for(running, running.wanted.clone()).await?;
        let Some(name) = running.name.clone() else { return Ok(asked) };
        let has_name = |seen: &Observation| hostname::canonical(&seen.hostname) == hostname::canonical(&name);
        match &asked {
            Ok(seen) if has_name(seen) => Ok(asked),
            Ok(_) | Err(SyncOutcome::NotFound) => self.ask_for(running, DeviceQuery::Hostname(name)).await,
            Err(_) => Ok(asked),
        }
    }

    /// Asks for this one. Where a search only says who has the name, that device's turn is taken before it is asked for.
    async fn ask_for(&self, running: &mut Running, wanted: DeviceQuery) -> Result<Asked, InventoryError> {
        let vendor = running.vendor;
        let answer = self.collector(vendor)?.find(&wanted, self.left_to(running)).await;
        let (Ok(Found::Key(key)), DeviceQuery::Hostname(name)) = (&answer, &wanted) else { return Ok(told(answer)) };
        let found = DeviceQuery::Key(key.clone());
        let asked = turns::asked(&found);
        // It was asked for a moment ago, and its record has another name.
        if running.asked.contains(&asked) {
            return Ok(Err(SyncOutcome::NotFound));
        }
        let until = claimed_until(self.now(), running.within);
        if let Err(retry_after) = self.take_turn(self.database.writer(), (vendor, &asked), until).await? {
            return Ok(Err(SyncOutcome::Throttled { retry_after }));
        }
        running.asked.push(asked);
        let record = told(self.collector(vendor)?.find(&found, self.left_to(running)).await);
        let has_name = |seen: &Observation| hostname::canonical(&seen.hostname) == hostname::canonical(name);
        Ok(record.and_then(|seen| if has_name(&seen) { Ok(seen) } else { Err(SyncOutcome::NotFound) }))
    }

    /// What is left of the vendor's time, and a second at least.
    fn left_to(&self, running: &Running) -> Duration {
        let until = running.started_at + running.within;
        (until - self.now()).to_std().unwrap_or_default().max(Duration::from_secs(1))
    }
}

fn told(answer: Result<Found, Unanswered>) -> Asked {
    match answer {
        Ok(Found::One(seen)) => Ok(seen),
        Ok(Found::None | Found::Key(_)) => Err(SyncOutcome::NotFound),
        Ok(Found::Several(keys)) => Err(SyncOutcome::Ambiguous { keys }),
        Err(unanswered) => {
            let reason = spell_out(&unanswered.error);
            Err(SyncOutcome::Unavailable { reason, retry_after: unanswered.retry_after })
        }
    }
}
