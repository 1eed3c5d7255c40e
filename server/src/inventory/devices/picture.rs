//! What each machine looks like now.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use domain::vendor::Vendor;
use entity::device;
use sea_orm::{
    ActiveModelTrait, ColumnTrait, Condition, DatabaseTransaction, EntityTrait, QueryFilter, sea_query::OnConflict,
};

use super::{
    assigning::{Assigned, merged_into, without_owners},
    sources::Source,
};
use crate::inventory::{Inventory, InventoryError, bulk};

impl Inventory {
    /// Writes the machines whose picture changed, and marks those of the known ones that no vendor lists any more.
    pub(super) async fn update_devices(
        &self,
        transaction: &DatabaseTransaction,
        sources: &BTreeMap<i64, Source>,
        (assigned, known): (&[Assigned], HashMap<i64, device::Model>),
    ) -> Result<(), InventoryError> {
        let now: HashMap<i64, device::Model> = assigned
            .iter()
            .filter_map(|(id, identities)| self.picture(*id, identities, sources, known.get(id)))
            .map(|row| (row.id, row))
            .collect();
        let changed = now.values().filter(|row| known.get(&row.id) != Some(*row)).cloned();
        let moved = without_owners(transaction, merged_into(sources, assigned), sources).await?;
        let gone = known.values().filter(|row| !now.contains_key(&row.id)).filter_map(|row| {
            let after = device::Model { present: false, merged_into_id: moved.get(&row.id).copied(), ..row.clone() };
            (after != *row).then_some(after)
        });
        let mut rows: Vec<device::Model> = changed.chain(gone).collect();
        rows.sort_by_key(|row| row.id);
        upsert_devices(transaction, rows).await
    }

    /// A machine as its leading source shows it: the reference vendor's, else the one with the lowest id.
    fn picture(
        &self,
        id: i64,
        identities: &[i64],
        sources: &BTreeMap<i64, Source>,
        known: Option<&device::Model>,
    ) -> Option<device::Model> {
        let members: Vec<&Source> = identities.iter().filter_map(|identity| sources.get(identity)).collect();
        let reference_id = self.reference.vendor_id(Vendor::REFERENCE);
        let lead = members.iter().find(|source| source.vendor_id == reference_id).or(members.first())?;
        let first_seen = members.iter().map(|source| source.first_seen_date).min()?;
        let last_seen = members.iter().map(|source| source.last_seen_date).max()?;
        Some(device::Model {
            id,
            hostname: lead.hostname.clone(),
            canonical_hostname: lead.canonical_hostname.clone(),
            display_name: lead.display_name.clone(),
            organization_id: lead.organization_id,
            device_type_id: lead.device_type_id,
            billing_status_id: lead.billing_status_id,
            spare_reason: lead.spare_reason.clone(),
            present: true,
            first_seen_date: known.map_or(first_seen, |row| row.first_seen_date.min(first_seen)),
            last_seen_date: known.map_or(last_seen, |row| row.last_seen_date.max(last_seen)),
            merged_into_id: None,
        })
    }
}

/// The machines as they are stored: all, or those that these sources had or were given.
pub(super) async fn known_devices(
    transaction: &DatabaseTransaction,
    of: Option<(&BTreeMap<i64, Source>, &[Assigned])>,
) -> Result<HashMap<i64, device::Model>, InventoryError> {
    use device::{Column, Entity};
    let these = of.map(|(sources, assigned)| {
        let before = sources.values().filter_map(|source| source.device_id);
        let ids: BTreeSet<i64> = before.chain(assigned.iter().map(|(id, _)| *id)).collect();
        Column::Id.is_in(ids)
    });
    let rows = Entity::find().filter(Column::MergedIntoId.is_null()).filter(Condition::all().add_option(these));
    Ok(rows.all(transaction).await?.into_iter().map(|row| (row.id, row)).collect())
}

async fn upsert_devices(transaction: &DatabaseTransaction, rows: Vec<device::Model>) -> Result<(), InventoryError> {
    use device::Column;
    let rule = OnConflict::column(Column::Id)
        .update_columns([
            Column::Hostname,
            Column::CanonicalHostname,
            Column::DisplayName,
            Column::OrganizationId,
            Column::DeviceTypeId,
            Column::BillingStatusId,
            Column::SpareReason,
            Column::Present,
            Column::FirstSeenDate,
            Column::LastSeenDate,
            Column::MergedIntoId,
        ])
        .to_owned();
    let rows = rows.into_iter().map(|row| device::ActiveModel::from(row).reset_all()).collect();
    bulk::insert(transaction, rows, Some(rule)).await?;
    Ok(())
}
