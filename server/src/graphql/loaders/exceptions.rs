//! Exceptions, the devices they are about, and what happened to them.

use std::{collections::HashMap, hash::Hash};

use async_graphql::dataloader::Loader;
use chrono::NaiveDate;
use entity::{device, device_identity, exception, exception_event, exception_identity};
use sea_orm::{
    ColumnTrait, DatabaseBackend, DbErr, EntityTrait, JoinType, QueryFilter, QueryOrder, QuerySelect, RelationTrait,
    Select,
};

use super::{KEY, Keyed, Rows, grouped, grouped_by_key, one_each};
use crate::graphql::exceptions_as_of;

/// An exception by its id.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct ExceptionId(pub i64);

impl Loader<ExceptionId> for Rows {
    type Value = exception::Model;
    type Error = DbErr;

    async fn load(&self, keys: &[ExceptionId]) -> Result<HashMap<ExceptionId, exception::Model>, DbErr> {
        let wanted = exception::Column::Id.is_in(keys.iter().map(|key| key.0));
        let rows = exception::Entity::find().filter(wanted).all(&self.reader).await?;
        Ok(one_each(rows, |row| ExceptionId(row.id)))
    }
}

/// An exception as it was at the end of a day; none when it was not known by then.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct ExceptionOn {
    /// The day.
    pub day: NaiveDate,
    /// The exception.
    pub id: i64,
}

impl Loader<ExceptionOn> for Rows {
    type Value = exception::Model;
    type Error = DbErr;

    /// One statement per day.
    async fn load(&self, keys: &[ExceptionOn]) -> Result<HashMap<ExceptionOn, exception::Model>, DbErr> {
        let mut found = HashMap::new();
        for (day, ids) in grouped(keys.to_vec(), |key| key.day) {
            let wanted = exception::Column::Id.is_in(ids.iter().map(|key| key.id));
            let rows = exceptions_as_of::exceptions(Some(day), self.backend()).filter(wanted).all(&self.reader).await?;
            found.extend(rows.into_iter().map(|row| (ExceptionOn { day, id: row.id }, row)));
        }
        Ok(found)
    }
}

/// The unresolved exceptions about any of a device's records, the oldest first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct OpenExceptionsOfDevice(pub i64);

impl Loader<OpenExceptionsOfDevice> for Rows {
    type Value = Vec<exception::Model>;
    type Error = DbErr;

    async fn load(
        &self,
        keys: &[OpenExceptionsOfDevice],
    ) -> Result<HashMap<OpenExceptionsOfDevice, Vec<exception::Model>>, DbErr> {
        let rows = unresolved_by_record(None, self.backend())
            .column_as(device_identity::Column::DeviceId, KEY)
            .filter(device_identity::Column::DeviceId.is_in(keys.iter().map(|key| key.0)))
            .into_model::<Keyed<exception::Model>>()
            .all(&self.reader)
            .await?;
        Ok(once_each_by_key(rows, OpenExceptionsOfDevice))
    }
}

/// What nobody has resolved now, or had by the end of a day, with each record that it is about; the oldest first.
pub(super) fn unresolved_by_record(as_of: Option<NaiveDate>, backend: DatabaseBackend) -> Select<exception::Entity> {
    exceptions_as_of::exceptions(as_of, backend)
        .join_rev(JoinType::InnerJoin, exception_identity::Relation::Exception.def())
        .join(JoinType::InnerJoin, exception_identity::Relation::DeviceIdentity.def())
        .filter(exception::Column::Resolved.eq(false))
        .order_by_asc(exception::Column::DateFound)
        .order_by_asc(exception::Column::Id)
}

/// The rows of each key; an exception about two records of a device is one.
pub(super) fn once_each_by_key<K: Eq + Hash>(
    rows: Vec<Keyed<exception::Model>>,
    key: impl Fn(i64) -> K,
) -> HashMap<K, Vec<exception::Model>> {
    let mut of_devices = grouped_by_key(rows, key);
    for exceptions in of_devices.values_mut() {
        exceptions.dedup_by_key(|row| row.id);
    }
    of_devices
}

/// The devices that an exception is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct DevicesOfException(pub i64);

impl Loader<DevicesOfException> for Rows {
    type Value = Vec<device::Model>;
    type Error = DbErr;

    async fn load(
        &self,
        keys: &[DevicesOfException],
    ) -> Result<HashMap<DevicesOfException, Vec<device::Model>>, DbErr> {
        let rows = device::Entity::find()
            .column_as(exception_identity::Column::ExceptionId, KEY)
            .join_rev(JoinType::InnerJoin, device_identity::Relation::Device.def())
            .join_rev(JoinType::InnerJoin, exception_identity::Relation::DeviceIdentity.def())
            .filter(exception_identity::Column::ExceptionId.is_in(keys.iter().map(|key| key.0)))
            .order_by_asc(device::Column::Id)
            .into_model::<Keyed<device::Model>>()
            .all(&self.reader)
            .await?;
        let mut of_exceptions = grouped_by_key(rows, DevicesOfException);
        for devices in of_exceptions.values_mut() {
            devices.dedup_by_key(|row| row.id);
        }
        Ok(of_exceptions)
    }
}

/// What happened to an exception, the oldest first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct EventsOfException(pub i64);

impl Loader<EventsOfException> for Rows {
    type Value = Vec<exception_event::Model>;
    type Error = DbErr;

    async fn load(
        &self,
        keys: &[EventsOfException],
    ) -> Result<HashMap<EventsOfException, Vec<exception_event::Model>>, DbErr> {
        use exception_event::{Column, Entity};
        let wanted = Entity::find().filter(Column::ExceptionId.is_in(keys.iter().map(|key| key.0)));
        let rows = wanted.order_by_asc(Column::Id).all(&self.reader).await?;
        Ok(grouped(rows, |row| EventsOfException(row.exception_id)))
    }
}
