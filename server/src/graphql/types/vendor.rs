//! `Vendor`: an outside system that lists devices.

use async_graphql::{Context, Object};
use domain::vendor;
use entity::snapshot_day;

use super::{Date, DateTime, JobRun, VendorName, scalars::count, stored::vendor_of};
use crate::graphql::{
    context::Hub,
    errors::Fault,
    loaders::{LatestDay, LatestRun},
};

/// A vendor.
#[derive(Clone, Copy, Debug)]
pub struct Vendor(pub vendor::Vendor);

impl Vendor {
    fn row_id(self, ctx: &Context<'_>) -> i64 {
        ctx.inventory().reference().vendor_id(self.0)
    }
}

/// An outside system that lists devices.
#[Object]
impl Vendor {
    /// Which one.
    async fn name(&self) -> VendorName {
        self.0.into()
    }

    /// Whether this server has credentials for it; without them it can't be collected from here.
    async fn configured(&self, ctx: &Context<'_>) -> bool {
        ctx.inventory().is_configured(self.0)
    }

    /// The newest day whose complete snapshot is stored; null before the first.
    async fn latest_stored_day(&self, ctx: &Context<'_>) -> Result<Option<VendorDay>, Fault> {
        Ok(ctx.load(LatestDay(self.row_id(ctx))).await?.map(VendorDay))
    }

    /// The newest job run that collected it, whether it ended well, badly or not yet; null before the first.
    async fn latest_run(&self, ctx: &Context<'_>) -> Result<Option<JobRun>, Fault> {
        Ok(ctx.load(LatestRun(self.row_id(ctx))).await?.map(JobRun))
    }
}

/// A stored day of one vendor.
#[derive(Clone, Debug)]
pub struct VendorDay(pub snapshot_day::Model);

/// A day whose complete snapshot of one vendor is stored.
#[Object]
impl VendorDay {
    /// The vendor.
    async fn vendor(&self, ctx: &Context<'_>) -> Result<VendorName, Fault> {
        vendor_of(ctx, self.0.vendor_id)
    }

    /// The day.
    async fn date(&self) -> Date {
        self.0.snapshot_date.into()
    }

    /// How many devices the vendor listed.
    async fn device_count(&self) -> i32 {
        count(self.0.device_count)
    }

    /// When its collection began: later changes at the vendor are not in it.
    async fn collected_at(&self) -> DateTime {
        self.0.collected_at.into()
    }
}
