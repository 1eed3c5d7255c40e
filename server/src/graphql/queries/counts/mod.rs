//! `counts` and `countSeries`: how many devices there are, for a date and over time.
//!
//! Both take one filter, and a point of a series tells what `counts` tells for its date. They refuse dates to come and dates
//! without counts instead of answering zero.

mod date;
mod filter;
mod series;

pub use self::filter::CountFilter;
pub(super) use self::{date::CountQueries, series::CountSeriesQueries};
