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

#[cfg(test)]
mod tests {
    use chrono_tz::Tz;

    use super::*;

    fn instant(text: &str) -> DateTime<Utc> {
        DateTime::parse_from_rfc3339(text).unwrap().with_timezone(&Utc)
    }

    /// Every slot that a scheduler asking each quarter of an hour takes.
    fn slots(cron: &str, zone: Tz, from: &str, to: &str) -> Vec<String> {
        let cron: Cron = cron.parse().unwrap();
        let (mut last, end) = (instant(from), instant(to));
        let (mut now, mut taken) = (last, Vec::new());
        while now <= end {
            if let Some(slot) = due_slot(&cron, BusinessZone(zone), last, now) {
                taken.push(slot.to_rfc3339());
                last = slot;
            }
            now += chrono::Duration::minutes(15);
        }
        taken
    }

    #[test]
    fn a_local_time_that_does_not_exist_runs_once_at_the_first_instant_after_the_gap() {
        // Chicago, 2026-03-08: 02:00 becomes 03:00, at 08:00 UTC.
        let taken = slots("10 2 * * *", chrono_tz::America::Chicago, "2026-03-07T12:00:00Z", "2026-03-09T12:00:00Z");
        assert_eq!(taken, ["2026-03-08T08:00:00+00:00", "2026-03-09T07:10:00+00:00"]);
    }

    #[test]
    fn a_local_time_that_exists_twice_runs_once() {
        // Chicago, 2026-11-01: 02:00 becomes 01:00, so 01:30 comes at 06:30 and at 07:30 UTC.
        let taken = slots("30 1 * * *", chrono_tz::America::Chicago, "2026-10-31T12:00:00Z", "2026-11-02T12:00:00Z");
        assert_eq!(taken, ["2026-11-01T06:30:00+00:00", "2026-11-02T07:30:00+00:00"]);
    }

    #[test]
    fn gaps_of_half_an_hour_and_at_midnight_run_once_too() {
        // Lord Howe, 2026-10-04: 02:00 becomes 02:30, at 15:30 UTC the day before.
        let howe = slots("10 2 * * *", chrono_tz::Australia::Lord_Howe, "2026-10-02T20:00:00Z", "2026-10-04T20:00:00Z");
        assert_eq!(howe, ["2026-10-03T15:30:00+00:00", "2026-10-04T15:10:00+00:00"]);
        // Beirut, 2026-03-29: midnight becomes 01:00, at 22:00 UTC the day before.
        let beirut = slots("10 0 * * *", chrono_tz::Asia::Beirut, "2026-03-28T06:00:00Z", "2026-03-30T06:00:00Z");
        assert_eq!(beirut, ["2026-03-28T22:00:00+00:00", "2026-03-29T21:10:00+00:00"]);
    }

    #[test]
    fn a_missed_slot_is_made_up_once_and_only_on_its_own_day() {
        let zone = BusinessZone(chrono_tz::America::Chicago);
        let cron: Cron = "10 2 * * *".parse().unwrap();
        let last = instant("2026-06-01T07:10:00Z");
        let same_day = due_slot(&cron, zone, last, instant("2026-06-02T20:00:00Z"));
        assert_eq!(same_day, Some(instant("2026-06-02T07:10:00Z")));
        assert_eq!(due_slot(&cron, zone, instant("2026-06-02T07:10:00Z"), instant("2026-06-02T20:00:00Z")), None);
        let next_day_before_its_slot = due_slot(&cron, zone, last, instant("2026-06-03T06:00:00Z"));
        assert_eq!(next_day_before_its_slot, None, "yesterday's slot is not made up");
    }

    #[test]
    fn a_clock_that_jumps_back_takes_nothing_twice() {
        let zone = BusinessZone(chrono_tz::America::Chicago);
        let cron: Cron = "10 2 * * *".parse().unwrap();
        let taken = instant("2026-06-02T07:10:00Z");
        assert_eq!(due_slot(&cron, zone, taken, instant("2026-06-02T07:05:00Z")), None);
        assert_eq!(due_slot(&cron, zone, taken, instant("2026-06-02T07:11:00Z")), None);
    }
}
