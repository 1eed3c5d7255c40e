//! `DeviceChange`: a field of a vendor's record that became another.

use async_graphql::{Context, Enum, Object};
use domain::history::Field;

use super::{Date, DeviceSource};
use crate::graphql::{
    context::Hub,
    errors::Fault,
    loaders::{IdentityId, SourceChange},
};

/// A field of a vendor's record whose changes are told.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Enum)]
#[graphql(remote = "Field")]
pub enum DeviceField {
    /// Whether the vendor lists the record: `present` or `absent`.
    Presence,
    /// Host name as the vendor writes it.
    Hostname,
    /// The name that people gave it.
    DisplayName,
    /// The vendor's organization, by the vendor's name for it on that day.
    Organization,
    /// The location inside the organization.
    Location,
    /// Whether it is billed: `billable`, `spare` or `unknown`.
    Billing,
    /// Why it is spare: `vm_guest`, `spare_name` or `spare_location`.
    SpareReason,
    /// What kind of machine it is, by its code.
    DeviceType,
    /// Operating system.
    OperatingSystem,
    /// Build of the operating system.
    OsBuild,
    /// Version of the vendor's agent.
    AgentVersion,
    /// Serial number.
    SerialNumber,
}

/// A change.
#[derive(Clone, Debug)]
pub struct DeviceChange(pub SourceChange);

/// A field of one vendor's record of a device that became another from one stored day to the next.
#[Object]
impl DeviceChange {
    /// The first stored day with the new value.
    async fn date(&self) -> Date {
        self.0.change.date.into()
    }

    /// The last stored day with the old value.
    async fn previous_date(&self) -> Date {
        self.0.change.previous_date.into()
    }

    /// Which field.
    async fn field(&self) -> DeviceField {
        self.0.change.field.into()
    }

    /// The old value; null when the vendor did not say.
    async fn from(&self) -> Option<&str> {
        self.0.change.from.as_deref()
    }

    /// The new value; null when the vendor does not say any more.
    async fn to(&self) -> Option<&str> {
        self.0.change.to.as_deref()
    }

    /// The vendor's record that changed; null when it is gone from the hub.
    async fn source(&self, ctx: &Context<'_>) -> Result<Option<DeviceSource>, Fault> {
        Ok(ctx.load(IdentityId(self.0.identity_id)).await?.map(DeviceSource))
    }
}
