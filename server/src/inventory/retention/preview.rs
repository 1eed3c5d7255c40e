//! What a run would do now. Reads only.

use std::collections::HashMap;

use chrono::NaiveDate;
use domain::{
    counts::month_end,
    retention::{Kept, MonthEnd, Verdict, decide, due_month_ends},
    vendor::Vendor,
};
use entity::snapshot_day;
use sea_orm::{ColumnTrait, ConnectionTrait, DatabaseBackend, EntityTrait, QueryFilter, Statement};

use crate::inventory::{Inventory, InventoryError};

/// What a run would do now.
#[derive(Clone, Debug)]
pub struct Preview {
    /// The first day that is kept for its age; `None`: all are.
    pub kept_from: Option<NaiveDate>,
    /// Every kept day of every vendor, the oldest first, the vendors of a day in their order.
    pub days: Vec<DayPreview>,
    /// Bytes of the partitions that go; `None` on SQLite, which does not know.
    pub bytes: Option<i64>,
}

/// What would become of a vendor's day.
#[derive(Clone, Debug)]
pub struct DayPreview {
    /// The vendor.
    pub vendor: Vendor,
    /// The day.
    pub date: NaiveDate,
    /// How many snapshots it has.
    pub snapshots: i64,
    /// Why it is kept; `None`: it goes.
    pub kept: Option<Kept>,
    /// The end of its month.
    pub month: MonthPreview,
}

/// How the end of a day's month stands.
#[derive(Clone, Copy, Debug)]
pub struct MonthPreview {
    /// The calendar month's last day.
    pub month_end: NaiveDate,
    /// The day that is counted for it; `None` while none is.
    pub counted: Option<NaiveDate>,
    /// The day that a run would count for it; `None` when it would count none.
    pub to_count: Option<NaiveDate>,
}

/// `$1` is the vendor, `$2` the day.
const ADDS_UP: &str = "SELECT 1 FROM snapshot_day d WHERE d.vendor_id = $1 AND d.snapshot_date = $2 \
    AND d.device_count = (SELECT COALESCE(SUM(c.cnt), 0) FROM daily_counts c \
    WHERE c.vendor_id = d.vendor_id AND c.snapshot_date = d.snapshot_date) \
    AND d.device_count = (SELECT COALESCE(SUM(t.cnt), 0) FROM daily_totals t \
    WHERE t.vendor_id = d.vendor_id AND t.snapshot_date = d.snapshot_date)";

impl Inventory {
    /// What a run would do now.
    pub async fn preview_retention(&self) -> Result<Preview, InventoryError> {
        let reader = self.database.reader();
        let stock = self.load_stock(reader).await?;
        let due = due_month_ends(&stock.days, &stock.counted, self.today());
        let is_due =
            |known: &&MonthEnd| due.iter().any(|due| (due.vendor, due.month_end) == (known.vendor, known.month_end));
        let provable = self.list_provable(&due).await?;
        let counted: Vec<MonthEnd> =
            stock.counted.iter().filter(|known| !is_due(known)).chain(&provable).copied().collect();
        let verdicts = decide(&stock.days, &counted, self.window());
        let snapshots = self.count_kept().await?;
        let (now, then) = (by_month(&stock.counted), by_month(&due));
        let day = |date: NaiveDate, vendor: Vendor, kept| {
            let month_end = month_end(date);
            let place = (vendor, month_end);
            let month =
                MonthPreview { month_end, counted: now.get(&place).copied(), to_count: then.get(&place).copied() };
            DayPreview { vendor, date, snapshots: snapshots.get(&(vendor, date)).copied().unwrap_or(0), kept, month }
        };
        let days = verdicts.iter().flat_map(|verdict| {
            verdict.vendors.iter().map(|one| day(verdict.date, one.vendor, one.kept)).collect::<Vec<_>>()
        });
        Ok(Preview { kept_from: self.window().first(), days: days.collect(), bytes: self.bytes_of(&verdicts).await? })
    }

    /// The months that will be counted once they are: those whose day has counts that add up to what was stored of it.
    async fn list_provable(&self, due: &[MonthEnd]) -> Result<Vec<MonthEnd>, InventoryError> {
        let mut provable = Vec::new();
        for month in due {
            let values = [self.reference.vendor_id(month.vendor).into(), month.counted.into()];
            let statement = Statement::from_sql_and_values(self.database.backend(), ADDS_UP, values);
            if self.database.reader().query_one_raw(statement).await?.is_some() {
                provable.push(*month);
            }
        }
        Ok(provable)
    }

    async fn count_kept(&self) -> Result<HashMap<(Vendor, NaiveDate), i64>, InventoryError> {
        let kept = snapshot_day::Entity::find().filter(snapshot_day::Column::DroppedAt.is_null());
        let rows = kept.all(self.database.reader()).await?;
        let of_day = |row: snapshot_day::Model| {
            Some(((self.reference.vendor(row.vendor_id)?, row.snapshot_date), row.device_count))
        };
        Ok(rows.into_iter().filter_map(of_day).collect())
    }

    async fn bytes_of(&self, verdicts: &[Verdict]) -> Result<Option<i64>, InventoryError> {
        if self.database.backend() != DatabaseBackend::Postgres {
            return Ok(None);
        }
        let sizes: HashMap<_, _> = super::partitions::list_sizes(self.database.reader()).await?.into_iter().collect();
        let going = verdicts.iter().filter(|verdict| verdict.goes());
        Ok(Some(going.filter_map(|verdict| sizes.get(&verdict.date)).sum()))
    }
}

fn by_month(months: &[MonthEnd]) -> HashMap<(Vendor, NaiveDate), NaiveDate> {
    months.iter().map(|month| ((month.vendor, month.month_end), month.counted)).collect()
}
