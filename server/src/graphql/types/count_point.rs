//! `CountPoint`: a point of a series of counts.

use async_graphql::{Enum, Object};

use super::{Date, DeviceCounts, VendorName};
use crate::inventory::counts::{CountedPoint, decides_billing};

/// The length of time that one point of a series stands for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Enum)]
#[graphql(remote = "domain::counts::Interval")]
pub enum CountInterval {
    /// A day.
    Day,
    /// A week, from Monday to Sunday, also over the end of a year.
    Week,
    /// A calendar month.
    Month,
}

/// A point of a series.
#[derive(Clone, Debug)]
pub struct CountPoint {
    /// What was counted.
    pub counted: CountedPoint,
    /// What it stands for.
    pub interval: CountInterval,
}

/// How many devices there were in an interval: the counts of one of its days, and what `counts` tells for that date.
#[Object]
impl CountPoint {
    /// The first day of the interval; it may be before the range.
    async fn start(&self) -> Date {
        self.counted.point.start.into()
    }

    /// The last day of the interval; it may be after the range.
    async fn end(&self) -> Date {
        domain::counts::Interval::from(self.interval).end(self.counted.point.start).into()
    }

    /// The day that is told: the last one of the interval inside the range that has counts of the most vendors.
    async fn date(&self) -> Date {
        self.counted.point.date.into()
    }

    /// The vendors that are counted, as `counts` tells of that day: on the last stored day of a month that is over those of
    /// the whole month, else those that have counts of the day.
    async fn vendors(&self) -> Vec<VendorName> {
        self.counted.point.sources.keys().copied().map(VendorName::from).collect()
    }

    /// All devices asked for.
    async fn totals(&self) -> DeviceCounts {
        DeviceCounts::new(self.counted.tally, decides_billing(self.counted.point.sources.keys().copied()))
    }
}
