//! Counts of devices: what a seat and an endpoint add up to, and which stored day answers for a date or an interval
//! (rules sections 5 and 10).
//!
//! It refuses to count devices one by one: whoever asks brings the sums of a day.

mod interval;
mod stored_days;
mod tally;
#[cfg(test)]
mod tests;

pub use self::{
    interval::{Interval, month_end, month_start},
    stored_days::{Point, Source, Sources, StoredDays},
    tally::{Spares, Tally, seat_types},
};
