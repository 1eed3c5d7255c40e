//! Running the checks on a day, and bringing the exceptions in line (rules section 8).

use std::collections::HashSet;

use chrono::{DateTime, NaiveDate, Utc};
use domain::{
    checks::{BusinessDay, CHECKS, Check, Compares, DayInventory, Finding},
    exception_life::Evidence,
    linking::{self, Linking},
    vendor::Vendor,
};
use entity::job_run;
use sea_orm::{ColumnTrait, ConnectionTrait, DatabaseTransaction, EntityTrait, QueryFilter, QueryOrder};
use serde::Serialize;

use super::{
    Inventory, InventoryError,
    batches::check_ending,
    bulk,
    database::refresh_statistics,
    deciding::load_decisions,
    exceptions::{Applied, Findings, close_resolved_elsewhere},
    jobs::{CHECKS_JOB, JobStatus},
};

/// What the checks of one day found and did.
#[derive(Clone, Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct CheckReport {
    /// The day that was checked.
    pub date: NaiveDate,
    /// Whether exceptions were brought in line. A day older than the last one checked is only looked at: closing or
    /// opening today's exceptions by old data would undo newer knowledge.
    pub applied: bool,
    /// The checks that ran.
    pub ran: Vec<CheckResult>,
    /// The checks that did not.
    pub skipped: Vec<SkippedCheck>,
}

/// What one check found.
#[derive(Clone, Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct CheckResult {
    /// The exception type.
    pub exception_type: &'static str,
    /// How many findings the day has.
    pub found: usize,
    /// New exceptions.
    pub opened: usize,
    /// Resolved exceptions that were found again.
    pub reopened: usize,
    /// Open exceptions that are gone.
    pub verified: usize,
}

/// A check that did not run, and why.
#[derive(Clone, Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct SkippedCheck {
    /// The exception type.
    pub exception_type: &'static str,
    /// The reason, a sentence.
    pub reason: String,
}

/// The vendors' complete days of one date.
struct Days(Vec<(Vendor, DateTime<Utc>)>);

impl Days {
    /// Since when the data of all these vendors is at least that fresh; the first vendor without a day otherwise.
    fn evidence(&self, compares: &[Vendor], date: NaiveDate) -> Result<Evidence, Vendor> {
        let collected = compares.iter().map(|vendor| {
            self.0.iter().find(|(known, _)| known == vendor).map(|(_, collected_at)| *collected_at).ok_or(*vendor)
        });
        let earliest = collected.collect::<Result<Vec<_>, _>>()?.into_iter().min().unwrap_or_default();
        Ok(Evidence { date, collected_at: earliest })
    }
}

/// Vendors that a check can judge together on the day, and how fresh their data is.
struct Ready {
    vendors: &'static [Vendor],
    evidence: Evidence,
}

impl Inventory {
    /// Runs every check that is on for the run's day whose vendors have complete snapshots, and ends the run.
    #[tracing::instrument(name = "checks", skip_all, fields(job_id = run.job_id))]
    pub(crate) async fn run_checks(
        &self,
        run: &job_run::Model,
    ) -> Result<(job_run::Model, CheckReport), InventoryError> {
        let transaction = self.database.begin_storing().await?;
        let (report, _) = self.check_day(&transaction, run.business_date, None).await?;
        refresh_statistics(&*transaction, None).await?;
        let ended = self.close_run(&*transaction, run, check_ending(&report)).await?;
        transaction.commit().await?;
        Ok((self.publish(ended), report))
    }

    /// Runs the checks on a day: for all exceptions, or only for those that concern one of these identities. Answers what
    /// ran, and which exceptions it changed.
    async fn check_day(
        &self,
        transaction: &DatabaseTransaction,
        date: NaiveDate,
        about: Option<&HashSet<i64>>,
    ) -> Result<(CheckReport, Applied), InventoryError> {
        let is_newest = self.last_checked_day(transaction).await?.is_none_or(|last| date >= last);
        let applied = is_newest || about.is_some();
        let (sightings, linkables) = self.load_day(transaction, date, None).await?;
        let linking = linking::link(&linkables, &load_decisions(transaction).await?);
        let inventory = DayInventory::new(self.business_day(date), &sightings, &linking);
        // One by one would be more work than all, and more keys than a statement takes.
        let concerned =
            about.map(|about| concerned(about, &linking)).filter(|ids| ids.len() <= bulk::KEYS_PER_STATEMENT);
        if applied {
            close_resolved_elsewhere(transaction, date, self.now()).await?;
        }
        self.apply_checks(transaction, &inventory, (concerned.as_ref(), applied)).await
    }

