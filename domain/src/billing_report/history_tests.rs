use std::collections::{BTreeMap, BTreeSet, HashSet};

use chrono::{Days, NaiveDate};
use proptest::prelude::*;

use super::*;
use crate::{billing::Billing, device_type::DeviceType};

fn day(number: u64) -> NaiveDate {
    NaiveDate::from_ymd_opt(2026, 3, 1).unwrap() + Days::new(number - 1)
}

/// Where a device is on each calendar day of two months, for as many as there are: `None` is nowhere.
type History = Vec<Option<Standing>>;

const DAYS: u64 = 61;

fn standing() -> impl Strategy<Value = Standing> {
    let billing = prop::option::of(prop::sample::select(Billing::ALL.to_vec()));
    let device_type = prop::option::of(prop::sample::select(vec![DeviceType::Workstation, DeviceType::Server]));
    (prop::option::of(0_i64..4), billing, device_type).prop_map(|(organization_id, billing, device_type)| Standing {
        organization_id,
        billing,
        device_type,
    })
}

/// Devices that stay as they are for some days at a time.
fn histories() -> impl Strategy<Value = Vec<History>> {
    let stretch = (prop::option::of(standing()), 1_usize..20);
    let history = prop::collection::vec(stretch, 1..8).prop_map(|stretches| {
        let days = stretches.into_iter().flat_map(|(standing, days)| std::iter::repeat_n(standing, days));
        let mut days: History = days.collect();
        days.resize(usize::try_from(DAYS).unwrap(), None);
        days
    });
    prop::collection::vec(history, 0..12)
}

/// March and April; stored days are numbered from 1.
fn stored_days() -> impl Strategy<Value = BTreeSet<u64>> {
    (prop::collection::btree_set(1..=DAYS, 2..40), 1..=31_u64, 32..=DAYS).prop_map(|(mut days, march, april)| {
        days.extend([march, april]);
        days
    })
}

struct Fleet {
    histories: Vec<History>,
    stored: BTreeSet<u64>,
    internal: HashSet<i64>,
}

impl Fleet {
    fn on(&self, number: u64) -> Vec<Option<Standing>> {
        self.histories.iter().map(|history| history[usize::try_from(number - 1).unwrap()]).collect()
    }

    /// Counted device by device on a stored day.
    fn counted(&self, number: u64) -> BTreeMap<Option<i64>, Units> {
        let mut counts = BTreeMap::new();
        for standing in self.on(number).into_iter().flatten() {
            let internal = standing.organization_id.is_some_and(|id| self.internal.contains(&id));
            let units = Units::of_device(standing.billing, standing.device_type, internal);
            *counts.entry(standing.organization_id).or_insert(Units::ZERO) += units;
        }
        counts
    }

    /// The ledger between two days, as it is written: stored day against stored day before.
    fn changes(&self, from: u64, to: u64) -> Vec<LineChange> {
        let pairs = self.stored.iter().zip(self.stored.iter().skip(1)).filter(|(_, on)| (from..=to).contains(on));
        let of_day = |(before, on): (&u64, &u64)| {
            let (then, now) = (self.on(*before), self.on(*on));
            let devices = (0_i64..).zip(then.into_iter().zip(now)).filter(|(_, (then, now))| then != now);
            let changes = devices.flat_map(|(identity_id, (before, after))| {
                line_changes(&Transition { day: day(*on), identity_id, before, after }, &self.internal)
            });
            changes.collect::<Vec<_>>()
        };
        pairs.flat_map(of_day).collect()
    }

    fn report(&self, first: u64, last: u64) -> (BTreeMap<Option<i64>, Course>, Span, u64) {
        let counted = *self.stored.range(first..=last).next_back().unwrap();
        let oldest = *self.stored.first().unwrap();
        let span = Span { from: day(first.max(oldest)), to: day(last) };
        (courses(&self.counted(counted), &self.changes(first, last), span), span, counted)
    }

    /// What a calendar day counts: the stored day that is it, or the last before it.
    fn carried(&self, number: u64, line: Option<i64>) -> Units {
        let stored = *self.stored.range(..=number).next_back().unwrap();
        self.counted(stored).get(&line).copied().unwrap_or_default()
    }
}

fn fleets() -> impl Strategy<Value = Fleet> {
    (histories(), stored_days(), prop::collection::hash_set(0_i64..4, 0..2))
        .prop_map(|(histories, stored, internal)| Fleet { histories, stored, internal })
}

impl std::fmt::Debug for Fleet {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{:?} {:?} {:?}", self.histories, self.stored, self.internal)
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(96))]

    #[test]
    fn the_walk_back_gives_what_counting_every_day_gives(fleet in fleets()) {
        for (first, last) in [(1, 31), (32, DAYS)] {
            let (courses, span, counted) = fleet.report(first, last);
            let days = (first..=last).filter(|number| day(*number) >= span.from);
            for (line, course) in courses {
                let values: Vec<Units> = days.clone().map(|number| fleet.carried(number, line)).collect();
                let brute = |number: fn(&Units) -> i64| {
                    (values.iter().map(number).max().unwrap(), values.iter().map(number).sum::<i64>())
                };
                prop_assert_eq!(brute(|it| it.endpoints), (course.highest.endpoints, course.device_days.endpoints));
                prop_assert_eq!(brute(|it| it.seats), (course.highest.seats, course.device_days.seats));
                prop_assert_eq!(course.end, fleet.carried(counted, line));
            }
        }
    }

    #[test]
    fn the_end_of_a_month_is_the_start_of_the_next(fleet in fleets()) {
        let (march, _, _) = fleet.report(1, 31);
        let (april, _, _) = fleet.report(32, DAYS);
        let lines: BTreeSet<_> = march.keys().chain(april.keys()).collect();
        for line in lines {
            let end = march.get(line).map(|course| course.end).unwrap_or_default();
            let start = april.get(line).map(|course| course.start).unwrap_or_default();
            prop_assert_eq!(end, start, "{:?}", line);
        }
    }

    #[test]
    fn every_line_adds_up_and_its_average_lies_between_its_lowest_and_its_highest(fleet in fleets()) {
        let (courses, span, _) = fleet.report(1, 31);
        for (line, course) in courses {
            prop_assert_eq!(course.start + course.added - course.removed, course.end);
            let lowest = (1..=31).filter(|number| day(*number) >= span.from)
                .map(|number| fleet.carried(number, line).endpoints).min().unwrap();
            let average = course.average_hundredths(span).endpoints;
            prop_assert!((lowest * 100..=course.highest.endpoints * 100).contains(&average));
            prop_assert!(course.highest.seats <= course.highest.endpoints && course.end.seats <= course.end.endpoints);
            prop_assert!(course.end.endpoints <= course.highest.endpoints);
        }
    }

    #[test]
    fn no_internal_organization_has_a_line_with_anything_in_it(fleet in fleets()) {
        let (courses, ..) = fleet.report(1, 31);
        for (line, course) in courses {
            let internal = line.is_some_and(|line| fleet.internal.contains(&line));
            prop_assert!(!internal || course == Course::default());
        }
    }

    #[test]
    fn who_is_moved_between_clients_is_in_the_total_once(fleet in fleets()) {
        let (courses, span, counted) = fleet.report(32, DAYS);
        let lines: Vec<Line> = courses.values().map(|course| Line::default().with_course(course, span)).collect();
        let sum = total(&lines);
        prop_assert_eq!(sum.start + sum.added - sum.removed, sum.end);
        prop_assert_eq!(sum.end, fleet.counted(counted).values().copied().sum::<Units>());
    }
}
