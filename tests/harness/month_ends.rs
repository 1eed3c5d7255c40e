//! A hub that has been there for long: its old days are dropped, their month ends are kept.

use std::collections::BTreeMap;

use chrono::{Datelike, NaiveDate};
use domain::counts::month_end;
use entity::snapshot_day;
use sea_orm::{ConnectionTrait, EntityTrait};

use crate::World;

const COUNTED_BY: &str = "vendor_id, site_id, device_type_id, billing_status_id, location_name, spare_reason, cnt";
const TOTALLED_BY: &str = "vendor_id, device_type_id, billing_status_id, spare_reason, cnt";

impl World {
    /// Writes the month ends of the stored days before this one, and drops those days; a vendor's newest day stays.
    pub async fn drop_days_before(&self, first_kept: NaiveDate) {
        let days = snapshot_day::Entity::find().all(self.rows()).await;
        let days = days.unwrap_or_else(|error| panic!("the days can't be read: {error}"));
        let mut months: BTreeMap<(i64, i32, u32), Vec<NaiveDate>> = BTreeMap::new();
        for day in days {
            let date = day.snapshot_date;
            months.entry((day.vendor_id, date.year(), date.month())).or_default().push(date);
        }
        for ((vendor_id, ..), days) in months {
            let Some(last) = days.iter().max().copied() else { continue };
            if days.iter().any(|day| *day < first_kept) {
                self.roll_up(vendor_id, last).await;
            }
            for day in days.into_iter().filter(|day| *day < first_kept) {
                self.drop_day(vendor_id, day).await;
            }
        }
    }

    async fn roll_up(&self, vendor_id: i64, counted: NaiveDate) {
        let end = month_end(counted);
        let of_day = format!("WHERE vendor_id = {vendor_id} AND snapshot_date = '{counted}'");
        // The hub has counted a month that is over when the next one began.
        for table in ["month_end_counts", "month_end_totals"] {
            self.write(&format!("DELETE FROM {table} WHERE vendor_id = {vendor_id} AND month_end_date = '{end}'"))
                .await;
        }
        self.write(&format!(
            "INSERT INTO month_end_counts (month_end_date, counted_date, {COUNTED_BY}) SELECT '{end}', snapshot_date, \
             {COUNTED_BY} FROM daily_counts {of_day}"
        ))
        .await;
        self.write(&format!(
            "INSERT INTO month_end_totals (month_end_date, {TOTALLED_BY}) SELECT '{end}', {TOTALLED_BY} \
             FROM daily_totals {of_day}"
        ))
        .await;
    }

    async fn drop_day(&self, vendor_id: i64, day: NaiveDate) {
        let of_day = format!("vendor_id = {vendor_id} AND snapshot_date = '{day}'");
        let is_newest = format!(
            "NOT EXISTS (SELECT 1 FROM snapshot_day l WHERE l.vendor_id = {vendor_id} AND l.snapshot_date > '{day}')"
        );
        for table in ["device_snapshot", "daily_counts", "daily_totals"] {
            self.write(&format!("DELETE FROM {table} WHERE {of_day} AND NOT ({is_newest})")).await;
        }
        let dropped = format!("UPDATE snapshot_day SET dropped_at = '{day}T12:00:00+00:00'");
        self.write(&format!("{dropped} WHERE {of_day} AND NOT ({is_newest})")).await;
    }

    async fn write(&self, sql: &str) {
        let done = self.inventory.database().writer().execute_unprepared(sql).await;
        done.unwrap_or_else(|error| panic!("{sql}: {error}"));
    }
}
