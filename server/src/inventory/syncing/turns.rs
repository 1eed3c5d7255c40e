//! Whose turn it is: a vendor is asked for one device once a second, by whichever server. Servers tell the time by their own
//! clocks, which have to agree.

use std::time::Duration;

use chrono::{DateTime, Utc};
use collectors::DeviceQuery;
use domain::{hostname, vendor::Vendor};
use entity::sync_turn::{ActiveModel, Column, Entity};
use sea_orm::{
    ActiveValue::Set,
    ColumnTrait, ConnectionTrait, EntityTrait, QueryFilter,
    sea_query::{Expr, ExprTrait, OnConflict},
};

use crate::inventory::{Inventory, InventoryError};

/// The shortest time between two requests for one device.
pub(super) const PAUSE: Duration = Duration::from_secs(1);

/// What a turn is taken for: a device by its key, in the one spelling of the collector, or whoever has a name.
pub(super) fn asked(wanted: &DeviceQuery) -> String {
    let text = match wanted {
        DeviceQuery::Key(key) => format!("key:{key}"),
        DeviceQuery::Hostname(name) => format!("name:{}", hostname::canonical(name).unwrap_or_default()),
    };
    text.chars().take(300).collect()
}

impl Inventory {
    /// The same device in the one spelling that all have who ask for it by key.
    pub(super) fn spelt_as_one(&self, vendor: Vendor, wanted: DeviceQuery) -> Result<DeviceQuery, InventoryError> {
        let collector = self.collector(vendor)?;
        Ok(match wanted {
            DeviceQuery::Key(key) => DeviceQuery::Key(collector.spell_key(&key)),
            DeviceQuery::Hostname(name) => DeviceQuery::Hostname(name),
        })
    }

    /// Takes the turn until then, or says how long it is another's. A turn whose server died ends by itself.
    pub(super) async fn take_turn(
        &self,
        connection: &impl ConnectionTrait,
        (vendor, asked): (Vendor, &str),
        until: DateTime<Utc>,
    ) -> Result<Result<(), Duration>, InventoryError> {
        let (vendor_id, now) = (self.reference.vendor_id(vendor), self.now());
        let row = ActiveModel { vendor_id: Set(vendor_id), asked: Set(asked.to_owned()), free_at: Set(until) };
        let rule = OnConflict::columns([Column::VendorId, Column::Asked])
            .update_column(Column::FreeAt)
            .action_and_where(Expr::col((Entity, Column::FreeAt)).lte(now))
            .to_owned();
        if Entity::insert(row).on_conflict(rule).exec_without_returning(connection).await? > 0 {
            return Ok(Ok(()));
        }
        let of_device = Column::VendorId.eq(vendor_id).and(Column::Asked.eq(asked));
        let free_at = Entity::find().filter(of_device).one(connection).await?.map_or(now, |row| row.free_at);
        // While it is being asked for, nobody knows how long that takes.
        Ok(Err((free_at - now).to_std().unwrap_or_default().clamp(Duration::from_millis(1), PAUSE)))
    }

    /// Gives turns back: the next one may come in a second.
    pub(super) async fn leave_turns(
        &self,
        connection: &impl ConnectionTrait,
        (vendor, asked): (Vendor, &[String]),
    ) -> Result<(), InventoryError> {
        Entity::update_many()
            .col_expr(Column::FreeAt, Expr::value(self.now() + PAUSE))
            .filter(Column::VendorId.eq(self.reference.vendor_id(vendor)))
            .filter(Column::Asked.is_in(asked))
            .exec(connection)
            .await?;
        Ok(())
    }
}
