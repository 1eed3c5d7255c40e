//! Running one query or mutation within its time, and outliving a resolver that panics.

use std::{panic::AssertUnwindSafe, time::Duration};

use async_graphql::{Executor, Request, Response};
use futures::FutureExt;

use super::answer::{Code, Refusal};
use crate::graphql::Deadline;

/// Executes until done or `limit` has passed; then the execution is dropped where it stands, and what it had not
/// committed is rolled back. Resolvers that do much are told until when.
pub(crate) async fn execute<E: Executor>(executor: E, request: Request, limit: Duration) -> Result<Response, Refusal> {
    let request = request.data(Deadline::within(limit));
    let execution = AssertUnwindSafe(executor.execute(request)).catch_unwind();
    match tokio::time::timeout(limit, execution).await {
        Ok(Ok(response)) => Ok(response),
        Ok(Err(_panic)) => Err(panicked()),
        Err(_elapsed) => {
            let message = format!("the operation was stopped after {} s", limit.as_secs_f64());
            Err(Refusal::new(Code::Timeout, message))
        }
    }
}

/// The answer to an operation in which a resolver panicked. The panic itself is in the log, not in the answer.
pub(crate) fn panicked() -> Refusal {
    tracing::error!("a resolver panicked; the panic's message and place are in the line before");
    Refusal::new(Code::Internal, "internal error")
}
