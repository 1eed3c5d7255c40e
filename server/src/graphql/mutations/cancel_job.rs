//! `cancelJob`.

use async_graphql::{Context, ID, InputObject, Object, SimpleObject};

use super::{
    job_selection::{field, not_found, select, show},
    user_error::{UserError, UserErrorCode},
};
use crate::{
    graphql::{
        context::Hub,
        errors::Fault,
        types::{JobBatch, JobRun},
    },
    inventory::jobs::Cancelling,
};

/// What to stop: a batch with all its runs, or one run. Exactly one of both is given.
#[derive(Clone, Debug, InputObject)]
pub struct CancelJobInput {
    /// The id of a job batch; null when `jobId` is given.
    batch_id: Option<ID>,
    /// The id of a job run; null when `batchId` is given. What waits for it goes on without it.
    job_id: Option<ID>,
}

/// What came of stopping.
#[derive(Clone, Debug, Default, SimpleObject)]
pub struct CancelJobPayload {
    /// The order as it is now: what waited has ended, what is at work ends within seconds, or if its
    /// server has died, once its lease has run out; follow it by `jobProgress`. Null
    /// when there is none.
    batch: Option<JobBatch>,
    /// The run that was named, as it is now; null when a batch was named.
    run: Option<JobRun>,
    /// Why nothing was stopped; empty when something was.
    user_errors: Vec<UserError>,
}

#[derive(Clone, Copy, Debug, Default)]
pub(super) struct CancelJobMutation;

#[Object]
impl CancelJobMutation {
    /// Stops a batch or a run, on whichever server it is at work: it ends CANCELLED, and nothing of it is stored. A run that
    /// is just being committed may still complete. A retention keeps what it has done so far.
    #[graphql(complexity = "100 + child_complexity")]
    async fn cancel_job(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "What to stop.")] input: CancelJobInput,
    ) -> Result<CancelJobPayload, Fault> {
        let selected = match select(input.batch_id.as_ref(), input.job_id.as_ref())? {
            Ok(selected) => selected,
            Err(error) => return Ok(CancelJobPayload { user_errors: vec![error], ..CancelJobPayload::default() }),
        };
        let cancelling = ctx.inventory().cancel_jobs(&selected, ctx.principal().name()).await?;
        let error = match cancelling {
            Cancelling::Asked => None,
            Cancelling::NotFound => Some(not_found(&selected)),
            Cancelling::AlreadyEnded => {
                Some(UserError::about(field(&selected), UserErrorCode::AlreadyEnded, "it has ended already"))
            }
        };
        let (batch, run) = show(ctx, &selected).await?;
        Ok(CancelJobPayload { batch, run, user_errors: error.into_iter().collect() })
    }
}
