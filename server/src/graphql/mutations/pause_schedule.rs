//! `pauseSchedule` and `resumeSchedule`.

use async_graphql::{Context, InputObject, Object, SimpleObject};
use domain::schedule;

use super::user_error::{UserError, UserErrorCode};
use crate::{
    graphql::{context::Hub, errors::Fault, types::Schedule},
    inventory::schedules::PauseOrder,
};

/// Characters of a reason at most.
const LONGEST: usize = 500;

/// Which schedule is paused, and why.
#[derive(Clone, Debug, InputObject)]
pub struct PauseScheduleInput {
    /// The schedule's name.
    schedule: String,
    /// Why, in at most 500 characters, for those who wonder; null or blank says nothing.
    reason: Option<String>,
}

impl PauseScheduleInput {
    fn reason(&self) -> Result<Option<String>, UserError> {
        let reason = self.reason.as_deref().map(str::trim).filter(|reason| !reason.is_empty());
        match reason {
            Some(text) if text.chars().count() > LONGEST || text.contains('\0') => {
                let message = "at most 500 characters are taken, and no null character";
                Err(UserError::about("reason", UserErrorCode::BadInput, message))
            }
            reason => Ok(reason.map(str::to_owned)),
        }
    }
}

/// Which schedule goes on.
#[derive(Clone, Debug, InputObject)]
pub struct ResumeScheduleInput {
    /// The schedule's name.
    schedule: String,
}

/// What came of pausing or resuming a schedule.
#[derive(Clone, Debug, Default, SimpleObject)]
pub struct SchedulePayload {
    /// The schedule as it is now; null when the input was refused.
    schedule: Option<Schedule>,
    /// Whether anything is different from before. Pausing what is paused, or resuming what is not, is no error and changes
    /// nothing: the first pause stands, with who made it and why.
    changed: bool,
    /// Why nothing was changed; empty when the schedule is as the mutation says.
    user_errors: Vec<UserError>,
}

impl SchedulePayload {
    fn done(schedule: schedule::Schedule, changed: bool) -> Self {
        Self { schedule: Some(Schedule(schedule)), changed, user_errors: Vec::new() }
    }

    fn refused(error: UserError) -> Self {
        Self { user_errors: vec![error], ..Self::default() }
    }
}

/// The schedule of this name, or that there is none.
fn find(ctx: &Context<'_>, name: &str) -> Result<schedule::Schedule, UserError> {
    ctx.inventory().find_schedule(name).cloned().ok_or_else(|| {
        let names: Vec<&str> = ctx.inventory().schedules().map(|schedule| schedule.name).collect();
        let message = match names[..] {
            [] => "no schedule runs on this server".to_owned(),
            _ => format!("no schedule of this name runs on this server; there are {}", names.join(", ")),
        };
        UserError::about("schedule", UserErrorCode::NotFound, message)
    })
}

#[derive(Clone, Copy, Debug, Default)]
pub(super) struct PauseScheduleMutations;

#[Object]
impl PauseScheduleMutations {
    /// Pauses a schedule on all servers until it is resumed: its slots are passed over. What is at work goes on, and what
    /// people order runs.
    async fn pause_schedule(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Which schedule is paused, and why.")] input: PauseScheduleInput,
    ) -> Result<SchedulePayload, Fault> {
        let (schedule, reason) = match (find(ctx, &input.schedule), input.reason()) {
            (Ok(schedule), Ok(reason)) => (schedule, reason),
            (Err(error), _) | (_, Err(error)) => return Ok(SchedulePayload::refused(error)),
        };
        let order = PauseOrder { schedule: schedule.name, actor: ctx.principal().name().to_owned(), reason };
        let changed = ctx.inventory().pause_schedule(order).await?;
        Ok(SchedulePayload::done(schedule, changed))
    }

    /// Ends a pause on all servers. Nothing of it is made up, whatever the misfire policy: the next run is the next slot.
    async fn resume_schedule(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Which schedule goes on.")] input: ResumeScheduleInput,
    ) -> Result<SchedulePayload, Fault> {
        let schedule = match find(ctx, &input.schedule) {
            Ok(schedule) => schedule,
            Err(error) => return Ok(SchedulePayload::refused(error)),
        };
        let actor = ctx.principal().name().to_owned();
        let changed = ctx.inventory().resume_schedule(schedule.name, actor).await?;
        Ok(SchedulePayload::done(schedule, changed))
    }
}
