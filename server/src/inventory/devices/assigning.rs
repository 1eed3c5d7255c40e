//! Which machine's row each group of identities gets, and which rows are left over.

use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};

use chrono::NaiveDate;
use domain::linking::{DecisionKind, Decisions, DeviceAssignment};
use entity::{device, device_identity};
use sea_orm::{ActiveValue::Set, ColumnTrait, DatabaseTransaction, EntityTrait, QueryFilter, QuerySelect};

use super::sources::Source;
use crate::inventory::{InventoryError, bulk};

/// Gives every group a machine: its own, or one of as many new rows as are needed.
pub(super) async fn give_ids(
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

/// Present identities with the machines of absent ones from which a person separated them.
pub(super) async fn list_barred(
    transaction: &DatabaseTransaction,
    sources: &BTreeMap<i64, Source>,
    decisions: &Decisions,
) -> Result<BTreeSet<(i64, i64)>, InventoryError> {
    let mut pairs: BTreeMap<i64, Vec<i64>> = BTreeMap::new();
    for (one, other) in decisions.of(DecisionKind::Separated).map(domain::linking::Decision::pair) {
        match (sources.contains_key(&one), sources.contains_key(&other)) {
            (true, false) => pairs.entry(other).or_default().push(one),
            (false, true) => pairs.entry(one).or_default().push(other),
            _ => {}
        }
    }
    let mut barred = BTreeSet::new();
    for chunk in pairs.keys().copied().collect::<Vec<_>>().chunks(bulk::KEYS_PER_STATEMENT) {
        let absent = device_identity::Column::Id.is_in(chunk.iter().copied());
        for row in device_identity::Entity::find().filter(absent).all(transaction).await? {
            let present = pairs.get(&row.id).into_iter().flatten();
            barred.extend(present.filter_map(|identity| Some((*identity, row.device_id?))));
        }
    }
    Ok(barred)
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
pub(super) fn merged_into(sources: &BTreeMap<i64, Source>, assigned: &[(i64, Vec<i64>)]) -> HashMap<i64, i64> {
    let kept: HashSet<i64> = assigned.iter().map(|(id, _)| *id).collect();
    let moves = assigned.iter().flat_map(|(id, identities)| {
        let before = identities.iter().filter_map(|identity| sources.get(identity)?.device_id);
        before.map(move |before| (before, *id))
    });
    moves.filter(|(before, _)| !kept.contains(before)).collect()
}

/// A device that some absent identity still belongs to has not been taken over.
pub(super) async fn without_owners(
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
