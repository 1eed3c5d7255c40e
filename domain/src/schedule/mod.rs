//! When something that repeats is due (rules section 3): cron texts in the business time zone, and what becomes of slots
//! that nobody took in time.
//!
//! Which slots were taken is handed in, so a restart, a second server and a clock that jumps are all the same here: other
//! input. It refuses to know what a schedule's work does, and never takes two slots of one schedule at a time.

mod cron_text;
mod misfire;
mod timing;

#[cfg(test)]
mod cron_text_tests;
#[cfg(test)]
mod timing_tests;

pub use self::{
    cron_text::{BadCron, CronText},
    misfire::{Grace, Misfire, PassedOver},
    timing::{Due, Standing, Timing},
};
use crate::vendor::Vendor;

/// What a schedule runs.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Work {
    /// A vendor's collector.
    Collect(Vendor),
    /// The cross-vendor checks.
    Check,
    /// Counting month ends and dropping old days.
    Retain,
    /// Looking whether the night went well.
    Verify,
}

impl Work {
    /// Whether it is a batch of its own, which waits for everything else, and not a part of the night's.
    pub const fn is_alone(self) -> bool {
        matches!(self, Self::Retain | Self::Verify)
    }

    /// The vendor that it collects.
    pub const fn vendor(self) -> Option<Vendor> {
        match self {
            Self::Collect(vendor) => Some(vendor),
            Self::Check | Self::Retain | Self::Verify => None,
        }
    }
}

/// Something that repeats.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Schedule {
    /// The name that its slots are stored under.
    pub name: &'static str,
    /// When it is due, and what becomes of slots that nobody took in time.
    pub timing: Timing,
    /// What it runs.
    pub work: Work,
}
