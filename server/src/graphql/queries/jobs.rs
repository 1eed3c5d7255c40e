//! `jobBatches` and `jobRuns`.

use async_graphql::{Context, InputObject, Object};
use entity::{job_batch, job_run};
use sea_orm::{ColumnTrait, Condition, EntityTrait, QueryFilter, QuerySelect, QueryTrait, sea_query::Expr};

use crate::{
    graphql::{
        context::Hub,
        errors::Fault,
        filters::{
            DateFilter, DateTimeFilter, Filter, IdFilter, JobStatusFilter, JobTriggerFilter, Joined, OrderDirection,
            VendorFilter, both, bounded, condition, one_of,
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
    /// By the vendors that it collects: it has a run of one of these.
    vendor: Option<VendorFilter>,
    /// By the names of its runs: it has one of these.
    job_name: Option<JobNameFilter>,
    /// All of these filters hold; an empty list holds.
    and: Option<Vec<JobBatchFilter>>,
    /// At least one of these filters holds; an empty list does not.
    or: Option<Vec<JobBatchFilter>>,
    /// This filter does not hold.
    not: Option<Box<JobBatchFilter>>,
}

impl Filter for JobBatchFilter {
    fn fields(&self, reference: &Reference) -> Result<Condition, Fault> {
        use job_batch::Column;
        let has_run = |runs: Expr| {
            let found = job_run::Entity::find().select_only().column(job_run::Column::BatchId).filter(runs);
            Column::BatchId.in_subquery(found.into_query())
        };
        let vendors = self.vendor.as_ref().and_then(|asked| asked.on_some(job_run::Column::VendorId, reference));
        let names = self.job_name.as_ref().map(JobNameFilter::on).transpose()?.flatten();
        let triggers = self.trigger.as_ref().and_then(JobTriggerFilter::values);
        Ok(Condition::all()
            .add_option(self.status.as_ref().and_then(status_codes).map(|codes| one_of(Column::Status, codes)))
            .add_option(triggers.map(|all| one_of(Column::Trigger, all.into_iter().map(JobTrigger::code))))
            .add_option(self.created_at.as_ref().map(|asked| asked.on(Column::CreatedAt)).transpose()?)
            .add_option(vendors.map(has_run))
            .add_option(names.map(has_run)))
    }

    fn joined(&self) -> Joined<'_, Self> {
        Joined { and: self.and.as_deref(), or: self.or.as_deref(), not: self.not.as_deref() }
    }
}

/// Asks for the name of a run, such as `ninja-collector` or `cross-vendor-checks`. Operators that are null are not asked.
#[derive(Clone, Debug, Default, InputObject)]
pub struct JobNameFilter {
    /// Is this name.
    eq: Option<String>,
    /// Is one of these names, at most 1000; an empty list matches nothing.
    r#in: Option<Vec<String>>,
}

impl JobNameFilter {
    fn on(&self) -> Result<Option<Expr>, Fault> {
        let among = self.r#in.as_deref().map(bounded).transpose()?;
        let names = both(self.eq.clone(), among.map(<[String]>::to_vec));
        // No job's name has a NUL, and PostgreSQL takes none.
        let names = names.map(|names| names.into_iter().filter(|name| !name.contains('\0')));
        Ok(names.map(|names| one_of(job_run::Column::JobName, names)))
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
    /// By its name.
    name: Option<JobNameFilter>,
    /// By what ordered its batch.
    trigger: Option<JobTriggerFilter>,
    /// By the order it belongs to; every run has one.
    batch: Option<IdFilter>,
    /// By the day it works on.
    business_date: Option<DateFilter>,
    /// By when it was ordered.
    created_at: Option<DateTimeFilter>,
    /// By when it ended.
    ended_at: Option<DateTimeFilter>,
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
        let triggers = self.trigger.as_ref().and_then(JobTriggerFilter::values);
        let of_batches = |triggers: Vec<JobTrigger>| {
            let codes = triggers.into_iter().map(JobTrigger::code);
            let found = job_batch::Entity::find().select_only().column(job_batch::Column::BatchId);
            Column::BatchId.in_subquery(found.filter(one_of(job_batch::Column::Trigger, codes)).into_query())
        };
        Ok(Condition::all()
            .add_option(self.status.as_ref().and_then(status_codes).map(|codes| one_of(Column::Status, codes)))
            .add_option(self.vendor.as_ref().and_then(|asked| asked.on_some(job_run::Column::VendorId, reference)))
            .add_option(self.name.as_ref().map(JobNameFilter::on).transpose()?.flatten())
            .add_option(triggers.map(of_batches))
            .add_option(self.ended_at.as_ref().map(|asked| asked.on(Column::EndedAt)).transpose()?)
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
