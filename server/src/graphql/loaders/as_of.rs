//! Devices as they were on a date.

use std::collections::{BTreeMap, HashMap};

use async_graphql::dataloader::Loader;
use chrono::NaiveDate;
use entity::{device, device_identity, device_snapshot, exception};
use sea_orm::{
    ColumnTrait, DbErr, EntityTrait, JoinType, QueryFilter, QueryOrder, QuerySelect, RelationBuilder, RelationDef,
    RelationTrait,
    sea_query::{Expr, ExprTrait},
};

use super::{
    KEY, Keyed, Rows,
    exceptions::{once_each_by_key, unresolved_by_record},
    grouped_by_key,
};

/// A date, and a record of the device.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct AsOf {
    /// The date.
    pub date: NaiveDate,
    /// One of the device's records.
    pub identity_id: i64,
}

/// The snapshots of a date of all records of the device that a record belongs to, by vendor, then the oldest record
/// first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct SnapshotsAsOf(pub AsOf);

impl Loader<SnapshotsAsOf> for Rows {
    type Value = Vec<device_snapshot::Model>;
    type Error = DbErr;

    async fn load(&self, keys: &[SnapshotsAsOf]) -> Result<HashMap<SnapshotsAsOf, Vec<device_snapshot::Model>>, DbErr> {
        use device_snapshot::{Column, Entity};
        let mut found = HashMap::new();
        for (date, identities) in by_date(keys.iter().map(|key| key.0)) {
            let rows = Entity::find()
                .expr_as(Expr::col(("one", device_identity::Column::Id)), KEY)
                .join(JoinType::InnerJoin, device_snapshot::Relation::DeviceIdentity.def())
                .join(JoinType::InnerJoin, device_identity::Relation::Device.def())
                .join_as(JoinType::InnerJoin, records(), "one")
                .filter(Column::SnapshotDate.eq(date))
                .filter(Expr::col(("one", device_identity::Column::Id)).is_in(identities))
                .order_by_asc(Column::VendorId)
                .order_by_asc(Column::DeviceIdentityId)
                .into_model::<Keyed<device_snapshot::Model>>()
                .all(&self.reader)
                .await?;
            found.extend(grouped_by_key(rows, |identity_id| SnapshotsAsOf(AsOf { date, identity_id })));
        }
        Ok(found)
    }
}

/// The exceptions about the device that a record belongs to that were open at the end of a date, the oldest first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct ExceptionsAsOf(pub AsOf);

impl Loader<ExceptionsAsOf> for Rows {
    type Value = Vec<exception::Model>;
    type Error = DbErr;

    async fn load(&self, keys: &[ExceptionsAsOf]) -> Result<HashMap<ExceptionsAsOf, Vec<exception::Model>>, DbErr> {
        let mut found = HashMap::new();
        for (date, identities) in by_date(keys.iter().map(|key| key.0)) {
            let rows = unresolved_by_record(Some(date), self.backend())
                .expr_as(Expr::col(("one", device_identity::Column::Id)), KEY)
                .join(JoinType::InnerJoin, device_identity::Relation::Device.def())
                .join_as(JoinType::InnerJoin, records(), "one")
                .filter(Expr::col(("one", device_identity::Column::Id)).is_in(identities))
                .into_model::<Keyed<exception::Model>>()
                .all(&self.reader)
                .await?;
            found.extend(once_each_by_key(rows, |identity_id| ExceptionsAsOf(AsOf { date, identity_id })));
        }
        Ok(found)
    }
}

/// A page is of one date, so this is one statement; a request for several dates pays one for each.
fn by_date(keys: impl Iterator<Item = AsOf>) -> BTreeMap<NaiveDate, Vec<i64>> {
    let mut dates: BTreeMap<NaiveDate, Vec<i64>> = BTreeMap::new();
    for key in keys {
        dates.entry(key.date).or_default().push(key.identity_id);
    }
    dates
}

/// From a device to its records.
fn records() -> RelationDef {
    let records: RelationBuilder<device::Entity, device_identity::Entity> =
        device::Entity::has_many(device_identity::Entity);
    records.from(device::Column::Id).to(device_identity::Column::DeviceId).into()
}
