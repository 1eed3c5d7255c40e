//! `jobBatches` and `jobRuns`.

use async_graphql::{Context, InputObject, Object};
use entity::{job_batch, job_run};
use sea_orm::{ColumnTrait, Condition, EntityTrait, QueryFilter, sea_query::ExprTrait};

use crate::{
    graphql::{
        context::Hub,
        errors::Fault,
        filters::{
            DateFilter, DateTimeFilter, Filter, IdFilter, JobStatusFilter, JobTriggerFilter, Joined, OrderDirection,
            VendorFilter, condition, one_of,
        },
        node_id::NodeId,
        pagination::{Connection, Order, PageArguments, page_cost, page_of_rows},
        types::{JobBatch, JobRun, JobTrigger},
    },
    inventory::{Reference, jobs},
};

/// Asks about orders. Fields that are null are not asked; those that are given hold together.
#[derive(Clone, Debug, Default, InputObject)]
pub struct JobBatchFilter {
    /// By how far it is, or how it ended.
    status: Option<JobStatusFilter>,
    /// By what ordered it.
    trigger: Option<JobTriggerFilter>,
    /// By when it was ordered.
    created_at: Option<DateTimeFilter>,
    /// All of these filters hold; an empty list holds.
    and: Option<Vec<JobBatchFilter>>,
    /// At least one of these filters holds; an empty list does not.
    or: Option<Vec<JobBatchFilter>>,
    /// This filter does not hold.
    not: Option<Box<JobBatchFilter>>,
}

impl Filter for JobBatchFilter {
    fn fields(&self, _: &Reference) -> Result<Condition, Fault> {
        use job_batch::Column;
        let triggers = self.trigger.as_ref().and_then(JobTriggerFilter::values);
        Ok(Condition::all()
            .add_option(self.status.as_ref().and_then(status_codes).map(|codes| one_of(Column::Status, codes)))
            .add_option(triggers.map(|all| one_of(Column::Trigger, all.into_iter().map(JobTrigger::code))))
            .add_option(self.created_at.as_ref().map(|asked| asked.on(Column::CreatedAt)).transpose()?))
    }

    fn joined(&self) -> Joined<'_, Self> {
        Joined { and: self.and.as_deref(), or: self.or.as_deref(), not: self.not.as_deref() }
    }
}

fn status_codes(asked: &JobStatusFilter) -> Option<Vec<&'static str>> {
    let statuses = asked.values()?;
    Some(statuses.into_iter().map(|status| jobs::JobStatus::from(status).code()).collect())
}

/// Asks about runs. Fields that are null are not asked; those that are given hold together.
#[derive(Clone, Debug, Default, InputObject)]
pub struct JobRunFilter {
    /// By how far it is, or how it ended.
    status: Option<JobStatusFilter>,
    /// By the vendor that is collected; checks have none, and match no vendor.
    vendor: Option<VendorFilter>,
    /// By the order it belongs to; every run has one.
    batch: Option<IdFilter>,
    /// By the day it works on.
    business_date: Option<DateFilter>,
    /// By when it was ordered.
    created_at: Option<DateTimeFilter>,
    /// All of these filters hold; an empty list holds.
    and: Option<Vec<JobRunFilter>>,
    /// At least one of these filters holds; an empty list does not.
    or: Option<Vec<JobRunFilter>>,
    /// This filter does not hold.
    not: Option<Box<JobRunFilter>>,
}

impl Filter for JobRunFilter {
    fn fields(&self, reference: &Reference) -> Result<Condition, Fault> {
        use job_run::Column;
        let vendors = self.vendor.as_ref().and_then(VendorFilter::values);
        let vendors = vendors.map(|vendors| vendors.into_iter().map(|vendor| reference.vendor_id(vendor.into())));
        Ok(Condition::all()
            .add_option(self.status.as_ref().and_then(status_codes).map(|codes| one_of(Column::Status, codes)))
            // Checks have no vendor; `not` must find them.
            .add_option(vendors.map(|ids| Column::VendorId.is_not_null().and(one_of(Column::VendorId, ids))))
            .add_option(self.batch.as_ref().map(|asked| asked.on(Column::BatchId, NodeId::job_batch)).transpose()?)
            .add_option(self.business_date.as_ref().map(|asked| asked.on(Column::BusinessDate)).transpose()?)
            .add_option(self.created_at.as_ref().map(|asked| asked.on(Column::CreatedAt)).transpose()?))
    }

    fn joined(&self) -> Joined<'_, Self> {
        Joined { and: self.and.as_deref(), or: self.or.as_deref(), not: self.not.as_deref() }
    }
}

#[derive(Clone, Copy, Debug, Default)]
pub(super) struct JobQueries;

#[Object]
impl JobQueries {
    /// Orders to run collectors and checks, the newest first.
    #[graphql(complexity = "page_cost(first, last, child_complexity)")]
    async fn job_batches(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "How many rows from the start of the range: 1 to 500, 50 if null.")] first: Option<i32>,
        #[graphql(desc = "Only rows after this cursor; null is from the start.")] after: Option<String>,
        #[graphql(desc = "How many rows from the end of the range, instead of `first`: 1 to 500.")] last: Option<i32>,
        #[graphql(desc = "Only rows before this cursor; null is to the end.")] before: Option<String>,
        #[graphql(desc = "Which orders; null is all.")] filter: Option<JobBatchFilter>,
    ) -> Result<Connection<JobBatch>, Fault> {
        use job_batch::{Column, Entity};
        let arguments = PageArguments { first, after, last, before };
        let rows = Entity::find().filter(condition(filter.as_ref(), ctx.inventory().reference())?);
        let newest_first = Order::new("jobBatches", Column::CreatedAt, Column::BatchId, OrderDirection::Desc);
        page_of_rows(ctx.reader(), (rows, newest_first), &arguments, JobBatch).await
    }

    /// Collectors and checks of all orders, the newest first.
    #[graphql(complexity = "page_cost(first, last, child_complexity)")]
    async fn job_runs(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "How many rows from the start of the range: 1 to 500, 50 if null.")] first: Option<i32>,
        #[graphql(desc = "Only rows after this cursor; null is from the start.")] after: Option<String>,
        #[graphql(desc = "How many rows from the end of the range, instead of `first`: 1 to 500.")] last: Option<i32>,
        #[graphql(desc = "Only rows before this cursor; null is to the end.")] before: Option<String>,
        #[graphql(desc = "Which runs; null is all.")] filter: Option<JobRunFilter>,
    ) -> Result<Connection<JobRun>, Fault> {
        use job_run::{Column, Entity};
        let arguments = PageArguments { first, after, last, before };
        let rows = Entity::find().filter(condition(filter.as_ref(), ctx.inventory().reference())?);
        let newest_first = Order::new("jobRuns", Column::CreatedAt, Column::JobId, OrderDirection::Desc);
        page_of_rows(ctx.reader(), (rows, newest_first), &arguments, JobRun).await
    }
}
