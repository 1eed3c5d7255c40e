//! Organizations of a vendor become `site` rows, and their names the client organizations they belong to.

use std::collections::{BTreeMap, HashMap};

use domain::{collection::Collection, observation::Place, organization::canonical, vendor::Vendor};
use entity::{organization, site, site_alias};
use sea_orm::{
    ActiveValue::{NotSet, Set},
    ColumnTrait, DatabaseTransaction, EntityTrait, IntoActiveModel, QueryFilter, QueryOrder,
    sea_query::OnConflict,
};

use super::{Inventory, InventoryError, bulk};

/// The organizations of a vendor as they are stored.
#[derive(Debug)]
pub(crate) struct Sites {
    /// The id of each one's row, by the vendor's key.
    pub(crate) ids: HashMap<String, i64>,
    /// The rows that are another client's now.
    pub(crate) moved: Vec<i64>,
}

impl Inventory {
    /// Stores the organizations that a collection names.
    pub(crate) async fn upsert_sites(
        &self,
        transaction: &DatabaseTransaction,
        collection: &Collection,
    ) -> Result<Sites, InventoryError> {
        let vendor = collection.vendor;
        let known = self.list_sites(transaction, vendor).await?;
        let aliases = self.list_aliases(transaction, vendor).await?;
        let places = named_places(collection, &known);
        if vendor == Vendor::REFERENCE {
            self.rename_clients(transaction, &known, &places, &aliases).await?;
        }
        let clients = places.iter().filter_map(|(key, name)| aliases.get(key).or(name.as_ref()).cloned());
        let organizations = upsert_organizations(transaction, clients).await?;
        let rows = places.iter().map(|(key, name)| {
            let client = aliases.get(key).or(name.as_ref()).and_then(|name| canonical_key(name));
            (key, name.clone().unwrap_or_else(|| key.clone()), client.and_then(|client| organizations.get(&client)))
        });
        let changed = rows.filter(|(key, name, organization)| {
            known.get(*key).is_none_or(|row| {
                let same = row.name == *name && row.canonical_name == canonical_key(name).unwrap_or_default();
                !same || row.organization_id.as_ref() != *organization
            })
        });
        let changed = changed.map(|(key, name, organization)| site::ActiveModel {
            id: NotSet,
            vendor_id: Set(self.reference.vendor_id(vendor)),
            vendor_site_key: Set(key.clone()),
            canonical_name: Set(canonical_key(&name).unwrap_or_default()),
            name: Set(name),
            organization_id: Set(organization.copied()),
        });
        let rule = OnConflict::columns([site::Column::VendorId, site::Column::VendorSiteKey])
            .update_columns([site::Column::Name, site::Column::CanonicalName, site::Column::OrganizationId])
            .to_owned();
        if bulk::insert(transaction, changed.collect(), Some(rule)).await? == 0 {
            return Ok(Sites { ids: ids(known), moved: Vec::new() });
        }
        let now = self.list_sites(transaction, vendor).await?;
        let is_another = |row: &&site::Model| {
            known.get(&row.vendor_site_key).is_some_and(|before| before.organization_id != row.organization_id)
        };
        let moved: Vec<i64> = now.values().filter(is_another).map(|row| row.id).collect();
        self.relog_sites(transaction, self.reference.vendor_id(vendor), &moved).await?;
        self.spell_as_reference(transaction).await?;
        Ok(Sites { ids: ids(now), moved })
    }

    /// Spells every client as the reference vendor does, where it has an organization of that name; of several spellings
    /// the one of the lowest key stands. So it does not matter which vendor is stored first.
    pub(crate) async fn spell_as_reference(&self, transaction: &DatabaseTransaction) -> Result<(), InventoryError> {
        use organization::{Column, Entity};
        let sites = site::Entity::find()
            .find_also_related(Entity)
            .filter(site::Column::VendorId.eq(self.reference.vendor_id(Vendor::REFERENCE)))
            .order_by_desc(site::Column::VendorSiteKey)
            .all(transaction)
            .await?;
        let named = sites.into_iter().filter_map(|(site, client)| client.map(|client| (site, client)));
        let spelled: BTreeMap<i64, (String, organization::Model)> = named
            .filter(|(site, client)| site.canonical_name == client.canonical_name)
            .map(|(site, client)| (client.id, (site.name, client)))
            .collect();
        let changed = spelled.into_values().filter(|(name, client)| client.name != *name);
        let rows = changed.map(|(name, client)| organization::Model { name, ..client }.into_active_model());
        let rule = OnConflict::column(Column::Id).update_column(Column::Name).to_owned();
        let rows = rows.map(sea_orm::ActiveModelTrait::reset_all).collect();
        bulk::insert(transaction, rows, Some(rule)).await?;
        Ok(())
    }

