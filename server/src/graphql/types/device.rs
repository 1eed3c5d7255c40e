//! `Device`: a physical machine.

use async_graphql::{Context, ID, Object};
use entity::device::Model;

use super::{
    BillingStatus, Date, DeviceChange, DeviceMatch, DeviceMove, DeviceSource, DeviceType, Exception, Organization,
    SpareReason, Sync,
    stored::{billing_of, device_type_of, spare_reason_of},
};
use crate::graphql::{
    context::Hub,
    errors::Fault,
    loaders::{
        DeviceId, HistoryOfDevice, IdentitiesOfDevice, MovesOfDevice, OpenExceptionsOfDevice, OrganizationId,
        SourceChange, SyncsOfDevice,
    },
    node_id::NodeId,
    pagination::{Connection, PageArguments, page_cost, page_of_slice},
};

/// A machine.
#[derive(Clone, Debug)]
pub struct Device(pub Model);

/// A physical machine: the vendors' records that were found to be the same one, with what they say of it now.
#[Object]
impl Device {
    /// Opaque id, the same for ever.
    pub(in crate::graphql) async fn id(&self) -> ID {
        NodeId::Device(self.0.id).encode()
    }

    /// Host name, as its leading source writes it: Ninja where Ninja lists it.
    async fn hostname(&self) -> &str {
        &self.0.hostname
    }

    /// The name that people gave it; null when no vendor knows one.
    async fn display_name(&self) -> Option<&str> {
        self.0.display_name.as_deref()
    }

    /// The client it belongs to; null when no vendor files it under one.
    async fn organization(&self, ctx: &Context<'_>) -> Result<Option<Organization>, Fault> {
        match self.0.organization_id {
            Some(id) => Ok(ctx.load(OrganizationId(id)).await?.map(Organization)),
            None => Ok(None),
        }
    }

    /// What kind of machine it is; null when it was never decided.
    async fn device_type(&self, ctx: &Context<'_>) -> Option<DeviceType> {
        device_type_of(ctx, self.0.device_type_id)
    }

    /// Whether it is billed; null while no vendor that decides billing lists it.
    async fn billing(&self, ctx: &Context<'_>) -> Option<BillingStatus> {
        billing_of(ctx, self.0.billing_status_id)
    }

    /// Why it is spare; null unless it is.
    async fn spare_reason(&self) -> Result<Option<SpareReason>, Fault> {
        spare_reason_of(self.0.spare_reason.as_deref())
    }

    /// Whether at least one vendor lists it on its latest stored day.
    async fn present(&self) -> bool {
        self.0.present
    }

    /// The first stored day on which a vendor listed it.
    async fn first_seen(&self) -> Date {
        self.0.first_seen_date.into()
    }

    /// The last stored day on which a vendor listed it.
    async fn last_seen(&self) -> Date {
        self.0.last_seen_date.into()
    }

    /// The vendors' records of it, also those that are gone; one vendor may have several, as a reinstalled agent is a
    /// new record. By vendor, then the oldest first.
    async fn sources(&self, ctx: &Context<'_>) -> Result<Vec<DeviceSource>, Fault> {
        let rows = ctx.load(IdentitiesOfDevice(self.0.id)).await?.unwrap_or_default();
        Ok(rows.into_iter().map(DeviceSource).collect())
    }

    /// Why its records are taken for this machine, and what else was considered: one for each of `sources`, in their order.
    #[graphql(name = "match")]
    async fn matches(&self, ctx: &Context<'_>) -> Result<Vec<DeviceMatch>, Fault> {
        let rows = ctx.load(IdentitiesOfDevice(self.0.id)).await?.unwrap_or_default();
        Ok(rows.into_iter().map(DeviceMatch).collect())
    }

    /// Records that came to it from another device (a merge) or left it for another (a split), the newest first; at most
    /// 100.
    async fn moves(&self, ctx: &Context<'_>) -> Result<Vec<DeviceMove>, Fault> {
        let rows = ctx.load(MovesOfDevice(self.0.id)).await?.unwrap_or_default();
        Ok(rows.into_iter().map(DeviceMove).collect())
    }

    /// What checks found of it and nobody has resolved yet, snoozed or not, the oldest first.
    async fn open_exceptions(&self, ctx: &Context<'_>) -> Result<Vec<Exception>, Fault> {
        let rows = ctx.load(OpenExceptionsOfDevice(self.0.id)).await?.unwrap_or_default();
        Ok(rows.into_iter().map(Exception::now).collect())
    }

    /// The fields of its vendors' records that changed from one stored day to the next: the newest first. A record that came
    /// from another device brings its own history along.
    #[graphql(complexity = "20 + page_cost(first, last, child_complexity)")]
    async fn history(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "How many rows from the start of the range: 1 to 500, 50 if null.")] first: Option<i32>,
        #[graphql(desc = "Only rows after this cursor; null is from the start.")] after: Option<String>,
        #[graphql(desc = "How many rows from the end of the range, instead of `first`: 1 to 500.")] last: Option<i32>,
        #[graphql(desc = "Only rows before this cursor; null is to the end.")] before: Option<String>,
    ) -> Result<Connection<DeviceChange>, Fault> {
        let arguments = PageArguments { first, after, last, before };
        let changes = ctx.load(HistoryOfDevice(self.0.id)).await?.unwrap_or_default();
        let page = page_of_slice("deviceHistory", &changes, SourceChange::place, &arguments)?;
        Ok(page.show(|rows| rows.into_iter().map(DeviceChange).collect()))
    }

    /// When its records were synced one by one, the newest first; at most the last 100, `syncs` has them all.
    #[graphql(complexity = "20 + page_cost(first, last, child_complexity)")]
    async fn syncs(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "How many rows from the start of the range: 1 to 500, 50 if null.")] first: Option<i32>,
        #[graphql(desc = "Only rows after this cursor; null is from the start.")] after: Option<String>,
        #[graphql(desc = "How many rows from the end of the range, instead of `first`: 1 to 500.")] last: Option<i32>,
        #[graphql(desc = "Only rows before this cursor; null is to the end.")] before: Option<String>,
    ) -> Result<Connection<Sync>, Fault> {
        let arguments = PageArguments { first, after, last, before };
        let rows = ctx.load(SyncsOfDevice(self.0.id)).await?.unwrap_or_default();
        let place = |row: &entity::sync::Model| (-row.requested_at.timestamp_micros(), -row.id);
        let page = page_of_slice("deviceSyncs", &rows, place, &arguments)?;
        Ok(page.show(|rows| rows.into_iter().map(Sync).collect()))
    }

    /// The device that took over its records, when both turned out to be one machine; null for every other.
    async fn merged_into(&self, ctx: &Context<'_>) -> Result<Option<Device>, Fault> {
        match self.0.merged_into_id {
            Some(id) => Ok(ctx.load(DeviceId(id)).await?.map(Device)),
            None => Ok(None),
        }
    }
}
