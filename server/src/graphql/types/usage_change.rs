//! `UsageChange`: one change of one device between two days.

use async_graphql::{Context, Enum, Object};
use chrono::NaiveDate;
use domain::{
    billing::Billing,
    usage::{Change, ChangeKind},
};

use super::{BillingStatus, Date, Device, DeviceSnapshot, Organization};
use crate::{
    graphql::{
        context::Hub,
        errors::Fault,
        loaders::{DeviceOfIdentity, OrganizationId, SnapshotOn, UsageFacts, UsageFactsOn},
    },
    inventory::usage::UsageRequest,
};

/// How a device changed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Enum)]
pub enum UsageChangeKind {
    /// It was not there on the first day.
    Added,
    /// It is not there on the second day.
    Removed,
    /// Another organization has it.
    OrganizationChanged,
    /// Its billing is another.
    BillingChanged,
}

/// One change of one device.
#[derive(Clone, Copy, Debug)]
pub struct UsageChange {
    change: Change,
    /// The stored day on which the vendor's list shows the device: the second, or the first for one that is gone.
    seen_on: NaiveDate,
    happened_on: Option<NaiveDate>,
}

impl UsageChange {
    /// Changes with the days on which they happened, in their order.
    pub(super) async fn list(
        ctx: &Context<'_>,
        request: &UsageRequest,
        changes: &[Change],
    ) -> Result<Vec<Self>, Fault> {
        let (nodes, edges) = (ctx.look_ahead().field("nodes"), ctx.look_ahead().field("edges").field("node"));
        let wants_days = nodes.field("date").exists() || edges.field("date").exists();
        let days =
            if wants_days { ctx.inventory().change_days(request, changes).await? } else { vec![None; changes.len()] };
        let shown = changes.iter().zip(days).map(|(change, happened_on)| {
            let seen_on = if change.kind == ChangeKind::Removed { request.from } else { request.to };
            Self { change: *change, seen_on, happened_on }
        });
        Ok(shown.collect())
    }

    async fn facts(&self, ctx: &Context<'_>) -> Result<Option<UsageFacts>, Fault> {
        ctx.load(UsageFactsOn { date: self.seen_on, identity_id: self.change.identity_id }).await
    }

    /// Organizations before and after.
    async fn organizations(&self, ctx: &Context<'_>) -> Result<(Option<i64>, Option<i64>), Fault> {
        if let ChangeKind::OrganizationChanged { from, to } = self.change.kind {
            return Ok((from, to));
        }
        let organization = self.facts(ctx).await?.and_then(|facts| facts.organization_id);
        Ok(self.sides(organization))
    }

    /// Billing before and after.
    async fn billings(&self, ctx: &Context<'_>) -> Result<(Option<Billing>, Option<Billing>), Fault> {
        if let ChangeKind::BillingChanged { from, to } = self.change.kind {
            return Ok((from, to));
        }
        let id = self.facts(ctx).await?.and_then(|facts| facts.billing_status_id);
        Ok(self.sides(id.and_then(|id| ctx.inventory().reference().billing(id))))
    }

    /// What the stored day says, on the days on which the device was there.
    fn sides<T: Copy>(&self, value: Option<T>) -> (Option<T>, Option<T>) {
        match self.change.kind {
            ChangeKind::Added => (None, value),
            ChangeKind::Removed => (value, None),
            ChangeKind::OrganizationChanged { .. } | ChangeKind::BillingChanged { .. } => (value, value),
        }
    }
}

/// One change of one device between two days.
#[Object]
impl UsageChange {
    /// How it changed.
    async fn kind(&self) -> UsageChangeKind {
        match self.change.kind {
            ChangeKind::Added => UsageChangeKind::Added,
            ChangeKind::Removed => UsageChangeKind::Removed,
            ChangeKind::OrganizationChanged { .. } => UsageChangeKind::OrganizationChanged,
            ChangeKind::BillingChanged { .. } => UsageChangeKind::BillingChanged,
        }
    }

    /// The stored day on which it was first seen; null when the days between are no longer stored.
    async fn date(&self) -> Option<Date> {
        self.happened_on.map(Date)
    }

    /// The host name on the second day, or on the first if the device is gone by then; null if that day was dropped
    /// meanwhile.
    async fn hostname(&self, ctx: &Context<'_>) -> Result<Option<String>, Fault> {
        Ok(self.facts(ctx).await?.map(|facts| facts.hostname))
    }

    /// The vendor's own id of the device; null if its day was dropped meanwhile.
    async fn vendor_device_key(&self, ctx: &Context<'_>) -> Result<Option<String>, Fault> {
        Ok(self.facts(ctx).await?.map(|facts| facts.vendor_device_key))
    }

    /// The machine as it is known now; null while it was never linked.
    async fn device(&self, ctx: &Context<'_>) -> Result<Option<Device>, Fault> {
        Ok(ctx.load(DeviceOfIdentity(self.change.identity_id)).await?.map(Device))
    }

    /// All that the vendor said of it on that day; null if the day was dropped meanwhile.
    async fn snapshot(&self, ctx: &Context<'_>) -> Result<Option<DeviceSnapshot>, Fault> {
        let key = SnapshotOn { date: self.seen_on, identity_id: self.change.identity_id };
        Ok(ctx.load(key).await?.map(DeviceSnapshot))
    }

    /// The organization on the first day; null when it was in none, or not there.
    #[graphql(name = "fromOrganization")]
    async fn organization_before(&self, ctx: &Context<'_>) -> Result<Option<Organization>, Fault> {
        let (from, _) = self.organizations(ctx).await?;
        organization(ctx, from).await
    }

    /// The organization on the second day; null when it is in none, or not there.
    #[graphql(name = "toOrganization")]
    async fn organization_after(&self, ctx: &Context<'_>) -> Result<Option<Organization>, Fault> {
        let (_, to) = self.organizations(ctx).await?;
        organization(ctx, to).await
    }

    /// The billing on the first day; null when it was not there, or its vendor decides no billing.
    #[graphql(name = "fromBilling")]
    async fn billing_before(&self, ctx: &Context<'_>) -> Result<Option<BillingStatus>, Fault> {
        Ok(self.billings(ctx).await?.0.map(Into::into))
    }

    /// The billing on the second day; null when it is not there, or its vendor decides no billing.
    #[graphql(name = "toBilling")]
    async fn billing_after(&self, ctx: &Context<'_>) -> Result<Option<BillingStatus>, Fault> {
        Ok(self.billings(ctx).await?.1.map(Into::into))
    }
}

async fn organization(ctx: &Context<'_>, id: Option<i64>) -> Result<Option<Organization>, Fault> {
    match id {
        Some(id) => Ok(ctx.load(OrganizationId(id)).await?.map(Organization)),
        None => Ok(None),
    }
}
