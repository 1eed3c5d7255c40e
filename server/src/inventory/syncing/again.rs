//! A collection reads a vendor for minutes and stores what it read, a held one when a person applies it. A device that was
//! synced meanwhile may have been read before its sync: its newer state is overwritten, and comes back by another sync. So do
//! wishes that found no day to put their device in.

use chrono::TimeDelta;
use entity::sync::{Column, Entity};
use sea_orm::{ColumnTrait, DatabaseTransaction, EntityTrait, QueryFilter, QuerySelect, sea_query::ExprTrait};

use super::records::{SyncState, SyncTrigger};
use crate::inventory::{Inventory, InventoryError, storing::Span};

/// Under which name these wishes are recorded.
const COLLECTION: &str = "collection";

/// No wish waits for longer: those that ended of late are found by when they were asked for.
const LONGEST_WAIT: TimeDelta = TimeDelta::days(1);

impl Inventory {
    /// Wishes a sync of every device of the vendor that was synced, or was wished to be, after the collection that is being
    /// stored began.
    pub(crate) async fn sync_overwritten(
        &self,
        transaction: &DatabaseTransaction,
        vendor_id: i64,
        span: Span,
    ) -> Result<(), InventoryError> {
        // Syncs put devices into today only.
        if span.date != self.today() {
            return Ok(());
        }
        let newer = Column::EndedAt.gte(span.started_at).and(Column::VendorId.eq(vendor_id));
        let newer = newer.and(Column::RequestedAt.gte(span.started_at - LONGEST_WAIT));
        let dayless = Column::Outcome.eq(SyncState::NoStoredDay.code());
        let dayless = dayless.and(Column::Trigger.ne(SyncTrigger::Mutation.code()));
        let keys = Entity::find()
            .select_only()
            .column(Column::VendorDeviceKey)
            .filter(newer.and(Column::Outcome.eq(SyncState::Synced.code()).or(dayless)))
            .filter(Column::VendorDeviceKey.is_not_null())
            .distinct()
            .into_tuple::<String>()
            .all(transaction)
            .await?;
        self.wish_syncs(transaction, vendor_id, keys, (SyncTrigger::Collection, COLLECTION)).await?;
        Ok(())
    }
}
