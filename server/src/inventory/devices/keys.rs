//! `link_key`: by which keys present identities are found, so that one device's neighbours are found without the fleet.

use std::collections::{BTreeMap, BTreeSet};

use domain::linking::{self, Linkable};
use entity::link_key::{Column, Entity, Model};
use sea_orm::{
    ActiveModelTrait, ColumnTrait, Condition, DatabaseTransaction, EntityTrait, IntoActiveModel, QueryFilter,
    QuerySelect, sea_query::ExprTrait,
};

use crate::inventory::{InventoryError, bulk, database::tell_growth};

/// Identities whose keys are in memory at once.
const AT_ONCE: usize = 5000;

/// Brings the keys of all present identities in line, and takes those of others away; `present` ascending.
pub(super) async fn store_all_keys(
    transaction: &DatabaseTransaction,
    present: &[Linkable],
) -> Result<(), InventoryError> {
    let mut written = 0;
    let mut from = i64::MIN;
    let last = present.chunks(AT_ONCE).count().max(1) - 1;
    let chunks = present.chunks(AT_ONCE).chain(present.is_empty().then_some(&[][..]));
    for (number, chunk) in chunks.enumerate() {
        let until = chunk.last().filter(|_| number < last).map_or(i64::MAX, |last| last.identity_id);
        let range = Column::IdentityId.gte(from).and(Column::IdentityId.lte(until));
        written += store_keys(transaction, chunk, range.into()).await?;
        from = until.saturating_add(1);
    }
    tell_growth(transaction, "link_key", written).await?;
    Ok(())
}

/// Brings the keys of the identities in a range in line; answers how many are new.
pub(super) async fn store_keys(
    transaction: &DatabaseTransaction,
    present: &[Linkable],
    range: Condition,
) -> Result<usize, InventoryError> {
    let mut before: BTreeMap<i64, BTreeSet<String>> = BTreeMap::new();
    for row in Entity::find().filter(range).all(transaction).await? {
        before.entry(row.identity_id).or_default().insert(row.key);
    }
    let mut new = Vec::new();
    let mut rewritten: Vec<i64> = Vec::new();
    for identity in present {
        let (known, now) = (before.remove(&identity.identity_id).unwrap_or_default(), linking::keys(identity));
        if known != now {
            rewritten.extend((!known.is_empty()).then_some(identity.identity_id));
            let row = |key| Model { identity_id: identity.identity_id, key }.into_active_model().reset_all();
            new.extend(now.into_iter().map(row));
        }
    }
    // Who is left has gone.
    rewritten.extend(before.into_keys());
    for chunk in rewritten.chunks(bulk::KEYS_PER_STATEMENT) {
        let gone = Column::IdentityId.is_in(chunk.iter().copied());
        Entity::delete_many().filter(gone).exec(transaction).await?;
    }
    let count = new.len();
    bulk::insert(transaction, new, None).await?;
    Ok(count)
}

/// The identities that have one of these keys.
pub(super) async fn list_with_keys(
    transaction: &DatabaseTransaction,
    keys: &[String],
) -> Result<Vec<i64>, InventoryError> {
    let mut found = Vec::new();
    for chunk in keys.chunks(bulk::KEYS_PER_STATEMENT) {
        let rows = Entity::find().select_only().column(Column::IdentityId).distinct();
        let rows = rows.filter(Column::Key.is_in(chunk.iter().map(String::as_str)));
        found.extend(rows.into_tuple::<i64>().all(transaction).await?);
    }
    Ok(found)
}

/// The keys of these identities.
pub(super) async fn list_keys_of(
    transaction: &DatabaseTransaction,
    identities: &[i64],
) -> Result<Vec<String>, InventoryError> {
    let mut found = Vec::new();
    for chunk in identities.chunks(bulk::KEYS_PER_STATEMENT) {
        let rows = Entity::find().select_only().column(Column::Key).distinct();
        let rows = rows.filter(Column::IdentityId.is_in(chunk.iter().copied()));
        found.extend(rows.into_tuple::<String>().all(transaction).await?);
    }
    Ok(found)
}

/// Whether any key is stored: none is before the first linking, and after an upgrade until the next one.
pub(super) async fn has_keys(transaction: &DatabaseTransaction) -> Result<bool, InventoryError> {
    Ok(Entity::find().limit(1).one(transaction).await?.is_some())
}
