//! `DeviceSource`: one vendor's record of a device.

use async_graphql::{Context, Object};
use entity::device_identity::Model;

use super::{
    Date, DateTime, DeviceSnapshot, LinkRule, Organization, VendorName,
    stored::{optional, vendor_of},
};
use crate::graphql::{
    context::Hub,
    errors::Fault,
    loaders::{LastSeen, LatestDay, LatestNames, LatestSnapshot, OrganizationOfIdentity, SourceNames},
};

/// One vendor's record of a device.
#[derive(Clone, Debug)]
pub struct DeviceSource(pub Model);

impl DeviceSource {
    async fn names(&self, ctx: &Context<'_>) -> Result<Option<SourceNames>, Fault> {
        ctx.load(LatestNames(LastSeen::of(&self.0))).await
    }
}

/// One vendor's record of a device over time: what it is called there, when it was listed, why it is taken for this
/// machine.
#[Object]
impl DeviceSource {
    /// Whose record it is.
    async fn vendor(&self, ctx: &Context<'_>) -> Result<VendorName, Fault> {
        vendor_of(ctx, self.0.vendor_id)
    }

    /// The vendor's own id of it: Ninja's device id, ThreatLocker's computer id.
    async fn vendor_device_key(&self) -> &str {
        &self.0.vendor_device_key
    }

    /// The first stored day on which the vendor listed it.
    async fn first_seen(&self) -> Date {
        self.0.first_seen_date.into()
    }

    /// The last stored day on which the vendor listed it.
    async fn last_seen(&self) -> Date {
        self.0.last_seen_date.into()
    }

    /// Whether the vendor lists it on its latest stored day.
    async fn present(&self, ctx: &Context<'_>) -> Result<bool, Fault> {
        let latest = ctx.load(LatestDay(self.0.vendor_id)).await?;
        Ok(latest.is_some_and(|day| day.snapshot_date <= self.0.last_seen_date))
    }

    /// The client under which the vendor last filed it; null when it was filed under none, or no stored day has the record
    /// any more.
    async fn organization(&self, ctx: &Context<'_>) -> Result<Option<Organization>, Fault> {
        Ok(ctx.load(OrganizationOfIdentity(LastSeen::of(&self.0))).await?.map(Organization))
    }

    /// The rule by which it was linked to Ninja's record, or PERSON where a person linked it to any other; null for a record
    /// that is linked to none, and for Ninja's own that a rule found.
    async fn link_rule(&self) -> Result<Option<LinkRule>, Fault> {
        Ok(self.rule()?.map(LinkRule::from))
    }

    /// That rule in one sentence; null where there is none.
    async fn link_reason(&self) -> Result<Option<&'static str>, Fault> {
        Ok(self.rule()?.map(domain::linking::LinkRule::description))
    }

    /// What the rule rested on: the values that agreed; null where there is no rule.
    async fn link_evidence(&self) -> Option<&str> {
        self.0.link_evidence.as_deref()
    }

    /// The host name as the vendor last wrote it; null when no stored day has the record any more.
    async fn hostname(&self, ctx: &Context<'_>) -> Result<Option<String>, Fault> {
        Ok(self.names(ctx).await?.map(|names| names.hostname))
    }

    /// The name that people gave it there; null when there is none, or no stored day has the record any more.
    async fn display_name(&self, ctx: &Context<'_>) -> Result<Option<String>, Fault> {
        Ok(self.names(ctx).await?.and_then(|names| names.display_name))
    }

    /// When the vendor last heard from it, as of the last stored day; null when the vendor did not say, or no stored day
    /// has the record any more.
    async fn last_online(&self, ctx: &Context<'_>) -> Result<Option<DateTime>, Fault> {
        Ok(self.names(ctx).await?.and_then(|names| names.last_online).map(DateTime))
    }

    /// All that the vendor said of it on the last stored day; null when no stored day has the record any more.
    async fn snapshot(&self, ctx: &Context<'_>) -> Result<Option<DeviceSnapshot>, Fault> {
        Ok(ctx.load(LatestSnapshot(LastSeen::of(&self.0))).await?.map(DeviceSnapshot))
    }
}

impl DeviceSource {
    pub(super) fn rule(&self) -> Result<Option<domain::linking::LinkRule>, Fault> {
        optional("link rule", self.0.link_rule.as_deref(), domain::linking::LinkRule::from_code)
    }
}
