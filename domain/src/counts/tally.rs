//! Sums of devices.

use std::{
    iter::Sum,
    ops::{Add, Sub},
};

use crate::{
    billing::{Billing, SpareReason, is_seat},
    device_type::DeviceType,
};

/// How many devices there are, by what they are billed as.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Tally {
    /// All of them.
    pub devices: i64,
    /// Billable ones outside the internal organizations.
    pub endpoints: i64,
    /// Endpoints that are workstations.
    pub seats: i64,
    /// Billable ones.
    pub billable: i64,
    /// Spare ones.
    pub spare: Spares,
    /// Those whose billing could not be decided for want of a fact.
    pub unknown: i64,
    /// Those of vendors that do not decide billing.
    pub undecided: i64,
}

/// How many devices are spare, by reason.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Spares {
    /// All of them; days stored before reasons were may have more than the reasons add up to.
    pub total: i64,
    /// Virtual machines that are billed through their host.
    pub vm_guest: i64,
    /// Those whose display name says so.
    pub spare_name: i64,
    /// Those whose location says so.
    pub spare_location: i64,
}

impl Spares {
    /// How many are spare for this reason; `None` is those without one.
    pub fn of(self, reason: Option<SpareReason>) -> i64 {
        match reason {
            Some(SpareReason::VmGuest) => self.vm_guest,
            Some(SpareReason::SpareName) => self.spare_name,
            Some(SpareReason::SpareLocation) => self.spare_location,
            None => self.total - self.vm_guest - self.spare_name - self.spare_location,
        }
    }
}

impl Tally {
    /// The same devices, known to be of an internal organization: none of them is an endpoint.
    #[must_use]
    pub fn as_internal(self) -> Self {
        Self { endpoints: 0, seats: 0, ..self }
    }

    /// These devices, of which some were found to be of internal organizations: left out altogether, or only as endpoints.
    #[must_use]
    pub fn apart_from(self, internal: Self, include_internal: bool) -> Self {
        self - internal + if include_internal { internal.as_internal() } else { Self::default() }
    }
}

/// The types of device that are a seat when they are an endpoint.
pub fn seat_types() -> impl Iterator<Item = DeviceType> {
    DeviceType::ALL.into_iter().filter(|device_type| is_seat(Billing::Billable, *device_type, None, false))
}

impl Tally {
    fn with(self, other: Self, each: impl Fn(i64, i64) -> i64) -> Self {
        Self {
            devices: each(self.devices, other.devices),
            endpoints: each(self.endpoints, other.endpoints),
            seats: each(self.seats, other.seats),
            billable: each(self.billable, other.billable),
            spare: Spares {
                total: each(self.spare.total, other.spare.total),
                vm_guest: each(self.spare.vm_guest, other.spare.vm_guest),
                spare_name: each(self.spare.spare_name, other.spare.spare_name),
                spare_location: each(self.spare.spare_location, other.spare.spare_location),
            },
            unknown: each(self.unknown, other.unknown),
            undecided: each(self.undecided, other.undecided),
        }
    }
}

impl Add for Tally {
    type Output = Self;

    fn add(self, other: Self) -> Self {
        self.with(other, |one, more| one + more)
    }
}

impl Sub for Tally {
    type Output = Self;

    fn sub(self, other: Self) -> Self {
        self.with(other, |one, less| one - less)
    }
}

impl Sum for Tally {
    fn sum<I: Iterator<Item = Self>>(tallies: I) -> Self {
        tallies.fold(Self::default(), Add::add)
    }
}
