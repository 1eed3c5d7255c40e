//! Times in zones whose clocks change, by hand and against a model that looks at every minute.

use chrono::{DateTime, NaiveDateTime, TimeDelta, Timelike, Utc};
use chrono_tz::Tz;
use proptest::prelude::*;

use super::*;
use crate::clock::BusinessZone;

fn at(text: &str) -> DateTime<Utc> {
    DateTime::parse_from_rfc3339(text).unwrap().to_utc()
}

fn zone(name: &str) -> BusinessZone {
    BusinessZone(name.parse().unwrap())
}

/// The slots of some days, as local time and offset.
fn slots(text: &str, name: &str, (from, to): (&str, &str)) -> Vec<String> {
    let (cron, zone): (CronText, _) = (text.parse().unwrap(), zone(name));
    let after = cron.slots_after(zone, at(from) - TimeDelta::seconds(1)).take_while(|slot| *slot < at(to));
    after.map(|slot| slot.with_timezone(&zone.0).format("%d %H:%M %:z").to_string()).collect()
}

#[test]
fn a_local_time_that_does_not_exist_is_due_once_at_the_first_instant_after_the_gap() {
    // 2026-03-08 in Chicago: 02:00 becomes 03:00.
    let chicago = ("2026-03-07T12:00:00Z", "2026-03-10T00:00:00Z");
    for (text, expected) in [
        ("10 2 * * *", vec!["08 03:00 -05:00", "09 02:10 -05:00"]),
        ("15,45 2 * * *", vec!["08 03:00 -05:00", "09 02:15 -05:00", "09 02:45 -05:00"]),
        ("0 2,3 * * *", vec!["08 03:00 -05:00", "09 02:00 -05:00", "09 03:00 -05:00"]),
        ("30 1,2 * * *", vec!["08 01:30 -06:00", "08 03:00 -05:00", "09 01:30 -05:00", "09 02:30 -05:00"]),
        ("10 2 * * MON", vec!["09 02:10 -05:00"]),
        ("10 2 8 * *", vec!["08 03:00 -05:00"]),
    ] {
        assert_eq!(slots(text, "America/Chicago", chicago), expected, "{text}");
    }
}

#[test]
fn a_local_time_that_exists_twice_is_due_once_the_first_time() {
    // 2026-11-01 in Chicago: 02:00 becomes 01:00.
    let chicago = ("2026-10-31T12:00:00Z", "2026-11-02T12:00:00Z");
    for (text, expected) in [
        ("30 1 * * *", vec!["01 01:30 -05:00", "02 01:30 -06:00"]),
        ("15,45 1 * * *", vec!["01 01:15 -05:00", "01 01:45 -05:00", "02 01:15 -06:00", "02 01:45 -06:00"]),
        ("0 2 * * *", vec!["01 02:00 -06:00", "02 02:00 -06:00"]),
        ("0 1 1 * *", vec!["01 01:00 -05:00"]),
    ] {
        assert_eq!(slots(text, "America/Chicago", chicago), expected, "{text}");
    }
}

#[test]
fn what_is_due_every_hour_counts_hours_as_they_pass() {
    let spring = ("2026-03-08T07:00:00Z", "2026-03-08T10:00:00Z");
    assert_eq!(
        slots("30 * * * *", "America/Chicago", spring),
        ["08 01:30 -06:00", "08 03:30 -05:00", "08 04:30 -05:00"]
    );
    let autumn = ("2026-11-01T05:00:00Z", "2026-11-01T09:00:00Z");
    let twice = ["01 00:30 -05:00", "01 01:30 -05:00", "01 01:30 -06:00", "01 02:30 -06:00"];
    assert_eq!(slots("30 * * * *", "America/Chicago", autumn), twice);
}