    /// Runs the checks on some identities that nobody else of the day is linked to or compared with, for the exceptions
    /// about them: what the checks of the whole day find of these. The evidence stays that of the day's collections.
    pub(crate) async fn check_neighbourhood(
        &self,
        transaction: &DatabaseTransaction,
        date: NaiveDate,
        near: &HashSet<i64>,
    ) -> Result<Applied, InventoryError> {
        let identities: Vec<i64> = near.iter().copied().collect();
        let (sightings, linkables) = self.load_day(transaction, date, Some(&identities)).await?;
        let linking = linking::link(&linkables, &load_decisions(transaction).await?);
        let inventory = DayInventory::new(self.business_day(date), &sightings, &linking);
        Ok(self.apply_checks(transaction, &inventory, (Some(near), true)).await?.1)
    }

    /// Runs every check that may run, and brings the exceptions in line: those about these identities, or all.
    async fn apply_checks(
        &self,
        transaction: &DatabaseTransaction,
        inventory: &DayInventory<'_>,
        (about, applied): (Option<&HashSet<i64>>, bool),
    ) -> Result<(CheckReport, Applied), InventoryError> {
        let date = inventory.day.date;
        let days = self.complete_days(transaction, date).await?;
        let open = self.list_open_types(transaction, about).await?;
        let mut report = CheckReport { date, applied, ran: Vec::new(), skipped: Vec::new() };
        let mut all = Applied::default();
        for check in CHECKS.iter().filter(|check| check.is_on(&self.rules.checks)) {
            let (ready, skipped) = may_run(check, &days, date);
            report.skipped.extend(skipped);
            if ready.is_empty() {
                continue;
            }
            let found = (check.run)(inventory, &self.rules.checks);
            let mut done = Applied::default();
            for group in ready.iter().filter(|_| applied) {
                let findings = findings(check, &found, group, about);
                let has_none = open.as_ref().is_some_and(|types| !types.contains(findings.type_code));
                if !(has_none && findings.found.is_empty()) {
                    done.extend(self.apply_findings(transaction, &findings).await?);
                }
            }
            report.ran.push(result(check, found.len(), &done));
            all.extend(done);
        }
        Ok((report, all))
    }

    /// Runs the checks for the exceptions that concern these identities, as part of the transaction that changed them.
    /// The evidence stays that of the day's collections: one device read anew is no complete check, so it reopens nothing
    /// that a person called fixed since.
    pub(crate) async fn recheck_identities(
        &self,
        transaction: &DatabaseTransaction,
        identities: &HashSet<i64>,
        date: NaiveDate,
    ) -> Result<Applied, InventoryError> {
        Ok(self.check_day(transaction, date, Some(identities)).await?.1)
    }

    fn business_day(&self, date: NaiveDate) -> BusinessDay {
        BusinessDay { date, zone: self.zone }
    }

    /// Links the identities of the latest days anew and runs all checks of the last checked day again, as one change:
    /// what an alias does, without one. Answers how many exceptions opened and closed.
    pub async fn redo_latest_day(&self) -> Result<(usize, usize), InventoryError> {
        let transaction = self.database.begin_storing().await?;
        let changed = self.link_and_check_again(&transaction).await?;
        transaction.commit().await?;
        Ok(changed)
    }

    /// As `redo_latest_day`, in a storing transaction.
    pub(crate) async fn link_and_check_again(
        &self,
        transaction: &DatabaseTransaction,
    ) -> Result<(usize, usize), InventoryError> {
        self.relink_devices(transaction).await?;
        let applied = self.check_last_day_again(transaction).await?;
        Ok((applied.opened.len() + applied.reopened.len(), applied.verified.len()))
    }

    /// Runs every check on the day that was checked last once more, by the evidence of that day's collections. Nothing
    /// happens before the first day is checked.
    pub(crate) async fn check_last_day_again(
        &self,
        transaction: &DatabaseTransaction,
    ) -> Result<Applied, InventoryError> {
        let Some(date) = self.last_checked_day(transaction).await? else { return Ok(Applied::default()) };
        Ok(self.check_day(transaction, date, None).await?.1)
    }

