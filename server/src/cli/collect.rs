//! `collect` and `check`: one batch, run to its end, told by words and by the exit status.

use std::process::ExitCode;

use chrono::NaiveDate;
use domain::vendor::Vendor;
use entity::job_run;
use serde_json::json;

use crate::inventory::{
    Inventory,
    batches::{BatchReport, Order},
    jobs::{JobStatus, Trigger},
};

pub(crate) async fn collect(inventory: &Inventory, vendor: Vendor, as_json: bool) -> anyhow::Result<ExitCode> {
    let report = inventory.run_batch(order(vec![vendor], false, None)).await?;
    Ok(tell(&report, as_json))
}

pub(crate) async fn check(inventory: &Inventory, date: Option<NaiveDate>, as_json: bool) -> anyhow::Result<ExitCode> {
    let report = inventory.run_batch(order(Vec::new(), true, date)).await?;
    Ok(tell(&report, as_json))
}

fn order(vendors: Vec<Vendor>, run_checks: bool, check_date: Option<NaiveDate>) -> Order {
    Order { vendors, run_checks, check_date, trigger: Trigger::CommandLine, requested_by: "command line".to_owned() }
}

pub(super) fn tell(report: &BatchReport, as_json: bool) -> ExitCode {
    let runs = report.runs.iter().map(summary).collect::<Vec<_>>();
    if as_json {
        let (checks, retention) = (&report.checks, &report.retention);
        println!(
            "{}",
            json!({
                "batchId": report.batch.batch_id,
                "status": report.batch.status,
                "runs": runs,
                "checks": checks,
                "retention": retention,
            })
        );
    } else {
        for run in &report.runs {
            println!("{}: {} ({})", run.job_name, run.status, run.message.as_deref().unwrap_or("no message"));
        }
    }
    ExitCode::from(report.runs.iter().map(exit_status).max().unwrap_or(0))
}

fn summary(run: &job_run::Model) -> serde_json::Value {
    json!({
        "jobId": run.job_id,
        "jobName": run.job_name,
        "status": run.status,
        "businessDate": run.business_date,
        "rowsStored": run.rows_stored,
        "pagesFetched": run.pages_fetched,
        "message": run.message,
        "error": run.error,
        "startedAt": run.started_at,
        "endedAt": run.ended_at,
        "durationSeconds": run.duration_seconds,
    })
}

/// 0 as it should be, 1 failed or nothing done, 3 partial, 4 held. Checks that were skipped are partial.
fn exit_status(run: &job_run::Model) -> u8 {
    match JobStatus::from_code(&run.status) {
        Some(JobStatus::Completed) => 0,
        Some(JobStatus::Partial) => 3,
        Some(JobStatus::Held) => 4,
        Some(JobStatus::Skipped) if run.vendor_id.is_none() => 3,
        _ => 1,
    }
}
