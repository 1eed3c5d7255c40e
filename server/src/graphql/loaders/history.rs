//! What changed about the records of a device.

use std::collections::HashMap;

use async_graphql::dataloader::Loader;
use chrono::NaiveDate;
use domain::history::{Facts, Field, FieldChange, changes};
use entity::{device_identity, device_snapshot, snapshot_day};
use sea_orm::{
    ColumnTrait, DbErr, EntityTrait, FromQueryResult, JoinType, QueryFilter, QueryOrder, QuerySelect, RelationTrait,
};

use super::{Rows, grouped, snapshots::of_kept_day};

/// The changes of the fields of all records of a device, the newest first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct HistoryOfDevice(pub i64);

/// A change of one record.
#[derive(Clone, Debug)]
pub struct SourceChange {
    /// The record.
    pub identity_id: i64,
    /// What changed.
    pub change: FieldChange,
}

#[derive(FromQueryResult)]
struct Seen {
    device_id: i64,
    device_identity_id: i64,
    vendor_id: i64,
    snapshot_date: NaiveDate,
    hostname: String,
    display_name: Option<String>,
    organization_name: Option<String>,
    location_name: Option<String>,
    billable_status_name: Option<String>,
    spare_reason: Option<String>,
    device_type_name: Option<String>,
    os_name: Option<String>,
    os_build: Option<String>,
    agent_version: Option<String>,
    serial_number: Option<String>,
}

impl Seen {
    fn facts(&self) -> Facts {
        vec![
            (Field::Hostname, Some(self.hostname.clone())),
            (Field::DisplayName, self.display_name.clone()),
            (Field::Organization, self.organization_name.clone()),
            (Field::Location, self.location_name.clone()),
            (Field::Billing, self.billable_status_name.clone()),
            (Field::SpareReason, self.spare_reason.clone()),
            (Field::DeviceType, self.device_type_name.clone()),
            (Field::OperatingSystem, self.os_name.clone()),
            (Field::OsBuild, self.os_build.clone()),
            (Field::AgentVersion, self.agent_version.clone()),
            (Field::SerialNumber, self.serial_number.clone()),
        ]
    }
}

impl Loader<HistoryOfDevice> for Rows {
    type Value = Vec<SourceChange>;
    type Error = DbErr;

    async fn load(&self, keys: &[HistoryOfDevice]) -> Result<HashMap<HistoryOfDevice, Vec<SourceChange>>, DbErr> {
        use device_snapshot::{Column, Relation};
        let kept = snapshot_day::Column::DroppedAt.is_null();
        let stored = snapshot_day::Entity::find().filter(kept).all(&self.reader).await?;
        let days = grouped(stored, |day| day.vendor_id);
        let rows = device_snapshot::Entity::find()
            .select_only()
            .columns([Column::DeviceIdentityId, Column::VendorId, Column::SnapshotDate, Column::Hostname])
            .columns([Column::DisplayName, Column::OrganizationName, Column::LocationName])
            .columns([Column::BillableStatusName, Column::SpareReason, Column::DeviceTypeName])
            .columns([Column::OsName, Column::OsBuild, Column::AgentVersion, Column::SerialNumber])
            .column(device_identity::Column::DeviceId)
            .join(JoinType::InnerJoin, Relation::DeviceIdentity.def())
            .filter(device_identity::Column::DeviceId.is_in(keys.iter().map(|key| key.0)))
            // A day that is dropped is no day on which the record was absent; what is left of it is not shown.
            .filter(of_kept_day())
            .order_by_asc(Column::DeviceIdentityId)
            .into_model::<Seen>()
            .all(&self.reader)
            .await?;
        let mut histories: HashMap<HistoryOfDevice, Vec<SourceChange>> = HashMap::new();
        for ((device_id, identity_id, vendor_id), seen) in
            grouped(rows, |row| (row.device_id, row.device_identity_id, row.vendor_id))
        {
            let stored = days.get(&vendor_id).map_or(&[][..], Vec::as_slice);
            let stored: Vec<NaiveDate> = stored.iter().map(|day| day.snapshot_date).collect();
            let seen: Vec<_> = seen.into_iter().map(|row| (row.snapshot_date, row.facts())).collect();
            let told = changes(&stored, &seen).into_iter().map(|change| SourceChange { identity_id, change });
            histories.entry(HistoryOfDevice(device_id)).or_default().extend(told);
        }
        for history in histories.values_mut() {
            history.sort_by_key(SourceChange::place);
        }
        Ok(histories)
    }
}

impl SourceChange {
    /// Its place in a list of changes, the newest first: no field of a record changes twice on a day.
    pub fn place(&self) -> (i64, i64) {
        let day = i64::from(chrono::Datelike::num_days_from_ce(&self.change.date));
        let field = Field::ALL.iter().position(|field| *field == self.change.field).unwrap_or_default();
        // A record's id comes first, so that all changes of one record on a day stand together.
        (-day, self.identity_id.saturating_mul(64).saturating_add(i64::try_from(field).unwrap_or_default()))
    }
}