/// Lord Howe turns by half an hour, Chatham from 02:45; Beirut and Havana have no midnight in spring, Cairo none on a
/// Friday; Nuuk's gap ends the day; Kathmandu has no changes and a quarter of an hour.
#[test]
fn zones_with_changes_of_their_own_are_right() {
    for (text, name, days, expected) in [
        (
            "10 2 * * *",
            "Australia/Lord_Howe",
            ("2026-10-03T00:00:00Z", "2026-10-05T00:00:00Z"),
            ["04 02:30 +11:00", "05 02:10 +11:00"],
        ),
        (
            "45 1 * * *",
            "Australia/Lord_Howe",
            ("2026-04-04T00:00:00Z", "2026-04-06T00:00:00Z"),
            ["05 01:45 +11:00", "06 01:45 +10:30"],
        ),
        (
            "50 2 * * *",
            "Pacific/Chatham",
            ("2026-09-26T00:00:00Z", "2026-09-28T00:00:00Z"),
            ["27 03:45 +13:45", "28 02:50 +13:45"],
        ),
        (
            "0 3 * * *",
            "Pacific/Chatham",
            ("2026-04-04T00:00:00Z", "2026-04-06T00:00:00Z"),
            ["05 03:00 +13:45", "06 03:00 +12:45"],
        ),
        (
            "10 0 * * *",
            "Asia/Beirut",
            ("2026-03-28T00:00:00Z", "2026-03-30T00:00:00Z"),
            ["29 01:00 +03:00", "30 00:10 +03:00"],
        ),
        (
            "30 23 * * *",
            "Asia/Beirut",
            ("2026-10-24T12:00:00Z", "2026-10-26T12:00:00Z"),
            ["24 23:30 +03:00", "25 23:30 +02:00"],
        ),
        (
            "10 0 * * *",
            "Africa/Cairo",
            ("2026-04-23T12:00:00Z", "2026-04-25T12:00:00Z"),
            ["24 01:00 +03:00", "25 00:10 +03:00"],
        ),
        (
            "10 0 * * *",
            "America/Havana",
            ("2026-03-07T12:00:00Z", "2026-03-09T12:00:00Z"),
            ["08 01:00 -04:00", "09 00:10 -04:00"],
        ),
        (
            "30 0 * * *",
            "America/Havana",
            ("2026-10-31T12:00:00Z", "2026-11-02T12:00:00Z"),
            ["01 00:30 -04:00", "02 00:30 -05:00"],
        ),
        (
            "30 23 * * *",
            "America/Nuuk",
            ("2026-03-28T12:00:00Z", "2026-03-30T12:00:00Z"),
            ["29 00:00 -01:00", "29 23:30 -01:00"],
        ),
        (
            "10 2 * * *",
            "Asia/Kathmandu",
            ("2026-03-28T12:00:00Z", "2026-03-30T12:00:00Z"),
            ["29 02:10 +05:45", "30 02:10 +05:45"],
        ),
    ] {
        assert_eq!(slots(text, name, days), expected, "{text} in {name}");
    }
}

#[test]
fn only_five_fields_that_come_are_a_cron_text() {
    for text in ["", "10 2 * *", "0 10 2 * * *", "10 2 * * * 2026", "61 2 * * *", "10 24 * * *", "nightly"] {
        assert_eq!(text.parse::<CronText>(), Err(BadCron::Unreadable), "{text}");
    }
    for text in ["0 0 30 2 *", "0 0 31 4,6,9,11 *"] {
        assert!(text.parse::<CronText>().is_err(), "{text}");
    }
    for text in ["10 2 * * *", "0 0 29 2 *", "*/15 8-18 * * MON-FRI", "0 3 1 JAN *"] {
        assert_eq!(text.parse::<CronText>().unwrap().as_str(), text);
    }
}

/// Zones with every kind of change.
const ZONES: [Tz; 9] = [
    chrono_tz::America::Chicago,
    chrono_tz::Australia::Lord_Howe,
    chrono_tz::Pacific::Chatham,
    chrono_tz::Asia::Beirut,
    chrono_tz::Africa::Cairo,
    chrono_tz::America::Havana,
    chrono_tz::America::Nuuk,
    chrono_tz::Europe::London,
    chrono_tz::UTC,
];

