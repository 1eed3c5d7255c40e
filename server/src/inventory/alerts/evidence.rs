//! What is known of a day: read with a fixed number of statements, whatever the size of the fleet.

use std::collections::HashMap;

use chrono::{Days, NaiveDate};
use domain::{
    alerting::{CheckEnd, ChecksEvidence, Concern, Expected, OpenCounts, RunEnd, Subject, VendorEvidence},
    checks::ExceptionType,
    vendor::Vendor,
};
use entity::{collection, job_run, set_aside_record, snapshot_day};
use sea_orm::{
    ColumnTrait, Condition, ConnectionTrait, EntityTrait, FromQueryResult, QueryFilter, QueryOrder, QuerySelect,
    Statement,
};

use super::recording::OpenAlert;
use crate::inventory::{
    Inventory, InventoryError,
    jobs::{CHECKS_JOB, JobStatus},
};

/// All that a verification judges.
pub(super) struct Evidence {
    /// Of every vendor whose snapshot is expected.
    pub(super) vendors: Vec<VendorEvidence>,
    /// Open alerts of other vendors that somebody saw lately: this process can't tell how they stand.
    pub(super) unseen: Vec<Concern>,
    pub(super) checks: ChecksEvidence,
    pub(super) counts: Vec<OpenCounts>,
}

/// The day's jobs and what they brought.
struct Worked {
    /// Collections and checks, those that ended last coming last.
    runs: Vec<job_run::Model>,
    collections: HashMap<i64, collection::Model>,
    unreadable: HashMap<i64, i64>,
}

/// How many exceptions of a type were opened and closed on a pair of days.
#[derive(Debug, FromQueryResult)]
struct Periods {
    type_code: String,
    opened_on: NaiveDate,
    closed_on: Option<NaiveDate>,
    number: i64,
}

impl Inventory {
    pub(super) async fn gather(
        &self,
        connection: &impl ConnectionTrait,
        date: NaiveDate,
        known: &[OpenAlert],
    ) -> Result<Evidence, InventoryError> {
        let first = self.first_usual_day(date);
        let worked = load_worked(connection, date).await?;
        let days = load_days(connection, first, date).await?;
        // A process without a vendor's credentials, such as a command in a bare shell, sees by what is stored that others
        // have them.
        let is_stored = |vendor| days.iter().any(|day| day.vendor_id == self.reference.vendor_id(vendor));
        let expected = Vendor::ALL.into_iter().filter(|vendor| self.is_configured(*vendor) || is_stored(*vendor));
        let expected: Vec<Vendor> = expected.collect();
        let unseen = known.iter().filter(|alert| alert.last_seen >= first).map(|alert| alert.concern);
        let unseen = unseen.filter(|concern| concern.subject.vendor().is_some_and(|it| !expected.contains(&it)));
        let unseen: Vec<Concern> = unseen.collect();
        let vendors: Vec<VendorEvidence> =
            expected.iter().map(|vendor| self.see_vendor(*vendor, date, &worked, &days)).collect();
        let missed = |vendor| unseen.iter().any(|concern| concern.subject == Subject::Vendor(vendor));
        let judged = match Vendor::ALL.into_iter().filter(|it| expected.contains(it) || missed(*it)).count() {
            0 => Expected::None,
            some if some < Vendor::ALL.len() => Expected::Some,
            _ => Expected::All,
        };
        let awaits_vendor = vendors.iter().any(|vendor| vendor.last.is_none() && vendor.stored.is_none());
        let checks = see_checks(date, &worked, judged, awaits_vendor);
        let checked = worked.last_check().is_some_and(|run| has_checked(&run.status));
        let counts = self.see_counts(connection, date, checked).await?;
        Ok(Evidence { vendors, unseen, checks, counts })
    }

    /// The first of the days that say what is usual on this one.
    fn first_usual_day(&self, date: NaiveDate) -> NaiveDate {
        let days = Days::new(u64::from(self.rules.alerts.verification.usual_days));
        date.checked_sub_days(days).unwrap_or(date)
    }

