use std::collections::{BTreeMap, BTreeSet};

use chrono::{Datelike, Days, NaiveDate, Weekday};
use proptest::{collection::btree_set, prelude::*};

use super::*;
use crate::{
    billing::{Billing, is_endpoint, is_seat},
    device_type::DeviceType,
    vendor::Vendor,
};

fn day(text: &str) -> NaiveDate {
    text.parse().unwrap()
}

fn stored(days: &[(Vendor, &str, bool)]) -> StoredDays {
    days.iter().map(|(vendor, date, kept)| (*vendor, day(date), *kept)).collect()
}

const NINJA: Vendor = Vendor::Ninja;
const OTHER: Vendor = Vendor::ThreatLocker;

#[test]
fn intervals_begin_and_end_where_people_say() {
    for (interval, inside, start, end) in [
        (Interval::Day, "2026-03-04", "2026-03-04", "2026-03-04"),
        (Interval::Week, "2026-03-02", "2026-03-02", "2026-03-08"),
        (Interval::Week, "2026-03-08", "2026-03-02", "2026-03-08"),
        (Interval::Week, "2027-01-01", "2026-12-28", "2027-01-03"),
        (Interval::Week, "2024-12-30", "2024-12-30", "2025-01-05"),
        (Interval::Month, "2026-02-14", "2026-02-01", "2026-02-28"),
        (Interval::Month, "2024-02-29", "2024-02-01", "2024-02-29"),
        (Interval::Month, "2026-12-31", "2026-12-01", "2026-12-31"),
    ] {
        let inside = day(inside);
        assert_eq!((interval.start(inside), interval.end(inside)), (day(start), day(end)), "{interval:?} {inside}");
    }
}

#[test]
fn intervals_of_a_range_are_counted() {
    for (interval, from, to, count) in [
        (Interval::Day, "2026-03-04", "2026-03-04", 1),
        (Interval::Day, "2024-01-01", "2024-12-31", 366),
        (Interval::Week, "2026-03-08", "2026-03-09", 2),
        (Interval::Week, "2026-12-31", "2027-01-03", 1),
        (Interval::Month, "2026-01-31", "2026-02-01", 2),
        (Interval::Month, "2025-03-15", "2026-03-14", 13),
    ] {
        assert_eq!(interval.count(day(from), day(to)), count, "{interval:?} {from} {to}");
    }
}

#[test]
fn a_seat_is_an_endpoint_that_is_a_workstation() {
    assert_eq!(seat_types().collect::<Vec<_>>(), [DeviceType::Workstation]);
}

#[test]
fn internal_devices_are_counted_but_never_as_endpoints() {
    let all = Tally { devices: 10, endpoints: 8, seats: 5, billable: 8, unknown: 2, ..Tally::default() };
    let internal = Tally { devices: 3, endpoints: 2, seats: 1, billable: 2, unknown: 1, ..Tally::default() };
    let with = Tally { devices: 10, endpoints: 6, seats: 4, billable: 8, unknown: 2, ..Tally::default() };
    assert_eq!(all.apart_from(internal, true), with);
    let without = Tally { devices: 7, endpoints: 6, seats: 4, billable: 6, unknown: 1, ..Tally::default() };
    assert_eq!(all.apart_from(internal, false), without);
}

#[test]
fn a_dropped_day_is_answered_by_its_month_end_and_others_are_not() {
    let days = stored(&[(NINJA, "2026-01-28", false), (NINJA, "2026-01-30", false), (NINJA, "2026-02-02", true)]);
    let month_end = Source::MonthEnd { month_end: day("2026-01-31"), counted: day("2026-01-30") };
    for date in ["2026-01-30", "2026-01-31"] {
        assert_eq!(days.sources(day(date)), Sources::from([(NINJA, month_end)]), "{date}");
    }
    for date in ["2026-01-28", "2026-01-29", "2026-02-01", "2025-12-31"] {
        assert_eq!(days.sources(day(date)), Sources::new(), "{date}");
    }
    assert!(days.was_dropped(day("2026-01-28")) && !days.was_dropped(day("2026-01-29")));
    assert_eq!(days.nearest(day("2026-01-28")), [day("2026-01-30")]);
    assert_eq!(days.nearest(day("2026-02-01")), [day("2026-01-30"), day("2026-02-02")]);
}

