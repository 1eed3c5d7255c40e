//! Gives a code to the errors that async-graphql makes itself, so that every error of an answer has one.

use std::sync::Arc;

use async_graphql::{
    Response, ServerError, ServerResult, ValidationResult, Variables,
    extensions::{
        Extension, ExtensionContext, ExtensionFactory, NextParseQuery, NextRequest, NextSubscribe, NextValidation,
    },
    parser::types::ExecutableDocument,
};
use futures::{StreamExt, stream::BoxStream};

use super::errors::ErrorCode;

/// Codes for errors without one, by the stage that made them.
pub(super) struct Coding;

impl ExtensionFactory for Coding {
    fn create(&self) -> Arc<dyn Extension> {
        Arc::new(Self)
    }
}

#[async_trait::async_trait]
impl Extension for Coding {
    async fn parse_query(
        &self,
        ctx: &ExtensionContext<'_>,
        query: &str,
        variables: &Variables,
        next: NextParseQuery<'_>,
    ) -> ServerResult<ExecutableDocument> {
        let parsed = next.run(ctx, query, variables).await;
        parsed.map_err(|error| coded(error, ErrorCode::ParseFailed))
    }

    async fn validation(
        &self,
        ctx: &ExtensionContext<'_>,
        next: NextValidation<'_>,
    ) -> Result<ValidationResult, Vec<ServerError>> {
        let validated = next.run(ctx).await;
        validated.map_err(|errors| errors.into_iter().map(|error| coded(error, ErrorCode::ValidationFailed)).collect())
    }

    async fn request(&self, ctx: &ExtensionContext<'_>, next: NextRequest<'_>) -> Response {
        answered(next.run(ctx).await)
    }

    fn subscribe<'s>(
        &self,
        ctx: &ExtensionContext<'_>,
        stream: BoxStream<'s, Response>,
        next: NextSubscribe<'_>,
    ) -> BoxStream<'s, Response> {
        next.run(ctx, stream).map(answered).boxed()
    }
}

/// Our resolvers' errors have their codes by now; what is left is an argument that could not be read (with a path), or a
/// request that does not say which operation to run (without one).
fn answered(mut response: Response) -> Response {
    for error in &mut response.errors {
        let is_of_request = error.path.is_empty();
        let code = if is_of_request { ErrorCode::OperationResolutionFailure } else { ErrorCode::BadUserInput };
        *error = coded(std::mem::replace(error, ServerError::new("", None)), code);
    }
    response
}

fn coded(mut error: ServerError, code: ErrorCode) -> ServerError {
    let extensions = error.extensions.get_or_insert_default();
    if extensions.get("code").is_none() {
        extensions.set("code", code.as_str());
    }
    error
}
