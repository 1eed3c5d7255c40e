//! `Counts`: how many devices there were on a date, and how many of them are billed.

use async_graphql::{Context, Object, SimpleObject};
use domain::counts::Tally;

use super::{Date, DeviceType, Organization, SpareReason, VendorName, scalars::count};
use crate::{
    graphql::{
        context::Hub,
        errors::Fault,
        loaders::OrganizationId,
        pagination::{Connection, PageArguments, Place, page_cost, page_of_named},
    },
    inventory::counts::{CountedDay, LocationTally, OrganizationTally, decides_billing},
};

/// Numbers of devices.
#[derive(Clone, Copy, Debug)]
pub struct DeviceCounts {
    tally: Tally,
    is_decided: bool,
}

impl DeviceCounts {
    /// With whether one of the vendors that are counted decides billing.
    pub(super) const fn new(tally: Tally, is_decided: bool) -> Self {
        Self { tally, is_decided }
    }

    fn decided(&self, number: i64) -> Option<i32> {
        self.is_decided.then(|| count(number))
    }
}

/// Numbers of devices. Billing is decided by Ninja alone: what rests on it is null, and never 0, where no device of Ninja's
/// could be counted.
#[Object]
impl DeviceCounts {
    /// All devices; a machine that two vendors list counts twice. The sum of `billable`, `spare`, `unknown` and
    /// `undecided`.
    async fn devices(&self) -> i32 {
        count(self.tally.devices)
    }

    /// Endpoints: billable devices of any type, outside the internal organizations. Null where no vendor decides billing.
    async fn endpoints(&self) -> Option<i32> {
        self.decided(self.tally.endpoints)
    }

    /// Seats: endpoints that are workstations. Null where no vendor decides billing.
    async fn seats(&self) -> Option<i32> {
        self.decided(self.tally.seats)
    }

    /// Billable devices, those of internal organizations included if they are counted at all. Null where no vendor decides
    /// billing.
    async fn billable(&self) -> Option<i32> {
        self.decided(self.tally.billable)
    }

    /// Spare devices. Null where no vendor decides billing.
    async fn spare(&self) -> Option<i32> {
        self.decided(self.tally.spare.total)
    }

    /// Spare devices by reason; reasons without devices are left out. Null where no vendor decides billing.
    async fn spare_by_reason(&self) -> Option<Vec<SpareReasonCount>> {
        let reasons = domain::billing::SpareReason::ALL.into_iter().map(Some).chain([None]);
        let counted = reasons.map(|reason| (reason, self.tally.spare.of(reason))).filter(|(_, devices)| *devices > 0);
        let shown = counted.map(|(reason, devices)| SpareReasonCount {
            reason: reason.map(SpareReason::from),
            devices: count(devices),
        });
        self.is_decided.then(|| shown.collect())
    }

    /// Devices whose billing could not be decided for want of a fact. Null where no vendor decides billing.
    async fn unknown(&self) -> Option<i32> {
        self.decided(self.tally.unknown)
    }

    /// Devices of vendors that do not decide billing: they are none of `billable`, `spare` and `unknown`.
    async fn undecided(&self) -> i32 {
        count(self.tally.undecided)
    }
}

/// The devices that are spare for one reason.
#[derive(Clone, Copy, Debug, SimpleObject)]
pub struct SpareReasonCount {
    /// The reason; null for devices that were stored without one.
    reason: Option<SpareReason>,
    /// How many devices.
    devices: i32,
}

/// The devices of one vendor.
#[derive(Clone, Copy, Debug, SimpleObject)]
pub struct VendorCounts {
    /// The vendor.
    vendor: VendorName,
    /// The stored day whose devices were counted: the date asked for, or the vendor's last stored day of its month where
    /// the month's end is told.
    counted_date: Date,
    /// How many.
    totals: DeviceCounts,
}

/// The devices of one type.
#[derive(Clone, Copy, Debug, SimpleObject)]
pub struct DeviceTypeCounts {
    /// The type; null for devices whose type was never decided.
    device_type: Option<DeviceType>,
    /// How many.
    totals: DeviceCounts,
}

/// The devices of one organization.
#[derive(Clone, Debug)]
pub struct OrganizationCounts {
    row: OrganizationTally,
    totals: DeviceCounts,
}

/// The devices of one organization.
#[Object]
impl OrganizationCounts {
    /// The client; null for the devices that are in none.
    async fn organization(&self, ctx: &Context<'_>) -> Result<Option<Organization>, Fault> {
        organization_of(ctx, self.row.organization_id).await
    }

    /// How many.
    async fn totals(&self) -> DeviceCounts {
        self.totals
    }
}

/// The devices of one location.
#[derive(Clone, Debug)]
pub struct LocationCounts {
    row: LocationTally,
    totals: DeviceCounts,
}

/// The devices of one location: the locations of one name in one organization, of all vendors that are counted.
#[Object]
impl LocationCounts {
    /// The client; null for the devices that are in none.
    async fn organization(&self, ctx: &Context<'_>) -> Result<Option<Organization>, Fault> {
        organization_of(ctx, self.row.organization_id).await
    }

    /// The location's name, as the vendor writes it; null for the devices that are in no location.
    async fn location(&self) -> Option<&str> {
        self.row.location.as_deref()
    }

