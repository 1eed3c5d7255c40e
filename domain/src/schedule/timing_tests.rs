//! Which slot is taken: every policy by hand, then schedulers that are asked at random times.

use std::collections::BTreeSet;

use chrono::{DateTime, TimeDelta, Utc};
use proptest::prelude::*;

use super::*;
use crate::clock::BusinessZone;

const MINUTES_15: Grace = Grace::For(TimeDelta::minutes(15));
const HOURS_30: Grace = Grace::For(TimeDelta::hours(30));

fn at(text: &str) -> DateTime<Utc> {
    DateTime::parse_from_rfc3339(&format!("{text}Z")).unwrap().to_utc()
}

fn timing(text: &str, misfire: Misfire) -> Timing {
    Timing { cron: text.parse().unwrap(), misfire }
}

fn after(last: &str) -> Standing {
    Standing { last: at(last), paused: false, resumed_at: None }
}

/// What is done in Chicago, as texts: the slot taken, and those passed over with the reason.
fn due(timing: &Timing, standing: &Standing, now: &str) -> (Option<String>, Vec<String>) {
    let text = |slot: DateTime<Utc>| slot.format("%m-%dT%H:%M").to_string();
    let due = timing.due(BusinessZone::default(), standing, at(now));
    let passed = due.passed_over.into_iter().map(|(slot, reason)| format!("{} {}", text(slot), reason.code()));
    (due.take.map(text), passed.collect())
}

fn taken(slot: &str, passed: &[&str]) -> (Option<String>, Vec<String>) {
    (Some(slot.to_owned()), passed.iter().map(|&slot| slot.to_owned()).collect())
}

fn not_taken(passed: &[&str]) -> (Option<String>, Vec<String>) {
    (None, passed.iter().map(|&slot| slot.to_owned()).collect())
}

// Chicago is five hours behind UTC in June: 02:10 is 07:10.

#[test]
fn once_makes_the_newest_missed_slot_up_on_its_own_day() {
    let once = timing("10 2 * * *", Misfire::default());
    let first = after("2026-06-01T07:10:00");
    assert_eq!(due(&once, &first, "2026-06-01T20:00:00"), not_taken(&[]));
    assert_eq!(due(&once, &first, "2026-06-02T07:10:00"), taken("06-02T07:10", &[]));
    assert_eq!(due(&once, &first, "2026-06-03T04:59:59"), taken("06-02T07:10", &[]), "23:59 of its day");
    assert_eq!(due(&once, &first, "2026-06-03T05:00:00"), not_taken(&["06-02T07:10 too_late"]));
    let expected = taken("06-04T07:10", &["06-03T07:10 superseded", "06-02T07:10 superseded"]);
    let three = after("2026-06-01T07:10:00");
    assert_eq!(
        due(&timing("10 2 * * *", Misfire::Once(Grace::For(TimeDelta::days(9)))), &three, "2026-06-04T09:00:00"),
        expected
    );
    let expected = taken("06-04T07:10", &["06-03T07:10 too_late", "06-02T07:10 too_late"]);
    assert_eq!(due(&once, &three, "2026-06-04T09:00:00"), expected);
}

#[test]
fn a_grace_is_counted_from_the_slot_and_may_cross_midnight() {
    let quarter = timing("10 2 * * *", Misfire::Once(MINUTES_15));
    let first = after("2026-06-01T07:10:00");
    assert_eq!(due(&quarter, &first, "2026-06-02T07:25:00"), taken("06-02T07:10", &[]));
    assert_eq!(due(&quarter, &first, "2026-06-02T07:25:01"), not_taken(&["06-02T07:10 too_late"]));
    let long = timing("10 2 * * *", Misfire::Once(HOURS_30));
    assert_eq!(due(&long, &first, "2026-06-03T06:00:00"), taken("06-02T07:10", &[]));
}

#[test]
fn skip_makes_nothing_up() {
    let skip = timing("10 2 * * *", Misfire::Skip);
    let first = after("2026-06-01T07:10:00");
    assert_eq!(due(&skip, &first, "2026-06-02T07:10:59"), taken("06-02T07:10", &[]));
    assert_eq!(due(&skip, &first, "2026-06-02T07:11:01"), not_taken(&["06-02T07:10 too_late"]));
}