#[test]
fn a_month_end_says_nothing_while_its_day_is_kept() {
    let days = stored(&[(NINJA, "2026-01-28", false), (NINJA, "2026-01-30", true)]);
    assert_eq!(days.sources(day("2026-01-31")), Sources::new());
    assert_eq!(days.sources(day("2026-01-28")), Sources::new());
    assert_eq!(days.sources(day("2026-01-30")), Sources::from([(NINJA, Source::Day(day("2026-01-30")))]));
}

#[test]
fn vendors_counted_on_different_days_meet_at_the_later_one() {
    let days = stored(&[(NINJA, "2026-01-31", false), (OTHER, "2026-01-29", false), (OTHER, "2026-02-03", true)]);
    let both = days.sources(day("2026-01-31"));
    assert_eq!(
        both.values().map(|source| source.counted()).collect::<Vec<_>>(),
        [day("2026-01-31"), day("2026-01-29")]
    );
    let points = days.points(&(day("2026-01-01")..=day("2026-02-28")), Interval::Day);
    let told: Vec<_> = points.iter().map(|point| (point.date, point.sources.len())).collect();
    assert_eq!(told, [(day("2026-01-31"), 2), (day("2026-02-03"), 1)], "no point with one vendor of a month of two");
}

#[test]
fn a_point_is_the_last_day_with_the_most_vendors_and_gaps_have_none() {
    let days = stored(&[
        (NINJA, "2026-03-03", true),
        (OTHER, "2026-03-03", true),
        (NINJA, "2026-03-04", true),
        (OTHER, "2026-03-04", true),
        (NINJA, "2026-03-05", true),
        (NINJA, "2026-03-16", true),
    ]);
    // March is not over.
    let days = days.as_of(day("2026-03-20"));
    let weeks = days.points(&(day("2026-03-01")..=day("2026-03-31")), Interval::Week);
    let told: Vec<_> = weeks.iter().map(|point| (point.start, point.date, point.sources.len())).collect();
    assert_eq!(
        told,
        [(day("2026-03-02"), day("2026-03-04"), 2), (day("2026-03-16"), day("2026-03-16"), 1)],
        "the week of the 9th has no point"
    );
    assert_eq!(days.points(&(day("2026-03-05")..=day("2026-03-10")), Interval::Month)[0].date, day("2026-03-05"));
}

#[test]
fn the_last_day_of_a_month_that_is_over_tells_every_vendor_by_its_own_last_day_dropped_or_not() {
    let march = |kept: bool| {
        let days = [(NINJA, "2026-03-30"), (OTHER, "2026-03-30"), (NINJA, "2026-03-31"), (NINJA, "2026-04-02")];
        stored(&days.map(|(vendor, date)| (vendor, date, kept || date > "2026-04")))
    };
    let told = |days: &StoredDays, date| counted(&days.sources(day(date)));
    let both = BTreeMap::from([(NINJA, day("2026-03-31")), (OTHER, day("2026-03-30"))]);
    for (kept, of_the_30th) in [(true, 2), (false, 0)] {
        let days = march(kept).as_of(day("2026-04-02"));
        assert_eq!(told(&days, "2026-03-31"), both, "{kept}");
        for interval in [Interval::Week, Interval::Month] {
            let points = days.points(&(day("2026-03-01")..=day("2026-03-31")), interval);
            let point = points.last().unwrap();
            assert_eq!((point.date, counted(&point.sources)), (day("2026-03-31"), both.clone()), "{kept} {interval:?}");
        }
        assert_eq!(told(&days, "2026-03-30").len(), of_the_30th, "a dropped day is not told by one vendor of two");
    }
    let running = march(true).as_of(day("2026-03-31"));
    assert_eq!(told(&running, "2026-03-31"), BTreeMap::from([(NINJA, day("2026-03-31"))]), "the month is not over");
    let points = running.points(&(day("2026-03-01")..=day("2026-03-31")), Interval::Month);
    assert_eq!(points[0].date, day("2026-03-30"), "of a month that is not over the last day with the most vendors");
}

