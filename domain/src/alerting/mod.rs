//! When something is wrong with a night, and when it is over (rules section 12).
//!
//! `judging` says of each concern (a kind of trouble with a vendor, the checks or an exception type) whether it is fine,
//! in trouble, or can't be told; `steps` compares that with the troubles that are known, so that each is told once when it
//! begins and once when it is over; `backoff` says when a message is tried again. Nothing here sends or stores, and
//! nothing is decided by what could not be seen: an unknown opens nothing and closes nothing.

mod backoff;
mod concern;
mod judging;
mod steps;
mod usual;

pub use backoff::wait_after;
pub use concern::{AlertKind, Concern, Subject};
pub use judging::{
    CheckEnd, ChecksEvidence, Expected, Judgement, OpenCounts, RunEnd, Scope, Trouble, VendorEvidence,
    VerificationSettings, judge_checks, judge_counts, judge_vendor,
};
pub use steps::{Step, steps};
pub use usual::{UsualRange, usual_range};