#[test]
fn all_makes_up_one_after_the_other_the_oldest_first_but_no_more_than_it_may() {
    let all = timing("0 * * * *", Misfire::All { most: 3, grace: Grace::RestOfDay });
    let now = "2026-06-02T14:30:00";
    let passed = ["06-02T11:00 superseded", "06-02T10:00 superseded"];
    assert_eq!(due(&all, &after("2026-06-02T09:00:00"), now), taken("06-02T12:00", &passed));
    assert_eq!(due(&all, &after("2026-06-02T12:00:00"), now), taken("06-02T13:00", &[]));
    assert_eq!(due(&all, &after("2026-06-02T13:00:00"), now), taken("06-02T14:00", &[]));
    assert_eq!(due(&all, &after("2026-06-02T14:00:00"), now), not_taken(&[]));
    let quarter = timing("0 * * * *", Misfire::All { most: 3, grace: MINUTES_15 });
    assert_eq!(
        due(&quarter, &after("2026-06-02T12:00:00"), "2026-06-02T14:10:00"),
        taken("06-02T14:00", &["06-02T13:00 too_late"])
    );
}

#[test]
fn what_came_in_a_pause_is_passed_over_whatever_the_policy() {
    for misfire in [Misfire::Skip, Misfire::default(), Misfire::All { most: 9, grace: HOURS_30 }] {
        let timing = timing("10 2 * * *", misfire);
        let paused = Standing { paused: true, ..after("2026-06-01T07:10:00") };
        assert_eq!(due(&timing, &paused, "2026-06-02T07:10:30"), not_taken(&["06-02T07:10 paused"]), "{misfire:?}");
        let resumed = Standing { resumed_at: Some(at("2026-06-02T07:10:00")), ..after("2026-06-01T07:10:00") };
        assert_eq!(due(&timing, &resumed, "2026-06-02T07:10:30"), not_taken(&["06-02T07:10 paused"]), "{misfire:?}");
        let before = Standing { resumed_at: Some(at("2026-06-02T07:09:59")), ..after("2026-06-01T07:10:00") };
        assert_eq!(due(&timing, &before, "2026-06-02T07:10:30"), taken("06-02T07:10", &[]), "{misfire:?}");
    }
}

#[test]
fn a_clock_that_is_set_back_takes_nothing_twice_and_forgets_a_pause_that_ended_in_the_future() {
    let once = timing("10 2 * * *", Misfire::default());
    for now in ["2026-06-02T07:05:00", "2026-06-02T07:10:00", "2026-06-02T07:11:00"] {
        assert_eq!(due(&once, &after("2026-06-02T07:10:00"), now), not_taken(&[]), "{now}");
    }
    let resumed = Standing { resumed_at: Some(at("2027-06-02T00:00:00")), ..after("2026-06-01T07:10:00") };
    assert_eq!(due(&once, &resumed, "2026-06-02T07:10:00"), taken("06-02T07:10", &[]));
}

#[test]
fn a_schedule_that_nobody_ran_for_a_year_is_brought_up_to_date_at_once() {
    let minutely = timing("* * * * *", Misfire::default());
    let standing = after("2025-06-02T00:00:00");
    let due = minutely.due(BusinessZone::default(), &standing, at("2026-06-02T07:10:10"));
    assert_eq!(due.take, Some(at("2026-06-02T07:10:00")));
    assert_eq!(due.passed_over.len(), 499);
}

#[test]
fn each_reason_has_a_code_of_its_own() {
    for reason in PassedOver::ALL {
        assert_eq!(PassedOver::from_code(reason.code()), Some(reason));
    }
    assert_eq!(PassedOver::from_code("late"), None);
}

const TEXTS: [&str; 5] = ["10 2 * * *", "15,45 2 * * *", "30 1,2 * * *", "0 * * * *", "0 0 * * SUN"];

/// Both of Chicago's changes lie in these windows.
const WINDOWS: [&str; 2] = ["2026-03-05T00:00:00", "2026-10-29T00:00:00"];

