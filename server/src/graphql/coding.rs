//! Gives a code to the errors that async-graphql makes itself, so that every error of an answer has one.

use async_graphql::ServerError;

use super::errors::ErrorCode;

/// The error with this code, unless it has one.
pub(super) fn coded(mut error: ServerError, code: ErrorCode) -> ServerError {
    let extensions = error.extensions.get_or_insert_default();
    if extensions.get("code").is_none() {
        extensions.set("code", code.as_str());
    }
    error
}
