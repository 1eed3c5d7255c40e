//! `DeviceMove`: a record that went from one device to another.

use async_graphql::{Context, Object};
use entity::device_move::Model;

use super::{Date, DateTime, Device, DeviceSource, LinkRule, stored::optional};
use crate::graphql::{
    context::Hub,
    errors::Fault,
    loaders::{DeviceId, IdentityId},
};

/// A record that went from one device to another.
#[derive(Clone, Debug)]
pub struct DeviceMove(pub Model);

/// A vendor's record that went from one device to another: two devices turned out to be one machine, or one to be two.
#[Object]
impl DeviceMove {
    /// The record; null when its vendor's day was collected again without it and nothing else is about it.
    async fn source(&self, ctx: &Context<'_>) -> Result<Option<DeviceSource>, Fault> {
        Ok(ctx.load(IdentityId(self.0.identity_id)).await?.map(DeviceSource))
    }

    /// The device it left; null when that one is not known any more.
    async fn from(&self, ctx: &Context<'_>) -> Result<Option<Device>, Fault> {
        match self.0.from_device_id {
            Some(id) => Ok(ctx.load(DeviceId(id)).await?.map(Device)),
            None => Ok(None),
        }
    }

    /// The device it came to; null when that one is not known any more.
    async fn to(&self, ctx: &Context<'_>) -> Result<Option<Device>, Fault> {
        Ok(ctx.load(DeviceId(self.0.to_device_id)).await?.map(Device))
    }

    /// When.
    async fn at(&self) -> DateTime {
        self.0.moved_at.into()
    }

    /// The business day.
    async fn date(&self) -> Date {
        self.0.moved_on.into()
    }

    /// The rule that linked it there; null when it was linked to none from then on, and for Ninja's own records.
    async fn rule(&self) -> Result<Option<LinkRule>, Fault> {
        let read = |code: &str| domain::linking::LinkRule::from_code(code).map(LinkRule::from);
        optional("link rule", self.0.rule.as_deref(), read)
    }
}
