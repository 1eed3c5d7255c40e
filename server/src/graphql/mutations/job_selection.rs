//! Which jobs a mutation is about: a batch with all its runs, or one run.

use async_graphql::{Context, ID};

use super::user_error::{UserError, UserErrorCode};
use crate::{
    graphql::{
        context::Hub,
        errors::Fault,
        loaders::{BatchId, RunId},
        node_id::NodeId,
        types::{JobBatch, JobRun},
    },
    inventory::jobs::JobSelection,
};

/// Exactly one of both ids is a selection.
pub(super) fn select(batch_id: Option<&ID>, job_id: Option<&ID>) -> Result<Result<JobSelection, UserError>, Fault> {
    Ok(match (batch_id, job_id) {
        (Some(id), None) => Ok(JobSelection::Batch(NodeId::job_batch(id)?)),
        (None, Some(id)) => Ok(JobSelection::Run(NodeId::job_run(id)?)),
        _ => Err(UserError::about("batchId", UserErrorCode::BadInput, "give either `batchId` or `jobId`")),
    })
}

/// The part of the input that names it.
pub(super) fn field(selected: &JobSelection) -> &'static str {
    match selected {
        JobSelection::Batch(_) => "batchId",
        JobSelection::Run(_) => "jobId",
    }
}

pub(super) fn not_found(selected: &JobSelection) -> UserError {
    UserError::about(field(selected), UserErrorCode::NotFound, "there is no such job")
}

/// What is selected, as it is now: the batch, and the run if one was named.
pub(super) async fn show(
    ctx: &Context<'_>,
    selected: &JobSelection,
) -> Result<(Option<JobBatch>, Option<JobRun>), Fault> {
    let (batch_id, run) = match selected {
        JobSelection::Batch(id) => (Some(id.clone()), None),
        JobSelection::Run(id) => {
            let run = ctx.load(RunId(id.clone())).await?;
            (run.as_ref().map(|run| run.batch_id.clone()), run)
        }
    };
    let batch = match batch_id {
        Some(id) => ctx.load(BatchId(id)).await?,
        None => None,
    };
    Ok((batch.map(JobBatch), run.map(JobRun)))
}
