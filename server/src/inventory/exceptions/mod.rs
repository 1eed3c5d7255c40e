//! Exceptions: findings become rows that live on, and people work on them (rules section 8).
//!
//! `applying` brings them in line with what a check found, `resolving` does what a person decided. Both write the row, its
//! period of being open and an entry of its history in one transaction; `rows` says how a row changes, `periods` when it
//! was open.

mod applying;
mod opening;
mod periods;
mod resolving;
mod rows;

pub use applying::Applied;
pub(crate) use applying::Findings;
pub use domain::exception_life::Resolution;
pub use resolving::{Resolve, ResolveOutcome};

/// Who acts when a check opens and closes exceptions.
pub const CHECKS_ACTOR: &str = "checks";
