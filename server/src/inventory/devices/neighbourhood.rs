//! Linking around one identity: with those who share a key with it, as it is and as it was, with those whom people decided
//! about, and with those of one machine, through others too. Who is not among these is linked as before, whatever becomes
//! of the identity.

use std::collections::{BTreeMap, BTreeSet, HashSet};

use domain::{
    linking::{self, DecisionKind, Decisions, Linkable},
    vendor::Vendor,
};
use entity::device_identity;
use sea_orm::{ColumnTrait, DatabaseTransaction, EntityTrait, QueryFilter, QuerySelect, QueryTrait};

use super::{
    keys::{has_keys, list_keys_of, list_with_keys, store_keys},
    sources::{Source, list_sources},
};
use crate::inventory::{Inventory, InventoryError, bulk, deciding::load_decisions};

/// A larger neighbourhood is linked with everything: thousands share a key there, and the shortcut is none.
const LARGEST: usize = 4000;

/// What came of linking around an identity.
#[derive(Debug)]
pub(crate) enum Neighbours {
    /// These were linked anew: all whom the change may concern.
    Near(HashSet<i64>),
    /// Too many are near: nothing was linked.
    Unbounded,
}

impl Inventory {
    /// The keys that an identity is known by, before what is stored of it changes. Where no keys are stored at all (after
    /// an upgrade), everything is linked once more, which stores them.
    pub(crate) async fn keys_of(
        &self,
        transaction: &DatabaseTransaction,
        identity_id: i64,
    ) -> Result<Vec<String>, InventoryError> {
        if !has_keys(transaction).await? {
            self.relink_devices(transaction).await?;
        }
        list_keys_of(transaction, &[identity_id]).await
    }

    /// Who may be linked to an identity of these keys.
    pub(crate) async fn list_related(
        &self,
        transaction: &DatabaseTransaction,
        keys: &[String],
    ) -> Result<HashSet<i64>, InventoryError> {
        let related: Vec<String> = keys.iter().flat_map(|key| linking::related(key)).collect();
        Ok(list_with_keys(transaction, &related).await?.into_iter().collect())
    }

    /// Links an identity of its vendor's latest day anew, which had these keys before.
    pub(crate) async fn relink_around(
        &self,
        transaction: &DatabaseTransaction,
        identity_id: i64,
        keys_before: Vec<String>,
    ) -> Result<Neighbours, InventoryError> {
        let own = self.load_latest(transaction, &[identity_id]).await?;
        let linkables: Vec<Linkable> = own.values().filter_map(|source| self.linkable(source)).collect();
        let its_rows = entity::link_key::Column::IdentityId.eq(identity_id);
        store_keys(transaction, &linkables, its_rows.into()).await?;
        let decisions = load_decisions(transaction).await?;
        let Some(near) = find_near(transaction, identity_id, keys_before, &decisions).await? else {
            return Ok(Neighbours::Unbounded);
        };
        let near: Vec<i64> = near.into_iter().collect();
        let sources = self.load_latest(transaction, &near).await?;
        self.relink(transaction, &sources, (&decisions, Some(&near))).await?;
        Ok(Neighbours::Near(near.into_iter().collect()))
    }

    /// Those of these identities that their vendors list on their latest days.
    async fn load_latest(
        &self,
        transaction: &DatabaseTransaction,
        identities: &[i64],
    ) -> Result<BTreeMap<i64, Source>, InventoryError> {
        let mut sources = BTreeMap::new();
        for vendor in Vendor::ALL {
            let Some(day) = self.latest_day(transaction, vendor).await? else { continue };
            let listed = list_sources(transaction, &day, Some(identities)).await?;
            sources.extend(listed.into_iter().map(|source| (source.identity_id, source)));
        }
        Ok(sources)
    }
}

/// Everybody near an identity; `None` when they are too many.
async fn find_near(
    transaction: &DatabaseTransaction,
    identity_id: i64,
    keys_before: Vec<String>,
    decisions: &Decisions,
) -> Result<Option<BTreeSet<i64>>, InventoryError> {
    let partners = partners(decisions);
    let (mut near, mut asked) = (BTreeSet::new(), BTreeSet::new());
    let (mut open, mut keys) = (vec![identity_id], keys_before);
    while !open.is_empty() {
        near.extend(open.iter().copied());
        if near.len() > LARGEST {
            return Ok(None);
        }
        keys.extend(list_keys_of(transaction, &open).await?);
        let related = keys.drain(..).flat_map(|key| linking::related(&key)).filter(|key| asked.insert(key.clone()));
        let related: Vec<String> = related.collect();
        let mut found = list_with_keys(transaction, &related).await?;
        found.extend(list_of_same_machine(transaction, &open).await?);
        found.extend(open.iter().filter_map(|id| partners.get(id)).flatten().copied());
        found.retain(|id| !near.contains(id));
        found.sort_unstable();
        found.dedup();
        open = found;
    }
    Ok(Some(near))
}

/// Who was linked to whom or separated from whom by a person.
fn partners(decisions: &Decisions) -> BTreeMap<i64, Vec<i64>> {
    let mut partners: BTreeMap<i64, Vec<i64>> = BTreeMap::new();
    for decision in DecisionKind::ALL.into_iter().flat_map(|kind| decisions.of(kind)) {
        let (one, other) = decision.pair();
        partners.entry(one).or_default().push(other);
        partners.entry(other).or_default().push(one);
    }
    partners
}

async fn list_of_same_machine(
    transaction: &DatabaseTransaction,
    identities: &[i64],
) -> Result<Vec<i64>, InventoryError> {
    use device_identity::{Column, Entity};
    let mut found = Vec::new();
    for chunk in identities.chunks(bulk::KEYS_PER_STATEMENT) {
        let devices = Entity::find().select_only().column(Column::DeviceId);
        let devices = devices.filter(Column::Id.is_in(chunk.iter().copied())).filter(Column::DeviceId.is_not_null());
        let same = Entity::find().select_only().column(Column::Id);
        let same = same.filter(Column::DeviceId.in_subquery(devices.into_query()));
        found.extend(same.into_tuple::<i64>().all(transaction).await?);
    }
    Ok(found)
}
