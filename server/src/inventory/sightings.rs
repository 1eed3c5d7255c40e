//! A stored day as the checks see it.

use chrono::{DateTime, NaiveDate, Utc};
use domain::{
    billing::{Billing, SpareReason},
    checks::{OrganizationRef, Sighting},
    device_type::DeviceType,
    linking::Linkable,
    vendor::Vendor,
};
use entity::{device_identity, device_snapshot, organization, site};
use sea_orm::{
    ColumnTrait, Condition, ConnectionTrait, EntityTrait, FromQueryResult, JoinType, QueryFilter, QuerySelect,
    RelationTrait,
};
use serde_json::Value;

use super::{Inventory, InventoryError, devices::texts};

impl Inventory {
    /// What the vendors with a complete day showed on it: everything, or of these identities, no more than a statement
    /// takes.
    pub(super) async fn load_day(
        &self,
        connection: &impl ConnectionTrait,
        date: NaiveDate,
        identities: Option<&[i64]>,
    ) -> Result<(Vec<Sighting>, Vec<Linkable>), InventoryError> {
        let rows = list_seen(connection, date, identities).await?;
        let known = rows.into_iter().filter_map(|row| self.reference.vendor(row.vendor_id).map(|vendor| (vendor, row)));
        Ok(known.map(|(vendor, row)| (sighting(vendor, &row), linkable(vendor, &row))).unzip())
    }
}

fn sighting(vendor: Vendor, row: &SeenRow) -> Sighting {
    let organization = row.organization_id.zip(row.organization_name.clone());
    Sighting {
        identity_id: row.identity_id,
        vendor,
        vendor_device_key: row.vendor_device_key.clone(),
        hostname: row.hostname.clone(),
        display_name: row.display_name.clone(),
        organization: organization.map(|(id, name)| OrganizationRef { id, name }),
        site_id: row.site_id,
        location_name: row.location_name.clone(),
        device_type: row.device_type_name.as_deref().and_then(DeviceType::from_code).unwrap_or(DeviceType::Unknown),
        serial_number: row.serial_number.clone(),
        billing: row.billable_status_name.as_deref().and_then(Billing::from_code),
        spare_reason: row.spare_reason.as_deref().and_then(SpareReason::from_code),
        added_at: row.agent_install_timestamp,
        last_contact: row.last_online,
    }
}

/// What the checks need of a snapshot.
#[derive(Clone, Debug, FromQueryResult)]
struct SeenRow {
    identity_id: i64,
    vendor_id: i64,
    vendor_device_key: String,
    hostname: String,
    display_name: Option<String>,
    site_id: Option<i64>,
    organization_id: Option<i64>,
    organization_name: Option<String>,
    location_name: Option<String>,
    device_type_name: Option<String>,
    billable_status_name: Option<String>,
    spare_reason: Option<String>,
    agent_install_timestamp: Option<DateTime<Utc>>,
    last_online: Option<DateTime<Utc>>,
    serial_number: Option<String>,
    mac_addresses: Option<Value>,
}

async fn list_seen(
    connection: &impl ConnectionTrait,
    date: NaiveDate,
    identities: Option<&[i64]>,
) -> Result<Vec<SeenRow>, InventoryError> {
    use device_snapshot::{Column, Relation};
    let these = identities.map(|identities| Column::DeviceIdentityId.is_in(identities.iter().copied()));
    let rows = device_snapshot::Entity::find()
        .select_only()
        .column_as(Column::DeviceIdentityId, "identity_id")
        .columns([Column::VendorId, Column::SiteId, Column::Hostname, Column::DisplayName, Column::LocationName])
        .columns([
            Column::DeviceTypeName,
            Column::BillableStatusName,
            Column::SpareReason,
            Column::AgentInstallTimestamp,
        ])
        .columns([Column::LastOnline, Column::SerialNumber, Column::MacAddresses])
        .column(device_identity::Column::VendorDeviceKey)
        .column(site::Column::OrganizationId)
        .column_as(organization::Column::Name, "organization_name")
        .join(JoinType::InnerJoin, Relation::DeviceIdentity.def())
        .join(JoinType::LeftJoin, Relation::Site.def())
        .join(JoinType::LeftJoin, site::Relation::Organization.def())
        .filter(Column::SnapshotDate.eq(date))
        .filter(Condition::all().add_option(these))
        .into_model::<SeenRow>()
        .all(connection)
        .await?;
    Ok(rows)
}

fn linkable(vendor: Vendor, row: &SeenRow) -> Linkable {
    Linkable {
        identity_id: row.identity_id,
        vendor,
        organization_id: row.organization_id,
        hostname: row.hostname.clone(),
        serial_number: row.serial_number.clone(),
        mac_addresses: texts(row.mac_addresses.as_ref()),
    }
}
