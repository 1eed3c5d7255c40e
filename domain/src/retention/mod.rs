//! Which stored days are kept, which may be dropped, and which months must be counted first (rules section 10).
//!
//! A day is dropped as a whole, for all vendors that have it: days are partitions. It refuses to drop what could still be
//! asked for in another way: a vendor's newest days, and a day of a month whose end is not counted.

#[cfg(test)]
mod tests;

use std::collections::{BTreeMap, BTreeSet, HashMap};

use chrono::NaiveDate;

use crate::{counts::month_end, vendor::Vendor};

/// Fewer days than this can't be kept, so that the whole of the month before is always there.
pub const FEWEST_DAYS: u32 = 35;

/// How many of a vendor's newest stored days are kept however old they are. The newest can be stored once more (collected
/// again, a held collection applied, one device synced), and what changed on it is told against the one before.
pub const NEWEST_KEPT: usize = 2;

/// A vendor's day that was stored once.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct StoredDay {
    /// The vendor.
    pub vendor: Vendor,
    /// The day.
    pub date: NaiveDate,
    /// Whether its snapshots were dropped.
    pub dropped: bool,
}

/// The day of a vendor that stands, or is to stand, for the end of a month.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct MonthEnd {
    /// The vendor.
    pub vendor: Vendor,
    /// The last day of the calendar month.
    pub month_end: NaiveDate,
    /// The vendor's last stored day of that month.
    pub counted: NaiveDate,
}

/// From where one looks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Window {
    /// The current business day.
    pub today: NaiveDate,
    /// How many days are kept, today included; `None` keeps all for ever.
    pub days: Option<u32>,
}

impl Window {
    /// The first day that is inside; `None` where every day is.
    pub fn first(&self) -> Option<NaiveDate> {
        let days = self.days?;
        self.today.checked_sub_days(chrono::Days::new(u64::from(days.saturating_sub(1))))
    }

    fn holds(&self, date: NaiveDate) -> bool {
        self.first().is_none_or(|first| date >= first)
    }
}

/// Why a day is kept.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Kept {
    /// It is not old enough.
    InWindow,
    /// It is one of its vendor's newest stored days.
    Newest,
    /// Its month is not over, so its end can't be counted.
    MonthNotOver,
    /// The end of its month is not counted, or its counts do not add up.
    NotCounted,
    /// It could go, but another vendor's day of the same date can't.
    OtherVendor,
}

/// What becomes of a vendor's day.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct VendorVerdict {
    /// The vendor.
    pub vendor: Vendor,
    /// Why it is kept; `None`: it goes.
    pub kept: Option<Kept>,
}

/// What becomes of a date.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Verdict {
    /// The date.
    pub date: NaiveDate,
    /// Its vendors' days, by vendor: all of them go, or none.
    pub vendors: Vec<VendorVerdict>,
}

impl Verdict {
    /// Whether the date is dropped.
    pub fn goes(&self) -> bool {
        self.vendors.iter().all(|day| day.kept.is_none())
    }
}

/// The months that are over and whose end must be counted, or counted again, because it is not counted by the vendor's last
/// stored day of the month. A month whose last day was dropped is counted for ever.
pub fn due_month_ends(days: &[StoredDay], counted: &[MonthEnd], today: NaiveDate) -> Vec<MonthEnd> {
    let known: BTreeSet<&MonthEnd> = counted.iter().collect();
    let due = last_days(days).into_iter().filter(|((_, month_end), last)| *month_end < today && !last.dropped);
    let due = due.map(|((vendor, month_end), last)| MonthEnd { vendor, month_end, counted: last.date });
    due.filter(|month| !known.contains(month)).collect()
}

/// What becomes of every kept date, the oldest first. `counted` are the month ends whose counts are there and add up.
pub fn decide(days: &[StoredDay], counted: &[MonthEnd], window: Window) -> Vec<Verdict> {
    let judged = Judged { newest: newest(days), last: last_days(days), counted, window };
    let mut dates: BTreeMap<NaiveDate, BTreeMap<Vendor, Option<Kept>>> = BTreeMap::new();
    for day in days.iter().filter(|day| !day.dropped) {
        dates.entry(day.date).or_default().insert(day.vendor, judged.kept(*day));
    }
    let verdict = |(date, vendors): (NaiveDate, BTreeMap<Vendor, Option<Kept>>)| {
        let stays = vendors.values().any(Option::is_some);
        let one = |(vendor, kept): (Vendor, Option<Kept>)| VendorVerdict {
            vendor,
            kept: kept.or(stays.then_some(Kept::OtherVendor)),
        };
        Verdict { date, vendors: vendors.into_iter().map(one).collect() }
    };
    dates.into_iter().map(verdict).collect()
}

struct Judged<'a> {
    newest: HashMap<Vendor, BTreeSet<NaiveDate>>,
    last: BTreeMap<(Vendor, NaiveDate), StoredDay>,
    counted: &'a [MonthEnd],
    window: Window,
}

impl Judged<'_> {
    fn kept(&self, day: StoredDay) -> Option<Kept> {
        if self.window.holds(day.date) {
            return Some(Kept::InWindow);
        }
        if self.newest.get(&day.vendor).is_some_and(|newest| newest.contains(&day.date)) {
            return Some(Kept::Newest);
        }
        let month_end = month_end(day.date);
        if month_end >= self.window.today {
            return Some(Kept::MonthNotOver);
        }
        let last = self.last.get(&(day.vendor, month_end))?;
        let proof = MonthEnd { vendor: day.vendor, month_end, counted: last.date };
        (!self.counted.contains(&proof)).then_some(Kept::NotCounted)
    }
}

fn newest(days: &[StoredDay]) -> HashMap<Vendor, BTreeSet<NaiveDate>> {
    let mut newest: HashMap<Vendor, BTreeSet<NaiveDate>> = HashMap::new();
    for day in days.iter().filter(|day| !day.dropped) {
        let of_vendor = newest.entry(day.vendor).or_default();
        of_vendor.insert(day.date);
        if of_vendor.len() > NEWEST_KEPT {
            of_vendor.pop_first();
        }
    }
    newest
}

/// Each vendor's last stored day of each month, whether its snapshots are kept or not.
fn last_days(days: &[StoredDay]) -> BTreeMap<(Vendor, NaiveDate), StoredDay> {
    let mut last: BTreeMap<(Vendor, NaiveDate), StoredDay> = BTreeMap::new();
    for day in days {
        let of_month = last.entry((day.vendor, month_end(day.date))).or_insert(*day);
        if of_month.date < day.date {
            *of_month = *day;
        }
    }
    last
}