    pub(super) async fn list_sites(
        &self,
        transaction: &DatabaseTransaction,
        vendor: Vendor,
    ) -> Result<HashMap<String, site::Model>, InventoryError> {
        let vendor_id = self.reference.vendor_id(vendor);
        let rows = site::Entity::find().filter(site::Column::VendorId.eq(vendor_id)).all(transaction).await?;
        Ok(rows.into_iter().map(|row| (row.vendor_site_key.clone(), row)).collect())
    }

    async fn list_aliases(
        &self,
        transaction: &DatabaseTransaction,
        vendor: Vendor,
    ) -> Result<HashMap<String, String>, InventoryError> {
        let vendor_id = self.reference.vendor_id(vendor);
        let rows = site_alias::Entity::find().filter(site_alias::Column::VendorId.eq(vendor_id)).all(transaction);
        Ok(rows.await?.into_iter().map(|row| (row.vendor_site_key, row.canonical_name)).collect())
    }
}

fn ids(rows: HashMap<String, site::Model>) -> HashMap<String, i64> {
    rows.into_iter().map(|(key, row)| (key, row.id)).collect()
}

/// The organizations a collection names, by the vendor's key. One that the vendor mentions without a name keeps the
/// name it had: a device of an organization missing from the vendor's list is parked, not dropped.
fn named_places(collection: &Collection, known: &HashMap<String, site::Model>) -> BTreeMap<String, Option<String>> {
    let mentioned = collection.observations.iter().filter_map(|observation| observation.organization.as_ref());
    let mut named = BTreeMap::new();
    for Place { key, name } in mentioned.chain(&collection.organizations) {
        let name = name.as_deref().map(|name| super::observed::clip(name, 255));
        let slot = named.entry(key.clone()).or_insert(None);
        *slot = name.or(slot.take());
    }
    for (key, name) in &mut named {
        let before = known.get(key).filter(|row| row.organization_id.is_some() && row.name != row.vendor_site_key);
        *name = name.take().or_else(|| before.map(|row| row.name.clone()));
    }
    named
}

/// A canonical name as its column holds it.
pub(crate) fn canonical_key(name: &str) -> Option<String> {
    canonical(name).map(|key| super::observed::clip(&key, 255))
}

/// Ids of client organizations by canonical name, new ones made.
pub(crate) async fn upsert_organizations(
    transaction: &DatabaseTransaction,
    names: impl Iterator<Item = String>,
) -> Result<HashMap<String, i64>, InventoryError> {
    let wanted: BTreeMap<String, String> =
        names.filter_map(|name| canonical_key(&name).map(|key| (key, name))).collect();
    let rows = wanted.iter().map(|(key, name)| organization::ActiveModel {
        id: NotSet,
        name: Set(name.clone()),
        canonical_name: Set(key.clone()),
    });
    let mut known = find_organizations(transaction, wanted.keys()).await?;
    let new: Vec<_> = rows.filter(|row| !known.contains_key(row.canonical_name.as_ref())).collect();
    if !new.is_empty() {
        let rule = OnConflict::column(organization::Column::CanonicalName).do_nothing().to_owned();
        bulk::insert(transaction, new, Some(rule)).await?;
        known = find_organizations(transaction, wanted.keys()).await?;
    }
    Ok(known)
}

async fn find_organizations(
    transaction: &DatabaseTransaction,
    names: impl Iterator<Item = &String>,
) -> Result<HashMap<String, i64>, InventoryError> {
    let names: Vec<&String> = names.collect();
    let mut found = HashMap::new();
    for chunk in names.chunks(bulk::KEYS_PER_STATEMENT) {
        let wanted = organization::Column::CanonicalName.is_in(chunk.iter().copied());
        let rows = organization::Entity::find().filter(wanted).all(transaction).await?;
        found.extend(rows.into_iter().map(|row| (row.canonical_name, row.id)));
    }
    Ok(found)
}
