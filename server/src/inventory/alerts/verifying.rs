//! Looking after a night, and after every batch, whether all is as it should be.

use chrono::NaiveDate;
use domain::alerting::{Concern, Judgement, Scope, judge_checks, judge_counts, judge_vendor, steps};
use entity::job_run;
use sea_orm::ConnectionTrait;

use super::recording::{OpenAlert, Recorded};
use crate::inventory::{
    Inventory, InventoryError,
    database::{Section, serialize},
    jobs::{CHECKS_JOB, Ending, JobStatus, spell_out},
};

impl Inventory {
    /// Judges the run's day as after a night, and ends the run in the same transaction.
    pub(crate) async fn run_verification(&self, run: &job_run::Model) -> Result<job_run::Model, InventoryError> {
        let transaction = self.database.begin().await?;
        serialize(&transaction, Section::Alerts).await?;
        let recorded = self.verify_day(&transaction, run.business_date, Scope::Night).await?;
        let Recorded { begun, gone_on, over } = recorded;
        let message = format!("{begun} troubles begun, {gone_on} going on, {over} over");
        let ended = self.close_run(&transaction, run, Ending::new(JobStatus::Completed, message)).await?;
        transaction.commit().await?;
        Ok(self.publish(ended))
    }

    /// Judges what these runs of a batch, which have ended, show of today, so that a trouble at another time than at night is
    /// told too. A fault is logged: it is no fault of the batch, and the night's verification looks again.
    pub(crate) async fn verify_after(&self, runs: &[job_run::Model]) {
        let today = self.today();
        let counts = |run: &job_run::Model| {
            run.business_date == today && (run.vendor_id.is_some() || run.job_name == CHECKS_JOB)
        };
        if runs.iter().any(counts) {
            self.verify_at_once().await;
        }
    }

    /// Judges today out of turn, as after a batch or a person's word on a held collection.
    pub(crate) async fn verify_at_once(&self) {
        if let Err(error) = self.verify_now(Scope::Batch).await {
            tracing::error!(error = %spell_out(&error), "what was left behind could not be verified");
        }
    }

    /// Judges today and records what began and what is over.
    async fn verify_now(&self, scope: Scope) -> Result<(), InventoryError> {
        let transaction = self.database.begin().await?;
        serialize(&transaction, Section::Alerts).await?;
        self.verify_day(&transaction, self.today(), scope).await?;
        transaction.commit().await?;
        Ok(())
    }

    async fn verify_day(
        &self,
        transaction: &impl ConnectionTrait,
        date: NaiveDate,
        scope: Scope,
    ) -> Result<Recorded, InventoryError> {
        let known = self.list_open_alerts(transaction).await?;
        let judged = self.judge(transaction, (date, scope), &known).await?;
        let known: Vec<_> = known.iter().map(|alert| (alert.id, alert.concern)).collect();
        self.record_steps(transaction, steps(&known, &judged, scope), scope).await
    }

    async fn judge(
        &self,
        connection: &impl ConnectionTrait,
        (date, scope): (NaiveDate, Scope),
        known: &[OpenAlert],
    ) -> Result<Vec<(Concern, Judgement)>, InventoryError> {
        let seen = self.gather(connection, date, known).await?;
        let settings = &self.rules.alerts.verification;
        let of_vendors = seen.vendors.iter().flat_map(|vendor| judge_vendor(vendor, settings, scope));
        let of_others = seen.unseen.iter().map(|concern| (*concern, Judgement::Unknown));
        let of_counts = seen.counts.iter().map(judge_counts);
        Ok(of_vendors.chain(of_others).chain([judge_checks(&seen.checks, scope)]).chain(of_counts).collect())
    }
}
