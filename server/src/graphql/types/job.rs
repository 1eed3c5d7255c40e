//! `JobBatch` and `JobRun`: an order to run collectors and checks, and each of them.

use async_graphql::{Context, ID, Object};
use entity::{job_batch, job_run};

use super::{
    Collection, Date, DateTime, JobAttempt, JobStatus, JobTrigger, VendorName,
    scalars::count,
    stored::{known, vendor_of},
};
use crate::{
    graphql::{
        context::Hub,
        errors::Fault,
        loaders::{AttemptsOfRun, BatchId, CollectionId, RunsOfBatch},
        node_id::NodeId,
    },
    inventory::jobs,
};

fn status(code: &str) -> Result<JobStatus, Fault> {
    known("job status", code, |code| jobs::JobStatus::from_code(code).map(Into::into))
}

/// An order.
#[derive(Clone, Debug)]
pub struct JobBatch(pub job_batch::Model);

/// One order to run collectors and checks, a retention or a verification. It ends the way the worst of its runs ended.
#[Object]
impl JobBatch {
    /// Opaque id.
    pub(in crate::graphql) async fn id(&self) -> ID {
        NodeId::JobBatch(self.0.batch_id.clone()).encode()
    }

    /// How far it is, or how it ended.
    async fn status(&self) -> Result<JobStatus, Fault> {
        status(&self.0.status)
    }

    /// What ordered it.
    async fn trigger(&self) -> Result<JobTrigger, Fault> {
        known("job trigger", &self.0.trigger, JobTrigger::from_code)
    }

    /// Who ordered it.
    async fn requested_by(&self) -> &str {
        &self.0.requested_by
    }

    /// When it was ordered.
    async fn created_at(&self) -> DateTime {
        self.0.created_at.into()
    }

    /// When it began; null while it waits.
    async fn started_at(&self) -> Option<DateTime> {
        self.0.started_at.map(DateTime)
    }

    /// When it ended; null until then.
    async fn ended_at(&self) -> Option<DateTime> {
        self.0.ended_at.map(DateTime)
    }

    /// How long it took, in seconds; null until it has ended.
    async fn duration_seconds(&self) -> Option<i32> {
        self.0.duration_seconds
    }

    /// How far it is, from 0 to 100.
    async fn progress_percent(&self) -> i32 {
        self.0.progress_percent
    }

    /// When it should be done, by how long the last ten completed runs of each kind took: collectors side by side, what
    /// depends on them one after the other. Null while there is no history of one of them; stays as it was once it has ended.
    async fn estimated_completion(&self) -> Option<DateTime> {
        self.0.estimated_completion.map(DateTime)
    }

    /// How it stands, in a sentence; null when there is nothing to say.
    async fn message(&self) -> Option<&str> {
        self.0.message.as_deref()
    }

    /// What went wrong; null when nothing did.
    async fn error(&self) -> Option<&str> {
        self.0.error.as_deref()
    }

    /// The order whose unfinished work this one does again; null when it is no retry, and once that order is no longer kept.
    async fn retry_of(&self, ctx: &Context<'_>) -> Result<Option<JobBatch>, Fault> {
        match &self.0.retry_of {
            Some(id) => Ok(ctx.load(BatchId(id.clone())).await?.map(JobBatch)),
            None => Ok(None),
        }
    }

    /// Its collectors and checks; or its retention, or its verification.
    async fn runs(&self, ctx: &Context<'_>) -> Result<Vec<JobRun>, Fault> {
        let rows = ctx.load(RunsOfBatch(self.0.batch_id.clone())).await?.unwrap_or_default();
        Ok(rows.into_iter().map(JobRun).collect())
    }
}

/// A collector, checks, a retention or a verification at work.
#[derive(Clone, Debug)]
pub struct JobRun(pub job_run::Model);

/// One job of an order: a collector, the checks, a retention or a verification.
#[Object]
impl JobRun {
    /// Opaque id.
    pub(in crate::graphql) async fn id(&self) -> ID {
        NodeId::JobRun(self.0.job_id.clone()).encode()
    }

