//! Whose turn it is, decided from the open runs alone.

use std::time::Duration;

use chrono::{DateTime, Utc};
use entity::job_run;

use super::{
    JobStatus,
    kinds::{After, Job},
};

/// Whose runs are looked at.
#[derive(Clone, Copy, Debug)]
pub(super) enum Scope<'a> {
    /// Everybody's, but those that a living process keeps for itself.
    All,
    /// Those of one batch that this process keeps for itself.
    Batch(&'a str),
}

/// Who looks, and when.
#[derive(Clone, Copy, Debug)]
pub(super) struct Looker<'a> {
    pub(super) holder: &'a str,
    pub(super) now: DateTime<Utc>,
    /// How long a run may be silent.
    pub(super) lease: Duration,
}

impl Looker<'_> {
    /// Whether nobody else has the run: it waits for anybody, its process is silent, or it was kept for this one.
    pub(super) fn may_take(self, run: &job_run::Model, scope: Scope<'_>) -> bool {
        let is_waiting = run.status == JobStatus::Queued.code();
        let is_anybodys = is_waiting && run.holder.is_none();
        match scope {
            Scope::All => is_anybodys || (self.is_silent(run) && !self.is_own(run)),
            Scope::Batch(batch_id) => {
                run.batch_id == batch_id && (self.is_own(run) || is_anybodys || self.is_silent(run))
            }
        }
    }

    /// Whether a run that is nothing for this process is left to others for now: until a lease after it was free.
    pub(super) fn leaves(self, run: &job_run::Model) -> bool {
        let is_young = run.lease_expires_at + self.lease > self.now && !is_of_ahead(run.lease_expires_at, self);
        is_young && !self.is_own(run)
    }

    /// Whether another open run must end first. A run of a kind that is not known here waits for ever.
    pub(super) fn must_wait(self, run: &job_run::Model, open: &[job_run::Model]) -> bool {
        let Some(job) = Job::of(run) else { return true };
        open.iter().any(|other| other.job_id != run.job_id && self.is_before(other, run, job.after))
    }

    fn is_before(self, other: &job_run::Model, run: &job_run::Model, after: After) -> bool {
        let waits = other.batch_id == run.batch_id || (run.patient && other.created_at <= run.created_at);
        let is_running = other.status == JobStatus::Running.code();
        match after {
            // Whoever is impatient is told that somebody else collects the vendor.
            After::ItsVendor => run.patient && other.vendor_id == run.vendor_id && is_running,
            // That may be the one which a collector of the same batch gave way to. One that is silent may be nobody's.
            After::Collectors => other.vendor_id.is_some() && (waits || (is_running && !self.is_silent(other))),
            After::Everything => waits && Job::of(other).is_none_or(|job| job.after != After::Everything),
        }
    }

    fn is_own(self, run: &job_run::Model) -> bool {
        run.status == JobStatus::Queued.code() && run.holder.as_deref() == Some(self.holder)
    }

    /// Whether its lease has run out, or was written by a clock that was ahead: nobody knows then when it would.
    fn is_silent(self, run: &job_run::Model) -> bool {
        run.lease_expires_at < self.now || is_of_ahead(run.lease_expires_at, self)
    }
}

/// Whether a lease is longer than any that is taken now, by clocks that differ by as much as a lease.
fn is_of_ahead(expires_at: DateTime<Utc>, looker: Looker<'_>) -> bool {
    expires_at > looker.now + looker.lease * 2
}

#[cfg(test)]
mod tests {
    use chrono::TimeDelta;

    use super::*;
    use crate::inventory::jobs::{CHECKS_JOB, RETENTION_JOB};

    fn start() -> DateTime<Utc> {
        DateTime::UNIX_EPOCH
    }

