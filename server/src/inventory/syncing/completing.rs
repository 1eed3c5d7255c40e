//! What the vendor's record of one device does not say, taken from what is stored: the names of its organization and
//! location, the chassis of its role, and what custom fields say of TPM and Secure Boot. Everything else in a snapshot is
//! the vendor's word of now. A place that nobody has named yet stays without a name until the next collection.

use chrono::NaiveDate;
use domain::observation::{Hardware, Observation, Place};
use entity::{device_snapshot, site};
use sea_orm::{ColumnTrait, DatabaseTransaction, EntityTrait, QueryFilter, QueryOrder, QuerySelect};

use crate::inventory::{Inventory, InventoryError};

impl Inventory {
    /// The identity's stored snapshot of this day, or else of the last day before it that has one.
    pub(super) async fn last_snapshot(
        &self,
        transaction: &DatabaseTransaction,
        identity_id: i64,
        date: NaiveDate,
    ) -> Result<Option<device_snapshot::Model>, InventoryError> {
        use device_snapshot::{Column, Entity};
        let own = || Entity::find().filter(Column::DeviceIdentityId.eq(identity_id));
        if let Some(today) = own().filter(Column::SnapshotDate.eq(date)).one(transaction).await? {
            return Ok(Some(today));
        }
        let earlier = own().filter(Column::SnapshotDate.lt(date)).order_by_desc(Column::SnapshotDate);
        Ok(earlier.one(transaction).await?)
    }

    /// The observation with what was not asked of the vendor.
    pub(super) async fn completed(
        &self,
        transaction: &DatabaseTransaction,
        seen: Observation,
        (before, date): (Option<&device_snapshot::Model>, NaiveDate),
    ) -> Result<Observation, InventoryError> {
        let vendor_id = self.reference.vendor_id(seen.vendor);
        let organization = match seen.organization {
            Some(Place { key, name: None }) => Some(named_organization(transaction, vendor_id, key).await?),
            known => known,
        };
        let location = match seen.location {
            Some(Place { key, name: None }) => {
                let own = before.filter(|row| row.location_key.as_deref() == Some(key.as_str()));
                match own.and_then(|row| row.location_name.clone()) {
                    Some(name) => Some(Place { key, name: Some(name) }),
                    None => Some(named_location(transaction, (vendor_id, date), key).await?),
                }
            }
            known => known,
        };
        let seen = Observation { organization, location, ..seen };
        Ok(match before {
            Some(row) => with_role_and_fields(seen, row),
            None => seen,
        })
    }
}

fn with_role_and_fields(seen: Observation, row: &device_snapshot::Model) -> Observation {
    let told = seen.hardware;
    let hardware = Hardware {
        has_tpm: told.has_tpm.or(row.has_tpm),
        tpm_enabled: told.tpm_enabled.or(row.tpm_enabled),
        tpm_version: told.tpm_version.or_else(|| row.tpm_version.clone()),
        secure_boot_available: told.secure_boot_available.or(row.secure_boot_available),
        secure_boot_enabled: told.secure_boot_enabled.or(row.secure_boot_enabled),
        ..told
    };
    Observation { chassis: seen.chassis.or_else(|| row.device_chassis.clone()), hardware, ..seen }
}

/// An organization by the name that is stored; one that was never named has its key for a name there.
async fn named_organization(
    transaction: &DatabaseTransaction,
    vendor_id: i64,
    key: String,
) -> Result<Place, InventoryError> {
    use site::{Column, Entity};
    let of_vendor = Entity::find().filter(Column::VendorId.eq(vendor_id));
    let known = of_vendor.filter(Column::VendorSiteKey.eq(key.as_str())).one(transaction).await?;
    let name = known.map(|row| row.name).filter(|name| *name != key);
    Ok(Place { key, name })
}

/// A location by the name that it has at any other device of the day.
async fn named_location(
    transaction: &DatabaseTransaction,
    (vendor_id, date): (i64, NaiveDate),
    key: String,
) -> Result<Place, InventoryError> {
    use device_snapshot::{Column, Entity};
    let name = Entity::find()
        .select_only()
        .column(Column::LocationName)
        .filter(Column::SnapshotDate.eq(date))
        .filter(Column::VendorId.eq(vendor_id))
        .filter(Column::LocationKey.eq(key.as_str()))
        .filter(Column::LocationName.is_not_null())
        .limit(1)
        .into_tuple::<Option<String>>()
        .one(transaction)
        .await?
        .flatten();
    Ok(Place { key, name })
}
