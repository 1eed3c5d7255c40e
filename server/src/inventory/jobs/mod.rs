//! Jobs: the record of what was ordered, how far it is and how it ended (rules section 12), and the work itself.
//!
//! An order is rows and nothing else. Whoever serves takes runs that wait, or whose process has been silent for longer than
//! its lease; what a run waits for is decided when it is taken. A run's number of attempts is its fence: whatever a run
//! writes is in one transaction with the record of its end, and that names the attempt, so that a process that comes back
//! after it was taken for dead changes nothing. This module refuses to keep anything in memory that another process would
//! need to go on.

mod at_work;
mod attempts;
mod cancelling;
mod claiming;
mod closing;
mod ending;
mod estimating;
mod heartbeat;
mod kinds;
mod progress;
mod retrying;
mod status;
mod turn;
mod updates;
mod vendor_lease;
mod working;

pub(crate) use self::{
    at_work::AtWork,
    claiming::Claimed,
    closing::list_runs,
    ending::{Ending, spell_out},
    kinds::Report,
    updates::Updates,
};
pub use self::{
    cancelling::{Cancelling, JobSelection},
    kinds::{CHECKS_JOB, RETENTION_JOB, VERIFICATION_JOB},
    retrying::Retrying,
    status::{JobStatus, Trigger},
    updates::{JobUpdate, is_change},
};
