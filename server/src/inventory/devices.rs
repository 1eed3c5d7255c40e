//! Machines: which identities are one, and what each machine looks like now. Recomputed after every stored collection,
//! in one set-based pass inside its transaction.

use std::collections::{BTreeMap, HashMap, HashSet};

use chrono::NaiveDate;
use domain::{
    linking::{self, DeviceAssignment, Link, Linkable, Linking, Member},
    vendor::Vendor,
};
use entity::{device, device_identity, device_snapshot, site};
use sea_orm::{
    ActiveModelTrait, ActiveValue::Set, ColumnTrait, DatabaseTransaction, EntityTrait, FromQueryResult, JoinType,
    QueryFilter, QuerySelect, RelationTrait, sea_query::OnConflict,
};
use serde_json::Value;

use super::{Inventory, InventoryError, bulk};

/// What linking and the picture of a machine need of one source on its vendor's latest day.
#[derive(Clone, Debug, FromQueryResult)]
struct Source {
    identity_id: i64,
    vendor_id: i64,
    vendor_device_key: String,
    first_seen_date: NaiveDate,
    last_seen_date: NaiveDate,
    device_id: Option<i64>,
    link_rule: Option<String>,
    link_evidence: Option<String>,
    organization_id: Option<i64>,
    hostname: String,
    canonical_hostname: String,
    display_name: Option<String>,
    serial_number: Option<String>,
    mac_addresses: Option<Value>,
    device_type_id: Option<i64>,
    billing_status_id: Option<i64>,
    spare_reason: Option<String>,
}

impl Inventory {
    /// Links the identities of every vendor's latest day and brings the machines in line; in a storing transaction.
    pub(crate) async fn relink_devices(&self, transaction: &DatabaseTransaction) -> Result<(), InventoryError> {
        let mut sources = BTreeMap::new();
        for vendor in Vendor::ALL {
            let Some(day) = self.latest_day(transaction, vendor).await? else { continue };
            let listed = list_sources(transaction, day.vendor_id, day.snapshot_date).await?;
            sources.extend(listed.into_iter().map(|source| (source.identity_id, source)));
        }
        let linkables: Vec<Linkable> = sources.values().filter_map(|source| self.linkable(source)).collect();
        let linking = linking::link(&linkables);
        let members: Vec<Member> = sources.values().filter_map(|source| self.member(source)).collect();
        let assignments = linking::assign_devices(&members, &linking);
        let assigned = give_ids(transaction, assignments).await?;
        self.update_devices(transaction, &sources, &assigned).await?;
        update_identities(transaction, &sources, &assigned, &linking).await
    }

    fn linkable(&self, source: &Source) -> Option<Linkable> {
        Some(Linkable {
            identity_id: source.identity_id,
            vendor: self.reference.vendor(source.vendor_id)?,
            organization_id: source.organization_id,
            hostname: source.hostname.clone(),
            serial_number: source.serial_number.clone(),
            mac_addresses: texts(source.mac_addresses.as_ref()),
        })
    }

    fn member(&self, source: &Source) -> Option<Member> {
        let vendor = self.reference.vendor(source.vendor_id)?;
        Some(Member { identity_id: source.identity_id, vendor, device_id: source.device_id })
    }

    /// Writes the machines whose picture changed, and marks those that no vendor lists any more.
    async fn update_devices(
        &self,
        transaction: &DatabaseTransaction,
        sources: &BTreeMap<i64, Source>,
        assigned: &[(i64, Vec<i64>)],
    ) -> Result<(), InventoryError> {
        let known: HashMap<i64, device::Model> = device::Entity::find()
            .filter(device::Column::MergedIntoId.is_null())
            .all(transaction)
            .await?
            .into_iter()
            .map(|row| (row.id, row))
            .collect();
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
        let before = known.filter(|row| !row.hostname.is_empty());
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
            first_seen_date: before.map_or(first_seen, |row| row.first_seen_date.min(first_seen)),
            last_seen_date: before.map_or(last_seen, |row| row.last_seen_date.max(last_seen)),
            merged_into_id: None,
        })
    }
}

async fn list_sources(
    transaction: &DatabaseTransaction,
    vendor_id: i64,
    date: NaiveDate,
) -> Result<Vec<Source>, InventoryError> {
    use device_snapshot::{Column, Relation};
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
        .filter(Column::SnapshotDate.eq(date))
        .filter(Column::VendorId.eq(vendor_id))
        .into_model::<Source>()
        .all(transaction)
        .await?;
    Ok(rows)
}

