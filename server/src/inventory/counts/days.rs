//! Which days have counts.

use chrono::NaiveDate;
use domain::{
    counts::{Sources, StoredDays, month_end, month_start},
    vendor::Vendor,
};
use entity::snapshot_day::{Column, Entity};
use sea_orm::{ColumnTrait, Condition, ConnectionTrait, EntityTrait, QueryFilter, QueryOrder, QuerySelect};

use super::super::{Inventory, InventoryError};

/// A date without counts.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Missing {
    /// The date.
    pub date: NaiveDate,
    /// Whether it had counts, which were dropped.
    pub dropped: bool,
    /// The nearest dates before and after it that have counts.
    pub nearest: Vec<NaiveDate>,
}

impl Inventory {
    /// The newest day that any of the vendors has stored.
    pub(super) async fn newest_counted_day(
        &self,
        connection: &impl ConnectionTrait,
        vendor: Option<Vendor>,
    ) -> Result<Option<NaiveDate>, InventoryError> {
        let days = Entity::find().select_only().column(Column::SnapshotDate).filter(self.of_vendor(vendor));
        let kept = days.filter(Column::DroppedAt.is_null()).order_by_desc(Column::SnapshotDate).limit(1);
        Ok(kept.into_tuple::<NaiveDate>().one(connection).await?)
    }

    /// From where the counts of a date come.
    pub(super) async fn count_sources(
        &self,
        connection: &impl ConnectionTrait,
        vendor: Option<Vendor>,
        date: NaiveDate,
    ) -> Result<Sources, InventoryError> {
        let days = Column::SnapshotDate.between(month_start(date), month_end(date));
        Ok(self.list_stored_days(connection, vendor, Condition::all().add(days)).await?.sources(date))
    }

    /// Why a date has no counts. Looks at all days that were ever stored.
    pub(super) async fn missing_counts(
        &self,
        connection: &impl ConnectionTrait,
        vendor: Option<Vendor>,
        date: NaiveDate,
    ) -> Result<Missing, InventoryError> {
        let days = self.list_stored_days(connection, vendor, Condition::all()).await?;
        Ok(Missing { date, dropped: days.was_dropped(date), nearest: days.nearest(date) })
    }

    /// Stored days, dropped ones included.
    pub(super) async fn list_stored_days(
        &self,
        connection: &impl ConnectionTrait,
        vendor: Option<Vendor>,
        wanted: Condition,
    ) -> Result<StoredDays, InventoryError> {
        let rows = Entity::find()
            .select_only()
            .columns([Column::VendorId, Column::SnapshotDate])
            .column_as(Column::DroppedAt.is_null(), "kept")
            .filter(self.of_vendor(vendor))
            .filter(wanted)
            .into_tuple::<(i64, NaiveDate, bool)>()
            .all(connection)
            .await?;
        let known = rows.into_iter().filter_map(|(id, day, kept)| Some((self.reference.vendor(id)?, day, kept)));
        let known: StoredDays = known.collect();
        Ok(known.as_of(self.today()))
    }

    fn of_vendor(&self, vendor: Option<Vendor>) -> Condition {
        Condition::all().add_option(vendor.map(|vendor| Column::VendorId.eq(self.reference.vendor_id(vendor))))
    }
}
