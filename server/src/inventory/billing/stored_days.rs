//! Which days of the vendors were ever stored: those that are kept and those that were dropped.

use std::collections::{BTreeMap, HashMap};

use chrono::NaiveDate;
use domain::billing_report::{Month, Span};
use entity::snapshot_day::{Column, Entity};
use sea_orm::{ColumnTrait, ConnectionTrait, EntityTrait, QuerySelect};

use crate::inventory::InventoryError;

/// A vendor's day whose counts are asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct CountedDay {
    pub(super) vendor_id: i64,
    pub(super) day: NaiveDate,
    /// Whether its own counts are kept; else the roll-up of its month tells them.
    pub(super) kept: bool,
    pub(super) devices: i64,
}

/// Every day that was ever stored, by vendor.
#[derive(Debug, Default)]
pub(super) struct StoredDays(HashMap<i64, BTreeMap<NaiveDate, CountedDay>>);

impl StoredDays {
    pub(super) async fn load(connection: &impl ConnectionTrait) -> Result<Self, InventoryError> {
        let days = Entity::find()
            .select_only()
            .columns([Column::VendorId, Column::SnapshotDate, Column::DeviceCount])
            .expr(Column::DroppedAt.is_null())
            .into_tuple::<(i64, NaiveDate, i64, bool)>()
            .all(connection)
            .await?;
        let mut stored = Self::default();
        for (vendor_id, day, devices, kept) in days {
            stored.0.entry(vendor_id).or_default().insert(day, CountedDay { vendor_id, day, kept, devices });
        }
        Ok(stored)
    }

    /// The vendor's last stored day of a month.
    pub(super) fn last_of(&self, vendor_id: i64, month: Month) -> Option<CountedDay> {
        let days = self.0.get(&vendor_id)?.range(month.first_day()..=month.last_day());
        days.last().map(|(_, day)| *day)
    }

    /// The first day that was ever stored.
    pub(super) fn oldest(&self, vendor_id: i64) -> Option<NaiveDate> {
        self.0.get(&vendor_id).and_then(|days| days.keys().next().copied())
    }

    /// The stored days before and after a month that are nearest to it.
    pub(super) fn nearest(&self, vendor_id: i64, month: Month) -> Vec<NaiveDate> {
        let Some(days) = self.0.get(&vendor_id) else { return Vec::new() };
        let before = days.range(..month.first_day()).next_back();
        let after = days.range(month.next().first_day()..).next();
        before.into_iter().chain(after).map(|(day, _)| *day).collect()
    }

    /// The days of a span without a complete collection.
    pub(super) fn missing(&self, vendor_id: i64, span: Span) -> Vec<NaiveDate> {
        let days = self.0.get(&vendor_id);
        let is_missing = |day: &NaiveDate| days.is_none_or(|days| !days.contains_key(day));
        span.from.iter_days().take_while(|day| *day <= span.to).filter(is_missing).collect()
    }
}
