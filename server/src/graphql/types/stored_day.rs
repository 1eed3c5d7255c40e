//! `StoredDay`: a date that can be asked for.

use async_graphql::Object;
use chrono::NaiveDate;
use domain::vendor::Vendor;
use entity::snapshot_day;

use super::{Date, VendorDay, scalars::count};

/// A date that can be asked for.
#[derive(Clone, Debug)]
pub struct StoredDay {
    /// The date.
    pub date: NaiveDate,
    /// What is stored of the vendors that were asked for.
    pub vendors: Vec<snapshot_day::Model>,
    /// Whether every vendor is stored.
    pub complete: bool,
}

impl StoredDay {
    /// Days out of all vendors' rows, newest first as the rows are; with a vendor, its days only.
    pub(in crate::graphql) fn gather(rows: &[snapshot_day::Model], only: Option<i64>) -> Vec<Self> {
        let days = rows.chunk_by(|one, other| one.snapshot_date == other.snapshot_date);
        let day = |rows: &[snapshot_day::Model]| {
            let complete = rows.len() == Vendor::ALL.len();
            let asked = |row: &&snapshot_day::Model| only.is_none_or(|vendor_id| row.vendor_id == vendor_id);
            let vendors: Vec<_> = rows.iter().filter(asked).cloned().collect();
            vendors.first().map(|row| row.snapshot_date).map(|date| Self { date, vendors, complete })
        };
        days.filter_map(day).collect()
    }
}

/// A date for which at least one vendor has a complete snapshot.
#[Object]
impl StoredDay {
    /// The date.
    async fn date(&self) -> Date {
        self.date.into()
    }

    /// What each vendor has stored of it; of the vendor that was asked for only, if one was.
    async fn vendors(&self) -> Vec<VendorDay> {
        self.vendors.iter().cloned().map(VendorDay).collect()
    }

    /// How many devices these vendors listed together; a machine that two of them list counts twice.
    async fn device_count(&self) -> i32 {
        count(self.vendors.iter().map(|day| day.device_count).sum::<i64>())
    }

    /// Whether every vendor has a complete snapshot of it, also those that were not asked for: only then do
    /// cross-vendor checks run.
    async fn complete(&self) -> bool {
        self.complete
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn row(date: &str, vendor_id: i64) -> snapshot_day::Model {
        let snapshot_date = date.parse().unwrap();
        let collected_at = chrono::DateTime::UNIX_EPOCH;
        snapshot_day::Model {
            snapshot_date,
            vendor_id,
            collection_id: 1,
            device_count: 10,
            collected_at,
            dropped_at: None,
        }
    }

    #[test]
    fn a_day_is_complete_when_every_vendor_has_it_whoever_was_asked_for() {
        let rows = vec![row("2026-03-03", 4), row("2026-03-02", 3), row("2026-03-02", 4), row("2026-03-01", 3)];
        let shown = |only| {
            let days = StoredDay::gather(&rows, only).into_iter();
            days.map(|day| (day.date.to_string(), day.vendors.len(), day.complete)).collect::<Vec<_>>()
        };
        let day = |date: &str, vendors, complete| (date.to_owned(), vendors, complete);
        assert_eq!(shown(None), [day("2026-03-03", 1, false), day("2026-03-02", 2, true), day("2026-03-01", 1, false)]);
        assert_eq!(shown(Some(3)), [day("2026-03-02", 1, true), day("2026-03-01", 1, false)]);
    }
}
