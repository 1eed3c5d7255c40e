//! `Schedule`: what the clock starts, and when.

use async_graphql::{Context, Enum, Object, SimpleObject};
use domain::schedule;
use entity::schedule_pause;

use super::{DateTime, ScheduleSlot, VendorName, scalars::count};
use crate::{
    graphql::{
        context::Hub,
        errors::Fault,
        loaders::{LastTaken, OpenPause},
    },
    inventory::schedules::job_name,
};

/// Next runs that are shown.
const NEXT: usize = 5;

/// What the clock starts, and when.
#[derive(Clone, Debug)]
pub struct Schedule(pub schedule::Schedule);

/// What the clock starts on this server, and when. A person may start the same at any time, paused or not.
#[Object]
impl Schedule {
    /// Its name, by which it is paused, and set as `HUB_SCHEDULE_` with the name.
    async fn name(&self) -> &str {
        self.0.name
    }

    /// What it runs: the name of its job runs.
    async fn job_name(&self) -> String {
        job_name(self.0.work)
    }

    /// The vendor that it collects; null when it collects none.
    async fn vendor(&self) -> Option<VendorName> {
        self.0.work.vendor().map(VendorName::from)
    }

    /// When it is due: minute, hour, day of the month, month, day of the week.
    async fn cron(&self) -> &str {
        self.0.timing.cron.as_str()
    }

    /// The business time zone, in which it is due, by its IANA name. A local time that does not exist is due at the first
    /// instant after the gap, and one that exists twice the first time; a text for every hour counts hours as they pass.
    async fn time_zone(&self, ctx: &Context<'_>) -> &'static str {
        ctx.inventory().zone().0.name()
    }

    /// What becomes of slots that came while no server ran.
    async fn misfire(&self) -> Misfire {
        Misfire::of(self.0.timing.misfire)
    }

    /// The pause that it is in; null when it is not paused.
    async fn pause(&self, ctx: &Context<'_>) -> Result<Option<SchedulePause>, Fault> {
        Ok(ctx.load(OpenPause(self.0.name)).await?.map(SchedulePause::of))
    }

    /// When it is due next, five times. While it is paused, slots are passed over.
    async fn next_runs(&self, ctx: &Context<'_>) -> Vec<ScheduleTime> {
        let (zone, now) = (ctx.inventory().zone(), ctx.inventory().now());
        self.0.timing.cron.slots_after(zone, now).take(NEXT).map(|at| ScheduleTime::of(ctx, at)).collect()
    }

    /// The newest slot that was taken; null when it never ran. `scheduleSlots` has all of them.
    async fn last_run(&self, ctx: &Context<'_>) -> Result<Option<ScheduleSlot>, Fault> {
        Ok(ctx.load(LastTaken(self.0.name)).await?.map(ScheduleSlot))
    }
}

/// An instant at which a schedule is due, for people and for programs.
#[derive(Clone, Debug, SimpleObject)]
pub struct ScheduleTime {
    /// The instant, in UTC.
    at: DateTime,
    /// The same in the business time zone, in RFC 3339 with the offset that holds then: `2026-03-08T03:00:00-05:00`.
    local: String,
}

impl ScheduleTime {
    pub(super) fn of(ctx: &Context<'_>, at: chrono::DateTime<chrono::Utc>) -> Self {
        Self { at: at.into(), local: at.with_timezone(&ctx.inventory().zone().0).to_rfc3339() }
    }
}

/// What becomes of missed slots.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Enum)]
pub enum MisfirePolicy {
    /// They are not made up.
    Skip,
    /// The newest of them is made up, for all of them.
    Once,
    /// Each of them is made up, the oldest first, one after the other.
    All,
}

/// What becomes of slots that came while no server ran. What came in a pause is passed over, whatever is said here.
#[derive(Clone, Copy, Debug, SimpleObject)]
pub struct Misfire {
    /// How many of them are made up.
    policy: MisfirePolicy,
    /// For ALL, how many at most, the newest of them; null for the others.
    most: Option<i32>,
    /// How late a slot may be made up, in minutes after it was due; null is as long as its business day is today, and for
    /// SKIP never.
    grace_minutes: Option<i32>,
}

impl Misfire {
    fn of(misfire: schedule::Misfire) -> Self {
        let minutes = |grace| match grace {
            schedule::Grace::RestOfDay => None,
            schedule::Grace::For(grace) => Some(count(grace.num_minutes())),
        };
        match misfire {
            schedule::Misfire::Skip => Self { policy: MisfirePolicy::Skip, most: None, grace_minutes: None },
            schedule::Misfire::Once(grace) => {
                Self { policy: MisfirePolicy::Once, most: None, grace_minutes: minutes(grace) }
            }
            schedule::Misfire::All { most, grace } => {
                Self { policy: MisfirePolicy::All, most: Some(most.into()), grace_minutes: minutes(grace) }
            }
        }
    }
}

/// A pause of a schedule, on all servers.
#[derive(Clone, Debug, SimpleObject)]
pub struct SchedulePause {
    /// Since when. What was at work then went on.
    paused_at: DateTime,
    /// Who paused it.
    paused_by: String,
    /// Why; null when nobody said.
    reason: Option<String>,
}

impl SchedulePause {
    fn of(row: schedule_pause::Model) -> Self {
        Self { paused_at: row.paused_at.into(), paused_by: row.paused_by, reason: row.reason }
    }
}
