//! What is billed by: endpoints and seats.

use std::{
    iter::Sum,
    ops::{Add, AddAssign, Neg, Sub, SubAssign},
};

use serde::{Deserialize, Serialize};

use crate::{
    billing::{Billing, is_endpoint, is_seat},
    device_type::DeviceType,
};

/// A number of endpoints, and of those that are seats (rules section 5). Also a difference of two such numbers.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Units {
    /// Billable devices of any type outside the internal organizations.
    pub endpoints: i64,
    /// Those of them that are workstations.
    pub seats: i64,
}

impl Units {
    /// None.
    pub const ZERO: Self = Self { endpoints: 0, seats: 0 };

    /// What one device counts for.
    pub fn of_device(billing: Option<Billing>, device_type: Option<DeviceType>, internal: bool) -> Self {
        let billing = billing.unwrap_or(Billing::Unknown);
        let is_seat = device_type.is_some_and(|device_type| is_seat(billing, device_type, None, internal));
        Self { endpoints: is_endpoint(billing, internal).into(), seats: is_seat.into() }
    }

    /// Number by number.
    #[must_use]
    pub fn map(self, change: impl Fn(i64) -> i64) -> Self {
        Self { endpoints: change(self.endpoints), seats: change(self.seats) }
    }

    /// The greater of both, number by number.
    #[must_use]
    pub fn max(self, other: Self) -> Self {
        Self { endpoints: self.endpoints.max(other.endpoints), seats: self.seats.max(other.seats) }
    }

    /// Whether both are none.
    pub fn is_zero(self) -> bool {
        self == Self::ZERO
    }
}

impl Add for Units {
    type Output = Self;

    fn add(self, other: Self) -> Self {
        Self { endpoints: self.endpoints + other.endpoints, seats: self.seats + other.seats }
    }
}

impl Neg for Units {
    type Output = Self;

    fn neg(self) -> Self {
        self.map(|number| -number)
    }
}

impl Sub for Units {
    type Output = Self;

    fn sub(self, other: Self) -> Self {
        self + -other
    }
}

impl AddAssign for Units {
    fn add_assign(&mut self, other: Self) {
        *self = *self + other;
    }
}

impl SubAssign for Units {
    fn sub_assign(&mut self, other: Self) {
        *self = *self - other;
    }
}

impl Sum for Units {
    fn sum<I: Iterator<Item = Self>>(all: I) -> Self {
        all.fold(Self::ZERO, Add::add)
    }
}
