//! Alerts and their messages.

use std::collections::HashMap;

use async_graphql::dataloader::Loader;
use entity::{alert, alert_delivery};
use sea_orm::{ColumnTrait, DbErr, EntityTrait, QueryFilter, QueryOrder};

use super::{Rows, grouped, one_each};

/// An alert by its id.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct AlertId(pub i64);

impl Loader<AlertId> for Rows {
    type Value = alert::Model;
    type Error = DbErr;

    async fn load(&self, keys: &[AlertId]) -> Result<HashMap<AlertId, alert::Model>, DbErr> {
        let wanted = alert::Column::Id.is_in(keys.iter().map(|key| key.0));
        let rows = alert::Entity::find().filter(wanted).all(&self.reader).await?;
        Ok(one_each(rows, |row| AlertId(row.id)))
    }
}

/// The messages about an alert, the oldest first: a few for every sink.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct DeliveriesOfAlert(pub i64);

impl Loader<DeliveriesOfAlert> for Rows {
    type Value = Vec<alert_delivery::Model>;
    type Error = DbErr;

    async fn load(
        &self,
        keys: &[DeliveriesOfAlert],
    ) -> Result<HashMap<DeliveriesOfAlert, Vec<alert_delivery::Model>>, DbErr> {
        use alert_delivery::{Column, Entity};
        let wanted = Entity::find().filter(Column::AlertId.is_in(keys.iter().map(|key| key.0)));
        let rows = wanted.order_by_asc(Column::Id).all(&self.reader).await?;
        Ok(grouped(rows, |row| DeliveriesOfAlert(row.alert_id)))
    }
}