    fn see_vendor(
        &self,
        vendor: Vendor,
        date: NaiveDate,
        worked: &Worked,
        days: &[snapshot_day::Model],
    ) -> VendorEvidence {
        let id = self.reference.vendor_id(vendor);
        let of_vendor = || worked.runs.iter().filter(|run| run.vendor_id == Some(id));
        let last = of_vendor().rev().find_map(|run| Some((run, worked.end_of(run)?)));
        let collected = last.as_ref().and_then(|(run, _)| run.collection_id);
        let mine = || days.iter().filter(|day| day.vendor_id == id);
        VendorEvidence {
            vendor,
            date,
            is_working: of_vendor().any(|run| run.ended_at.is_none()),
            stored: mine().find(|day| day.snapshot_date == date).map(|day| day.device_count),
            recent: mine().filter(|day| day.snapshot_date < date).map(|day| day.device_count).collect(),
            unreadable: collected.map(|id| worked.unreadable.get(&id).copied().unwrap_or_default()),
            last: last.map(|(run, end)| (end, said(run))),
        }
    }

    /// The open exceptions of every type that is looked for, at the end of the day and of the checked days before.
    async fn see_counts(
        &self,
        connection: &impl ConnectionTrait,
        date: NaiveDate,
        checked: bool,
    ) -> Result<Vec<OpenCounts>, InventoryError> {
        let before = self.list_checked_days(connection, date).await?;
        let periods = load_periods(connection, before.last().copied().unwrap_or(date)).await?;
        let open_on = |code: &str, day: NaiveDate| {
            let is_open = |period: &&Periods| {
                period.type_code == code
                    && period.opened_on <= day
                    && period.closed_on.is_none_or(|closed| closed > day)
            };
            periods.iter().filter(is_open).map(|period| period.number).sum::<i64>()
        };
        let types = ExceptionType::ALL.into_iter().filter(|known| self.rules.checks.is_on(*known));
        let counts = types.map(|exception_type| OpenCounts {
            exception_type,
            open: checked.then(|| open_on(exception_type.code(), date)),
            before: before.iter().map(|day| open_on(exception_type.code(), *day)).collect(),
        });
        Ok(counts.collect())
    }

    /// Days before this one on which checks changed what is open, the newest first, as many as say what is usual.
    async fn list_checked_days(
        &self,
        connection: &impl ConnectionTrait,
        date: NaiveDate,
    ) -> Result<Vec<NaiveDate>, InventoryError> {
        use job_run::{Column, Entity};
        let days = Entity::find()
            .select_only()
            .column(Column::BusinessDate)
            .filter(Column::JobName.eq(CHECKS_JOB))
            .filter(Column::Status.is_in([JobStatus::Completed.code(), JobStatus::Partial.code()]))
            .filter(Column::BusinessDate.lt(date))
            .distinct()
            .order_by_desc(Column::BusinessDate)
            .limit(u64::from(self.rules.alerts.verification.usual_days))
            .into_tuple::<NaiveDate>();
        Ok(days.all(connection).await?)
    }
}

impl Worked {
    fn checks(&self) -> impl DoubleEndedIterator<Item = &job_run::Model> {
        self.runs.iter().filter(|run| run.vendor_id.is_none())
    }

    /// The checks that ended last, and not because a person cancelled them.
    fn last_check(&self) -> Option<&job_run::Model> {
        let counts = |run: &&job_run::Model| run.ended_at.is_some() && run.status != JobStatus::Cancelled.code();
        self.checks().rev().find(counts)
    }

    /// How a collection ended; `None` while it has not, and for one that did not take place.
    fn end_of(&self, run: &job_run::Model) -> Option<RunEnd> {
        let outcome = run.collection_id.and_then(|id| self.collections.get(&id)).map(|row| row.outcome.as_str());
        match (JobStatus::from_code(&run.status)?, outcome) {
            (JobStatus::Completed, _) | (JobStatus::Held, Some("applied")) => Some(RunEnd::Completed),
            (JobStatus::Partial, _) => Some(RunEnd::Partial),
            (JobStatus::Failed, _) => Some(RunEnd::Failed),
            (JobStatus::Held, Some("discarded" | "outdated")) => Some(RunEnd::Discarded),
            (JobStatus::Held, _) => Some(RunEnd::Held),
            (JobStatus::Queued | JobStatus::Running | JobStatus::Cancelled | JobStatus::Skipped, _) => None,
        }
    }
}

