//! `UsageChange`: one change of one device between two days.

use async_graphql::{Context, Enum, Object};
use chrono::NaiveDate;

use super::{
    BillingStatus, Date, Device, DeviceSnapshot, Organization, VendorName,
    stored::{billing_of, vendor_of},
};
use crate::{
    graphql::{
        context::Hub,
        errors::Fault,
        loaders::{DeviceOfIdentity, OrganizationId, SnapshotOn},
    },
    inventory::usage::{Listing, UsageWindow, usage_change::Model},
};

/// How a device changed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Enum)]
#[graphql(remote = "crate::inventory::usage::UsageChangeKind")]
pub enum UsageChangeKind {
    /// It was not there before.
    Added,
    /// It is not there any more.
    Removed,
    /// Another organization has it.
    OrganizationChanged,
    /// Its billing is another.
    BillingChanged,
}

/// One change of one device.
#[derive(Clone, Debug)]
pub struct UsageChange {
    row: Model,
    /// The stored day on which the vendor's list shows the device.
    seen_on: NaiveDate,
}

impl UsageChange {
    /// A row of a window's list.
    pub(super) fn new(row: Model, window: &UsageWindow, listing: Listing) -> Self {
        let seen_on = window.seen_on(&row, listing);
        Self { row, seen_on }
    }
}

/// One change of one device. Before and after are the first and the second day; of a transition they are the stored day
/// before it and its own day.
#[Object]
impl UsageChange {
    /// How it changed.
    async fn kind(&self) -> UsageChangeKind {
        self.row.kind.into()
    }

    /// The vendor whose record it is.
    async fn vendor(&self, ctx: &Context<'_>) -> Result<VendorName, Fault> {
        vendor_of(ctx, self.row.vendor_id)
    }

    /// The stored day on which it was first seen; of several times the last.
    async fn date(&self) -> Date {
        self.row.day.into()
    }

    /// The host name on the day of the device's last change in usage between the two days, or, if it went on that day, on
    /// the stored day before. A transition tells that of its own day.
    async fn hostname(&self) -> &str {
        &self.row.hostname
    }

    /// The vendor's own id of the device.
    async fn vendor_device_key(&self) -> &str {
        &self.row.vendor_device_key
    }

    /// The machine as it is known now; null while it was never linked.
    async fn device(&self, ctx: &Context<'_>) -> Result<Option<Device>, Fault> {
        Ok(ctx.load(DeviceOfIdentity(self.row.device_identity_id)).await?.map(Device))
    }

    /// All that the vendor said of it after the change, or on the last stored day that has it if it is gone; null when the
    /// snapshots of that day were dropped.
    async fn snapshot(&self, ctx: &Context<'_>) -> Result<Option<DeviceSnapshot>, Fault> {
        let key = SnapshotOn { date: self.seen_on, identity_id: self.row.device_identity_id };
        Ok(ctx.load(key).await?.map(DeviceSnapshot))
    }

    /// The organization before; null when it was in none, or not there. One that comes back elsewhere was last known
    /// where it had been.
    #[graphql(name = "fromOrganization")]
    async fn organization_before(&self, ctx: &Context<'_>) -> Result<Option<Organization>, Fault> {
        organization(ctx, self.row.from_organization_id).await
    }

    /// The organization after; null when it is in none, or not there.
    #[graphql(name = "toOrganization")]
    async fn organization_after(&self, ctx: &Context<'_>) -> Result<Option<Organization>, Fault> {
        organization(ctx, self.row.to_organization_id).await
    }

    /// The billing before; null when it was not there, or its vendor decides no billing.
    #[graphql(name = "fromBilling")]
    async fn billing_before(&self, ctx: &Context<'_>) -> Option<BillingStatus> {
        billing_of(ctx, self.row.from_billing_status_id)
    }

    /// The billing after; null when it is not there, or its vendor decides no billing.
    #[graphql(name = "toBilling")]
    async fn billing_after(&self, ctx: &Context<'_>) -> Option<BillingStatus> {
        billing_of(ctx, self.row.to_billing_status_id)
    }
}

async fn organization(ctx: &Context<'_>, id: Option<i64>) -> Result<Option<Organization>, Fault> {
    match id {
        Some(id) => Ok(ctx.load(OrganizationId(id)).await?.map(Organization)),
        None => Ok(None),
    }
}
