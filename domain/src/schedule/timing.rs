//! Which slot of a schedule is to be taken now, and which are passed over.

use std::str::FromStr;

use chrono::{DateTime, Utc};

use super::{BadCron, CronText, Misfire, PassedOver};
use crate::clock::BusinessZone;

/// How many slots are looked at, the newest. Of a schedule of every minute that nobody ran for a year, older ones leave no
/// record.
const MOST_SLOTS: usize = 500;

/// When a schedule is due, and what becomes of missed slots.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Timing {
    /// Its times.
    pub cron: CronText,
    /// Its policy.
    pub misfire: Misfire,
}

/// Where a schedule stands, as the record tells it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Standing {
    /// The newest slot that was taken or passed over; before the first, the instant at which the schedule began.
    pub last: DateTime<Utc>,
    /// Whether it is paused.
    pub paused: bool,
    /// When a pause was last ended; `None` before that.
    pub resumed_at: Option<DateTime<Utc>>,
}

/// What is to be done about a schedule now.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Due {
    /// The slot to take.
    pub take: Option<DateTime<Utc>>,
    /// The slots that nobody will take, the newest first; all are older than the one to take.
    pub passed_over: Vec<(DateTime<Utc>, PassedOver)>,
}

impl From<CronText> for Timing {
    fn from(cron: CronText) -> Self {
        Self { cron, misfire: Misfire::default() }
    }
}

/// A cron text, with the default policy.
impl FromStr for Timing {
    type Err = BadCron;

    fn from_str(text: &str) -> Result<Self, BadCron> {
        text.parse::<CronText>().map(Self::from)
    }
}

impl Timing {
    /// What is to be done about the slots between the last one and now. One slot is taken at a time, the oldest that the
    /// policy makes up: whoever takes it comes again and finds the next.
    ///
    /// Whatever the policy, nothing is made up of the time of a pause: the first run after it is the next slot.
    pub fn due(&self, zone: BusinessZone, standing: &Standing, now: DateTime<Utc>) -> Due {
        // A pause that ended in the future was ended by a clock that has been set back since.
        let paused_until = if standing.paused { Some(now) } else { standing.resumed_at.filter(|end| *end <= now) };
        let pending = self.cron.slots_until(zone, now).take_while(|slot| *slot > standing.last).take(MOST_SLOTS);
        let mut due = Due::default();
        for (newer, slot) in pending.enumerate() {
            let reason = if paused_until.is_some_and(|until| slot <= until) {
                PassedOver::Paused
            } else if !self.misfire.allows(slot, zone, now) {
                PassedOver::TooLate
            } else if newer >= self.misfire.most() {
                PassedOver::Superseded
            } else {
                due.take = Some(slot);
                continue;
            };
            due.passed_over.push((slot, reason));
        }
        due
    }
}