/// The day by which each vendor is counted.
fn counted(sources: &Sources) -> BTreeMap<Vendor, NaiveDate> {
    sources.iter().map(|(vendor, source)| (*vendor, source.counted())).collect()
}

prop_compose! {
    fn a_day()(number in 0_u64..900) -> NaiveDate { day("2024-01-15") + Days::new(number) }
}

/// Days of both vendors, all kept.
fn histories() -> impl Strategy<Value = BTreeSet<(Vendor, NaiveDate)>> {
    let vendor = prop_oneof![Just(NINJA), Just(OTHER)];
    btree_set((vendor, a_day()), 0..120)
}

/// The same days after those before a date were dropped; a vendor's newest day never is.
fn dropped_before(days: &BTreeSet<(Vendor, NaiveDate)>, first_kept: NaiveDate) -> StoredDays {
    let newest = |vendor| days.iter().filter(|(of, _)| *of == vendor).map(|(_, day)| *day).max();
    days.iter().map(|(vendor, day)| (*vendor, *day, *day >= first_kept || Some(*day) == newest(*vendor))).collect()
}

fn interval() -> impl Strategy<Value = Interval> {
    prop_oneof![Just(Interval::Day), Just(Interval::Week), Just(Interval::Month)]
}

proptest! {
    #[test]
    fn every_day_is_in_exactly_one_interval(date in a_day(), interval in interval()) {
        let (start, end) = (interval.start(date), interval.end(date));
        prop_assert!(start <= date && date <= end);
        for inside in start.iter_days().take_while(|inside| *inside <= end) {
            prop_assert_eq!((interval.start(inside), interval.end(inside)), (start, end));
        }
        prop_assert_eq!(interval.start(end + Days::new(1)), end + Days::new(1));
        prop_assert!(interval != Interval::Week || (start.weekday() == Weekday::Mon && (end - start).num_days() == 6));
        prop_assert!(interval != Interval::Month || start.day() == 1);
    }

    #[test]
    fn the_number_of_intervals_is_the_number_of_their_beginnings(from in a_day(), length in 0_u64..400, interval in interval()) {
        let to = from + Days::new(length);
        let mut starts: Vec<_> = from.iter_days().take_while(|day| *day <= to).map(|day| interval.start(day)).collect();
        starts.dedup();
        prop_assert_eq!(interval.count(from, to), i64::try_from(starts.len()).unwrap());
    }

    #[test]
    fn a_point_lies_in_its_interval_and_tells_what_its_date_tells(
        days in histories(), first_kept in a_day(), from in a_day(), length in 0_u64..900, interval in interval(),
    ) {
        let days = dropped_before(&days, first_kept);
        let range = from..=from + Days::new(length);
        let points = days.points(&range, interval);
        for point in &points {
            prop_assert!(range.contains(&point.date) && !point.sources.is_empty());
            prop_assert_eq!(interval.start(point.date), point.start);
            prop_assert_eq!(&days.sources(point.date), &point.sources);
            prop_assert!(point.sources.values().all(|source| source.counted() <= point.date));
        }
        prop_assert!(points.windows(2).all(|pair| pair[0].start < pair[1].start));
    }

    #[test]
    fn an_interval_has_a_point_when_a_kept_day_is_in_it(days in histories(), interval in interval()) {
        let all = dropped_before(&days, NaiveDate::MIN);
        let points = all.points(&(day("2024-01-01")..=day("2027-01-01")), interval);
        let mut expected: Vec<_> = days.iter().map(|(_, day)| interval.start(*day)).collect();
        expected.sort();
        expected.dedup();
        prop_assert_eq!(points.iter().map(|point| point.start).collect::<Vec<_>>(), expected);
    }

    #[test]
    fn dropping_days_leaves_every_month_its_last_day(days in histories(), first_kept in a_day()) {
        let range = day("2024-01-01")..=day("2027-01-01");
        for vendor in Vendor::ALL {
            let own: BTreeSet<_> = days.iter().filter(|(of, _)| *of == vendor).copied().collect();
            let told = |days: StoredDays| -> Vec<(NaiveDate, NaiveDate)> {
                days.points(&range, Interval::Month).iter().map(|point| (point.start, point.date)).collect()
            };
            prop_assert_eq!(told(dropped_before(&own, NaiveDate::MIN)), told(dropped_before(&own, first_kept)));
        }
    }

    #[test]
    fn dropping_days_changes_no_month_of_any_vendors_and_no_answer_but_to_none(
        days in histories(), first_kept in a_day(), today in a_day(),
    ) {
        // Retention drops days of months that are over only.
        let is_kept = |day: NaiveDate| day >= first_kept || month_start(day) >= month_start(today);
        let known = |kept: &dyn Fn(NaiveDate) -> bool| -> StoredDays {
            let all: StoredDays = days.iter().map(|(vendor, day)| (*vendor, *day, kept(*day))).collect();
            all.as_of(today)
        };
        let (before, after) = (known(&|_| true), known(&is_kept));
        let range = day("2024-01-01")..=day("2027-01-01");
        let months = |days: &StoredDays| -> Vec<_> {
            let points = days.points(&range, Interval::Month);
            points.iter().map(|point| (point.start, point.date, counted(&point.sources))).collect()
        };
        prop_assert_eq!(months(&before), months(&after));
        for (_, day) in &days {
            let told = counted(&after.sources(*day));
            prop_assert!(told.is_empty() || told == counted(&before.sources(*day)), "{}", day);
        }
    }

    #[test]
    fn a_dropped_month_has_all_vendors_that_it_had(days in histories(), first_kept in a_day()) {
        let kept = dropped_before(&days, first_kept);
        for point in kept.points(&(day("2024-01-01")..=day("2027-01-01")), Interval::Month) {
            let of_month = |vendor| {
                days.iter().any(|(of, day)| *of == vendor && month_start(*day) == point.start)
            };
            let is_kept = |(vendor, day): &&(Vendor, NaiveDate)| {
                matches!(kept.sources(*day).get(vendor), Some(Source::Day(_)))
            };
            if !days.iter().filter(is_kept).any(|(_, day)| month_start(*day) == point.start) {
                for vendor in Vendor::ALL {
                    prop_assert_eq!(point.sources.contains_key(&vendor), of_month(vendor));
                }
            }
        }
    }

    #[test]
    fn tallies_follow_the_rule_of_seats_and_endpoints(
        devices in proptest::collection::vec((0..3_usize, 0..9_usize, any::<bool>()), 0..40), include_internal in any::<bool>(),
    ) {
        let fact = |(billing, device_type, internal): (usize, usize, bool)| {
            (Billing::ALL[billing], DeviceType::ALL[device_type], internal)
        };
        let counted = |(billing, device_type, _): (Billing, DeviceType, bool)| {
            let one = |holds: bool| i64::from(holds);
            let billable = one(billing == Billing::Billable);
            let seats = one(billing == Billing::Billable && seat_types().any(|seat| seat == device_type));
            Tally { devices: 1, endpoints: billable, seats, billable, ..Tally::default() }
        };
        let facts: Vec<_> = devices.into_iter().map(fact).collect();
        let all: Tally = facts.iter().copied().map(counted).sum();
        let internal: Tally = facts.iter().copied().filter(|fact| fact.2).map(counted).sum();
        let told = all.apart_from(internal, include_internal);
        let number = |holds: &dyn Fn(&(Billing, DeviceType, bool)) -> bool| {
            i64::try_from(facts.iter().filter(|fact| holds(fact)).count()).unwrap()
        };
        prop_assert_eq!(told.endpoints, number(&|(billing, _, internal)| is_endpoint(*billing, *internal)));
        prop_assert_eq!(told.seats, number(&|(billing, kind, internal)| is_seat(*billing, *kind, None, *internal)));
        prop_assert_eq!(told.devices, number(&|(_, _, internal)| include_internal || !internal));
    }
}
