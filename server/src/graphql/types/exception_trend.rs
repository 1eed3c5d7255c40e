//! How exceptions came and went.

use async_graphql::SimpleObject;

use super::Date;

/// What happened to exceptions on one day.
#[derive(Clone, Copy, Debug, SimpleObject)]
pub struct ExceptionTrendDay {
    /// The day.
    pub date: Date,
    /// How many were found, or found again.
    pub opened: i32,
    /// How many were resolved by a person or verified as gone.
    pub closed: i32,
    /// How many were unresolved when the day ended, snoozed ones included.
    pub open_at_end: i32,
}
