//! `BillingLine`, `BillingAdjustment`, `BillingDifference`: what one organization is billed.

use async_graphql::{Context, MergedObject, Object};
use domain::billing_report::{Adjustment, Line, Units};

use super::{
    BillingChange, BillingFigures, BillingReport, BillingUnits, Month, Organization, billing_report::page_of_changes,
};
use crate::graphql::{
    context::Hub,
    errors::Fault,
    loaders::OrganizationId,
    pagination::{Connection, PageArguments, page_cost},
};

/// Whose line it is, and what changed it. The figures beside it are of the same line.
#[derive(Clone, Debug)]
pub(super) struct BillingLineOwner {
    report: BillingReport,
    organization_id: Option<i64>,
    name: Option<String>,
}

/// What one organization is billed in a month.
#[derive(Clone, Debug, MergedObject)]
pub struct BillingLine(BillingLineOwner, BillingFigures);

impl BillingLine {
    /// A line of this report.
    pub(super) fn new(report: BillingReport, line: Line) -> Self {
        let owner = BillingLineOwner { report, organization_id: line.organization_id, name: line.name.clone() };
        Self(owner, BillingFigures(line))
    }
}

async fn organization(ctx: &Context<'_>, id: Option<i64>) -> Result<Option<Organization>, Fault> {
    match id {
        Some(id) => Ok(ctx.load(OrganizationId(id)).await?.map(Organization)),
        None => Ok(None),
    }
}

/// Whose line it is.
#[Object]
impl BillingLineOwner {
    /// The organization as it is now; null for the devices in none.
    async fn organization(&self, ctx: &Context<'_>) -> Result<Option<Organization>, Fault> {
        organization(ctx, self.organization_id).await
    }

    /// Its name, as billed if the month is closed; null for the devices in none.
    async fn name(&self) -> Option<&str> {
        self.name.as_deref()
    }

    /// What was added and removed, by day and device; `changesFrozen` of the report tells whether as it was billed.
    #[graphql(complexity = "page_cost(first, last, child_complexity)")]
    async fn changes(
        &self,
        #[graphql(desc = "How many rows from the start of the range: 1 to 500, 50 if null.")] first: Option<i32>,
        #[graphql(desc = "Only rows after this cursor; null is from the start.")] after: Option<String>,
        #[graphql(desc = "How many rows from the end of the range, instead of `first`: 1 to 500.")] last: Option<i32>,
        #[graphql(desc = "Only rows before this cursor; null is to the end.")] before: Option<String>,
    ) -> Result<Connection<BillingChange>, Fault> {
        let own =
            self.report.report().changes.iter().filter(|change| change.change.organization_id == self.organization_id);
        page_of_changes(&own.cloned().collect::<Vec<_>>(), &PageArguments { first, after, last, before })
    }
}

/// A correction of a closed month.
#[derive(Clone, Debug)]
pub struct BillingAdjustment(pub Adjustment);

/// By how much an organization was billed wrongly in an earlier closed month. It is billed with this month, once.
#[Object]
impl BillingAdjustment {
    /// The closed month that it corrects.
    async fn month(&self) -> Month {
        self.0.month.into()
    }

    /// The organization as it is now; null for the devices in none.
    async fn organization(&self, ctx: &Context<'_>) -> Result<Option<Organization>, Fault> {
        organization(ctx, self.0.organization_id).await
    }

    /// Its name as it was billed; as it is now if it was not billed then. Null for the devices in none.
    async fn name(&self) -> Option<&str> {
        self.0.name.as_deref()
    }

    /// Endpoints more than were billed; negative for fewer.
    async fn endpoints(&self) -> i32 {
        BillingUnits::from(self.0.units).endpoints
    }

    /// Seats more than were billed; negative for fewer.
    async fn seats(&self) -> i32 {
        BillingUnits::from(self.0.units).seats
    }
}

/// An organization whose line is not what it was billed.
#[derive(Clone, Debug)]
pub struct BillingDifference {
    pub(super) report: BillingReport,
    pub(super) as_billed: Option<Line>,
    pub(super) live: Option<Line>,
}

impl BillingDifference {
    /// Its place in the list: that of its line as billed, or else of the live one.
    pub(super) fn line(&self) -> Option<&Line> {
        self.as_billed.as_ref().or(self.live.as_ref())
    }

    fn units(&self) -> Units {
        let end = |line: Option<&Line>| line.map_or(Units::ZERO, |line| line.end);
        end(self.live.as_ref()) - end(self.as_billed.as_ref())
    }
}

/// An organization that counts otherwise now than it was billed, in any number of its line but the exceptions.
#[Object]
impl BillingDifference {
    /// The organization as it is now; null for the devices in none.
    async fn organization(&self, ctx: &Context<'_>) -> Result<Option<Organization>, Fault> {
        organization(ctx, self.line().and_then(|line| line.organization_id)).await
    }

    /// Endpoints at month end more than were billed; negative for fewer.
    async fn endpoints(&self) -> i32 {
        BillingUnits::from(self.units()).endpoints
    }

    /// Seats at month end more than were billed; negative for fewer.
    async fn seats(&self) -> i32 {
        BillingUnits::from(self.units()).seats
    }

    /// Its line as billed; null when it had none.
    async fn as_billed(&self) -> Option<BillingLine> {
        self.as_billed.clone().map(|line| BillingLine::new(self.report.clone(), line))
    }

    /// Its line as it counts now; null when it has none.
    async fn live(&self) -> Option<BillingLine> {
        self.live.clone().map(|line| BillingLine::new(self.report.as_live(), line))
    }
}
