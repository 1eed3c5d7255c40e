//! Counts over time.

use std::{
    collections::{BTreeMap, BTreeSet, HashMap},
    ops::RangeInclusive,
};

use chrono::NaiveDate;
use domain::{
    counts::{Interval, Point, Tally, month_end, month_start},
    vendor::Vendor,
};
use entity::snapshot_day::Column;
use sea_orm::{ColumnTrait, Condition};

use super::{
    super::{Inventory, InventoryError},
    CountScope,
    statement::{By, Row, Table, add_up, place},
};

/// A point of a series.
#[derive(Clone, Debug)]
pub struct CountedPoint {
    /// Its interval, its day, and from where its counts come.
    pub point: Point,
    /// How many devices.
    pub tally: Tally,
}

/// Rows by vendor and the place they come from.
type Places = HashMap<(Vendor, (bool, NaiveDate)), Vec<Row>>;

impl Inventory {
    /// A point for each interval of which a day inside the range has counts; the oldest first. A fixed number of statements,
    /// however long the range: the stored days, the sites if organizations matter, the counts.
    pub async fn count_series(
        &self,
        scope: &CountScope,
        range: &RangeInclusive<NaiveDate>,
        interval: Interval,
    ) -> Result<Vec<CountedPoint>, InventoryError> {
        // Of the first and the last month all days: the last of a month tells each vendor by its own last one.
        let known = Column::SnapshotDate.between(month_start(*range.start()), month_end(*range.end()));
        let moment = self.database.begin_reading().await?;
        let days = self.list_stored_days(&moment, scope.vendor, Condition::all().add(known)).await?;
        let points = days.points(range, interval);
        let parts = self.count_parts(&moment, scope).await?;
        let mut places = Places::new();
        for row in self.read_counts(&moment, (scope, &parts.all), &tables(&points), By::Day).await? {
            places.entry((row.vendor(&self.reference)?, row.place())).or_default().push(row);
        }
        let tally = |point: &Point| {
            let rows = point.sources.iter().filter_map(|(vendor, source)| places.get(&(*vendor, place(*source))));
            rows.map(|rows| add_up(rows, scope.include_internal)).sum()
        };
        Ok(points.into_iter().map(|point| CountedPoint { tally: tally(&point), point }).collect())
    }
}

/// What is to be read for these points.
fn tables(points: &[Point]) -> Vec<Table> {
    let mut days: BTreeMap<(Vendor, bool), BTreeSet<NaiveDate>> = BTreeMap::new();
    for (vendor, source) in points.iter().flat_map(|point| &point.sources) {
        let (month_end, day) = place(*source);
        days.entry((*vendor, month_end)).or_default().insert(day);
    }
    let table = |((vendor, month_end), days): (_, BTreeSet<NaiveDate>)| Table {
        vendor,
        month_end,
        days: days.into_iter().collect(),
    };
    days.into_iter().map(table).collect()
}