/// How the checks ended, beside what they wait for.
fn see_checks(date: NaiveDate, worked: &Worked, expected: Expected, awaits_vendor: bool) -> ChecksEvidence {
    let last = worked.last_check().map(|run| {
        let end = match JobStatus::from_code(&run.status) {
            Some(JobStatus::Completed) => CheckEnd::Completed,
            Some(JobStatus::Failed) => CheckEnd::Failed,
            _ => CheckEnd::Skipped,
        };
        (end, said(run))
    });
    let is_working = worked.checks().any(|run| run.ended_at.is_none());
    ChecksEvidence { date, last, is_working, expected, awaits_vendor }
}

/// What a run said at its end.
fn said(run: &job_run::Model) -> String {
    run.error.clone().or_else(|| run.message.clone()).unwrap_or_else(|| "no reason was given".to_owned())
}

/// Whether checks that ended so looked at the exceptions.
fn has_checked(status: &str) -> bool {
    status == JobStatus::Completed.code() || status == JobStatus::Partial.code()
}

/// The stored days that say what is usual, and the day itself.
async fn load_days(
    connection: &impl ConnectionTrait,
    first: NaiveDate,
    date: NaiveDate,
) -> Result<Vec<snapshot_day::Model>, InventoryError> {
    use snapshot_day::{Column, Entity};
    let days = Entity::find().filter(Column::SnapshotDate.lte(date)).filter(Column::SnapshotDate.gte(first));
    Ok(days.all(connection).await?)
}

async fn load_worked(connection: &impl ConnectionTrait, date: NaiveDate) -> Result<Worked, InventoryError> {
    use job_run::{Column, Entity};
    let judged = Condition::any().add(Column::VendorId.is_not_null()).add(Column::JobName.eq(CHECKS_JOB));
    let of_day = Entity::find().filter(Column::BusinessDate.eq(date)).filter(judged);
    let mut runs = of_day.order_by_asc(Column::CreatedAt).order_by_asc(Column::JobId).all(connection).await?;
    runs.sort_by_key(|run| run.ended_at);
    let ids: Vec<i64> = runs.iter().filter_map(|run| run.collection_id).collect();
    let collections = collection::Entity::find().filter(collection::Column::Id.is_in(ids.iter().copied()));
    let collections = collections.all(connection).await?.into_iter().map(|row| (row.id, row)).collect();
    let unreadable = set_aside_record::Entity::find()
        .select_only()
        .column(set_aside_record::Column::CollectionId)
        .column_as(set_aside_record::Column::Id.count(), "number")
        .filter(set_aside_record::Column::CollectionId.is_in(ids))
        .filter(set_aside_record::Column::Reason.eq("unreadable"))
        .group_by(set_aside_record::Column::CollectionId)
        .into_tuple::<(i64, i64)>();
    Ok(Worked { runs, collections, unreadable: unreadable.all(connection).await?.into_iter().collect() })
}

/// The periods that had not ended by the end of a day, and later ones, by type and days.
async fn load_periods(connection: &impl ConnectionTrait, first: NaiveDate) -> Result<Vec<Periods>, InventoryError> {
    let sql = "SELECT exceptions.type AS type_code, period.opened_on, period.closed_on, COUNT(*) AS number \
               FROM exception_period AS period JOIN exceptions ON exceptions.id = period.exception_id \
               WHERE period.closed_on IS NULL OR period.closed_on > $1 \
               GROUP BY exceptions.type, period.opened_on, period.closed_on";
    let statement = Statement::from_sql_and_values(connection.get_database_backend(), sql, [first.into()]);
    Ok(Periods::find_by_statement(statement).all(connection).await?)
}
