//! `counts`.

use async_graphql::{Context, Object};
use chrono::NaiveDate;

use super::CountFilter;
use crate::{
    graphql::{
        context::Hub,
        errors::Fault,
        types::{Counts, Date, VendorName},
    },
    inventory::counts::{Breakdowns, CountAnswer, Missing},
};

#[derive(Clone, Copy, Debug, Default)]
pub(in crate::graphql::queries) struct CountQueries;

#[Object]
impl CountQueries {
    /// How many devices there were on a date: endpoints, seats, billable, spare and unknown ones, in all and by
    /// organization, vendor, type and location. The last stored day of a month that is over tells every vendor by its own last
    /// stored day of the month. Once the month's days were dropped that day and the month's last day are still answered, to
    /// the same numbers; other dates without counts are refused with the code NO_DATA and the nearest that have some.
    async fn counts(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The date; null is the newest stored day. A day to come is refused.")] date: Option<Date>,
        #[graphql(desc = "Only this vendor's devices; null is all vendors that have counts of the date.")]
        vendor: Option<VendorName>,
        #[graphql(desc = "Which devices; null is all.")] filter: Option<CountFilter>,
        #[graphql(
            desc = "Whether devices of the MSP's own organizations count; they never count as endpoints or seats.",
            default = true
        )]
        include_internal: bool,
    ) -> Result<Counts, Fault> {
        let date = date.map(|date| refuse_future(ctx, "date", date.0)).transpose()?;
        let scope = filter.unwrap_or_default().scope(ctx, vendor, include_internal).await?;
        // Read with the totals, so that they are of one moment.
        let asked = ctx.look_ahead();
        let wanted = Breakdowns {
            by_organization: asked.field("byOrganization").exists(),
            by_location: asked.field("byLocation").exists(),
        };
        match ctx.inventory().count(scope, date, wanted).await? {
            CountAnswer::Counted(day) => Ok(Counts(*day)),
            CountAnswer::Missing(Missing { date, dropped: true, nearest }) => Err(Fault::Dropped { date, nearest }),
            CountAnswer::Missing(Missing { date, nearest, .. }) => Err(Fault::NoData { date, nearest }),
        }
    }
}

/// The day, unless it is still to come.
pub(super) fn refuse_future(ctx: &Context<'_>, argument: &str, day: NaiveDate) -> Result<NaiveDate, Fault> {
    let today = ctx.inventory().today();
    let message = || Fault::BadUserInput(format!("`{argument}` ({day}) is after today ({today})"));
    (day <= today).then_some(day).ok_or_else(message)
}
