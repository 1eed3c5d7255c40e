//! Client organizations and the vendors' own.

use std::collections::HashMap;

use async_graphql::dataloader::Loader;
use entity::{device, device_snapshot, organization, site};
use sea_orm::{
    ColumnTrait, DbErr, EntityTrait, JoinType, QueryFilter, QueryOrder, QuerySelect, RelationBuilder, RelationDef,
    RelationTrait,
};

use super::{
    KEY, Keyed, Rows, grouped, one_each,
    snapshots::{LastSeen, find_latest},
};

/// A client organization by its id.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct OrganizationId(pub i64);

impl Loader<OrganizationId> for Rows {
    type Value = organization::Model;
    type Error = DbErr;

    async fn load(&self, keys: &[OrganizationId]) -> Result<HashMap<OrganizationId, organization::Model>, DbErr> {
        let wanted = organization::Column::Id.is_in(keys.iter().map(|key| key.0));
        let rows = organization::Entity::find().filter(wanted).all(&self.reader).await?;
        Ok(one_each(rows, |row| OrganizationId(row.id)))
    }
}

/// The client organization that a vendor's organization is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct OrganizationOfSite(pub i64);

impl Loader<OrganizationOfSite> for Rows {
    type Value = organization::Model;
    type Error = DbErr;

    async fn load(
        &self,
        keys: &[OrganizationOfSite],
    ) -> Result<HashMap<OrganizationOfSite, organization::Model>, DbErr> {
        let rows = organization::Entity::find()
            .column_as(site::Column::Id, KEY)
            .join(JoinType::InnerJoin, sites_of_organization())
            .filter(site::Column::Id.is_in(keys.iter().map(|key| key.0)))
            .into_model::<Keyed<organization::Model>>()
            .all(&self.reader)
            .await?;
        Ok(rows.into_iter().map(|found| (OrganizationOfSite(found.key), found.row)).collect())
    }
}

/// The client organization under which a vendor's record was last filed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct OrganizationOfIdentity(pub LastSeen);

impl Loader<OrganizationOfIdentity> for Rows {
    type Value = organization::Model;
    type Error = DbErr;

    async fn load(
        &self,
        keys: &[OrganizationOfIdentity],
    ) -> Result<HashMap<OrganizationOfIdentity, organization::Model>, DbErr> {
        let latest = find_latest(keys.iter().map(|key| key.0));
        let rows = latest
            .select_only()
            .column_as(device_snapshot::Column::DeviceIdentityId, KEY)
            .columns([organization::Column::Id, organization::Column::Name, organization::Column::CanonicalName])
            .join(JoinType::InnerJoin, device_snapshot::Relation::Site.def())
            .join(JoinType::InnerJoin, site::Relation::Organization.def())
            .into_model::<Keyed<organization::Model>>()
            .all(&self.reader)
            .await?;
        let of_record: HashMap<i64, _> = rows.into_iter().map(|found| (found.key, found.row)).collect();
        let found = |key: &OrganizationOfIdentity| Some((*key, of_record.get(&key.0.identity_id)?.clone()));
        Ok(keys.iter().filter_map(found).collect())
    }
}

fn sites_of_organization() -> RelationDef {
    let sites: RelationBuilder<organization::Entity, site::Entity> = organization::Entity::has_many(site::Entity);
    sites.from(organization::Column::Id).to(site::Column::OrganizationId).into()
}

/// The vendors' organizations that are a client organization, by vendor and name.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct SitesOfOrganization(pub i64);

impl Loader<SitesOfOrganization> for Rows {
    type Value = Vec<site::Model>;
    type Error = DbErr;

    async fn load(
        &self,
        keys: &[SitesOfOrganization],
    ) -> Result<HashMap<SitesOfOrganization, Vec<site::Model>>, DbErr> {
        use site::{Column, Entity};
        let wanted = Entity::find().filter(Column::OrganizationId.is_in(keys.iter().map(|key| key.0)));
        let sorted = wanted.order_by_asc(Column::VendorId).order_by_asc(Column::Name).order_by_asc(Column::Id);
        let rows = sorted.all(&self.reader).await?;
        Ok(grouped(rows, |row| SitesOfOrganization(row.organization_id.unwrap_or_default())))
    }
}

/// How many present devices a client organization has.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct DeviceCountOfOrganization(pub i64);

impl Loader<DeviceCountOfOrganization> for Rows {
    type Value = i64;
    type Error = DbErr;

    async fn load(&self, keys: &[DeviceCountOfOrganization]) -> Result<HashMap<DeviceCountOfOrganization, i64>, DbErr> {
        use device::{Column, Entity};
        let rows = Entity::find()
            .select_only()
            .column(Column::OrganizationId)
            .column_as(Column::Id.count(), "devices")
            .filter(Column::OrganizationId.is_in(keys.iter().map(|key| key.0)))
            .filter(Column::Present.eq(true))
            .group_by(Column::OrganizationId)
            .into_tuple::<(i64, i64)>()
            .all(&self.reader)
            .await?;
        Ok(rows.into_iter().map(|(id, devices)| (DeviceCountOfOrganization(id), devices)).collect())
    }
}
