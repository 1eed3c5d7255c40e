//! The columns of usage: `start + added + movedIn - removed - movedOut = end`.

use async_graphql::{Context, Object};
use domain::usage::OrganizationUsage;

use super::{Organization, scalars::count};
use crate::graphql::{context::Hub, errors::Fault, loaders::OrganizationId};

/// Counts of devices between two days.
#[derive(Clone, Copy, Debug)]
pub struct UsageTotals(pub OrganizationUsage);

/// Counts of devices between two days; `start + added + movedIn - removed - movedOut = end`.
#[Object]
impl UsageTotals {
    /// Devices on the first day.
    async fn start(&self) -> i32 {
        count(self.0.start)
    }

    /// Devices that were nowhere on the first day.
    async fn added(&self) -> i32 {
        count(self.0.added)
    }

    /// Devices that were in another organization on the first day.
    async fn moved_in(&self) -> i32 {
        count(self.0.moved_in)
    }

    /// Devices that are nowhere on the second day.
    async fn removed(&self) -> i32 {
        count(self.0.removed)
    }

    /// Devices that are in another organization on the second day.
    async fn moved_out(&self) -> i32 {
        count(self.0.moved_out)
    }

    /// Devices on the second day.
    async fn end(&self) -> i32 {
        count(self.0.end)
    }

    /// Devices there on both days whose billing changed.
    async fn billing_changed(&self) -> i32 {
        count(self.0.billing_changed)
    }
}

/// The same of one organization.
#[derive(Clone, Copy, Debug)]
pub struct OrganizationUsageTotals(pub OrganizationUsage);

/// The devices of one organization between two days.
#[Object]
impl OrganizationUsageTotals {
    /// The organization; null for the devices that are in none.
    async fn organization(&self, ctx: &Context<'_>) -> Result<Option<Organization>, Fault> {
        match self.0.organization_id {
            Some(id) => Ok(ctx.load(OrganizationId(id)).await?.map(Organization)),
            None => Ok(None),
        }
    }

    /// Its counts.
    async fn totals(&self) -> UsageTotals {
        UsageTotals(self.0)
    }
}
