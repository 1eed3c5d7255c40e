//! `BillingChange`: a device that changed what is billed.

use async_graphql::{Context, Enum, Object};
use domain::billing_report::BilledChange;

use super::{Date, Device, Organization, scalars::count};
use crate::graphql::{
    context::Hub,
    errors::Fault,
    loaders::{DeviceOfIdentity, OrganizationId},
};

/// Why a device is billed, or is not any more. The first that holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Enum)]
#[graphql(remote = "domain::billing_report::ChangeKind")]
pub enum BillingChangeKind {
    /// It was not there on the stored day before.
    Came,
    /// It is not there any more.
    Left,
    /// It was in another organization.
    MovedIn,
    /// It is in another organization.
    MovedOut,
    /// It was spare or unknown.
    BecameBillable,
    /// It is spare or unknown.
    BecameUnbilled,
    /// It is of another type: a seat, or no seat any more.
    TypeChanged,
}

/// A device that changed what is billed.
#[derive(Clone, Debug)]
pub struct BillingChange(pub BilledChange);

/// A device that changed the endpoints or seats of one organization on one day. A move is two: out of one, into another.
#[Object]
impl BillingChange {
    /// The stored day that shows it first.
    async fn date(&self) -> Date {
        self.0.change.day.into()
    }

    /// Why.
    async fn kind(&self) -> BillingChangeKind {
        self.0.change.kind.into()
    }

    /// The organization whose bill it changes, as it is now; null for the devices in none.
    async fn organization(&self, ctx: &Context<'_>) -> Result<Option<Organization>, Fault> {
        match self.0.change.organization_id {
            Some(id) => Ok(ctx.load(OrganizationId(id)).await?.map(Organization)),
            None => Ok(None),
        }
    }

    /// That organization's name, as billed if the report's changes are frozen; null for the devices in none.
    async fn organization_name(&self) -> Option<&str> {
        self.0.organization_name.as_deref()
    }

    /// Endpoints more: 1, 0 or -1.
    async fn endpoints(&self) -> i32 {
        count(self.0.change.units.endpoints)
    }

    /// Seats more: 1, 0 or -1.
    async fn seats(&self) -> i32 {
        count(self.0.change.units.seats)
    }

    /// The host name on that day; for a device that left, on the stored day before.
    async fn hostname(&self) -> &str {
        &self.0.hostname
    }

    /// Ninja's own id of the device.
    async fn vendor_device_key(&self) -> &str {
        &self.0.vendor_device_key
    }

    /// The machine as it is known now; null while it was never linked.
    async fn device(&self, ctx: &Context<'_>) -> Result<Option<Device>, Fault> {
        Ok(ctx.load(DeviceOfIdentity(self.0.change.identity_id)).await?.map(Device))
    }
}
