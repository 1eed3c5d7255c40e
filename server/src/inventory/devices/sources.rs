//! The vendors' records of the latest days, as linking and the picture of a machine need them.

use chrono::NaiveDate;
use domain::linking::{Linkable, Member};
use entity::{device_identity, device_snapshot, site, snapshot_day};
use sea_orm::{
    ColumnTrait, Condition, DatabaseTransaction, EntityTrait, FromQueryResult, JoinType, QueryFilter, QuerySelect,
    RelationTrait,
};
use serde_json::Value;

use crate::inventory::{Inventory, InventoryError};

/// What linking and the picture of a machine need of one source on its vendor's latest day.
#[derive(Clone, Debug, FromQueryResult)]
pub(super) struct Source {
    pub(super) identity_id: i64,
    pub(super) vendor_id: i64,
    pub(super) vendor_device_key: String,
    pub(super) first_seen_date: NaiveDate,
    pub(super) last_seen_date: NaiveDate,
    pub(super) device_id: Option<i64>,
    pub(super) link_rule: Option<String>,
    pub(super) link_evidence: Option<String>,
    pub(super) organization_id: Option<i64>,
    pub(super) hostname: String,
    pub(super) canonical_hostname: String,
    pub(super) display_name: Option<String>,
    pub(super) serial_number: Option<String>,
    pub(super) mac_addresses: Option<Value>,
    pub(super) device_type_id: Option<i64>,
    pub(super) billing_status_id: Option<i64>,
    pub(super) spare_reason: Option<String>,
}

impl Inventory {
    pub(super) fn linkable(&self, source: &Source) -> Option<Linkable> {
        Some(Linkable {
            identity_id: source.identity_id,
            vendor: self.reference.vendor(source.vendor_id)?,
            organization_id: source.organization_id,
            hostname: source.hostname.clone(),
            serial_number: source.serial_number.clone(),
            mac_addresses: texts(source.mac_addresses.as_ref()),
        })
    }

    pub(super) fn member(&self, source: &Source) -> Option<Member> {
        let vendor = self.reference.vendor(source.vendor_id)?;
        Some(Member { identity_id: source.identity_id, vendor, device_id: source.device_id })
    }
}

/// A vendor's records of a day; of these identities, no more than a statement takes, or of all.
pub(super) async fn list_sources(
    transaction: &DatabaseTransaction,
    day: &snapshot_day::Model,
    identities: Option<&[i64]>,
) -> Result<Vec<Source>, InventoryError> {
    use device_snapshot::{Column, Relation};
    let these = identities.map(|identities| Column::DeviceIdentityId.is_in(identities.iter().copied()));
    let rows = device_snapshot::Entity::find()
        .select_only()
        .column_as(Column::DeviceIdentityId, "identity_id")
        .columns([Column::VendorId, Column::Hostname, Column::CanonicalHostname, Column::DisplayName])
        .columns([Column::SerialNumber, Column::MacAddresses])
        .columns([Column::DeviceTypeId, Column::BillingStatusId, Column::SpareReason])
        .column(site::Column::OrganizationId)
        .columns([
            device_identity::Column::VendorDeviceKey,
            device_identity::Column::FirstSeenDate,
            device_identity::Column::LastSeenDate,
            device_identity::Column::DeviceId,
            device_identity::Column::LinkRule,
            device_identity::Column::LinkEvidence,
        ])
        .join(JoinType::InnerJoin, Relation::DeviceIdentity.def())
        .join(JoinType::LeftJoin, Relation::Site.def())
        .filter(Column::SnapshotDate.eq(day.snapshot_date))
        .filter(Column::VendorId.eq(day.vendor_id))
        .filter(Condition::all().add_option(these))
        .into_model::<Source>()
        .all(transaction)
        .await?;
    Ok(rows)
}

/// The texts of a stored JSON list.
pub(crate) fn texts(list: Option<&Value>) -> Vec<String> {
    let items = list.and_then(Value::as_array).into_iter().flatten();
    items.filter_map(|item| item.as_str().map(str::to_owned)).collect()
}
