//! A client that the reference vendor calls by another name is still the same client.
//!
//! Organizations are known by their names, so a new name would be a new client: everything would move to it, and every month
//! that was billed would have to be corrected. This module recognizes the one case that is plain: one organization of the
//! reference vendor has its own client, and now has a name that nobody had. It refuses to guess about any other (two
//! organizations of one client, a name that another client has, an organization that an alias maps).

use std::collections::{BTreeMap, HashMap};

use domain::vendor::Vendor;
use entity::{exception, organization, site, site_alias};
use sea_orm::{
    ActiveValue::{NotSet, Set},
    ColumnTrait, DatabaseTransaction, EntityTrait, PaginatorTrait, QueryFilter,
    sea_query::{Expr, ExprTrait},
};

use super::{Inventory, InventoryError, organizations::canonical_key};

/// Who acts when a vendor renames one of its organizations.
const RENAMED_ACTOR: &str = "renamed";

/// A client under its old and its new name.
struct Renaming {
    organization_id: i64,
    from: String,
    to: String,
    spelling: String,
}

impl Inventory {
    /// Renames the clients whose organization at the reference vendor has a new name, before the names are looked up.
    pub(super) async fn rename_clients(
        &self,
        transaction: &DatabaseTransaction,
        known: &HashMap<String, site::Model>,
        places: &BTreeMap<String, Option<String>>,
        aliases: &HashMap<String, String>,
    ) -> Result<(), InventoryError> {
        for renaming in renamed(known, places, aliases) {
            if self.is_plain(transaction, &renaming).await? {
                self.rename(transaction, &renaming).await?;
            }
        }
        Ok(())
    }

    /// Whether the client has the old name, and nobody has the new one.
    async fn is_plain(&self, transaction: &DatabaseTransaction, renaming: &Renaming) -> Result<bool, InventoryError> {
        use organization::{Column, Entity};
        let client = Entity::find_by_id(renaming.organization_id).one(transaction).await?;
        let taken = Entity::find().filter(Column::CanonicalName.eq(&renaming.to)).count(transaction).await? > 0;
        Ok(!taken && client.is_some_and(|client| client.canonical_name == renaming.from))
    }

    async fn rename(&self, transaction: &DatabaseTransaction, renaming: &Renaming) -> Result<(), InventoryError> {
        let Renaming { organization_id, from, to, spelling } = renaming;
        self.keep_others(transaction, renaming).await?;
        organization::Entity::update_many()
            .col_expr(organization::Column::CanonicalName, Expr::value(to.as_str()))
            .col_expr(organization::Column::Name, Expr::value(spelling.as_str()))
            .filter(organization::Column::Id.eq(*organization_id))
            .exec(transaction)
            .await?;
        site_alias::Entity::update_many()
            .col_expr(site_alias::Column::CanonicalName, Expr::value(to.as_str()))
            .filter(site_alias::Column::CanonicalName.eq(from))
            .exec(transaction)
            .await?;
        exception::Entity::update_many()
            .col_expr(exception::Column::OrganizationName, Expr::value(to.as_str()))
            .filter(exception::Column::OrganizationId.eq(*organization_id))
            .exec(transaction)
            .await?;
        tracing::info!(organization_id, "the reference vendor has a new name for a client");
        if self.rules.internal_organizations.iter().filter_map(|name| canonical_key(name)).any(|own| own == *from) {
            tracing::warn!(
                organization_id,
                "an internal organization has a new name: it is billed until `internal_organizations` says it"
            );
        }
        Ok(())
    }

    /// Other vendors still say the old name: an alias keeps their organizations with the client, where people see it and may
    /// remove it.
    async fn keep_others(&self, transaction: &DatabaseTransaction, renaming: &Renaming) -> Result<(), InventoryError> {
        let theirs = site::Entity::find()
            .filter(site::Column::OrganizationId.eq(renaming.organization_id))
            .filter(site::Column::VendorId.ne(self.reference.vendor_id(Vendor::REFERENCE)))
            .filter(site::Column::CanonicalName.eq(&renaming.from));
        for site in theirs.all(transaction).await? {
            let of_site = site_alias::Column::VendorId.eq(site.vendor_id);
            let of_site = of_site.and(site_alias::Column::VendorSiteKey.eq(&site.vendor_site_key));
            if site_alias::Entity::find().filter(of_site).count(transaction).await? > 0 {
                continue;
            }
            let alias = site_alias::ActiveModel {
                id: NotSet,
                canonical_name: Set(renaming.to.clone()),
                vendor_id: Set(site.vendor_id),
                vendor_site_key: Set(site.vendor_site_key.clone()),
            };
            site_alias::Entity::insert(alias).exec_without_returning(transaction).await?;
            self.record_alias(transaction, &site, RENAMED_ACTOR, (None, Some(renaming.to.clone()))).await?;
        }
        Ok(())
    }
}

/// The organizations that alone are their client, by their own name, and have another name now that no two of them share.
fn renamed(
    known: &HashMap<String, site::Model>,
    places: &BTreeMap<String, Option<String>>,
    aliases: &HashMap<String, String>,
) -> Vec<Renaming> {
    let mut of_client: HashMap<i64, usize> = HashMap::new();
    for client in known.values().filter_map(|row| row.organization_id) {
        *of_client.entry(client).or_default() += 1;
    }
    let renaming = |(key, name): (&String, &Option<String>)| {
        let (row, spelling) = (known.get(key)?, name.clone()?);
        let to = canonical_key(&spelling).filter(|to| *to != row.canonical_name)?;
        let organization_id = row.organization_id.filter(|id| of_client.get(id) == Some(&1))?;
        let from = row.canonical_name.clone();
        (!aliases.contains_key(key)).then_some(Renaming { organization_id, from, to, spelling })
    };
    let found: Vec<Renaming> = places.iter().filter_map(renaming).collect();
    let mut names: HashMap<String, usize> = HashMap::new();
    for renaming in &found {
        *names.entry(renaming.to.clone()).or_default() += 1;
    }
    found.into_iter().filter(|renaming| names.get(&renaming.to) == Some(&1)).collect()
}
