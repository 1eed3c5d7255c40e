//! Scheduled slots in the database: each is taken once, by one server, together with the batch it starts.

use chrono::{DateTime, Utc};
use entity::schedule_slot::{ActiveModel, Column, Entity};
use sea_orm::{
    ActiveValue::Set, ColumnTrait, DatabaseTransaction, DbErr, EntityTrait, QueryFilter, QueryOrder,
    sea_query::OnConflict,
};

use super::{Inventory, InventoryError};

/// An instant at which a schedule is due.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Slot {
    /// The schedule's name.
    pub schedule: &'static str,
    /// When it is due.
    pub at: DateTime<Utc>,
}

impl Inventory {
    /// The schedule's last taken slot. A schedule that was never seen before begins now: what was due earlier today is
    /// not made up for a hub that did not exist.
    pub async fn last_slot(&self, schedule: &'static str) -> Result<DateTime<Utc>, InventoryError> {
        let find = || Entity::find().filter(Column::Schedule.eq(schedule)).order_by_desc(Column::SlotAt);
        if let Some(last) = find().one(self.database.reader()).await? {
            return Ok(last.slot_at);
        }
        let first = [slot_row(&Slot { schedule, at: self.now() }, self.now(), None)];
        insert_free(self.database.writer(), first).await?;
        let last = find().one(self.database.writer()).await?;
        Ok(last.map_or_else(|| self.now(), |last| last.slot_at))
    }

    /// Takes slots for a batch; `false` when one is taken already.
    pub(crate) async fn claim_slots(
        &self,
        transaction: &DatabaseTransaction,
        slots: &[Slot],
        batch_id: &str,
    ) -> Result<bool, InventoryError> {
        if slots.is_empty() {
            return Ok(true);
        }
        let rows = slots.iter().map(|slot| slot_row(slot, self.now(), Some(batch_id.to_owned())));
        let taken = insert_free(transaction, rows).await?;
        Ok(taken == slots.len() as u64)
    }
}

fn slot_row(slot: &Slot, now: DateTime<Utc>, batch_id: Option<String>) -> ActiveModel {
    ActiveModel {
        schedule: Set(slot.schedule.to_owned()),
        slot_at: Set(slot.at),
        claimed_at: Set(now),
        batch_id: Set(batch_id),
    }
}

/// Inserts the slots that are free; answers how many were.
async fn insert_free(
    connection: &impl sea_orm::ConnectionTrait,
    rows: impl IntoIterator<Item = ActiveModel>,
) -> Result<u64, DbErr> {
    let free = OnConflict::columns([Column::Schedule, Column::SlotAt]).do_nothing().to_owned();
    let rows: Vec<ActiveModel> = rows.into_iter().collect();
    Entity::insert_many(rows).on_conflict(free).exec_without_returning(connection).await
}