    /// How many.
    async fn totals(&self) -> DeviceCounts {
        self.totals
    }
}

async fn organization_of(ctx: &Context<'_>, id: Option<i64>) -> Result<Option<Organization>, Fault> {
    match id {
        Some(id) => Ok(ctx.load(OrganizationId(id)).await?.map(Organization)),
        None => Ok(None),
    }
}

/// The counts of a date.
#[derive(Clone, Debug)]
pub struct Counts(pub CountedDay);

/// How many devices there were on a date. Every breakdown adds up to `totals`.
#[Object]
impl Counts {
    /// The date.
    async fn date(&self) -> Date {
        self.0.date.into()
    }

    /// The vendors that are counted: those that have counts of the date; on the last stored day of a month that is over,
    /// those that have counts of a day of the month.
    async fn vendors(&self) -> Vec<VendorName> {
        self.0.sources.keys().copied().map(VendorName::from).collect()
    }

    /// All devices asked for.
    async fn totals(&self) -> DeviceCounts {
        self.counts_of(self.0.total())
    }

    /// By vendor: one row for each that is counted.
    async fn by_vendor(&self) -> Vec<VendorCounts> {
        let row = |(vendor, source): (&domain::vendor::Vendor, &domain::counts::Source)| {
            let own = self.0.groups.iter().filter(|group| group.vendor == *vendor).map(|group| group.tally).sum();
            let totals = DeviceCounts::new(own, decides_billing([*vendor].into_iter()));
            VendorCounts { vendor: (*vendor).into(), counted_date: source.counted().into(), totals }
        };
        self.0.sources.iter().map(row).collect()
    }

    /// By type of device, in the order of the documentation; types without devices are left out.
    async fn by_device_type(&self) -> Vec<DeviceTypeCounts> {
        let types = domain::device_type::DeviceType::ALL.into_iter().map(Some).chain([None]);
        let of =
            |wanted| self.0.groups.iter().filter(move |group| group.device_type == wanted).map(|group| group.tally);
        let counted = types.map(|wanted| (wanted, of(wanted).sum::<Tally>())).filter(|(_, tally)| tally.devices > 0);
        let row = |(device_type, tally): (Option<domain::device_type::DeviceType>, Tally)| DeviceTypeCounts {
            device_type: device_type.map(DeviceType::from),
            totals: self.counts_of(tally),
        };
        counted.map(row).collect()
    }

    /// By organization, in the order of the names; the devices that are in none come last. Organizations without devices on
    /// that date are left out.
    #[graphql(complexity = "page_cost(first, last, child_complexity)")]
    async fn by_organization(
        &self,
        #[graphql(desc = "How many rows from the start of the range: 1 to 500, 50 if null.")] first: Option<i32>,
        #[graphql(desc = "Only rows after this cursor; null is from the start.")] after: Option<String>,
        #[graphql(desc = "How many rows from the end of the range, instead of `first`: 1 to 500.")] last: Option<i32>,
        #[graphql(desc = "Only rows before this cursor; null is to the end.")] before: Option<String>,
    ) -> Result<Connection<OrganizationCounts>, Fault> {
        let page = page_of_named(
            "counts/organization",
            &self.0.by_organization,
            place_of_organization,
            &PageArguments { first, after, last, before },
        )?;
        let shown = |row: OrganizationTally| OrganizationCounts { totals: self.counts_of(row.tally), row };
        Ok(page.show(|rows| rows.into_iter().map(shown).collect()))
    }

    /// By location inside an organization, in the order of the locations' names; the devices that are in no location come
    /// last. Locations without devices on that date are left out.
    #[graphql(complexity = "page_cost(first, last, child_complexity)")]
    async fn by_location(
        &self,
        #[graphql(desc = "How many rows from the start of the range: 1 to 500, 50 if null.")] first: Option<i32>,
        #[graphql(desc = "Only rows after this cursor; null is from the start.")] after: Option<String>,
        #[graphql(desc = "How many rows from the end of the range, instead of `first`: 1 to 500.")] last: Option<i32>,
        #[graphql(desc = "Only rows before this cursor; null is to the end.")] before: Option<String>,
    ) -> Result<Connection<LocationCounts>, Fault> {
        let arguments = PageArguments { first, after, last, before };
        let page = page_of_named("counts/location", &self.0.by_location, place_of_location, &arguments)?;
        let shown = |row: LocationTally| LocationCounts { totals: self.counts_of(row.tally), row };
        Ok(page.show(|rows| rows.into_iter().map(shown).collect()))
    }
}

impl Counts {
    fn counts_of(&self, tally: Tally) -> DeviceCounts {
        DeviceCounts::new(tally, decides_billing(self.0.sources.keys().copied()))
    }
}

/// The number of an organization in a cursor; that of the devices in none comes last.
fn number_of(organization_id: Option<i64>) -> i64 {
    organization_id.unwrap_or(i64::MAX)
}

fn place_of_organization(row: &OrganizationTally) -> Place<'_> {
    (row.canonical_name.as_deref(), number_of(row.organization_id))
}

fn place_of_location(row: &LocationTally) -> Place<'_> {
    (row.location.as_deref(), number_of(row.organization_id))
}
