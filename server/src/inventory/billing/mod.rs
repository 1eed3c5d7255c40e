//! What each month is billed as, and closing it (rules sections 5, 9, 10).
//!
//! A report is made of the counts of the month's last stored day and of the ledger of what changed, so that it can be told
//! after the days were dropped; all its statements see one moment. A closed month is read as it was billed and never
//! written again. This module refuses to guess: a month without data has no report, and a month that can't be counted any
//! more is corrected by nothing.

mod closed;
mod closing;
mod counted;
mod ledger;
mod open_exceptions;
mod reporting;
mod stored_days;
mod unmapped;

use chrono::NaiveDate;
use domain::billing_report::{LineChange, Month, Report};

pub use self::{
    closed::Closing,
    closing::{CloseOrder, CloseOutcome},
};
use super::{Inventory, InventoryError};

/// The answer to "what is this month billed as?".
#[derive(Clone, Debug)]
pub enum BillingAnswer {
    /// This.
    Reported(Box<Billed>),
    /// It is a month to come.
    NotBegun,
    /// No day of it is stored that could still be counted.
    NoData {
        /// The nearest stored days, before and after it.
        nearest: Vec<NaiveDate>,
    },
}

/// A month as it is billed.
#[derive(Clone, Debug, PartialEq)]
pub struct Billed {
    /// As billed for a closed month, else as it counts now.
    pub report: Report,
    /// Who closed it; `None` while nobody did.
    pub closing: Option<Closing>,
    /// A closed month as it counts now; `None` for one that is not closed, or can't be counted any more.
    pub live: Option<Report>,
    /// What changed the lines in the month, by day and device, as the ledger tells now.
    pub changes: Vec<BilledChange>,
    /// Whether the month is not over.
    pub provisional: bool,
}

/// A change of a line, with the device's names.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BilledChange {
    /// What changed.
    pub change: LineChange,
    /// The host name on that day; on the day before for a device that left.
    pub hostname: String,
    /// Ninja's own id of the device.
    pub vendor_device_key: String,
}

impl Billed {
    /// Only what one organization is billed.
    #[must_use]
    fn only(mut self, organization_id: i64) -> Self {
        self.report = self.report.only(organization_id);
        self.live = self.live.map(|live| live.only(organization_id));
        self.changes.retain(|change| change.change.organization_id == Some(organization_id));
        self
    }
}

impl Inventory {
    /// What a month is billed as: all of it, or one organization.
    pub async fn billing_report(
        &self,
        month: Month,
        organization_id: Option<i64>,
    ) -> Result<BillingAnswer, InventoryError> {
        let transaction = self.database.begin_reading().await?;
        let answer = self.billed(&transaction, month).await?;
        drop(transaction);
        Ok(match (answer, organization_id) {
            (BillingAnswer::Reported(billed), Some(id)) => BillingAnswer::Reported(Box::new(billed.only(id))),
            (answer, _) => answer,
        })
    }
}
