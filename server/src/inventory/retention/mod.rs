//! Keeping and dropping (rules section 10): month ends are counted, then days that are old enough are dropped.
//!
//! A day goes in two steps. First, in one transaction: the proof that its month is counted, its counts are deleted, and
//! `snapshot_day.dropped_at` says that it is gone; from then on nobody is shown it. Then its snapshots are removed, which on
//! PostgreSQL is dropping a partition and on SQLite a delete in small portions. Whatever is left when a run ends early,
//! the next one finds by what is marked. This module refuses to drop a day without that proof, and decides nothing
//! itself: `domain::retention` does.

mod dropping;
mod file_space;
mod month_ends;
mod partitions;
mod preview;
mod records;

use chrono::{Datelike, NaiveDate, TimeDelta};
use domain::retention::{MonthEnd, StoredDay, Verdict, Window, decide};
use entity::{job_run, snapshot_day};
use sea_orm::{ColumnTrait, ConnectionTrait, DatabaseBackend, EntityTrait, QueryFilter, QueryOrder};
use serde::Serialize;

pub use self::preview::{DayPreview, MonthPreview, Preview};
use super::{
    Inventory, InventoryError,
    jobs::{Ending, JobStatus},
};

/// What a run did.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct RetentionReport {
    /// Month ends that were counted, or counted again.
    pub counted: Vec<CountedMonth>,
    /// Days that were dropped.
    pub dropped: Vec<NaiveDate>,
    /// How many snapshots these days had.
    pub snapshots: i64,
    /// Sentences on what could not be finished; the next run goes on with it.
    pub left: Vec<String>,
}

/// A month whose end was counted.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct CountedMonth {
    /// The vendor.
    pub vendor: &'static str,
    /// The month's last day.
    pub month_end: NaiveDate,
    /// The day that was counted for it.
    pub counted: NaiveDate,
}

/// What is stored since the oldest kept day's month began, and whose end is counted.
#[derive(Default)]
struct Stock {
    days: Vec<StoredDay>,
    counted: Vec<MonthEnd>,
}

impl Inventory {
    /// Counts the months that are over, drops the days that may go, and gives their space back. May run twice, or at once
    /// on two servers; a run that is killed is finished by the next.
    #[tracing::instrument(name = "retention", skip_all, fields(job_id = run.job_id))]
    pub(crate) async fn run_retention(
        &self,
        run: &job_run::Model,
    ) -> Result<(job_run::Model, RetentionReport), InventoryError> {
        let mut report = RetentionReport::default();
        self.count_due_months(&mut report).await?;
        self.drop_old_days(&mut report).await?;
        self.forget_old_syncs().await?;
        self.forget_old_records().await?;
        match self.database.backend() {
            DatabaseBackend::Postgres => self.drop_partitions(&mut report).await?,
            _ => self.delete_dropped_days(&mut report).await?,
        }
        let ended = self.end_run(run, ending(&report)).await?;
        Ok((ended, report))
    }

    async fn count_due_months(&self, report: &mut RetentionReport) -> Result<(), InventoryError> {
        let transaction = self.database.begin_storing().await?;
        let counted = self.count_month_ends(&transaction).await?;
        transaction.commit().await?;
        report.counted = counted.into_iter().map(CountedMonth::from).collect();
        Ok(())
    }

    /// The history of syncs is kept as long as snapshots are; where those are for ever, as long as other records.
    async fn forget_old_syncs(&self) -> Result<(), InventoryError> {
        let kept = self.rules.retention_days.map_or(records::KEPT, |days| TimeDelta::days(days.into()));
        let transaction = self.database.begin().await?;
        self.forget_syncs(&transaction, self.now() - kept).await?;
        Ok(transaction.commit().await?)
    }

    /// Marks the days that go, one transaction each, so that nobody waits for a long one.
    async fn drop_old_days(&self, report: &mut RetentionReport) -> Result<(), InventoryError> {
        let verdicts = self.list_verdicts(self.database.writer()).await?;
        for verdict in verdicts.iter().filter(|verdict| verdict.goes()) {
            if let Some(snapshots) = self.drop_day(verdict.date).await? {
                report.dropped.push(verdict.date);
                report.snapshots += snapshots;
            }
        }
        Ok(())
    }

    /// What becomes of every kept day, by what is counted now.
    async fn list_verdicts(&self, connection: &impl ConnectionTrait) -> Result<Vec<Verdict>, InventoryError> {
        let stock = self.load_stock(connection).await?;
        Ok(decide(&stock.days, &stock.counted, self.window()))
    }

    fn window(&self) -> Window {
        Window { today: self.today(), days: self.rules.retention_days }
    }

    async fn load_stock(&self, connection: &impl ConnectionTrait) -> Result<Stock, InventoryError> {
        use snapshot_day::{Column, Entity};
        let kept = Entity::find().filter(Column::DroppedAt.is_null()).order_by_asc(Column::SnapshotDate);
        let Some(oldest) = kept.one(connection).await? else { return Ok(Stock::default()) };
        // Whole months: the last stored day of one may be dropped while another day of it is kept.
        let since = oldest.snapshot_date.with_day(1).unwrap_or(oldest.snapshot_date);
        let rows = Entity::find().filter(Column::SnapshotDate.gte(since)).all(connection).await?;
        let day = |row: snapshot_day::Model| {
            let vendor = self.reference.vendor(row.vendor_id);
            let vendor = vendor.ok_or_else(|| InventoryError::Corrupt(format!("vendor {}", row.vendor_id)))?;
            Ok(StoredDay { vendor, date: row.snapshot_date, dropped: row.dropped_at.is_some() })
        };
        let days = rows.into_iter().map(day).collect::<Result<_, InventoryError>>()?;
        Ok(Stock { days, counted: self.list_counted(connection).await? })
    }
}

impl From<MonthEnd> for CountedMonth {
    fn from(month: MonthEnd) -> Self {
        Self { vendor: month.vendor.name(), month_end: month.month_end, counted: month.counted }
    }
}

fn ending(report: &RetentionReport) -> Ending {
    let (days, months) = (report.dropped.len(), report.counted.len());
    let mut message = format!("{days} days dropped with {} snapshots, {months} month ends counted", report.snapshots);
    for left in &report.left {
        message.push_str("; ");
        message.push_str(left);
    }
    let status = if report.left.is_empty() { JobStatus::Completed } else { JobStatus::Partial };
    Ending::new(status, message)
}
