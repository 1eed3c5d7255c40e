//! `exceptions`, `exception`, `exceptionSummary` and `exceptionTrend`: the work list and its numbers.
//!
//! One filter and one set of statuses serve the list, its counts and the past, so that they can't disagree: the summary
//! groups the very rows that the list shows. The trend counts the periods in which exceptions were open. Nothing here
//! writes, and nothing guesses what was not kept about a past day.

mod filter;
mod list;
mod order;
mod standpoint;
mod status;
mod summary;
mod trend;

pub use self::{
    filter::ExceptionFilter,
    order::{ExceptionOrder, ExceptionOrderField},
    trend::ExceptionTrendFilter,
};
pub(super) use self::{list::ExceptionQueries, summary::ExceptionSummaryQueries, trend::ExceptionTrendQueries};
pub(in crate::graphql) use self::{
    standpoint::Standpoint,
    status::{age_days, status_of},
};
