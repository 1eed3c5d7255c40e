//! `SuggestedLinks`: who may be the same machine.

use async_graphql::{Context, Object};
use domain::linking::suggestions::Suggestion;
use entity::device_identity;

use super::{Device, DeviceSource};
use crate::{
    graphql::{
        context::Hub,
        errors::Fault,
        loaders::{DeviceOfIdentity, IdentityId},
    },
    inventory::suggesting::Suggested,
};

/// A record that is linked to none, with its candidates.
#[derive(Clone, Debug)]
pub struct SuggestedLinks(pub Suggested);

/// A record that is linked to no other vendor's, with those that may be the same machine.
#[Object]
impl SuggestedLinks {
    /// The record that misses its counterpart; null when it is gone by now.
    async fn source(&self, ctx: &Context<'_>) -> Result<Option<DeviceSource>, Fault> {
        Ok(ctx.load(IdentityId(self.0.identity_id)).await?.map(DeviceSource))
    }

    /// Its machine; null when it is gone by now.
    async fn device(&self, ctx: &Context<'_>) -> Result<Option<Device>, Fault> {
        Ok(ctx.load(DeviceOfIdentity(self.0.identity_id)).await?.map(Device))
    }

    /// The likeliest counterparts, the best first; at most five, and none that a person separated from it. Empty when
    /// nothing is like it.
    async fn candidates(&self, ctx: &Context<'_>) -> Result<Vec<SuggestedLink>, Fault> {
        let ids = self.0.candidates.iter().map(|it| IdentityId(it.identity_id));
        let mut identities = ctx.load_all(ids).await?;
        let link = |suggestion: &Suggestion| {
            let identity = identities.remove(&IdentityId(suggestion.identity_id))?;
            Some(SuggestedLink { suggestion: suggestion.clone(), identity })
        };
        Ok(self.0.candidates.iter().filter_map(link).collect())
    }
}

/// A record that may be the same machine as another one.
#[derive(Clone, Debug)]
pub struct SuggestedLink {
    suggestion: Suggestion,
    identity: device_identity::Model,
}

/// A record that may be the same machine. Nothing is linked until a person says so with `linkIdentities`.
#[Object]
impl SuggestedLink {
    /// The record.
    async fn source(&self) -> DeviceSource {
        DeviceSource(self.identity.clone())
    }

    /// The machine that it belongs to; null when it is gone by now.
    async fn device(&self, ctx: &Context<'_>) -> Result<Option<Device>, Fault> {
        Ok(ctx.load(DeviceOfIdentity(self.identity.id)).await?.map(Device))
    }

    /// How much speaks for it, from 0 (nothing) to 1.
    async fn score(&self) -> f64 {
        self.suggestion.score
    }

    /// What speaks for it, the strongest first, and then what speaks against it.
    async fn reasons(&self) -> &[String] {
        &self.suggestion.reasons
    }
}
