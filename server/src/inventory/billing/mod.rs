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

use std::sync::Arc;

use chrono::NaiveDate;
use domain::billing_report::{Month, Report};

pub use self::{
    closed::Closing,
    closing::{CloseOrder, CloseOutcome},
};
use super::{Inventory, InventoryError};

/// The answer to "what is this month billed as?".
#[derive(Clone, Debug)]
pub enum BillingAnswer {
    /// This.
    Reported(Arc<Billed>),
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
    /// As billed for a closed month, else as it counts now. A month that was closed before changes were kept has those that
    /// the ledger tells now.
    pub report: Report,
    /// Who closed it; `None` while nobody did.
    pub closing: Option<Closing>,
    /// A closed month as it counts now; `None` for one that is not closed, or can't be counted any more.
    pub live: Option<Report>,
    /// Whether the month is not over.
    pub provisional: bool,
}

impl Billed {
    /// Only what one organization is billed.
    #[must_use]
    fn only(mut self, organization_id: i64) -> Self {
        self.report = self.report.only(organization_id);
        self.live = self.live.map(|live| live.only(organization_id));
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
        let asked = (month, organization_id);
        let known = self.computed.as_ref().and_then(|computed| computed.bills.find(&asked));
        if let Some(billed) = known {
            return Ok(BillingAnswer::Reported(billed));
        }
        let transaction = self.database.begin_reading().await?;
        let answer = self.billed(&transaction, month).await?;
        drop(transaction);
        let BillingAnswer::Reported(mut billed) = answer else { return Ok(answer) };
        if let Some(id) = organization_id {
            billed = Arc::new(Arc::unwrap_or_clone(billed).only(id));
        }
        if let Some(computed) = &self.computed {
            computed.bills.keep(asked, Arc::clone(&billed));
        }
        Ok(BillingAnswer::Reported(billed))
    }
}
