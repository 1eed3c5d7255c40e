//! `RetentionPreview`: what the next retention would drop.

use async_graphql::{Enum, Object};
use chrono::Datelike;
use domain::{retention::Kept, vendor::Vendor};

use super::{Date, Json, VendorName, scalars::count};
use crate::{
    graphql::{
        errors::Fault,
        pagination::{Connection, PageArguments, page_cost, page_of_slice},
    },
    inventory::retention::{DayPreview, Preview},
};

/// What the next retention would do.
#[derive(Clone, Debug)]
pub struct RetentionPreview {
    /// How many days are kept; `None`: for ever.
    pub days: Option<u32>,
    /// What would become of each.
    pub preview: Preview,
}

/// What the next retention would do if it ran now.
#[Object]
impl RetentionPreview {
    /// How many days of snapshots are kept, today included; null when they are kept for ever.
    async fn retention_days(&self) -> Option<i32> {
        self.days.and_then(|days| i32::try_from(days).ok())
    }

    /// The first day that is kept for its age alone; null when all are.
    async fn kept_from(&self) -> Option<Date> {
        self.preview.kept_from.map(Date::from)
    }

    /// How many snapshots would be dropped.
    async fn snapshots(&self) -> i32 {
        count(self.going().map(|day| day.snapshots).sum::<i64>())
    }

    /// How many bytes the partitions of the days that would go take; null on SQLite, which does not tell. A number of JSON,
    /// because it may be larger than an Int.
    async fn bytes(&self) -> Option<Json> {
        self.preview.bytes.map(|bytes| Json(bytes.into()))
    }

    /// The kept days of all vendors, the oldest first, with what would become of them.
    #[graphql(complexity = "page_cost(first, last, child_complexity)")]
    async fn stored_days(
        &self,
        #[graphql(desc = "Only days that would go (true) or stay (false); null is all.")] going: Option<bool>,
        #[graphql(desc = "How many rows from the start of the range: 1 to 500, 50 if null.")] first: Option<i32>,
        #[graphql(desc = "Only rows after this cursor; null is from the start.")] after: Option<String>,
        #[graphql(desc = "How many rows from the end of the range, instead of `first`: 1 to 500.")] last: Option<i32>,
        #[graphql(desc = "Only rows before this cursor; null is to the end.")] before: Option<String>,
    ) -> Result<Connection<RetentionDay>, Fault> {
        let arguments = PageArguments { first, after, last, before };
        let wanted = |day: &&DayPreview| going.is_none_or(|going| going == day.kept.is_none());
        let days: Vec<DayPreview> = self.preview.days.iter().filter(wanted).cloned().collect();
        let page = page_of_slice("retentionDays", &days, place, &arguments)?;
        Ok(page.show(|days| days.into_iter().map(RetentionDay).collect()))
    }
}

impl RetentionPreview {
    fn going(&self) -> impl Iterator<Item = &DayPreview> {
        self.preview.days.iter().filter(|day| day.kept.is_none())
    }
}

/// Days by date, the vendors of a day in their order.
fn place(day: &DayPreview) -> (i64, i64) {
    let vendor = Vendor::ALL.iter().position(|vendor| *vendor == day.vendor).unwrap_or_default();
    (day.date.num_days_from_ce().into(), i64::try_from(vendor).unwrap_or_default())
}

/// A vendor's stored day.
#[derive(Clone, Debug)]
pub struct RetentionDay(pub DayPreview);

/// A stored day of a vendor, and what the next retention would do with it.
#[Object]
impl RetentionDay {
    /// The vendor.
    async fn vendor(&self) -> VendorName {
        self.0.vendor.into()
    }

    /// The day.
    async fn date(&self) -> Date {
        self.0.date.into()
    }

    /// How many snapshots it has.
    async fn snapshots(&self) -> i32 {
        count(self.0.snapshots)
    }

    /// Whether it would be dropped.
    async fn goes(&self) -> bool {
        self.0.kept.is_none()
    }

    /// Why it is kept; null when it would go.
    async fn kept(&self) -> Option<RetentionKept> {
        self.0.kept.map(RetentionKept::from)
    }

    /// The last day of its calendar month.
    async fn month_end(&self) -> Date {
        self.0.month.month_end.into()
    }

    /// The stored day whose counts stand for the end of that month; null while none does.
    async fn counted(&self) -> Option<Date> {
        self.0.month.counted.map(Date::from)
    }

    /// The stored day that the retention would count for the end of that month before it drops anything; null when the
    /// month is not over, or is counted already.
    async fn to_count(&self) -> Option<Date> {
        self.0.month.to_count.map(Date::from)
    }
}

/// Why a stored day is kept.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Enum)]
pub enum RetentionKept {
    /// It is not old enough.
    InWindow,
    /// It is one of its vendor's two newest days: the newest may be stored once more, and is compared with the one before.
    Newest,
    /// Its month is not over.
    MonthNotOver,
    /// The end of its month is not counted, or its counts do not add up.
    NotCounted,
    /// Another vendor's day of that date is kept; a date goes for all vendors or for none.
    OtherVendor,
}

impl From<Kept> for RetentionKept {
    fn from(kept: Kept) -> Self {
        match kept {
            Kept::InWindow => Self::InWindow,
            Kept::Newest => Self::Newest,
            Kept::MonthNotOver => Self::MonthNotOver,
            Kept::NotCounted => Self::NotCounted,
            Kept::OtherVendor => Self::OtherVendor,
        }
    }
}
