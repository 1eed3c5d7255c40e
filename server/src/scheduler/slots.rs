//! When a schedule is due: cron expressions in the business time zone, correct through daylight-saving changes.

use chrono::{DateTime, Utc};
use croner::Cron;
use domain::clock::BusinessZone;

/// The newest slot that is due: after the last one taken, not after now, and still of today (rules section 3: a missed
/// run is made up once, the same day only). Older missed slots are passed over.
///
/// A local time that does not exist comes at the first instant after the gap; one that exists twice comes once.
pub fn due_slot(cron: &Cron, zone: BusinessZone, last: DateTime<Utc>, now: DateTime<Utc>) -> Option<DateTime<Utc>> {
    let newest = cron.find_previous_occurrence(&now.with_timezone(&zone.0), true).ok()?.with_timezone(&Utc);
    (newest > last && newest <= now && zone.date_of(newest) == zone.date_of(now)).then_some(newest)
}
