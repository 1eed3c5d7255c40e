//! The numbers of a bill: of one organization or of all.

use async_graphql::{Object, SimpleObject};
use domain::billing_report::{Line, TypeShare, Units};

use super::{ExceptionType, scalars::count};

/// Endpoints and seats.
#[derive(Clone, Copy, Debug, SimpleObject)]
pub struct BillingUnits {
    /// Billable devices of any type, outside the internal organizations.
    pub(super) endpoints: i32,
    /// Those of them that are workstations.
    pub(super) seats: i32,
}

impl From<Units> for BillingUnits {
    fn from(units: Units) -> Self {
        Self { endpoints: count(units.endpoints), seats: count(units.seats) }
    }
}

/// Average endpoints and seats, with two decimals.
#[derive(Clone, Copy, Debug, SimpleObject)]
pub struct BillingAverage {
    /// Billable devices of any type, outside the internal organizations.
    endpoints: f64,
    /// Those of them that are workstations.
    seats: f64,
}

impl BillingAverage {
    fn of(hundredths: Units) -> Self {
        let decimal = |hundredths: i64| f64::from(count(hundredths)) / 100.0;
        Self { endpoints: decimal(hundredths.endpoints), seats: decimal(hundredths.seats) }
    }
}

/// Open exceptions of one type, and what they explain.
#[derive(Clone, Copy, Debug, SimpleObject)]
pub struct BillingExceptions {
    /// The type.
    #[graphql(name = "type")]
    exception_type: ExceptionType,
    /// How many were open when the month ended. The other side of a SITE_MISMATCH has an effect without a count.
    count: i32,
    /// How many devices more they make at ThreatLocker; negative for more at Ninja, 0 for a type that changes no number by
    /// itself.
    effect: i32,
}

impl From<TypeShare> for BillingExceptions {
    fn from(share: TypeShare) -> Self {
        let exception_type = share.exception_type.into();
        Self { exception_type, count: count(share.count), effect: count(share.effect) }
    }
}

/// Numbers of a bill.
#[derive(Clone, Debug)]
pub struct BillingFigures(pub Line);

/// The numbers of a bill. In totals every one is the sum of the lines' numbers, the highest and the average too.
#[Object]
impl BillingFigures {
    /// Endpoints on the day that the month is billed by: billable devices of any type, outside the internal organizations.
    async fn endpoints(&self) -> i32 {
        count(self.0.end.endpoints)
    }

    /// Seats on that day: endpoints that are workstations.
    async fn seats(&self) -> i32 {
        count(self.0.end.seats)
    }

    /// On the stored day before the month, which the report before ends with; on the first stored day in the month in which
    /// the hub began. `start + added - removed` is what it ends with.
    async fn start(&self) -> BillingUnits {
        self.0.start.into()
    }

    /// The most on one day of the month, of endpoints and of seats each by itself.
    async fn highest(&self) -> BillingUnits {
        self.0.highest.into()
    }

    /// The average of the month's days. A day without a complete collection counts as the day before it.
    async fn average(&self) -> BillingAverage {
        BillingAverage::of(self.0.average_hundredths)
    }

    /// What came in the month, device by device: `changes` names them.
    async fn added(&self) -> BillingUnits {
        self.0.added.into()
    }

    /// What went in the month.
    async fn removed(&self) -> BillingUnits {
        self.0.removed.into()
    }

    /// ThreatLocker's devices on its last stored day of the month; null when it has none.
    async fn threatlocker_devices(&self) -> Option<i32> {
        self.0.threatlocker.map(count)
    }

    /// ThreatLocker's devices less Ninja's endpoints; null without ThreatLocker's.
    async fn difference(&self) -> Option<i32> {
        self.0.threatlocker.map(|devices| count(devices - self.0.end.endpoints))
    }

    /// Endpoints that are neither server nor workstation: ThreatLocker is not expected on them.
    async fn other_endpoints(&self) -> i32 {
        count(self.0.other_endpoints)
    }

    /// The exceptions that were open when the month ended, by type.
    async fn exceptions(&self) -> Vec<BillingExceptions> {
        self.0.exceptions.iter().copied().map(Into::into).collect()
    }

    /// What of the difference the open exceptions explain: the sum of their effects.
    async fn explained(&self) -> i32 {
        count(self.0.explained())
    }

    /// What of the difference neither they nor the endpoints on which ThreatLocker is not expected explain; null without
    /// ThreatLocker's devices.
    async fn unexplained(&self) -> Option<i32> {
        self.0.unexplained.map(count)
    }
}