fn policy() -> impl Strategy<Value = Misfire> {
    let grace = prop_oneof![Just(Grace::RestOfDay), Just(MINUTES_15), Just(HOURS_30)];
    prop_oneof![
        Just(Misfire::Skip),
        grace.clone().prop_map(Misfire::Once),
        (1_u16..5, grace).prop_map(|(most, grace)| Misfire::All { most, grace }),
    ]
}

/// Does as a scheduler does at these instants: takes what is due, records what is passed over.
fn polled(timing: &Timing, start: DateTime<Utc>, asked: &[DateTime<Utc>]) -> (Vec<DateTime<Utc>>, Vec<DateTime<Utc>>) {
    let mut standing = Standing { last: start, paused: false, resumed_at: None };
    let (mut taken, mut passed) = (Vec::new(), Vec::new());
    for now in asked {
        let due = timing.due(BusinessZone::default(), &standing, *now);
        passed.extend(due.passed_over.iter().map(|(slot, _)| *slot));
        taken.extend(due.take);
        let seen = due.take.into_iter().chain(due.passed_over.iter().map(|(slot, _)| *slot));
        standing.last = seen.max().map_or(standing.last, |newest| newest.max(standing.last));
    }
    (taken, passed)
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(192))]

    /// Instants come in any order: the clock goes back now and then.
    #[test]
    fn no_slot_is_seen_twice_and_none_between_the_first_and_the_last_is_forgotten(
        text in prop::sample::select(TEXTS.to_vec()),
        start in prop::sample::select(WINDOWS.to_vec()),
        misfire in policy(),
        minutes in prop::collection::vec(0_i64..(8 * 24 * 60), 1..60),
    ) {
        let (timing, start) = (timing(text, misfire), at(start));
        let asked: Vec<_> = minutes.iter().map(|minutes| start + TimeDelta::minutes(*minutes)).collect();
        let (taken, passed) = polled(&timing, start, &asked);
        let seen: BTreeSet<_> = taken.iter().chain(&passed).copied().collect();
        prop_assert_eq!(seen.len(), taken.len() + passed.len(), "a slot was seen twice");
        let newest = seen.last().copied().unwrap_or(start);
        let all = timing.cron.slots_after(BusinessZone::default(), start).take_while(|slot| *slot <= newest);
        prop_assert_eq!(seen, all.collect::<BTreeSet<_>>());
    }

    /// Under `all`, asked often enough afterwards, every slot of the grace is taken.
    #[test]
    fn all_loses_nothing(
        text in prop::sample::select(TEXTS.to_vec()),
        start in prop::sample::select(WINDOWS.to_vec()),
        minutes in prop::collection::btree_set(0_i64..(8 * 24 * 60), 1..40),
    ) {
        let grace = Grace::For(TimeDelta::days(30));
        let (timing, start) = (timing(text, Misfire::All { most: 400, grace }), at(start));
        let end = start + TimeDelta::days(8);
        let mut asked: Vec<_> = minutes.iter().map(|minutes| start + TimeDelta::minutes(*minutes)).collect();
        asked.extend((0..400).map(|seconds| end + TimeDelta::seconds(seconds)));
        let (taken, passed) = polled(&timing, start, &asked);
        let all = timing.cron.slots_after(BusinessZone::default(), start).take_while(|slot| *slot <= end);
        prop_assert_eq!(taken, all.collect::<Vec<_>>());
        prop_assert!(passed.is_empty(), "{:?}", passed);
    }

    /// What is taken was allowed by its policy at that time.
    #[test]
    fn nothing_is_taken_too_late(
        text in prop::sample::select(TEXTS.to_vec()),
        misfire in policy(),
        minutes in prop::collection::btree_set(0_i64..(8 * 24 * 60), 1..60),
    ) {
        let (timing, start) = (timing(text, misfire), at(WINDOWS[0]));
        let mut standing = Standing { last: start, paused: false, resumed_at: None };
        for minutes in minutes {
            let now = start + TimeDelta::minutes(minutes);
            let due = timing.due(BusinessZone::default(), &standing, now);
            if let Some(slot) = due.take {
                prop_assert!(slot <= now && misfire.allows(slot, BusinessZone::default(), now));
                prop_assert!(due.passed_over.iter().all(|(passed, _)| *passed < slot));
                standing.last = slot;
            } else if let Some((newest, _)) = due.passed_over.first() {
                standing.last = *newest;
            }
        }
    }
}
