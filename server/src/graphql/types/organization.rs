//! `Organization`: a client.

use async_graphql::{Context, ID, Object};
use entity::organization;

use super::{Site, scalars::count};
use crate::graphql::{
    context::Hub,
    errors::Fault,
    loaders::{DeviceCountOfOrganization, SitesOfOrganization},
    node_id::NodeId,
};

/// A client.
#[derive(Clone, Debug)]
pub struct Organization(pub organization::Model);

/// A client company, the same for all vendors: their organizations with one name, or mapped to one, are one.
#[Object]
impl Organization {
    /// Opaque id, the same for ever.
    pub(in crate::graphql) async fn id(&self) -> ID {
        NodeId::Organization(self.0.id).encode()
    }

    /// Its name, as Ninja writes it; where Ninja has no organization of that name, as it was first written by another vendor
    /// or a mapping.
    async fn name(&self) -> &str {
        &self.0.name
    }

    /// The vendors' organizations that are this client.
    async fn sites(&self, ctx: &Context<'_>) -> Result<Vec<Site>, Fault> {
        let rows = ctx.load(SitesOfOrganization(self.0.id)).await?.unwrap_or_default();
        Ok(rows.into_iter().map(Site).collect())
    }

    /// How many present devices it has, whatever their kind and billing.
    async fn device_count(&self, ctx: &Context<'_>) -> Result<i32, Fault> {
        Ok(count(ctx.load(DeviceCountOfOrganization(self.0.id)).await?.unwrap_or_default()))
    }
}
