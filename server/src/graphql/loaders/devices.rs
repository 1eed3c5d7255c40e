//! Devices and the vendors' records of them.

use std::collections::HashMap;

use async_graphql::dataloader::Loader;
use entity::{device, device_identity, organization};
use sea_orm::{
    ColumnTrait, ConnectionTrait, DbErr, EntityTrait, JoinType, QueryFilter, QueryOrder, QueryResult, QuerySelect,
    QueryTrait, RelationTrait,
};

use super::{KEY, Keyed, Rows, grouped, one_each};
use crate::graphql::columns::Columns;

/// A device by its id.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct DeviceId(pub i64);

impl Loader<DeviceId> for Rows {
    type Value = device::Model;
    type Error = DbErr;

    async fn load(&self, keys: &[DeviceId]) -> Result<HashMap<DeviceId, device::Model>, DbErr> {
        let wanted = device::Column::Id.is_in(keys.iter().map(|key| key.0));
        let rows = device::Entity::find().filter(wanted).all(&self.reader).await?;
        Ok(one_each(rows, |row| DeviceId(row.id)))
    }
}

/// A vendor's record by its id.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct IdentityId(pub i64);

impl Loader<IdentityId> for Rows {
    type Value = device_identity::Model;
    type Error = DbErr;

    async fn load(&self, keys: &[IdentityId]) -> Result<HashMap<IdentityId, device_identity::Model>, DbErr> {
        let wanted = device_identity::Column::Id.is_in(keys.iter().map(|key| key.0));
        let rows = device_identity::Entity::find().filter(wanted).all(&self.reader).await?;
        Ok(one_each(rows, |row| IdentityId(row.id)))
    }
}

/// The vendors' records of a device, by vendor, then the oldest first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct IdentitiesOfDevice(pub i64);

impl Loader<IdentitiesOfDevice> for Rows {
    type Value = Vec<device_identity::Model>;
    type Error = DbErr;

    async fn load(
        &self,
        keys: &[IdentitiesOfDevice],
    ) -> Result<HashMap<IdentitiesOfDevice, Vec<device_identity::Model>>, DbErr> {
        use device_identity::{Column, Entity};
        let wanted = Entity::find().filter(Column::DeviceId.is_in(keys.iter().map(|key| key.0)));
        let rows = wanted.order_by_asc(Column::VendorId).order_by_asc(Column::Id).all(&self.reader).await?;
        Ok(grouped(rows, |row| IdentitiesOfDevice(row.device_id.unwrap_or_default())))
    }
}

/// The device that a vendor's record belongs to.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct DeviceOfIdentity(pub i64);

impl Loader<DeviceOfIdentity> for Rows {
    type Value = device::Model;
    type Error = DbErr;

    async fn load(&self, keys: &[DeviceOfIdentity]) -> Result<HashMap<DeviceOfIdentity, device::Model>, DbErr> {
        let rows = device::Entity::find()
            .column_as(device_identity::Column::Id, KEY)
            .join_rev(JoinType::InnerJoin, device_identity::Relation::Device.def())
            .filter(device_identity::Column::Id.is_in(keys.iter().map(|key| key.0)))
            .into_model::<Keyed<device::Model>>()
            .all(&self.reader)
            .await?;
        Ok(rows.into_iter().map(|found| (DeviceOfIdentity(found.key), found.row)).collect())
    }
}

/// A vendor's record with the device that it belongs to, and that device's client.
#[derive(Clone, Debug)]
pub struct Machine {
    /// The vendor's record.
    pub identity: device_identity::Model,
    /// Its device; `None` while it was never linked.
    pub device: Option<device::Model>,
    /// The device's client; `None` without.
    pub organization: Option<organization::Model>,
}

/// What a vendor's record leads to.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct MachineOfIdentity(pub i64);

impl Loader<MachineOfIdentity> for Rows {
    type Value = Machine;
    type Error = DbErr;

    async fn load(&self, keys: &[MachineOfIdentity]) -> Result<HashMap<MachineOfIdentity, Machine>, DbErr> {
        let identities = Columns::<device_identity::Entity>::all();
        let (devices, organizations) = (Columns::<device::Entity>::all(), Columns::<organization::Entity>::all());
        let found = identities.select(device_identity::Entity::find().select_only());
        let found = found.join(JoinType::LeftJoin, device_identity::Relation::Device.def());
        let found = found.join(JoinType::LeftJoin, device::Relation::Organization.def());
        let found = organizations.select(devices.select(found));
        let wanted = device_identity::Column::Id.is_in(keys.iter().map(|key| key.0));
        let rows = self.reader.query_all(&found.filter(wanted).into_query()).await?;
        let machine = |row: &QueryResult| {
            let identity = identities.read(row, 0)?;
            let device = devices.read_joined(row, identities.len())?;
            let organization = organizations.read_joined(row, identities.len() + devices.len())?;
            Ok((MachineOfIdentity(identity.id), Machine { identity, device, organization }))
        };
        rows.iter().map(machine).collect()
    }
}
