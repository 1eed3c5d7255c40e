//! Exceptions: findings become rows that live on, and people work on them (rules section 8).
//!
//! `applying` brings them in line with what a check found, `changing` does what a person wants of those that `selecting`
//! names. Both write the row, its period of being open and an entry of its history in one transaction; `rows` says how a
//! row changes, `periods` when it was open. Who acts is told by the caller; what may be done is decided in `domain`.

mod applying;
mod changing;
mod opening;
mod periods;
mod rows;
mod selecting;

pub use applying::Applied;
pub(crate) use applying::Findings;
pub use changing::{ChangeReport, ChangeResult, Changed, Outcome};
pub use domain::exception_life::{Change, EventKind, Resolution, Verdict};
pub(crate) use periods::close_resolved_elsewhere;
pub use selecting::{Selection, Wanted};

/// Who acts when a check opens and closes exceptions.
pub const CHECKS_ACTOR: &str = "checks";