/// Gives every group a machine: its own, or one of as many new rows as are needed.
async fn give_ids(
    transaction: &DatabaseTransaction,
    assignments: Vec<DeviceAssignment>,
) -> Result<Vec<(i64, Vec<i64>)>, InventoryError> {
    let missing = assignments.iter().filter(|group| group.device_id.is_none()).count();
    let mut fresh = new_devices(transaction, missing).await?.into_iter();
    let assigned = assignments.into_iter().map(|group| {
        let id = group.device_id.or_else(|| fresh.next());
        id.map(|id| (id, group.identities)).ok_or_else(|| InventoryError::Corrupt("a machine got no row".into()))
    });
    assigned.collect()
}

/// New machines, all alike until their picture is written: so it doesn't matter which of their ids comes back first.
async fn new_devices(transaction: &DatabaseTransaction, number: usize) -> Result<Vec<i64>, InventoryError> {
    let blank = device::ActiveModel {
        hostname: Set(String::new()),
        canonical_hostname: Set(String::new()),
        present: Set(false),
        first_seen_date: Set(NaiveDate::default()),
        last_seen_date: Set(NaiveDate::default()),
        ..Default::default()
    };
    let mut ids = Vec::with_capacity(number);
    while ids.len() < number {
        let rows = vec![blank.clone(); (number - ids.len()).min(1000)];
        let stored = device::Entity::insert_many(rows).exec_with_returning(transaction).await?;
        ids.extend(stored.into_iter().map(|row| row.id));
    }
    ids.sort_unstable();
    Ok(ids)
}

/// Machines whose every identity went to another one, and to which.
fn merged_into(sources: &BTreeMap<i64, Source>, assigned: &[(i64, Vec<i64>)]) -> HashMap<i64, i64> {
    let kept: HashSet<i64> = assigned.iter().map(|(id, _)| *id).collect();
    let moves = assigned.iter().flat_map(|(id, identities)| {
        let before = identities.iter().filter_map(|identity| sources.get(identity)?.device_id);
        before.map(move |before| (before, *id))
    });
    moves.filter(|(before, _)| !kept.contains(before)).collect()
}

/// A device that some absent identity still belongs to has not been taken over.
async fn without_owners(
    transaction: &DatabaseTransaction,
    mut moved: HashMap<i64, i64>,
    sources: &BTreeMap<i64, Source>,
) -> Result<HashMap<i64, i64>, InventoryError> {
    let before: Vec<i64> = moved.keys().copied().collect();
    for chunk in before.chunks(bulk::KEYS_PER_STATEMENT) {
        let owners = device_identity::Entity::find()
            .select_only()
            .columns([device_identity::Column::Id, device_identity::Column::DeviceId])
            .filter(device_identity::Column::DeviceId.is_in(chunk.iter().copied()))
            .into_tuple::<(i64, Option<i64>)>()
            .all(transaction)
            .await?;
        for (identity, device) in owners {
            if let Some(device) = device.filter(|_| !sources.contains_key(&identity)) {
                moved.remove(&device);
            }
        }
    }
    Ok(moved)
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

/// Writes the identities whose machine or link changed.
async fn update_identities(
    transaction: &DatabaseTransaction,
    sources: &BTreeMap<i64, Source>,
    assigned: &[(i64, Vec<i64>)],
    linking: &Linking,
) -> Result<(), InventoryError> {
    use device_identity::{ActiveModel, Column};
    let pairs = assigned.iter().flat_map(|(id, identities)| identities.iter().map(move |identity| (*id, identity)));
    let changed = pairs.filter_map(|(device_id, identity)| {
        let source = sources.get(identity)?;
        let link = linking.reference_of(*identity);
        let rule = link.map(|link: &Link| link.rule.code().to_owned());
        let evidence = link.map(|link| link.evidence.clone());
        let same = source.device_id == Some(device_id) && source.link_rule == rule && source.link_evidence == evidence;
        (!same).then(|| ActiveModel {
            id: Set(source.identity_id),
            vendor_id: Set(source.vendor_id),
            vendor_device_key: Set(source.vendor_device_key.clone()),
            first_seen_date: Set(source.first_seen_date),
            last_seen_date: Set(source.last_seen_date),
            device_id: Set(Some(device_id)),
            link_rule: Set(rule),
            link_evidence: Set(evidence),
        })
    });
    let rule = OnConflict::column(Column::Id)
        .update_columns([Column::DeviceId, Column::LinkRule, Column::LinkEvidence])
        .to_owned();
    bulk::insert(transaction, changed.collect(), Some(rule)).await?;
    Ok(())
}

/// The texts of a stored JSON list.
pub(crate) fn texts(list: Option<&Value>) -> Vec<String> {
    let items = list.and_then(Value::as_array).into_iter().flatten();
    items.filter_map(|item| item.as_str().map(str::to_owned)).collect()
}
