//! `countSeries`.

use async_graphql::{Context, Object};
use chrono::NaiveDate;
use domain::counts::Interval;

use super::{CountFilter, date::refuse_future};
use crate::{
    graphql::{
        context::Hub,
        errors::Fault,
        types::{CountInterval, CountPoint, Date, VendorName},
    },
    inventory::counts::CountScope,
};

/// Points of one series at most: three years of days.
const MAX_POINTS: i64 = 1100;
/// Organizations of one series at most: each is read for every day of it.
const MAX_ORGANIZATIONS: usize = 50;

#[derive(Clone, Copy, Debug, Default)]
pub(in crate::graphql::queries) struct CountSeriesQueries;

#[Object]
impl CountSeriesQueries {
    /// How many devices there were over time: a point for each day, week or month of which a day inside the range has
    /// counts, the oldest first. An interval without counts has no point, never a zero. Where a month's days were dropped,
    /// its last stored day still has a point, whatever the interval.
    #[expect(clippy::too_many_arguments, reason = "the range and what is counted")]
    #[graphql(complexity = "cost(from, to, interval, child_complexity)")]
    async fn count_series(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The first day. A day to come is refused.")] from: Date,
        #[graphql(desc = "The last day, not before the first; days to come have no points. At most 1,100 intervals.")]
        to: Date,
        #[graphql(desc = "How long a time each point stands for.")] interval: CountInterval,
        #[graphql(desc = "Only this vendor's devices; null is all vendors.")] vendor: Option<VendorName>,
        #[graphql(
            desc = "Which devices; null is all. At most 50 organizations, and a location only in organizations."
        )]
        filter: Option<CountFilter>,
        #[graphql(
            desc = "Whether devices of the MSP's own organizations count; they never count as endpoints or seats.",
            default = true
        )]
        include_internal: bool,
    ) -> Result<Vec<CountPoint>, Fault> {
        require_range(from.0, to.0, interval.into())?;
        refuse_future(ctx, "from", from.0)?;
        let scope = filter.unwrap_or_default().scope(ctx, vendor, include_internal).await?;
        require_small(&scope)?;
        let points = ctx.inventory().count_series(&scope, &(from.0..=to.0), interval.into()).await?;
        Ok(points.into_iter().map(|counted| CountPoint { counted, interval }).collect())
    }
}

/// The complexity: a range that will be refused costs what the longest allowed one does.
fn cost(from: Date, to: Date, interval: CountInterval, of_each: usize) -> usize {
    let points = Interval::from(interval).count(from.0, to.0).clamp(1, MAX_POINTS);
    usize::try_from(points).unwrap_or(usize::MAX).saturating_mul(of_each).saturating_add(1)
}

fn require_range(from: NaiveDate, to: NaiveDate, interval: Interval) -> Result<(), Fault> {
    if from > to {
        return Err(Fault::BadUserInput(format!("`from` ({from}) must not be after `to` ({to})")));
    }
    let points = interval.count(from, to);
    let message =
        || Fault::BadUserInput(format!("a series of {points} points was asked for, and may have {MAX_POINTS}"));
    if points > MAX_POINTS { Err(message()) } else { Ok(()) }
}

/// Refuses what would read all rows of every day: places are asked for in a few organizations.
fn require_small(scope: &CountScope) -> Result<(), Fault> {
    let named = scope.organizations.among.as_ref().map(Vec::len);
    if let Some(named) = named.filter(|named| *named > MAX_ORGANIZATIONS) {
        let message = format!("a series of {named} organizations was asked for, and may have {MAX_ORGANIZATIONS}");
        return Err(Fault::BadUserInput(message));
    }
    if scope.locations != crate::inventory::counts::Choice::default() && named.is_none() {
        let message = "a series by location needs `organization` by `eq` or `in`: a location is a place inside one";
        return Err(Fault::BadUserInput(message.to_owned()));
    }
    Ok(())
}
