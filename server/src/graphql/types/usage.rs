//! `UsageChanges`: what changed between two stored days of a vendor.

use async_graphql::{Context, Object};
use domain::usage::{Change, ChangeKind, Comparison};

use super::{Date, OrganizationUsageTotals, UsageChange, UsageTotals, VendorName, scalars::count};
use crate::{
    graphql::{
        errors::Fault,
        pagination::{Connection, PageArguments, page_cost, page_of_slice},
    },
    inventory::usage::UsageRequest,
};

/// A comparison of two days.
#[derive(Clone, Debug)]
pub struct UsageChanges {
    /// What was asked.
    pub request: UsageRequest,
    /// The answer.
    pub comparison: Comparison,
}

/// What changed between two stored days of one vendor. Records are compared by the vendor's id of the device, so that a
/// new host name is no change.
#[Object]
impl UsageChanges {
    /// The vendor.
    async fn vendor(&self) -> VendorName {
        self.request.vendor.into()
    }

    /// The first day.
    async fn from(&self) -> Date {
        self.request.from.into()
    }

    /// The second day.
    async fn to(&self) -> Date {
        self.request.to.into()
    }

    /// How many devices did not change.
    async fn unchanged(&self) -> i32 {
        count(self.comparison.unchanged)
    }

    /// The sum of `byOrganization`, column by column: a move between two organizations counts as in and as out.
    async fn totals(&self) -> UsageTotals {
        UsageTotals(self.comparison.total)
    }

    /// One row for each organization that had a device on either day; the devices in none come first.
    async fn by_organization(&self) -> Vec<OrganizationUsageTotals> {
        self.comparison.by_organization.iter().copied().map(OrganizationUsageTotals).collect()
    }

    /// Every change, by device. A device that changed in two ways is there twice.
    #[graphql(complexity = "page_cost(first, last, child_complexity)")]
    async fn changes(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "How many rows from the start of the range: 1 to 500, 50 if null.")] first: Option<i32>,
        #[graphql(desc = "Only rows after this cursor; null is from the start.")] after: Option<String>,
        #[graphql(desc = "How many rows from the end of the range, instead of `first`: 1 to 500.")] last: Option<i32>,
        #[graphql(desc = "Only rows before this cursor; null is to the end.")] before: Option<String>,
    ) -> Result<Connection<UsageChange>, Fault> {
        let arguments = PageArguments { first, after, last, before };
        let page = page_of_slice("usageChanges", &self.comparison.changes, place, &arguments)?;
        let shown = UsageChange::list(ctx, &self.request, &page.rows).await?;
        Ok(page.show(|_| shown))
    }
}

/// The place of a change in the list: no device changes in one way twice.
fn place(change: &Change) -> (i64, i64) {
    let way = match change.kind {
        ChangeKind::Added => 0,
        ChangeKind::Removed => 1,
        ChangeKind::OrganizationChanged { .. } => 2,
        ChangeKind::BillingChanged { .. } => 3,
    };
    (change.identity_id, way)
}
