//! `availableDates`.

use async_graphql::{Context, Object};

use crate::graphql::{
    context::Hub,
    errors::Fault,
    limits::GraphqlLimits,
    pagination::page_cost,
    types::{Date, StoredDay, VendorName},
};

#[derive(Clone, Copy, Debug, Default)]
pub(super) struct DateQueries;

#[Object]
impl DateQueries {
    /// The days that can be asked for, the newest first: those with a complete snapshot of the vendor, or of any.
    #[graphql(complexity = "page_cost(first, None, child_complexity)")]
    async fn available_dates(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Only days that this vendor has stored, with its counts; null is any vendor.")] vendor: Option<
            VendorName,
        >,
        #[graphql(desc = "Only this day and later ones; null is from the first.")] from: Option<Date>,
        #[graphql(desc = "Only this day and earlier ones; null is to the last.")] to: Option<Date>,
        #[graphql(desc = "How many days at most: 1 to 500, 100 if null.")] first: Option<i32>,
    ) -> Result<Vec<StoredDay>, Fault> {
        let size = size(first)?;
        if let (Some(from), Some(to)) = (from, to)
            && from > to
        {
            return Err(Fault::BadUserInput(format!("`from` ({}) must not be after `to` ({})", from.0, to.0)));
        }
        let inside =
            |day: &StoredDay| from.is_none_or(|from| day.date >= from.0) && to.is_none_or(|to| day.date <= to.0);
        let rows = ctx.inventory().stored_days(None).await?;
        let only = vendor.map(|vendor| ctx.inventory().reference().vendor_id(vendor.into()));
        Ok(StoredDay::gather(&rows, only).into_iter().filter(inside).take(size).collect())
    }
}

fn size(first: Option<i32>) -> Result<usize, Fault> {
    let (wanted, max) = (first.unwrap_or(100), i32::from(GraphqlLimits::MAX_PAGE_SIZE));
    let size = usize::try_from(wanted).ok().filter(|_| (1..=max).contains(&wanted));
    size.ok_or_else(|| Fault::PageSize(format!("`first` is {wanted}, and must be from 1 to {max}")))
}