    /// Runs every check on a day whose checks have ended before, whatever came of them, unless a later day was checked: what
    /// has changed since is not told otherwise until the next night.
    pub(crate) async fn check_overtaken_day(
        &self,
        transaction: &DatabaseTransaction,
        date: NaiveDate,
    ) -> Result<Applied, InventoryError> {
        use job_run::{Column, Entity};
        let ran = Entity::find().filter(Column::JobName.eq(CHECKS_JOB)).filter(Column::EndedAt.is_not_null());
        let ran = ran.filter(Column::BusinessDate.eq(date)).one(transaction).await?;
        let is_newest = self.last_checked_day(transaction).await?.is_none_or(|last| date >= last);
        if ran.is_none() || !is_newest {
            return Ok(Applied::default());
        }
        Ok(self.check_day(transaction, date, None).await?.1)
    }

    async fn complete_days(&self, connection: &impl ConnectionTrait, date: NaiveDate) -> Result<Days, InventoryError> {
        let mut days = Vec::new();
        for vendor in Vendor::ALL {
            let day = self.find_day(connection, vendor, date).await?;
            days.extend(day.map(|day| (vendor, day.collected_at)));
        }
        Ok(Days(days))
    }

    /// The last day whose exceptions were brought in line.
    pub(crate) async fn last_checked_day(
        &self,
        connection: &impl ConnectionTrait,
    ) -> Result<Option<NaiveDate>, InventoryError> {
        use job_run::{Column, Entity};
        let last = Entity::find()
            .filter(Column::JobName.eq(CHECKS_JOB))
            .filter(Column::Status.is_in([JobStatus::Completed.code(), JobStatus::Partial.code()]))
            .order_by_desc(Column::BusinessDate)
            .one(connection)
            .await?;
        Ok(last.map(|run| run.business_date))
    }
}

/// These identities, those they are linked to, and those that may be theirs.
fn concerned(identities: &HashSet<i64>, linking: &Linking) -> HashSet<i64> {
    let linked = identities.iter().flat_map(|identity| {
        let reference = linking.reference_of(*identity).map(|link| link.reference_id);
        reference.into_iter().chain(linking.linked_to(*identity).iter().copied())
    });
    let undecided = linking.ambiguities.iter().filter(|it| it.candidates.iter().any(|one| identities.contains(one)));
    linked.chain(undecided.map(|it| it.identity_id)).chain(identities.iter().copied()).collect()
}

/// The vendors that a check can judge on the day, and why it can't judge the others.
fn may_run(check: &Check, days: &Days, date: NaiveDate) -> (Vec<Ready>, Vec<SkippedCheck>) {
    let (mut ready, mut skipped) = (Vec::new(), Vec::new());
    for vendors in check.compares.groups() {
        match days.evidence(vendors, date) {
            Ok(evidence) => ready.push(Ready { vendors, evidence }),
            Err(missing) => skipped.push(SkippedCheck {
                exception_type: check.exception_type.code(),
                reason: format!("{missing} has no complete snapshot of {date}"),
            }),
        }
    }
    (ready, skipped)
}

/// What was found about the devices of these vendors. With `about`, only what names one of these identities, and nothing
/// else is spoken for.
fn findings<'a>(check: &Check, found: &'a [Finding], group: &Ready, about: Option<&'a HashSet<i64>>) -> Findings<'a> {
    let concerns = |finding: &&Finding| {
        let is_about = |about: &HashSet<i64>| finding.identities.iter().any(|identity| about.contains(identity));
        group.vendors.contains(&finding.vendor) && about.is_none_or(is_about)
    };
    Findings {
        type_code: check.exception_type.code(),
        found: found.iter().filter(concerns).collect(),
        evidence: group.evidence,
        vendors: matches!(check.compares, Compares::Each(_)).then_some(group.vendors),
        about,
    }
}

fn result(check: &Check, found: usize, applied: &Applied) -> CheckResult {
    CheckResult {
        exception_type: check.exception_type.code(),
        found,
        opened: applied.opened.len(),
        reopened: applied.reopened.len(),
        verified: applied.verified.len(),
    }
}
