//! Counts of devices for a date or as a series (rules section 10): what `daily_counts` and `daily_totals` say, or the month
//! ends once the days were dropped.
//!
//! It reads and never counts: counting is done where a day is stored. The numbers of the fleet come from the totals, a few
//! rows per day; rows by organization are read for the organizations that are asked for and for the internal ones, which are
//! taken off. Only a breakdown by organization or location reads all rows of its day.

mod breakdown;
mod days;
mod parts;
mod scope;
mod series;
mod statement;

use std::collections::{BTreeMap, HashSet};

use chrono::NaiveDate;
use domain::{
    billing::Billing,
    counts::{Sources, Tally},
    device_type::DeviceType,
    vendor::Vendor,
};
use sea_orm::ConnectionTrait;

pub use self::{
    breakdown::{LocationTally, OrganizationTally},
    days::Missing,
    scope::{Choice, CountScope},
    series::CountedPoint,
};
use self::{
    parts::Parts,
    statement::{By, Table},
};
use super::{Inventory, InventoryError};

/// The counts of a date.
#[derive(Clone, Debug)]
pub struct CountedDay {
    /// The date.
    pub date: NaiveDate,
    /// The vendors that are counted, and from where.
    pub sources: Sources,
    /// What was asked.
    pub scope: CountScope,
    /// The groups that have devices.
    pub groups: Vec<CountedGroup>,
    /// The same devices by organization, sorted by canonical name, those in none last; empty unless it was wanted.
    pub by_organization: Vec<OrganizationTally>,
    /// The same by location, sorted by its name; empty unless it was wanted.
    pub by_location: Vec<LocationTally>,
    parts: Parts,
}

/// What is wanted beside the numbers by vendor and type.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Breakdowns {
    /// The numbers by organization.
    pub by_organization: bool,
    /// The numbers by organization and location.
    pub by_location: bool,
}

/// The devices of one vendor and type.
#[derive(Clone, Copy, Debug)]
pub struct CountedGroup {
    /// The vendor.
    pub vendor: Vendor,
    /// The type; `None` where it was never decided.
    pub device_type: Option<DeviceType>,
    /// How many.
    pub tally: Tally,
}

/// What there is to tell of a date.
#[derive(Clone, Debug)]
pub enum CountAnswer {
    /// At least one vendor has counts of it.
    Counted(Box<CountedDay>),
    /// None has.
    Missing(Missing),
}

impl CountedDay {
    /// All groups together.
    pub fn total(&self) -> Tally {
        self.groups.iter().map(|group| group.tally).sum()
    }
}

impl Inventory {
    /// Counts the devices of a date; `None` is the newest stored day. A fixed number of statements: the stored days, the
    /// sites if organizations matter, the counts and each breakdown that is wanted.
    pub async fn count(
        &self,
        scope: CountScope,
        date: Option<NaiveDate>,
        wanted: Breakdowns,
    ) -> Result<CountAnswer, InventoryError> {
        // A retention in between would make zeros of what is there.
        let moment = self.database.begin_reading().await?;
        let date = match date {
            Some(date) => date,
            None => self.newest_counted_day(&moment, scope.vendor).await?.unwrap_or_else(|| self.today()),
        };
        let sources = self.count_sources(&moment, scope.vendor, date).await?;
        if sources.is_empty() {
            return Ok(CountAnswer::Missing(self.missing_counts(&moment, scope.vendor, date).await?));
        }
        let parts = self.count_parts(&moment, &scope).await?;
        let (groups, by_organization, by_location) = (Vec::new(), Vec::new(), Vec::new());
        let mut counted = CountedDay { date, sources, scope, groups, by_organization, by_location, parts };
        counted.groups = self.count_groups(&moment, &counted).await?;
        if wanted.by_organization {
            counted.by_organization = self.count_by_organization(&moment, &counted).await?;
        }
        if wanted.by_location {
            counted.by_location = self.count_by_location(&moment, &counted).await?;
        }
        Ok(CountAnswer::Counted(Box::new(counted)))
    }

    async fn count_groups(
        &self,
        connection: &impl ConnectionTrait,
        day: &CountedDay,
    ) -> Result<Vec<CountedGroup>, InventoryError> {
        let tables: Vec<Table> = day.sources.iter().map(|(vendor, source)| Table::of(*vendor, *source)).collect();
        let rows = self.read_counts(connection, (&day.scope, &day.parts.all), &tables, By::DeviceType).await?;
        let mut groups: BTreeMap<(Vendor, Option<i64>), Vec<_>> = BTreeMap::new();
        for row in rows {
            groups.entry((row.vendor(&self.reference)?, row.key)).or_default().push(row);
        }
        let group = |((vendor, type_id), rows): ((Vendor, Option<i64>), Vec<statement::Row>)| CountedGroup {
            vendor,
            device_type: type_id.and_then(|id| self.reference.device_type(id)),
            tally: statement::add_up(&rows, day.scope.include_internal),
        };
        Ok(groups.into_iter().map(group).filter(|group| group.tally != Tally::default()).collect())
    }

    /// Ids of the billing statuses, in the order of [`Billing::ALL`].
    fn billing_ids(&self) -> [i64; 3] {
        Billing::ALL.map(|billing| self.reference.billing_id(billing))
    }

    /// Whether an organization is one of the MSP's own.
    fn is_internal(internal: &HashSet<i64>, organization_id: Option<i64>) -> bool {
        organization_id.is_some_and(|id| internal.contains(&id))
    }
}

/// Whether the numbers of billing mean anything: one of the vendors decides it.
pub fn decides_billing(mut vendors: impl Iterator<Item = Vendor>) -> bool {
    vendors.any(|vendor| vendor == Vendor::REFERENCE)
}