    /// Looks five minutes after the start, by leases of two minutes.
    fn me() -> Looker<'static> {
        Looker { holder: "me", now: start() + TimeDelta::minutes(5), lease: Duration::from_mins(2) }
    }

    fn must_wait(run: &job_run::Model, open: &[job_run::Model]) -> bool {
        me().must_wait(run, open)
    }

    /// A run that waits for anybody, ordered this many minutes after the start.
    fn run(job_id: &str, batch_id: &str, name: &str, minutes: i64) -> job_run::Model {
        let created_at = start() + TimeDelta::minutes(minutes);
        job_run::Model {
            job_id: job_id.to_owned(),
            batch_id: batch_id.to_owned(),
            job_name: name.to_owned(),
            status: "queued".to_owned(),
            vendor_id: name.ends_with("-collector").then_some(if name.starts_with("ninja") { 3 } else { 4 }),
            business_date: start().date_naive(),
            collection_id: None,
            created_at,
            started_at: None,
            updated_at: created_at,
            ended_at: None,
            lease_expires_at: created_at,
            progress_percent: 0,
            pages_fetched: 0,
            rows_stored: 0,
            message: None,
            error: None,
            duration_seconds: None,
            holder: None,
            attempt: 0,
            lost_attempts: 0,
            patient: false,
            cancel_requested_at: None,
            cancelled_by: None,
            estimated_completion: None,
        }
    }

    fn patient(run: job_run::Model) -> job_run::Model {
        job_run::Model { patient: true, ..run }
    }

    fn running(run: job_run::Model, holder: &str, lease_minutes: i64) -> job_run::Model {
        let lease_expires_at = start() + TimeDelta::minutes(lease_minutes);
        job_run::Model {
            status: "running".to_owned(),
            holder: Some(holder.to_owned()),
            lease_expires_at,
            attempt: 1,
            ..run
        }
    }

    #[test]
    fn checks_wait_for_the_collectors_of_their_batch_and_patient_ones_for_all_that_were_ordered_before() {
        let checks = run("c", "one", CHECKS_JOB, 5);
        let own = run("n", "one", "ninja-collector", 5);
        let (earlier, later) = (run("e", "two", "ninja-collector", 1), run("l", "two", "ninja-collector", 9));
        assert!(must_wait(&checks, &[checks.clone(), own]));
        assert!(!must_wait(&checks, std::slice::from_ref(&earlier)));
        assert!(must_wait(&patient(checks.clone()), &[earlier]));
        assert!(!must_wait(&patient(checks), &[later]), "what comes after would keep it waiting for ever");
    }

    #[test]
    fn checks_wait_for_every_collector_that_is_at_work() {
        let checks = run("c", "one", CHECKS_JOB, 5);
        for ordered in [1, 9] {
            let other = run("o", "two", "ninja-collector", ordered);
            assert!(must_wait(&checks, &[running(other.clone(), "other", 6)]), "{ordered}");
            assert!(!must_wait(&checks, &[running(other.clone(), "other", 4)]), "its process may be dead: {ordered}");
            assert!(!must_wait(&checks, &[running(other, "ahead", 10)]), "the same: {ordered}");
        }
        assert!(!must_wait(&checks, &[running(run("o", "two", RETENTION_JOB, 1), "other", 6)]));
    }

    #[test]
    fn what_is_nothing_for_this_process_is_left_to_others_for_a_lease() {
        let waiting = |lease_minutes| job_run::Model {
            lease_expires_at: start() + TimeDelta::minutes(lease_minutes),
            ..run("n", "one", "ninja-collector", 0)
        };
        for (lease_minutes, leaves) in [(2, false), (3, false), (4, true), (7, true), (10, false)] {
            assert_eq!(me().leaves(&waiting(lease_minutes)), leaves, "{lease_minutes}");
        }
        let kept = job_run::Model { holder: Some("me".to_owned()), ..waiting(7) };
        assert!(!me().leaves(&kept), "nobody else will take it");
    }

    #[test]
    fn a_retention_waits_for_everything_but_another_retention() {
        let retention = patient(run("r", "one", RETENTION_JOB, 5));
        for (other, waits) in
            [(CHECKS_JOB, true), ("ninja-collector", true), ("of-a-newer-hub", true), (RETENTION_JOB, false)]
        {
            assert_eq!(must_wait(&retention, &[run("o", "two", other, 5)]), waits, "{other}");
        }
        assert!(!must_wait(&run("r", "one", RETENTION_JOB, 5), &[run("o", "two", CHECKS_JOB, 1)]));
    }

    #[test]
    fn a_patient_collector_waits_while_its_vendor_is_collected() {
        let collector = run("n", "one", "ninja-collector", 5);
        let same = running(run("s", "two", "ninja-collector", 1), "other", 9);
        let other = running(run("o", "two", "threatlocker-collector", 1), "other", 9);
        assert!(must_wait(&patient(collector.clone()), &[other.clone(), same.clone()]));
        assert!(!must_wait(&patient(collector.clone()), &[other]));
        assert!(!must_wait(&collector, &[same]), "it is told, and does not wait");
    }

    #[test]
    fn what_nobody_knows_waits() {
        let strange = run("x", "one", "of-a-newer-hub", 0);
        assert!(must_wait(&strange, std::slice::from_ref(&strange)));
    }

    #[test]
    fn a_run_is_taken_when_nobody_has_it() {
        let free = run("a", "one", CHECKS_JOB, 0);
        let alive = running(free.clone(), "other", 6);
        let silent = running(free.clone(), "other", 4);
        let kept = |holder: &str, minutes| job_run::Model {
            status: "queued".to_owned(),
            ..running(free.clone(), holder, minutes)
        };
        let cases = [
            (&free, true, true),
            (&alive, false, false),
            (&silent, true, true),
            (&running(free.clone(), "other", 9), false, false),
            (&running(free.clone(), "ahead", 10), true, true),
            (&kept("other", 6), false, false),
            (&kept("other", 4), true, true),
            (&kept("ahead", 10), true, true),
            (&kept("me", 6), false, true),
            (&kept("me", 4), false, true),
        ];
        for (run, all, batch) in cases {
            assert_eq!(me().may_take(run, Scope::All), all, "{run:?}");
            assert_eq!(me().may_take(run, Scope::Batch("one")), batch, "{run:?}");
            assert!(!me().may_take(run, Scope::Batch("two")), "{run:?}");
        }
    }
}
