//! Which machine's row each group of identities gets, and which rows are left over.

use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};

use domain::linking::{DecisionKind, Decisions, DeviceAssignment};
use entity::device_identity;
use sea_orm::{
    ColumnTrait, ConnectionTrait, DatabaseBackend, DatabaseTransaction, EntityTrait, QueryFilter, QuerySelect,
    Statement,
};

use super::sources::Source;
use crate::inventory::{InventoryError, bulk, storing::count};

/// A machine and its identities.
pub(super) type Assigned = (i64, Vec<i64>);

/// Gives every group a machine: its own, or a new one, whose row is inserted with its picture.
pub(super) async fn give_ids(
    transaction: &DatabaseTransaction,
    assignments: Vec<DeviceAssignment>,
) -> Result<Vec<(i64, Vec<i64>)>, InventoryError> {
    let missing = assignments.iter().filter(|group| group.device_id.is_none()).count();
    let mut fresh = reserve_ids(transaction, missing).await?.into_iter();
    let assigned = assignments.into_iter().map(|group| {
        let id = group.device_id.or_else(|| fresh.next());
        id.map(|id| (id, group.identities)).ok_or_else(|| InventoryError::Corrupt("a machine got no id".into()))
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

/// Ids of machines that are to be inserted, so that each is written once, with its picture. Only one transaction stores at
/// a time, so on SQLite the ids after the last one are free.
async fn reserve_ids(transaction: &DatabaseTransaction, number: usize) -> Result<Vec<i64>, InventoryError> {
    if number == 0 {
        return Ok(Vec::new());
    }
    let (backend, number) = (transaction.get_database_backend(), count(number));
    let next = match backend {
        DatabaseBackend::Postgres => {
            "SELECT nextval(pg_get_serial_sequence('device', 'id')) AS id FROM generate_series(1, $1)"
        }
        _ => {
            "WITH RECURSIVE free(id, rest) AS (SELECT COALESCE(MAX(seq), 0) + 1, $1 FROM sqlite_sequence \
             WHERE name = 'device' UNION ALL SELECT id + 1, rest - 1 FROM free WHERE rest > 1) SELECT id FROM free"
        }
    };
    let rows = transaction.query_all_raw(Statement::from_sql_and_values(backend, next, [number.into()])).await?;
    let mut ids = rows.iter().map(|row| row.try_get("", "id")).collect::<Result<Vec<i64>, _>>()?;
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
