//! `usageChanges`.

use async_graphql::{Context, ID, Object};

use super::organizations::require_organization;
use crate::{
    graphql::{
        context::Hub,
        errors::Fault,
        types::{Date, UsageChanges, VendorName},
    },
    inventory::usage::{UsageAnswer, UsageRequest},
};

#[derive(Clone, Copy, Debug, Default)]
pub(super) struct UsageQueries;

#[Object]
impl UsageQueries {
    /// What changed between two stored days: devices added, removed, moved to another organization, changed in billing.
    /// Days whose snapshots were dropped are told too. A day without a complete snapshot is refused with the code NO_DATA,
    /// the vendor and the nearest that have one.
    async fn usage_changes(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The vendor whose devices are compared; null is every vendor that was ever stored, each by \
                          itself.")]
        vendor: Option<VendorName>,
        #[graphql(desc = "The first day.")] from: Date,
        #[graphql(desc = "The second day, later than the first.")] to: Date,
        #[graphql(desc = "Only this client's rows and changes; null is all.")] organization_id: Option<ID>,
        #[graphql(desc = "Whether the MSP's own organizations count.", default = true)] include_internal: bool,
    ) -> Result<UsageChanges, Fault> {
        if from >= to {
            return Err(Fault::BadUserInput(format!("`from` ({}) must be before `to` ({})", from.0, to.0)));
        }
        let organization_id = match &organization_id {
            Some(id) => Some(require_organization(ctx, id).await?),
            None => None,
        };
        let (vendor, from, to) = (vendor.map(Into::into), from.0, to.0);
        let request = UsageRequest { vendor, from, to, organization_id, include_internal };
        match ctx.inventory().usage_changes(&request).await? {
            UsageAnswer::Compared(window) => Ok(UsageChanges(*window)),
            UsageAnswer::NoData(no_data) => Err(Fault::NoDataOfVendor(no_data)),
        }
    }
}