    /// What runs.
    async fn name(&self) -> &str {
        &self.0.job_name
    }

    /// How far it is, or how it ended.
    async fn status(&self) -> Result<JobStatus, Fault> {
        status(&self.0.status)
    }

    /// The vendor that is collected; null for checks, retention and verification.
    async fn vendor(&self, ctx: &Context<'_>) -> Result<Option<VendorName>, Fault> {
        self.0.vendor_id.map(|id| vendor_of(ctx, id)).transpose()
    }

    /// The day it works on.
    async fn business_date(&self) -> Date {
        self.0.business_date.into()
    }

    /// When it was ordered.
    async fn created_at(&self) -> DateTime {
        self.0.created_at.into()
    }

    /// When it began; null while it waits.
    async fn started_at(&self) -> Option<DateTime> {
        self.0.started_at.map(DateTime)
    }

    /// When anything of it last changed.
    async fn updated_at(&self) -> DateTime {
        self.0.updated_at.into()
    }

    /// When it ended; null until then.
    async fn ended_at(&self) -> Option<DateTime> {
        self.0.ended_at.map(DateTime)
    }

    /// How long it took, in seconds; null until it has ended.
    async fn duration_seconds(&self) -> Option<i32> {
        self.0.duration_seconds
    }

    /// How far it is, from 0 to 100.
    async fn progress_percent(&self) -> i32 {
        self.0.progress_percent
    }

    /// Pages that were fetched from the vendor, by the newest attempt.
    async fn pages_fetched(&self) -> i32 {
        count(self.0.pages_fetched)
    }

    /// Snapshots that were stored; 0 until all are, because they are stored as one.
    async fn rows_stored(&self) -> i32 {
        count(self.0.rows_stored)
    }

    /// How it stands, in a sentence; null when there is nothing to say.
    async fn message(&self) -> Option<&str> {
        self.0.message.as_deref()
    }

    /// What went wrong; null when nothing did.
    async fn error(&self) -> Option<&str> {
        self.0.error.as_deref()
    }

    /// When it should be done, by how long the last ten completed runs of its name took; null while it waits, and while none
    /// was completed yet. Stays as it was once it has ended.
    async fn estimated_completion(&self) -> Option<DateTime> {
        self.0.estimated_completion.map(DateTime)
    }

    /// When a person wanted it stopped; null when nobody did. It ends within seconds, unless it has completed by then; if its
    /// server has died, once that was silent for longer than its lease and another server looks.
    async fn cancel_requested_at(&self) -> Option<DateTime> {
        self.0.cancel_requested_at.map(DateTime)
    }

    /// Who wanted it stopped; null when nobody did.
    async fn cancelled_by(&self) -> Option<&str> {
        self.0.cancelled_by.as_deref()
    }

    /// Which servers took it, the first first: more than one when a server ended or lost the database in the middle. Empty
    /// while it waits.
    async fn attempts(&self, ctx: &Context<'_>) -> Result<Vec<JobAttempt>, Fault> {
        let rows = ctx.load(AttemptsOfRun(self.0.job_id.clone())).await?.unwrap_or_default();
        Ok(rows.into_iter().map(JobAttempt).collect())
    }

    /// The order it belongs to.
    async fn batch(&self, ctx: &Context<'_>) -> Result<JobBatch, Fault> {
        let batch = ctx.load(BatchId(self.0.batch_id.clone())).await?;
        batch.map(JobBatch).ok_or_else(|| Fault::corrupt("batch of a run", &self.0.batch_id))
    }

    /// What it brought back; null for checks, retention and verification, and for a run that brought nothing (yet).
    async fn collection(&self, ctx: &Context<'_>) -> Result<Option<Collection>, Fault> {
        match self.0.collection_id {
            Some(id) => Ok(ctx.load(CollectionId(id)).await?.map(Collection)),
            None => Ok(None),
        }
    }
}
