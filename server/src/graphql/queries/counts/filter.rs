//! Which devices are counted.

use async_graphql::{Context, InputObject};

use crate::{
    graphql::{
        context::Hub,
        errors::Fault,
        filters::{DeviceTypeFilter, IdFilter, LocationFilter},
        loaders::OrganizationId,
        node_id::NodeId,
        types::VendorName,
    },
    inventory::counts::{Choice, CountScope},
};

/// Asks which devices are counted. Fields that are null are not asked; those that are given hold together.
#[derive(Clone, Debug, Default, InputObject)]
pub struct CountFilter {
    /// By their client. Unknown clients are refused.
    organization: Option<IdFilter>,
    /// By their type.
    device_type: Option<DeviceTypeFilter>,
    /// By the location inside their organization; ThreatLocker has none.
    location: Option<LocationFilter>,
}

impl CountFilter {
    /// What is asked of a vendor's devices, or of all.
    pub(super) async fn scope(
        self,
        ctx: &Context<'_>,
        vendor: Option<VendorName>,
        include_internal: bool,
    ) -> Result<CountScope, Fault> {
        let mut scope = CountScope { include_internal, ..CountScope::of(vendor.map(Into::into)) };
        if let Some(asked) = &self.organization {
            let among = asked.keys(NodeId::organization)?;
            require_organizations(ctx, among.as_deref().unwrap_or_default()).await?;
            scope.organizations = Choice { among, missing: asked.wants_null() };
        }
        if let Some(asked) = &self.device_type {
            let (among, missing) = asked.asked();
            scope.device_types =
                Choice { among: among.map(|types| types.into_iter().map(Into::into).collect()), missing };
        }
        if let Some(asked) = &self.location {
            let (among, missing) = asked.asked()?;
            scope.locations = Choice { among, missing };
        }
        Ok(scope)
    }
}

async fn require_organizations(ctx: &Context<'_>, ids: &[i64]) -> Result<(), Fault> {
    let known = ctx.load_all(ids.iter().copied().map(OrganizationId)).await?;
    if ids.iter().all(|id| known.contains_key(&OrganizationId(*id))) {
        return Ok(());
    }
    Err(Fault::NotFound("there is no such organization".to_owned()))
}
