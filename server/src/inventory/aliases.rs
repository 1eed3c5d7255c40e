//! Which client a vendor's organization is, said by a person; everything that rests on it for the latest day is done
//! again in the same transaction.

use domain::vendor::Vendor;
use entity::{organization, site, site_alias, site_alias_event};
use sea_orm::{
    ActiveValue::{NotSet, Set},
    ColumnTrait, DatabaseTransaction, EntityTrait, QueryFilter,
    sea_query::{Expr, ExprTrait, OnConflict},
};

use super::{
    Inventory, InventoryError,
    organizations::{canonical_key, upsert_organizations},
};

/// Which vendor organization a person speaks of, and who it is.
#[derive(Clone, Debug)]
pub struct AliasOrder {
    /// Whose organization it is.
    pub vendor: Vendor,
    /// The vendor's own id of it.
    pub vendor_site_key: String,
    /// The client it is; `None` takes the alias away.
    pub client: Option<Client>,
    /// The principal.
    pub actor: String,
}

/// A client, as a person names it.
#[derive(Clone, Debug)]
pub enum Client {
    /// One that is known, by the id of its row.
    Known(i64),
    /// By its name; one of that name is made when there is none.
    Named(String),
}

/// What came of it.
#[derive(Clone, Debug, PartialEq)]
pub enum AliasOutcome {
    /// It is as the order says.
    Done(Aliased),
    /// The vendor has never listed such an organization; nothing changed.
    UnknownSite,
    /// There is no such client; nothing changed.
    UnknownClient,
}

/// A vendor organization after its alias was set or removed.
#[derive(Clone, Debug, PartialEq)]
pub struct Aliased {
    /// Its row.
    pub site: site::Model,
    /// Whether anything is different from before.
    pub changed: bool,
    /// Exceptions that opened or reopened by it.
    pub opened: usize,
    /// Exceptions that it closed.
    pub closed: usize,
}

/// An alias as it was and as it is to be.
struct Step {
    site: site::Model,
    from: Option<String>,
    to: Option<Alias>,
}

/// A client by name.
struct Alias {
    canonical_name: String,
    spelling: String,
}

impl Inventory {
    /// Says which client a vendor's organization is, or lets its name say so again. Doing it twice changes nothing.
    pub async fn set_alias(&self, order: AliasOrder) -> Result<AliasOutcome, InventoryError> {
        let transaction = self.database.begin_storing().await?;
        let vendor_id = self.reference.vendor_id(order.vendor);
        let Some(site) = find_site(&transaction, vendor_id, &order.vendor_site_key).await? else {
            return Ok(AliasOutcome::UnknownSite);
        };
        let from = find_alias(&transaction, &site).await?;
        let to = match order.client {
            None => None,
            Some(client) => match alias_of(&transaction, client).await? {
                None => return Ok(AliasOutcome::UnknownClient),
                alias => alias,
            },
        };
        let wanted = to.as_ref().map(|alias| alias.canonical_name.as_str());
        if from.as_deref().and_then(canonical_key).as_deref() == wanted {
            return Ok(AliasOutcome::Done(Aliased { site, changed: false, opened: 0, closed: 0 }));
        }
        let done = self.change_alias(&transaction, Step { site, from, to }, &order.actor).await?;
        transaction.commit().await?;
        Ok(AliasOutcome::Done(done))
    }

    async fn change_alias(
        &self,
        transaction: &DatabaseTransaction,
        step: Step,
        actor: &str,
    ) -> Result<Aliased, InventoryError> {
        self.write_alias(transaction, &step, actor).await?;
        let organization_id = client_of(transaction, &step).await?;
        let site = site::Model { organization_id, ..step.site };
        site::Entity::update_many()
            .col_expr(site::Column::OrganizationId, Expr::value(organization_id))
            .filter(site::Column::Id.eq(site.id))
            .exec(transaction)
            .await?;
        self.spell_as_reference(transaction).await?;
        self.relog_sites(transaction, site.vendor_id, &[site.id]).await?;
        let (opened, closed) = self.link_and_check_again(transaction).await?;
        Ok(Aliased { site, changed: true, opened, closed })
    }

