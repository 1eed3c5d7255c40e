//! `DeviceMatch`: why a record is taken for a machine, and what else was considered.

use async_graphql::{Context, Object};
use entity::{device_identity, link_candidate, link_decision};

use super::{
    DateTime, Device, DeviceSource, LinkDecisionKind, LinkLoss, LinkRule, VendorName,
    stored::{known, vendor_of},
};
use crate::graphql::{
    context::Hub,
    errors::Fault,
    loaders::{ConsideredWith, DecisionsAbout, DeviceOfIdentity, IdentityId},
};

/// Why a record is taken for a machine.
#[derive(Clone, Debug)]
pub struct DeviceMatch(pub device_identity::Model);

/// Why a vendor's record is taken for this machine: the rule, what it rests on, what people decided, and the candidates
/// that lost when the records were last linked.
#[Object]
impl DeviceMatch {
    /// Whose record it is.
    async fn vendor(&self, ctx: &Context<'_>) -> Result<VendorName, Fault> {
        vendor_of(ctx, self.0.vendor_id)
    }

    /// The vendor's own id of it.
    async fn vendor_device_key(&self) -> &str {
        &self.0.vendor_device_key
    }

    /// The record.
    async fn source(&self) -> DeviceSource {
        DeviceSource(self.0.clone())
    }

    /// The rule by which it was linked; null for a record that is linked to none, and for Ninja's own that a rule found.
    async fn rule(&self) -> Result<Option<LinkRule>, Fault> {
        Ok(DeviceSource(self.0.clone()).rule()?.map(LinkRule::from))
    }

    /// That rule in one sentence; null where there is none.
    async fn reason(&self) -> Result<Option<&'static str>, Fault> {
        Ok(DeviceSource(self.0.clone()).rule()?.map(domain::linking::LinkRule::description))
    }

    /// What the rule rested on: the values that agreed, or who decided; null where there is no rule.
    async fn evidence(&self) -> Option<&str> {
        self.0.link_evidence.as_deref()
    }

    /// The records of other vendors that were considered for it, or it for them, and that it is not linked to; by rule, the
    /// first tried first. At most ten are told for a ThreatLocker record. Empty for a record that its vendor does not list
    /// any more.
    async fn lost(&self, ctx: &Context<'_>) -> Result<Vec<LostCandidate>, Fault> {
        let rows = ctx.load(ConsideredWith(self.0.id)).await?.unwrap_or_default();
        let others = rows.iter().map(|row| IdentityId(other_of(row, self.0.id)));
        let mut identities = ctx.load_all(others).await?;
        let told = rows.into_iter().filter_map(|row| {
            let identity = identities.remove(&IdentityId(other_of(&row, self.0.id)))?;
            Some(LostCandidate { row, identity })
        });
        let mut told: Vec<LostCandidate> = told.collect();
        told.sort_by_key(|it| (domain::linking::LinkRule::from_code(&it.row.rule), it.identity.id));
        Ok(told)
    }

    /// What people decided about this record and another one, the newest first.
    async fn decisions(&self, ctx: &Context<'_>) -> Result<Vec<LinkDecision>, Fault> {
        let rows = ctx.load(DecisionsAbout(self.0.id)).await?.unwrap_or_default();
        let others = rows.iter().map(|row| IdentityId(counterpart(row, self.0.id)));
        let identities = ctx.load_all(others).await?;
        let shown = rows.into_iter().filter_map(|row| {
            let with = identities.get(&IdentityId(counterpart(&row, self.0.id))).cloned()?;
            Some(LinkDecision { row, with })
        });
        Ok(shown.collect())
    }
}

fn other_of(row: &link_candidate::Model, identity: i64) -> i64 {
    if row.identity_id == identity { row.candidate_id } else { row.identity_id }
}

fn counterpart(row: &link_decision::Model, identity: i64) -> i64 {
    if row.lower_identity_id == identity { row.higher_identity_id } else { row.lower_identity_id }
}

/// A record that was considered and not taken.
#[derive(Clone, Debug)]
pub struct LostCandidate {
    row: link_candidate::Model,
    identity: device_identity::Model,
}

/// A record that was considered for a link and not taken.
#[Object]
impl LostCandidate {
    /// The record: its vendor, key, host name and organization.
    async fn source(&self) -> DeviceSource {
        DeviceSource(self.identity.clone())
    }

    /// The machine that it belongs to.
    async fn device(&self, ctx: &Context<'_>) -> Result<Option<Device>, Fault> {
        Ok(ctx.load(DeviceOfIdentity(self.identity.id)).await?.map(Device))
    }

    /// The rule by which it was considered.
    async fn rule(&self) -> Result<LinkRule, Fault> {
        known("link rule", &self.row.rule, |code| domain::linking::LinkRule::from_code(code).map(Into::into))
    }

    /// Why it was not taken.
    async fn loss(&self) -> Result<LinkLoss, Fault> {
        known("loss", &self.row.loss, |code| domain::linking::Loss::from_code(code).map(Into::into))
    }

    /// The same in one sentence.
    async fn reason(&self) -> Result<&'static str, Fault> {
        let loss = known("loss", &self.row.loss, domain::linking::Loss::from_code)?;
        Ok(loss.description())
    }
}

/// What a person decided about two records.
#[derive(Clone, Debug)]
pub struct LinkDecision {
    row: link_decision::Model,
    with: device_identity::Model,
}

/// What a person decided about this record and another one. The newest decision about two records stands.
#[Object]
impl LinkDecision {
    /// The other record.
    async fn with(&self) -> DeviceSource {
        DeviceSource(self.with.clone())
    }

    /// What was decided.
    async fn kind(&self) -> Result<LinkDecisionKind, Fault> {
        known("link decision", &self.row.kind, |code| domain::linking::DecisionKind::from_code(code).map(Into::into))
    }

    /// Who decided.
    async fn actor(&self) -> &str {
        &self.row.actor
    }

    /// When.
    async fn decided_at(&self) -> DateTime {
        self.row.decided_at.into()
    }

    /// Why, in the person's words; null when nothing was said.
    async fn note(&self) -> Option<&str> {
        self.row.note.as_deref()
    }
}
