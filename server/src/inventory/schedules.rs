//! The schedules of this server, as the timer runs them and dashboards show them, and their pauses.
//!
//! When one is due is asked of `domain::schedule` by the scheduler; here is what everybody may know of it.

use domain::schedule::{Schedule, Work};
use entity::schedule_pause::{ActiveModel, Column, Entity};
use sea_orm::{
    ActiveValue::{NotSet, Set},
    ColumnTrait, EntityTrait, QueryFilter,
    sea_query::{Expr, OnConflict},
};

use super::{
    Inventory, InventoryError,
    jobs::{CHECKS_JOB, RETENTION_JOB, VERIFICATION_JOB},
};

/// A pause that somebody wants.
#[derive(Clone, Debug)]
pub struct PauseOrder {
    /// The schedule's name.
    pub schedule: &'static str,
    /// Who wants it.
    pub actor: String,
    /// Why; `None` when nobody said.
    pub reason: Option<String>,
}

/// The name of the job runs that a schedule's work has.
pub fn job_name(work: Work) -> String {
    match work {
        Work::Collect(vendor) => format!("{}-collector", vendor.slug()),
        Work::Check => CHECKS_JOB.to_owned(),
        Work::Retain => RETENTION_JOB.to_owned(),
        Work::Verify => VERIFICATION_JOB.to_owned(),
    }
}

impl Inventory {
    /// The same hub with these schedules.
    #[must_use]
    pub fn with_schedules(mut self, schedules: impl IntoIterator<Item = Schedule>) -> Self {
        self.schedules = schedules.into_iter().collect();
        self
    }

    /// The schedules that run here; those of vendors without credentials don't.
    pub fn schedules(&self) -> impl Iterator<Item = &Schedule> {
        let is_possible = |work: Work| work.vendor().is_none_or(|vendor| self.is_configured(vendor));
        self.schedules.iter().filter(move |schedule| is_possible(schedule.work))
    }

    /// The schedule of this name, if it runs here.
    pub fn find_schedule(&self, name: &str) -> Option<&Schedule> {
        self.schedules().find(|schedule| schedule.name == name)
    }

    /// Pauses a schedule on all servers; `false` when it was paused already, by whomever.
    pub async fn pause_schedule(&self, order: PauseOrder) -> Result<bool, InventoryError> {
        let pause = ActiveModel {
            id: NotSet,
            schedule: Set(order.schedule.to_owned()),
            paused_at: Set(self.now()),
            paused_by: Set(order.actor),
            reason: Set(order.reason),
            resumed_at: Set(None),
            resumed_by: Set(None),
        };
        let one_at_a_time = OnConflict::new().do_nothing().to_owned();
        let insert = Entity::insert(pause).on_conflict(one_at_a_time);
        Ok(insert.exec_without_returning(self.database.writer()).await? > 0)
    }

    /// Ends the pause of a schedule on all servers; `false` when it was not paused.
    pub async fn resume_schedule(&self, schedule: &'static str, actor: String) -> Result<bool, InventoryError> {
        let resumed = Entity::update_many()
            .col_expr(Column::ResumedAt, Expr::value(self.now()))
            .col_expr(Column::ResumedBy, Expr::value(actor))
            .filter(Column::Schedule.eq(schedule))
            .filter(Column::ResumedAt.is_null());
        Ok(resumed.exec(self.database.writer()).await?.rows_affected > 0)
    }
}