    async fn write_alias(
        &self,
        transaction: &DatabaseTransaction,
        step: &Step,
        actor: &str,
    ) -> Result<(), InventoryError> {
        use site_alias::{ActiveModel, Column, Entity};
        let Step { site, from, to } = step;
        if let Some(alias) = to {
            let row = ActiveModel {
                id: NotSet,
                canonical_name: Set(alias.canonical_name.clone()),
                vendor_id: Set(site.vendor_id),
                vendor_site_key: Set(site.vendor_site_key.clone()),
            };
            let rule = OnConflict::columns([Column::VendorId, Column::VendorSiteKey])
                .update_column(Column::CanonicalName)
                .to_owned();
            Entity::insert(row).on_conflict(rule).exec_without_returning(transaction).await?;
        } else {
            let of_site = Column::VendorId.eq(site.vendor_id).and(Column::VendorSiteKey.eq(&site.vendor_site_key));
            Entity::delete_many().filter(of_site).exec(transaction).await?;
        }
        let to = to.as_ref().map(|alias| alias.canonical_name.clone());
        self.record_alias(transaction, site, actor, (from.clone(), to)).await
    }

    /// Keeps who said which client a vendor's organization is, from what to what.
    pub(super) async fn record_alias(
        &self,
        transaction: &DatabaseTransaction,
        site: &site::Model,
        actor: &str,
        (from_name, to_name): (Option<String>, Option<String>),
    ) -> Result<(), InventoryError> {
        let event = site_alias_event::ActiveModel {
            id: NotSet,
            vendor_id: Set(site.vendor_id),
            vendor_site_key: Set(site.vendor_site_key.clone()),
            happened_at: Set(self.now()),
            actor: Set(actor.to_owned()),
            from_name: Set(from_name),
            to_name: Set(to_name),
        };
        site_alias_event::Entity::insert(event).exec_without_returning(transaction).await?;
        Ok(())
    }
}

async fn find_site(
    transaction: &DatabaseTransaction,
    vendor_id: i64,
    key: &str,
) -> Result<Option<site::Model>, InventoryError> {
    let of_vendor = site::Entity::find().filter(site::Column::VendorId.eq(vendor_id));
    Ok(of_vendor.filter(site::Column::VendorSiteKey.eq(key)).one(transaction).await?)
}

async fn find_alias(transaction: &DatabaseTransaction, site: &site::Model) -> Result<Option<String>, InventoryError> {
    use site_alias::{Column, Entity};
    let of_vendor = Entity::find().filter(Column::VendorId.eq(site.vendor_id));
    let row = of_vendor.filter(Column::VendorSiteKey.eq(&site.vendor_site_key)).one(transaction).await?;
    Ok(row.map(|row| row.canonical_name))
}

/// `None` when there is no such client, or nothing is left of its name.
async fn alias_of(transaction: &DatabaseTransaction, client: Client) -> Result<Option<Alias>, InventoryError> {
    Ok(match client {
        Client::Known(id) => {
            let row = organization::Entity::find_by_id(id).one(transaction).await?;
            row.map(|row| Alias { canonical_name: row.canonical_name, spelling: row.name })
        }
        Client::Named(name) => canonical_key(&name)
            .map(|canonical_name| Alias { canonical_name, spelling: super::observed::clip(name.trim(), 255) }),
    })
}

/// The client that the alias or else the vendor's name says; `None` for a vendor organization without a name.
async fn client_of(transaction: &DatabaseTransaction, step: &Step) -> Result<Option<i64>, InventoryError> {
    let own_name = (step.site.name != step.site.vendor_site_key).then(|| step.site.name.clone());
    let Some(name) = step.to.as_ref().map(|alias| alias.spelling.clone()).or(own_name) else { return Ok(None) };
    let key = canonical_key(&name);
    let ids = upsert_organizations(transaction, std::iter::once(name)).await?;
    Ok(key.and_then(|key| ids.get(&key).copied()))
}
