//! `DeviceAsOf`: a machine as it was on a date.

use async_graphql::{Context, ID, Object};
use entity::device_snapshot::Model;

use super::{
    BillingStatus, Date, Device, DeviceSnapshot, DeviceType, Exception, Organization, SpareReason,
    stored::{billing_of, device_type_of, spare_reason_of},
};
use crate::graphql::{
    context::Hub,
    errors::Fault,
    loaders::{AsOf, DeviceOfIdentity, ExceptionsAsOf, OrganizationOfSite, SnapshotOn, SnapshotsAsOf},
    node_id::NodeId,
};

/// A machine as it was on a date: the snapshot of its leading record.
#[derive(Clone, Debug)]
pub struct DeviceAsOf(pub Model);

impl DeviceAsOf {
    fn key(&self) -> AsOf {
        AsOf { date: self.0.snapshot_date, identity_id: self.0.device_identity_id }
    }

    /// By its id; `None` when the record has no snapshot of the date, or no longer leads its device.
    pub(in crate::graphql) async fn find(ctx: &Context<'_>, key: AsOf) -> Result<Option<Self>, Fault> {
        let own = ctx.load(SnapshotOn { date: key.date, identity_id: key.identity_id }).await?;
        let all = ctx.load(SnapshotsAsOf(key)).await?.unwrap_or_default();
        // The reference vendor's row leads, then the lowest record, as in the list.
        let reference = ctx.inventory().reference().vendor_id(domain::vendor::Vendor::REFERENCE);
        let lead = all.iter().min_by_key(|row| (row.vendor_id != reference, row.device_identity_id));
        let leads = lead.is_none_or(|lead| lead.device_identity_id == key.identity_id);
        Ok(own.filter(|_| leads).map(Self))
    }
}

/// A physical machine as it was on a stored day. Which records are one machine is what is known now: how they were linked
/// on that day is not kept. It is led by Ninja's record where Ninja listed it that day.
#[Object]
impl DeviceAsOf {
    /// Opaque id, made of the date and the record that leads the device; never the device's own.
    pub(in crate::graphql) async fn id(&self) -> ID {
        NodeId::DeviceAsOf(self.0.snapshot_date, self.0.device_identity_id).encode()
    }

    /// The date.
    async fn date(&self) -> Date {
        self.0.snapshot_date.into()
    }

    /// The machine as it is known now; null while it was never linked.
    async fn device(&self, ctx: &Context<'_>) -> Result<Option<Device>, Fault> {
        Ok(ctx.load(DeviceOfIdentity(self.0.device_identity_id)).await?.map(Device))
    }

    /// Host name on that date, as its leading record had it.
    async fn hostname(&self) -> &str {
        &self.0.hostname
    }

    /// The name that people had given it; null when there was none.
    async fn display_name(&self) -> Option<&str> {
        self.0.display_name.as_deref()
    }

    /// The client it was filed under, by today's mapping of the vendor's organization; null when it was filed under none.
    async fn organization(&self, ctx: &Context<'_>) -> Result<Option<Organization>, Fault> {
        match self.0.site_id {
            Some(id) => Ok(ctx.load(OrganizationOfSite(id)).await?.map(Organization)),
            None => Ok(None),
        }
    }

    /// What kind of machine it was; null when it was never decided.
    async fn device_type(&self, ctx: &Context<'_>) -> Option<DeviceType> {
        device_type_of(ctx, self.0.device_type_id)
    }

    /// Whether it was billed; null when no vendor that decides billing listed it that day.
    async fn billing(&self, ctx: &Context<'_>) -> Option<BillingStatus> {
        billing_of(ctx, self.0.billing_status_id)
    }

    /// Why it was spare; null unless it was.
    async fn spare_reason(&self) -> Result<Option<SpareReason>, Fault> {
        spare_reason_of(self.0.spare_reason.as_deref())
    }

    /// What the vendors said of it that day, by vendor.
    async fn sources(&self, ctx: &Context<'_>) -> Result<Vec<DeviceSnapshot>, Fault> {
        let rows = ctx.load(SnapshotsAsOf(self.key())).await?.unwrap_or_else(|| vec![self.0.clone()]);
        Ok(rows.into_iter().map(DeviceSnapshot).collect())
    }

    /// The exceptions about it that were open at the end of that date, the oldest first; each as it is now.
    async fn open_exceptions(&self, ctx: &Context<'_>) -> Result<Vec<Exception>, Fault> {
        let rows = ctx.load(ExceptionsAsOf(self.key())).await?.unwrap_or_default();
        Ok(rows.into_iter().map(Exception).collect())
    }
}
