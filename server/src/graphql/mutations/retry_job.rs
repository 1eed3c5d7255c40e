//! `retryJob`.

use async_graphql::{Context, ID, InputObject, Object, SimpleObject};

use super::{
    job_selection::{field, not_found, select},
    user_error::{UserError, UserErrorCode},
};
use crate::{
    graphql::{context::Hub, errors::Fault, types::JobBatch},
    inventory::jobs::{JobSelection, Retrying},
};

/// What to do again: what did not complete of a batch, or one run. Exactly one of both is given.
#[derive(Clone, Debug, InputObject)]
pub struct RetryJobInput {
    /// The id of a job batch; null when `jobId` is given.
    batch_id: Option<ID>,
    /// The id of a job run; null when `batchId` is given.
    job_id: Option<ID>,
}

/// What came of doing it again.
#[derive(Clone, Debug, Default, SimpleObject)]
pub struct RetryJobPayload {
    /// The new order, whose `retryOf` is the old one; or the one that does the same already. Null when there is none.
    batch: Option<JobBatch>,
    /// Whether the same was at work already: nothing new was started, and `batch` is that order.
    already_running: bool,
    /// Why nothing is done again; empty when it is.
    user_errors: Vec<UserError>,
}

impl RetryJobPayload {
    fn refused(error: UserError) -> Self {
        Self { user_errors: vec![error], ..Self::default() }
    }

    fn of(retrying: Retrying, selected: &JobSelection) -> Self {
        let about = |code, message: &str| Self::refused(UserError::about(field(selected), code, message));
        match retrying {
            Retrying::Started(started) => {
                let already_running = started.already_running;
                Self { batch: Some(JobBatch(started.batch)), already_running, user_errors: Vec::new() }
            }
            Retrying::NotEnded => about(UserErrorCode::NotEnded, "it has not ended yet"),
            Retrying::NothingToRetry => about(UserErrorCode::NothingToRetry, "all of it completed"),
            Retrying::NotConfigured(vendor) => Self::refused(UserError::not_configured(vendor)),
            Retrying::NotFound => Self::refused(not_found(selected)),
        }
    }
}

#[derive(Clone, Copy, Debug, Default)]
pub(super) struct RetryJobMutation;

#[Object]
impl RetryJobMutation {
    /// Orders anew what failed, was partial, held, cancelled or skipped; the old record stays as it is. Of a batch, the
    /// checks run again with a collector that does; and with a collector of today, whichever batch it was of, so do the checks
    /// of today if they have ended already. Checks alone are of the day that they were of; all else is of today. It waits for
    /// what collects the same vendor now.
    #[graphql(complexity = "1000 + child_complexity")]
    async fn retry_job(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "What to do again.")] input: RetryJobInput,
    ) -> Result<RetryJobPayload, Fault> {
        let selected = match select(input.batch_id.as_ref(), input.job_id.as_ref())? {
            Ok(selected) => selected,
            Err(error) => return Ok(RetryJobPayload::refused(error)),
        };
        let retrying = ctx.inventory().retry_jobs(&selected, ctx.principal().name()).await?;
        Ok(RetryJobPayload::of(retrying, &selected))
    }
}
