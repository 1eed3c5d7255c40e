//! `billingReport`.

use async_graphql::{Context, ID, Object};

use super::organizations::require_organization;
use crate::{
    graphql::{
        context::Hub,
        errors::Fault,
        types::{BillingReport, Month},
    },
    inventory::billing::BillingAnswer,
};

#[derive(Clone, Copy, Debug, Default)]
pub(super) struct BillingQueries;

#[Object]
impl BillingQueries {
    /// What a month is billed as, by organization. A month that is not over is provisional; one to come is refused with the
    /// code BAD_USER_INPUT, one of which no day is stored with NO_DATA and the nearest days that are.
    #[graphql(complexity = "100 + child_complexity")]
    async fn billing_report(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The month.")] month: Month,
        #[graphql(desc = "Only this client's line, changes, adjustments and totals; null is all.")]
        organization_id: Option<ID>,
    ) -> Result<BillingReport, Fault> {
        let organization_id = match &organization_id {
            Some(id) => Some(require_organization(ctx, id).await?),
            None => None,
        };
        match ctx.inventory().billing_report(month.0, organization_id).await? {
            BillingAnswer::Reported(billed) => Ok(BillingReport::new(billed)),
            BillingAnswer::NotBegun => Err(Fault::BadUserInput(format!("{} has not begun", month.0))),
            BillingAnswer::NoData { nearest } => Err(Fault::NoDataOf { what: month.0.to_string(), nearest }),
        }
    }
}
