//! `DeviceSnapshot`: what one vendor said of one device on one day.

use async_graphql::{Context, ID, Object};
use entity::device_snapshot::Model;

use super::{
    BillingStatus, Date, DateTime, Device, DeviceType, Hardware, NetworkFacts, OperatingSystem, Organization,
    Protection, SpareReason, VendorName, VendorPlace, Windows11,
    stored::{billing_of, device_type_of, spare_reason_of, vendor_of},
};
use crate::graphql::{
    context::Hub,
    errors::Fault,
    loaders::{DeviceOfIdentity, IdentityId, OrganizationOfSite},
    node_id::NodeId,
};

/// What one vendor said of one device on one day.
#[derive(Clone, Debug)]
pub struct DeviceSnapshot(pub Model);

/// What one vendor said of one device on one day. A field is null when the vendor did not say.
#[Object]
impl DeviceSnapshot {
    /// Opaque id, made of the day and the vendor's record: collecting the day again does not change it, and it never is
    /// the device's.
    pub(in crate::graphql) async fn id(&self) -> ID {
        NodeId::DeviceSnapshot(self.0.snapshot_date, self.0.device_identity_id).encode()
    }

    /// The day.
    async fn date(&self) -> Date {
        self.0.snapshot_date.into()
    }

    /// Who said it.
    async fn vendor(&self, ctx: &Context<'_>) -> Result<VendorName, Fault> {
        vendor_of(ctx, self.0.vendor_id)
    }

    /// The vendor's own id of the device.
    async fn vendor_device_key(&self, ctx: &Context<'_>) -> Result<String, Fault> {
        let identity = ctx.load(IdentityId(self.0.device_identity_id)).await?;
        let key = identity.map(|row| row.vendor_device_key);
        key.ok_or_else(|| Fault::corrupt("identity of a snapshot", &self.0.device_identity_id.to_string()))
    }

    /// The machine as it is known now; null while it was never linked.
    async fn device(&self, ctx: &Context<'_>) -> Result<Option<Device>, Fault> {
        Ok(ctx.load(DeviceOfIdentity(self.0.device_identity_id)).await?.map(Device))
    }

    /// The client it was filed under; null when the vendor filed it under none.
    async fn organization(&self, ctx: &Context<'_>) -> Result<Option<Organization>, Fault> {
        match self.0.site_id {
            Some(id) => Ok(ctx.load(OrganizationOfSite(id)).await?.map(Organization)),
            None => Ok(None),
        }
    }

    /// The vendor's own organization it was filed under; null for none.
    async fn vendor_organization(&self) -> Option<VendorPlace> {
        VendorPlace::new(self.0.organization_id.as_deref(), self.0.organization_name.as_deref())
    }

    /// The location inside the organization; null for none.
    async fn location(&self) -> Option<VendorPlace> {
        VendorPlace::new(self.0.location_key.as_deref(), self.0.location_name.as_deref())
    }

    /// Host name as the vendor wrote it.
    async fn hostname(&self) -> &str {
        &self.0.hostname
    }

    /// Host name as it is compared: up to the first `|` or `.`, in one letter case; empty when nothing is left.
    async fn canonical_hostname(&self) -> &str {
        &self.0.canonical_hostname
    }

    /// The name that people gave it; null for none.
    async fn display_name(&self) -> Option<&str> {
        self.0.display_name.as_deref()
    }

    /// What kind of machine it was, by the hub's rules; null when that was not decided.
    async fn device_type(&self, ctx: &Context<'_>) -> Option<DeviceType> {
        device_type_of(ctx, self.0.device_type_id)
    }

    /// Whether it was billed, by the hub's rules; null for vendors that do not decide billing.
    async fn billing(&self, ctx: &Context<'_>) -> Option<BillingStatus> {
        billing_of(ctx, self.0.billing_status_id)
    }

    /// Why it was spare; null unless it was.
    async fn spare_reason(&self) -> Result<Option<SpareReason>, Fault> {
        spare_reason_of(self.0.spare_reason.as_deref())
    }

    /// The vendor's word for its state (`online`, `offline`); null when not said.
    async fn status(&self) -> Option<&str> {
        self.0.device_status.as_deref()
    }

    /// The vendor's word for its kind; null when not said.
    async fn vendor_device_type(&self) -> Option<&str> {
        self.0.device_type_name.as_deref()
    }

    /// Ninja's class of it; null for other vendors, and when not said.
    async fn node_class(&self) -> Option<&str> {
        self.0.node_class.as_deref()
    }

    /// The chassis as the vendor knows it (`Desktop`, `Laptop`); null when not said.
    async fn chassis(&self) -> Option<&str> {
        self.0.device_chassis.as_deref()
    }

    /// When the vendor last heard from it; null when not said.
    async fn last_online(&self) -> Option<DateTime> {
        self.0.last_online.map(DateTime)
    }

    /// When the vendor first listed it; null when not said.
    async fn agent_installed_at(&self) -> Option<DateTime> {
        self.0.agent_install_timestamp.map(DateTime)
    }

    /// The operating system.
    async fn os(&self) -> OperatingSystem<'_> {
        OperatingSystem(&self.0)
    }

    /// The hardware.
    async fn hardware(&self) -> Hardware<'_> {
        Hardware(&self.0)
    }

    /// Whether it may run Windows 11 24H2, as judged when it was stored; null for what is no Windows workstation, for
    /// vendors that do not report hardware (ThreatLocker), and for days stored before the hub judged.
    #[graphql(name = "windows11")]
    async fn windows_11(&self) -> Result<Option<Windows11>, Fault> {
        Windows11::of(&self.0)
    }

    /// The network.
    async fn network(&self) -> NetworkFacts<'_> {
        NetworkFacts(&self.0)
    }

    /// What a protection vendor (ThreatLocker) says; every field is null for others.
    async fn protection(&self) -> Protection<'_> {
        Protection(&self.0)
    }

    /// When the hub stored it.
    async fn stored_at(&self) -> DateTime {
        self.0.created_at.into()
    }
}
