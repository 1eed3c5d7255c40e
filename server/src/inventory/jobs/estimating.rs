//! When something should be done, by how long the last of its kind took. Without history there is no estimate.

use chrono::{DateTime, TimeDelta, Utc};
use entity::job_run;
use sea_orm::{ColumnTrait, EntityTrait, QueryFilter, QueryOrder, QuerySelect};

use super::JobStatus;
use crate::inventory::{Inventory, InventoryError};

/// How many completed runs tell how long one takes.
const HISTORY: u64 = 10;

/// When a run began, and when it ended.
type Span = (Option<DateTime<Utc>>, Option<DateTime<Utc>>);

/// An open run and how long its kind takes; `None` when none was completed yet.
struct Expected<'a> {
    run: &'a job_run::Model,
    takes: Option<TimeDelta>,
}

impl Inventory {
    /// When a run that begins now should be done.
    pub(super) async fn estimate_run(&self, job_name: &str) -> Result<Option<DateTime<Utc>>, InventoryError> {
        let takes = self.usual_duration(job_name).await?;
        Ok(takes.map(|takes| self.now() + takes))
    }

    /// When a batch with these runs should be done.
    pub(crate) async fn estimate_batch(
        &self,
        runs: &[job_run::Model],
    ) -> Result<Option<DateTime<Utc>>, InventoryError> {
        let mut open = Vec::new();
        for run in runs.iter().filter(|run| run.ended_at.is_none()) {
            open.push(Expected { run, takes: self.usual_duration(&run.job_name).await? });
        }
        Ok(end_of(&open, self.now()))
    }

    /// The median of the last completed runs that no process died over.
    async fn usual_duration(&self, job_name: &str) -> Result<Option<TimeDelta>, InventoryError> {
        use job_run::{Column, Entity};
        let last: Vec<Span> = Entity::find()
            .select_only()
            .column(Column::StartedAt)
            .column(Column::EndedAt)
            .filter(Column::JobName.eq(job_name))
            .filter(Column::Status.eq(JobStatus::Completed.code()))
            .filter(Column::LostAttempts.eq(0))
            .order_by_desc(Column::EndedAt)
            .limit(HISTORY)
            .into_tuple()
            .all(self.database.reader())
            .await?;
        Ok(median(last.into_iter().filter_map(|(began, ended)| Some(ended? - began?)).collect()))
    }
}

fn median(mut durations: Vec<TimeDelta>) -> Option<TimeDelta> {
    durations.sort();
    let middle = durations.len() / 2;
    match durations.len() {
        0 => None,
        length if length % 2 == 1 => Some(durations[middle]),
        _ => Some((durations[middle - 1] + durations[middle]) / 2),
    }
}

/// Collectors work side by side, what depends on them one after the other. Who is later than usual is done any moment.
fn end_of(open: &[Expected<'_>], now: DateTime<Utc>) -> Option<DateTime<Utc>> {
    let (collectors, others): (Vec<_>, Vec<_>) = open.iter().partition(|expected| expected.run.vendor_id.is_some());
    let mut end = now;
    for expected in collectors {
        end = end.max(expected.run.started_at.unwrap_or(now) + expected.takes?);
    }
    for expected in others {
        end = match expected.run.started_at {
            Some(began) => end.max(began + expected.takes?),
            None => end + expected.takes?,
        };
    }
    (!open.is_empty()).then_some(end)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn half_of_the_runs_took_longer_than_the_median() {
        let seconds = |all: &[i64]| median(all.iter().map(|one| TimeDelta::seconds(*one)).collect());
        assert_eq!(seconds(&[]), None);
        assert_eq!(seconds(&[7]), Some(TimeDelta::seconds(7)));
        assert_eq!(seconds(&[900, 1, 3]), Some(TimeDelta::seconds(3)));
        assert_eq!(seconds(&[900, 1, 3, 5]), Some(TimeDelta::seconds(4)));
    }
}
