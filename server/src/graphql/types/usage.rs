//! `UsageChanges`: what changed between two stored days, of one vendor or of all.

use async_graphql::{Context, Object};
use domain::usage::OrganizationUsage;

use super::{
    Date, OrganizationUsageTotals, UsageChange, UsageChangeFilter, UsageChangeOrder, UsageTotals, VendorName,
    scalars::count,
};
use crate::{
    graphql::{
        context::Hub,
        errors::Fault,
        filters::condition,
        pagination::{Connection, PageArguments, page_cost, page_of_rows_ahead, page_of_slice},
    },
    inventory::usage::{Listing, UsageWindow},
};
use sea_orm::QueryFilter;

/// A comparison of two days.
#[derive(Clone, Debug)]
pub struct UsageChanges(pub UsageWindow);

/// What changed between two stored days of one vendor, or of each of them. Records are compared by the vendor's id of the
/// device, so that a new host name is no change.
#[Object]
impl UsageChanges {
    /// The vendor; null when all are told: each vendor's records are compared by themselves, and the counts are sums.
    async fn vendor(&self) -> Option<VendorName> {
        self.0.request.vendor.map(Into::into)
    }

    /// The first day.
    async fn from(&self) -> Date {
        self.0.request.from.into()
    }

    /// The second day.
    async fn to(&self) -> Date {
        self.0.request.to.into()
    }

    /// How many devices did not change. One that changed and is again as it was on the first day did not.
    async fn unchanged(&self) -> i32 {
        count(self.0.balance.unchanged)
    }

    /// The sum of `byOrganization`, column by column: a move between two organizations counts as in and as out.
    async fn totals(&self) -> UsageTotals {
        UsageTotals(self.0.balance.total)
    }

    /// One row for each organization that had a device on either day, in the order in which organizations became known;
    /// the devices in none come first.
    #[graphql(complexity = "page_cost(first, last, child_complexity)")]
    async fn by_organization(
        &self,
        #[graphql(desc = "How many rows from the start of the range: 1 to 500, 50 if null.")] first: Option<i32>,
        #[graphql(desc = "Only rows after this cursor; null is from the start.")] after: Option<String>,
        #[graphql(desc = "How many rows from the end of the range, instead of `first`: 1 to 500.")] last: Option<i32>,
        #[graphql(desc = "Only rows before this cursor; null is to the end.")] before: Option<String>,
    ) -> Result<Connection<OrganizationUsageTotals>, Fault> {
        let arguments = PageArguments { first, after, last, before };
        let place = |row: &OrganizationUsage| (row.organization_id.unwrap_or(i64::MIN), 0);
        let page = page_of_slice("usageChanges/organization", &self.0.balance.by_organization, place, &arguments)?;
        Ok(page.show(|rows| rows.into_iter().map(OrganizationUsageTotals).collect()))
    }

    /// Every change, by device if nothing else is asked. A device that changed in two ways is there twice.
    #[expect(clippy::too_many_arguments, reason = "the arguments of every list")]
    #[graphql(complexity = "page_cost(first, last, child_complexity)")]
    async fn changes(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "How many rows from the start of the range: 1 to 500, 50 if null.")] first: Option<i32>,
        #[graphql(desc = "Only rows after this cursor; null is from the start.")] after: Option<String>,
        #[graphql(desc = "How many rows from the end of the range, instead of `first`: 1 to 500.")] last: Option<i32>,
        #[graphql(desc = "Only rows before this cursor; null is to the end.")] before: Option<String>,
        #[graphql(desc = "Which changes; null is all.")] filter: Option<UsageChangeFilter>,
        #[graphql(desc = "In which order; null is by device.")] order_by: Option<UsageChangeOrder>,
        #[graphql(
            desc = "Whether to list all that happened between the days, each on its day, instead of how the second day \
                    differs from the first: a device that came and went is there with its coming and its going.",
            default = false
        )]
        transitions: bool,
    ) -> Result<Connection<UsageChange>, Fault> {
        let arguments = PageArguments { first, after, last, before };
        let listing = if transitions { Listing::Transitions } else { Listing::Net };
        let asked = condition(filter.as_ref(), ctx.inventory().reference())?;
        let rows = ctx.inventory().find_usage_changes(&self.0, listing).filter(asked);
        let order = UsageChangeOrder::of(order_by, listing);
        let show = |row| UsageChange::new(row, &self.0, listing);
        // Each statement reads the whole window: an export does not ask one for each page.
        page_of_rows_ahead((ctx.reader(), ctx.ahead()), (rows, order), &arguments, show).await
    }
}
