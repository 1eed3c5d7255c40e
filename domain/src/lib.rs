//! The hub's pure rules: what a name means, what a device is billed as, which vendor records are one machine, what a
//! check finds, what changed between two days.
//!
//! Nothing here reads a clock, a database, a network or a random number: every function of this crate gives the same
//! answer for the same input, in whatever order the input comes. The authority for the rules is
//! `shared/reference/rules.md`; section numbers in the docs of this crate mean that page.

pub mod access;
pub mod alerting;
pub mod billing;
pub mod billing_report;
pub mod checks;
pub mod clock;
pub mod collection;
pub mod counts;
pub mod device_type;
pub mod digest;
pub mod exception_life;
pub mod history;
pub mod hostname;
pub mod linking;
pub mod mac;
pub mod observation;
pub mod organization;
pub mod retention;
pub mod schedule;
pub mod search;
pub mod serial;
mod text;
pub mod usage;
pub mod vendor;
pub mod windows11;
