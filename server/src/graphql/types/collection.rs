//! `Collection`: what one run of a collector brought back.

use async_graphql::{Context, Object};
use entity::{collection, set_aside_record};

use super::{
    CollectionOutcome, Date, DateTime, SetAsideReason, VendorName,
    scalars::count,
    stored::{known, texts, vendor_of},
};
use crate::graphql::{
    context::Hub,
    errors::Fault,
    loaders::{MAX_SET_ASIDE, SetAsideOfCollection},
};

/// What one run of a collector brought back.
#[derive(Clone, Debug)]
pub struct Collection(pub collection::Model);

/// What one run of a collector brought back, with whether it is complete and what it could not read.
#[Object]
impl Collection {
    /// The vendor that was read.
    async fn vendor(&self, ctx: &Context<'_>) -> Result<VendorName, Fault> {
        vendor_of(ctx, self.0.vendor_id)
    }

    /// The day it is of.
    async fn date(&self) -> Date {
        self.0.snapshot_date.into()
    }

    /// Whether it is complete, and what became of it.
    async fn outcome(&self) -> Result<CollectionOutcome, Fault> {
        known("collection outcome", &self.0.outcome, CollectionOutcome::from_code)
    }

    /// How many devices it has.
    async fn device_count(&self) -> i32 {
        count(self.0.device_count)
    }

    /// Why it is partial or was held, in sentences; empty for a complete one.
    async fn reasons(&self) -> Vec<String> {
        texts(&self.0.reasons)
    }

    /// What an operator should know though nothing is missing; mostly empty.
    async fn notes(&self) -> Vec<String> {
        texts(&self.0.notes)
    }

    /// How many records are not among its devices.
    async fn set_aside_count(&self) -> i32 {
        count(self.0.set_aside_count)
    }

    /// The records that are not among its devices, and why; the first 100 only, `setAsideCount` counts them all.
    #[graphql(complexity = "MAX_SET_ASIDE * child_complexity")]
    async fn set_aside(&self, ctx: &Context<'_>) -> Result<Vec<SetAsideRecord>, Fault> {
        let rows = ctx.load(SetAsideOfCollection(self.0.id)).await?.unwrap_or_default();
        Ok(rows.into_iter().map(SetAsideRecord).collect())
    }

    /// When the collector began to read.
    async fn started_at(&self) -> DateTime {
        self.0.started_at.into()
    }

    /// When the collector had read everything, or gave up.
    async fn ended_at(&self) -> DateTime {
        self.0.ended_at.into()
    }

    /// Who applied or discarded it; null unless it was held and a person decided.
    async fn decided_by(&self) -> Option<&str> {
        self.0.decided_by.as_deref()
    }

    /// When a person decided; null unless one did.
    async fn decided_at(&self) -> Option<DateTime> {
        self.0.decided_at.map(DateTime)
    }

    /// Why, in the person's words; null when nothing was said.
    async fn decision_note(&self) -> Option<&str> {
        self.0.decision_note.as_deref()
    }
}

/// A record that is not among a collection's devices.
#[derive(Clone, Debug)]
pub struct SetAsideRecord(pub set_aside_record::Model);

/// A vendor's record that is not among a collection's devices.
#[Object]
impl SetAsideRecord {
    /// The vendor's id of it; null when that could not be read.
    async fn vendor_device_key(&self) -> Option<&str> {
        self.0.vendor_device_key.as_deref()
    }

    /// Its host name; null when that could not be read.
    async fn hostname(&self) -> Option<&str> {
        self.0.hostname.as_deref()
    }

    /// Which kind of trouble.
    async fn reason(&self) -> Result<SetAsideReason, Fault> {
        known("set-aside reason", &self.0.reason, SetAsideReason::from_code)
    }

    /// The trouble in words.
    async fn detail(&self) -> &str {
        &self.0.detail
    }
}
