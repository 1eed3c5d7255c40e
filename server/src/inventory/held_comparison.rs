//! What a held collection lacks against the day that it would replace: the vendor's latest stored one.

use std::collections::BTreeMap;

use chrono::NaiveDate;
use entity::{collection, held_device, site};
use sea_orm::{ColumnTrait, ConnectionTrait, EntityTrait, FromQueryResult, QueryFilter, QuerySelect, Statement};

use super::{Inventory, InventoryError};

/// A held collection beside what is stored.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct HeldComparison {
    /// The vendor's latest stored day and how many devices it has; `None` when every day was dropped.
    pub stored: Option<(NaiveDate, i64)>,
    /// Devices of the stored day that the collection lacks.
    pub missing: i64,
    /// Devices of the collection that the stored day lacks.
    pub new: i64,
    /// The same by the vendor's organizations; those that lost most come first.
    pub organizations: Vec<HeldOrganization>,
}

/// One of the vendor's organizations in a held collection and on the stored day.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct HeldOrganization {
    /// The vendor's key of it; `None` for devices that are filed nowhere.
    pub site_key: Option<String>,
    /// The vendor's name of it; `None` when it has none.
    pub name: Option<String>,
    /// The client it is; `None` when nobody knows.
    pub organization_id: Option<i64>,
    /// Devices on the stored day.
    pub before: i64,
    /// Devices in the held collection.
    pub now: i64,
    /// Devices of the stored day that the collection has nowhere.
    pub missing: i64,
}

/// Stored devices by site, and how many of them the collection lacks. `$1` is the collection, `$2` the vendor, `$3` the day.
const STORED: &str = "SELECT s.site_id, CAST(COUNT(*) AS bigint) AS devices, \
    CAST(SUM(CASE WHEN h.collection_id IS NULL THEN 1 ELSE 0 END) AS bigint) AS missing \
    FROM device_snapshot s JOIN device_identity i ON i.id = s.device_identity_id \
    LEFT JOIN held_device h ON h.collection_id = $1 AND h.vendor_device_key = i.vendor_device_key \
    WHERE s.vendor_id = $2 AND s.snapshot_date = $3 GROUP BY s.site_id";

#[derive(FromQueryResult)]
struct Stored {
    site_id: Option<i64>,
    devices: i64,
    missing: i64,
}

impl Inventory {
    /// Compares a collection that waits with what is stored of its vendor.
    pub async fn compare_held(&self, held: &collection::Model) -> Result<HeldComparison, InventoryError> {
        let reader = self.database.reader();
        let sites: BTreeMap<i64, site::Model> = site::Entity::find()
            .filter(site::Column::VendorId.eq(held.vendor_id))
            .all(reader)
            .await?
            .into_iter()
            .map(|row| (row.id, row))
            .collect();
        let mut by_key = list_held(reader, held.id).await?;
        let vendor = self.vendor_of(held).ok_or_else(|| InventoryError::Corrupt("a held legacy vendor".into()))?;
        let day = self.latest_day(reader, vendor).await?;
        if let Some(day) = &day {
            let values = [held.id.into(), held.vendor_id.into(), day.snapshot_date.into()];
            let statement = Statement::from_sql_and_values(reader.get_database_backend(), STORED, values);
            for row in Stored::find_by_statement(statement).all(reader).await? {
                let key = row.site_id.and_then(|id| sites.get(&id)).map(|site| site.vendor_site_key.clone());
                let organization = by_key.entry(key).or_default();
                (organization.before, organization.missing) = (row.devices, row.missing);
            }
        }
        Ok(compared(by_key, &sites, day.map(|day| (day.snapshot_date, day.device_count))))
    }
}

/// The devices of the collection by organization.
async fn list_held(
    reader: &impl ConnectionTrait,
    collection_id: i64,
) -> Result<BTreeMap<Option<String>, HeldOrganization>, InventoryError> {
    use held_device::{Column, Entity};
    let rows = Entity::find()
        .select_only()
        .column(Column::SiteKey)
        .column_as(Column::SiteName.max(), "name")
        .column_as(Column::VendorDeviceKey.count(), "devices")
        .filter(Column::CollectionId.eq(collection_id))
        .group_by(Column::SiteKey)
        .into_tuple::<(Option<String>, Option<String>, i64)>()
        .all(reader)
        .await?;
    Ok(rows.into_iter().map(|(key, name, now)| (key, HeldOrganization { name, now, ..Default::default() })).collect())
}

fn compared(
    by_key: BTreeMap<Option<String>, HeldOrganization>,
    sites: &BTreeMap<i64, site::Model>,
    stored: Option<(NaiveDate, i64)>,
) -> HeldComparison {
    let by_site_key: BTreeMap<&str, &site::Model> =
        sites.values().map(|site| (site.vendor_site_key.as_str(), site)).collect();
    let named = |(site_key, row): (Option<String>, HeldOrganization)| {
        let site = site_key.as_deref().and_then(|key| by_site_key.get(key));
        let stored_name = || site.map(|site| site.name.clone()).filter(|name| Some(name) != site_key.as_ref());
        let (name, organization_id) =
            (row.name.clone().or_else(stored_name), site.and_then(|site| site.organization_id));
        HeldOrganization { site_key, name, organization_id, ..row }
    };
    let mut organizations: Vec<HeldOrganization> = by_key.into_iter().map(named).collect();
    organizations.sort_by(|a, b| (b.missing, &a.name, &a.site_key).cmp(&(a.missing, &b.name, &b.site_key)));
    let total = |of: fn(&HeldOrganization) -> i64| organizations.iter().map(of).sum::<i64>();
    let (before, now, missing) = (total(|it| it.before), total(|it| it.now), total(|it| it.missing));
    HeldComparison { stored, missing, new: now - (before - missing), organizations }
}
