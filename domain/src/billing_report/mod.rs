//! What a month is billed as (rules sections 5, 9, 10): its course by organization, what ThreatLocker has beside it, what
//! a closed month has to be corrected by, and the text that a closed month is hashed by.
//!
//! Everything is computed from the counts of one day and from what changed from day to day, walked back. It refuses to see
//! a day's devices: a report can be told years after the days themselves were dropped.

mod adjustment;
mod content;
mod course;
mod explanation;
mod gap;
#[cfg(test)]
mod history_tests;
mod line;
mod line_change;
mod month;
#[cfg(test)]
mod tests;
mod units;

pub use adjustment::{Adjustment, ClosedFigures, adjustments};
pub use content::{Content, ContentFormat};
pub use course::{Course, Span, courses};
pub use explanation::{Explanation, OpenException, TypeShare, explain};
pub use gap::{Gap, GapKind};
pub use line::{LeftOut, Line, Report, total};
pub use line_change::{BilledChange, ChangeKind, LineChange, Standing, Transition, line_changes};
pub use month::{Month, NotAMonth};
pub use units::Units;
