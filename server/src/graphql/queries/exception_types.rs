//! `exceptionTypes`.

use async_graphql::Object;
use domain::checks::ExceptionType;

use crate::graphql::types::ExceptionTypeInfo;

#[derive(Clone, Copy, Debug, Default)]
pub(super) struct ExceptionTypeQueries;

#[Object]
impl ExceptionTypeQueries {
    /// Every kind of trouble that checks look for, switched on or off.
    async fn exception_types(&self) -> Vec<ExceptionTypeInfo> {
        ExceptionType::ALL.into_iter().map(ExceptionTypeInfo).collect()
    }
}
