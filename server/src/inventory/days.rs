//! Which days are stored and complete: the only dates that can be asked for. A day whose snapshots were dropped is not
//! among them, unless it is asked for what outlives snapshots.

use chrono::NaiveDate;
use domain::vendor::Vendor;
use entity::snapshot_day::{Column, Entity, Model};
use sea_orm::{
    ColumnTrait, ConnectionTrait, DbErr, EntityTrait, QueryFilter, QueryOrder, QuerySelect, QueryTrait, Select,
    sea_query::Expr,
};

use super::{Inventory, InventoryError};

impl Inventory {
    /// The stored days of one vendor or of all, newest first, the vendors of a day by id.
    pub async fn stored_days(&self, vendor: Option<Vendor>) -> Result<Vec<Model>, InventoryError> {
        let newest_first = self.find_days(vendor).order_by_desc(Column::SnapshotDate).order_by_asc(Column::VendorId);
        Ok(newest_first.all(self.database.reader()).await?)
    }

    /// The stored date itself, or else the nearest before and the nearest after it.
    pub async fn nearest_days(
        &self,
        vendor: Option<Vendor>,
        date: NaiveDate,
    ) -> Result<Vec<NaiveDate>, InventoryError> {
        let reader = self.database.reader();
        let until = self.find_days(vendor).filter(Column::SnapshotDate.lte(date));
        let before = until.order_by_desc(Column::SnapshotDate).one(reader).await?;
        if before.as_ref().is_some_and(|day| day.snapshot_date == date) {
            return Ok(vec![date]);
        }
        let later = self.find_days(vendor).filter(Column::SnapshotDate.gt(date));
        let after = later.order_by_asc(Column::SnapshotDate).one(reader).await?;
        Ok(before.into_iter().chain(after).map(|day| day.snapshot_date).collect())
    }

    /// Whether the vendor, or any, has stored the date, as a condition that is the same for all rows of a statement.
    pub(crate) fn has_stored(&self, vendor: Option<Vendor>, date: NaiveDate) -> Expr {
        let days = self.find_days(vendor).filter(Column::SnapshotDate.eq(date));
        Expr::exists(days.select_only().expr(Expr::val(1)).into_query())
    }

    /// Whether the date was stored, by the vendor or by any, and its snapshots were dropped.
    pub async fn is_dropped(&self, vendor: Option<Vendor>, date: NaiveDate) -> Result<bool, InventoryError> {
        let dropped = Entity::find().filter(Column::SnapshotDate.eq(date)).filter(Column::DroppedAt.is_not_null());
        let dropped = match vendor {
            Some(vendor) => dropped.filter(Column::VendorId.eq(self.reference.vendor_id(vendor))),
            None => dropped,
        };
        Ok(dropped.one(self.database.reader()).await?.is_some())
    }

    /// The vendor's newest stored day.
    pub(crate) async fn latest_day(
        &self,
        connection: &impl ConnectionTrait,
        vendor: Vendor,
    ) -> Result<Option<Model>, DbErr> {
        self.find_days(Some(vendor)).order_by_desc(Column::SnapshotDate).one(connection).await
    }

    /// The vendor's stored day of a date.
    pub(crate) async fn find_day(
        &self,
        connection: &impl ConnectionTrait,
        vendor: Vendor,
        date: NaiveDate,
    ) -> Result<Option<Model>, DbErr> {
        self.find_days(Some(vendor)).filter(Column::SnapshotDate.eq(date)).one(connection).await
    }

    fn find_days(&self, vendor: Option<Vendor>) -> Select<Entity> {
        let all = Entity::find().filter(Column::DroppedAt.is_null());
        match vendor {
            Some(vendor) => all.filter(Column::VendorId.eq(self.reference.vendor_id(vendor))),
            None => all,
        }
    }
}
