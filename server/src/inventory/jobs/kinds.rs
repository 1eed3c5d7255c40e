//! The kinds of jobs, one entry each: its name, what it waits for, what it runs.

use std::fmt;

use entity::job_run;
use futures::future::BoxFuture;

use super::Claimed;
use crate::inventory::{Inventory, InventoryError, checking::CheckReport, retention::RetentionReport};

/// Job name of the cross-vendor checks.
pub const CHECKS_JOB: &str = "cross-vendor-checks";

/// Job name of counting month ends and dropping old days.
pub const RETENTION_JOB: &str = "retention";

/// Job name of looking whether a night went well.
pub const VERIFICATION_JOB: &str = "verification";

/// What must be over before a job begins. A run waits for what is before it in its own batch; a patient one (those of the
/// schedule, for example) also for what was ordered before it elsewhere.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum After {
    /// The collection of its vendor that is at work.
    ItsVendor,
    /// Collectors.
    Collectors,
    /// Everything that does not wait for everything itself.
    Everything,
}

/// A kind of job.
pub(super) struct Job {
    /// The name of its runs; a collector's begins with its vendor.
    pub(super) name: &'static str,
    /// What must be over before it begins.
    pub(super) after: After,
    /// Does it, and ends the run in the same transaction.
    pub(super) run: for<'a> fn(&'a Inventory, &'a Claimed) -> BoxFuture<'a, Result<Report, InventoryError>>,
    /// What stays of it when its process dies, for the record.
    pub(super) when_lost: &'static str,
}

/// What a job has to say beyond its run.
#[derive(Clone, Debug)]
pub(crate) enum Report {
    /// The run says it all.
    Collection,
    /// Of the checks.
    Checks(CheckReport),
    /// Of the retention.
    Retention(RetentionReport),
    /// What began and what is over is told by alerts.
    Verification,
}

const NOTHING_STORED: &str = "nothing of it was stored";

/// Every vendor's collector.
const COLLECTOR: Job = Job {
    name: "collector",
    after: After::ItsVendor,
    run: |hub, claimed| {
        Box::pin(async move {
            hub.collect(claimed).await?;
            Ok(Report::Collection)
        })
    },
    when_lost: NOTHING_STORED,
};

/// All others, by name.
const JOBS: [Job; 3] = [
    Job {
        name: CHECKS_JOB,
        after: After::Collectors,
        run: |hub, claimed| Box::pin(async move { Ok(Report::Checks(hub.run_checks(&claimed.run).await?.1)) }),
        when_lost: NOTHING_STORED,
    },
    Job {
        name: RETENTION_JOB,
        after: After::Everything,
        run: |hub, claimed| Box::pin(async move { Ok(Report::Retention(hub.run_retention(&claimed.run).await?.1)) }),
        when_lost: "the next retention finishes what it began",
    },
    Job {
        name: VERIFICATION_JOB,
        after: After::Everything,
        run: |hub, claimed| {
            Box::pin(async move {
                hub.run_verification(&claimed.run).await?;
                Ok(Report::Verification)
            })
        },
        when_lost: NOTHING_STORED,
    },
];

impl fmt::Debug for Job {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Job").field("name", &self.name).field("after", &self.after).finish_non_exhaustive()
    }
}

impl Job {
    /// The kind of a run; `None` for one that only a newer hub knows.
    pub(super) fn of(run: &job_run::Model) -> Option<&'static Self> {
        match run.vendor_id {
            Some(_) => Some(&COLLECTOR),
            None => JOBS.iter().find(|job| job.name == run.job_name),
        }
    }
}