/// Instants some hours around which clocks change in one of the zones.
const CHANGES: [&str; 10] = [
    "2026-03-08T08:00:00Z",
    "2026-11-01T07:00:00Z",
    "2026-10-03T15:30:00Z",
    "2026-04-04T15:00:00Z",
    "2026-09-26T14:00:00Z",
    "2026-03-28T22:00:00Z",
    "2026-10-24T21:00:00Z",
    "2026-04-23T22:00:00Z",
    "2026-10-29T21:00:00Z",
    "2026-03-29T01:00:00Z",
];

#[derive(Clone, Debug)]
struct Asked {
    minutes: Vec<u32>,
    hours: Vec<u32>,
}

impl Asked {
    fn text(&self) -> String {
        let list = |numbers: &[u32]| numbers.iter().map(u32::to_string).collect::<Vec<_>>().join(",");
        format!("{} {} * * *", list(&self.minutes), list(&self.hours))
    }

    fn wants(&self, local: NaiveDateTime) -> bool {
        self.minutes.contains(&local.minute()) && self.hours.contains(&local.hour())
    }
}

/// Looks at every minute: due when the wall clock shows a wanted time for the first time, or jumps over one.
fn model(asked: &Asked, zone: BusinessZone, (from, to): (DateTime<Utc>, DateTime<Utc>)) -> Vec<DateTime<Utc>> {
    let minute = TimeDelta::minutes(1);
    let wall = |instant: DateTime<Utc>| instant.with_timezone(&zone.0).naive_local();
    let mut shown = wall(from - TimeDelta::hours(6));
    let (mut now, mut due) = (from - TimeDelta::hours(6), Vec::new());
    while now <= to {
        let mut is_due = false;
        while shown < wall(now) {
            shown += minute;
            is_due |= asked.wants(shown);
        }
        if is_due && now >= from {
            due.push(now);
        }
        now += minute;
    }
    due
}

fn asked() -> impl Strategy<Value = Asked> {
    let minutes = prop::collection::btree_set(0_u32..60, 1..4);
    let hours = prop::collection::btree_set(prop_oneof![3 => 0_u32..5, 1 => 5_u32..24], 1..4);
    (minutes, hours).prop_map(|(minutes, hours)| Asked {
        minutes: minutes.into_iter().collect(),
        hours: hours.into_iter().collect(),
    })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(128))]

    #[test]
    fn the_slots_are_those_of_a_model_that_looks_at_every_minute(
        asked in asked(),
        zone in prop::sample::select(ZONES.to_vec()),
        change in prop::sample::select(CHANGES.to_vec()),
        shift in -600_i64..600,
    ) {
        let (zone, cron): (_, CronText) = (BusinessZone(zone), asked.text().parse().unwrap());
        let from = at(change) + TimeDelta::minutes(shift) - TimeDelta::hours(24);
        let to = from + TimeDelta::hours(48);
        let expected = model(&asked, zone, (from, to));
        let after = cron.slots_after(zone, from - TimeDelta::seconds(1)).take_while(|slot| *slot <= to);
        prop_assert_eq!(after.collect::<Vec<_>>(), expected.clone());
        let mut until: Vec<_> = cron.slots_until(zone, to).take_while(|slot| *slot >= from).collect();
        until.reverse();
        prop_assert_eq!(until, expected);
    }

    #[test]
    fn forwards_and_backwards_are_the_same_slots_for_texts_of_every_hour(
        minutes in prop::sample::select(vec!["0", "*/20", "7,52"]),
        zone in prop::sample::select(ZONES.to_vec()),
        change in prop::sample::select(CHANGES.to_vec()),
    ) {
        let (zone, cron): (_, CronText) = (BusinessZone(zone), format!("{minutes} * * * *").parse().unwrap());
        let (from, to) = (at(change) - TimeDelta::hours(7), at(change) + TimeDelta::hours(7));
        let after = cron.slots_after(zone, from).take_while(|slot| *slot <= to).collect::<Vec<_>>();
        let mut until: Vec<_> = cron.slots_until(zone, to).take_while(|slot| *slot > from).collect();
        until.reverse();
        prop_assert_eq!(&after, &until);
        let gaps = after.windows(2).map(|pair| pair[1] - pair[0]);
        prop_assert!(gaps.into_iter().all(|gap| gap <= TimeDelta::minutes(90)), "{:?}", after);
    }
}
