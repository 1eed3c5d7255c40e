//! Every sentence of section 9 that needs no database, then the sums over random histories.

use std::collections::{HashMap, HashSet};

use chrono::NaiveDate;
use proptest::prelude::*;

use super::*;

const fn holding(identity_id: i64, organization_id: i64, billing: Billing) -> Holding {
    Holding { identity_id, organization_id: Some(organization_id), billing: Some(billing) }
}

pub(super) const fn billable(identity_id: i64, organization_id: i64) -> Holding {
    holding(identity_id, organization_id, Billing::Billable)
}

const fn change(identity_id: i64, kind: ChangeKind) -> Change {
    Change { identity_id, kind }
}

const fn moved(from: i64, to: i64) -> ChangeKind {
    ChangeKind::OrganizationChanged { from: Some(from), to: Some(to) }
}

const TO_SPARE: ChangeKind = ChangeKind::BillingChanged { from: Some(Billing::Billable), to: Some(Billing::Spare) };

pub(super) fn everything() -> Scope {
    Scope::default()
}

fn without(internal: i64) -> Scope {
    Scope { internal: HashSet::from([internal]), only: None }
}

fn only(organization_id: i64) -> Scope {
    Scope { only: Some(organization_id), ..Scope::default() }
}

fn row(comparison: &Comparison, organization_id: i64) -> OrganizationUsage {
    let found = comparison.by_organization.iter().find(|row| row.organization_id == Some(organization_id));
    *found.expect("a row of the organization")
}

#[test]
fn added_removed_moved_rebilled_and_unchanged_devices_are_told_apart() {
    let start = [billable(1, 5), billable(2, 5), billable(3, 5), billable(4, 5)];
    let end = [billable(9, 6), holding(4, 5, Billing::Spare), billable(3, 6), billable(1, 5)];
    let comparison = compare(&start, &end, &everything());
    assert_eq!(
        comparison.changes,
        [change(2, ChangeKind::Removed), change(3, moved(5, 6)), change(4, TO_SPARE), change(9, ChangeKind::Added),]
    );
    assert_eq!(comparison.unchanged, 1);
    let five = OrganizationUsage {
        organization_id: Some(5),
        start: 4,
        removed: 1,
        moved_out: 1,
        end: 2,
        billing_changed: 1,
        ..OrganizationUsage::default()
    };
    let six =
        OrganizationUsage { organization_id: Some(6), added: 1, moved_in: 1, end: 2, ..OrganizationUsage::default() };
    assert_eq!(comparison.by_organization, [five, six]);
    assert_eq!((comparison.total.start, comparison.total.end, comparison.total.organization_id), (4, 4, None));
}

#[test]
fn a_device_that_changed_in_two_ways_shows_both() {
    let comparison = compare(&[billable(1, 5)], &[holding(1, 6, Billing::Spare)], &everything());
    assert_eq!(comparison.changes, [change(1, moved(5, 6)), change(1, TO_SPARE)]);
    assert_eq!((row(&comparison, 6).moved_in, row(&comparison, 6).billing_changed), (1, 1));
    assert_eq!(comparison.unchanged, 0);
}

#[test]
fn leaving_every_organization_and_losing_the_billing_are_changes() {
    let nowhere = Holding { identity_id: 1, organization_id: None, billing: None };
    let comparison = compare(&[billable(1, 5)], &[nowhere], &everything());
    assert_eq!(
        comparison.changes,
        [
            change(1, ChangeKind::OrganizationChanged { from: Some(5), to: None }),
            change(1, ChangeKind::BillingChanged { from: Some(Billing::Billable), to: None }),
        ]
    );
    assert_eq!(comparison.by_organization[0].organization_id, None);
    assert_eq!(compare(&[nowhere], &[nowhere], &everything()).unchanged, 1);
}

#[test]
fn a_move_into_an_internal_organization_is_moved_out_for_the_client_and_for_the_total() {
    let comparison = compare(&[billable(1, 5), billable(2, 5)], &[billable(1, 99), billable(2, 5)], &without(99));
    assert_eq!(comparison.changes, [change(1, moved(5, 99))]);
    let client = row(&comparison, 5);
    assert_eq!((client.start, client.moved_out, client.end), (2, 1, 1));
    assert_eq!(comparison.by_organization.len(), 1);
    assert_eq!(comparison.total, OrganizationUsage { organization_id: None, ..client });
}

#[test]
fn a_move_out_of_an_internal_organization_is_moved_in() {
    let comparison = compare(&[billable(1, 99)], &[billable(1, 5)], &without(99));
    assert_eq!((comparison.total.start, comparison.total.moved_in, comparison.total.end), (0, 1, 1));
}

#[test]
fn what_happens_inside_internal_organizations_is_left_out_of_everything() {
    let start = [billable(1, 99), billable(2, 99), billable(3, 99)];
    let end = [billable(1, 99), holding(2, 99, Billing::Spare), billable(4, 99)];
    let nothing = compare(&[], &[], &everything());
    assert_eq!(compare(&start, &end, &without(99)), nothing);
    let asked_for = Scope { only: Some(99), ..without(99) };
    assert_eq!(compare(&start, &end, &asked_for), nothing);
}

#[test]
fn one_organization_alone_shows_its_row_and_the_moves_over_its_border() {
    let start = [billable(1, 5), billable(2, 6), billable(3, 6)];
    let end = [billable(1, 6), billable(2, 5), billable(3, 6)];
    let comparison = compare(&start, &end, &only(5));
    assert_eq!(comparison.changes, [change(1, moved(5, 6)), change(2, moved(6, 5))]);
    let of_all = compare(&start, &end, &everything());
    assert_eq!(comparison.by_organization, [row(&of_all, 5)]);
    assert_eq!(comparison.unchanged, 0);
}

#[test]
fn a_billing_change_on_the_way_out_of_scope_is_counted_where_the_device_was() {
    let comparison = compare(&[billable(1, 5)], &[holding(1, 99, Billing::Spare)], &without(99));
    assert_eq!(row(&comparison, 5).billing_changed, 1);
}

fn day(number: u32) -> NaiveDate {
    NaiveDate::from_ymd_opt(2026, 3, number).unwrap()
}

/// The transitions of identity 1 over days 1 to `states.len()`, as `(day, kind)`.
fn transitions_of(states: &[Option<(i64, Billing)>]) -> Vec<Transition> {
    let days: Vec<_> = (1..).zip(states).map(|(number, _)| day(number)).collect();
    let state = |(number, state): (u32, &Option<(i64, Billing)>)| {
        state.map(|(organization_id, billing)| (day(number), holding(1, organization_id, billing)))
    };
    let history: Vec<_> = (1..).zip(states).filter_map(state).collect();
    transitions(&days, &history)
}

fn kinds(transitions: &[Transition]) -> Vec<(NaiveDate, ChangeKind)> {
    transitions.iter().map(|transition| (transition.day, transition.change.kind)).collect()
}

const HERE: Option<(i64, Billing)> = Some((5, Billing::Billable));
const THERE: Option<(i64, Billing)> = Some((6, Billing::Billable));
const SPARE: Option<(i64, Billing)> = Some((5, Billing::Spare));

#[test]
fn a_device_that_came_and_went_appears() {
    let found = transitions_of(&[None, HERE, HERE, None, None]);
    assert_eq!(kinds(&found), [(day(2), ChangeKind::Added), (day(4), ChangeKind::Removed)]);
}

#[test]
fn every_move_and_billing_change_has_its_day() {
    let back = ChangeKind::BillingChanged { from: Some(Billing::Spare), to: Some(Billing::Billable) };
    let found = transitions_of(&[HERE, SPARE, HERE, THERE]);
    assert_eq!(kinds(&found), [(day(2), TO_SPARE), (day(3), back), (day(4), moved(5, 6))]);
}

#[test]
fn a_device_that_comes_back_elsewhere_shows_the_coming_and_the_move() {
    let found = transitions_of(&[HERE, None, THERE]);
    let expected = [(day(2), ChangeKind::Removed), (day(3), ChangeKind::Added), (day(3), moved(5, 6))];
    assert_eq!(kinds(&found), expected);
}

#[test]
fn days_between_stored_days_do_not_count_and_the_first_day_has_no_transition() {
    let history = [(day(1), billable(1, 5)), (day(9), billable(1, 5))];
    assert_eq!(transitions(&[day(1), day(9)], &history), []);
    assert_eq!(transitions(&[day(1)], &history), []);
    assert_eq!(transitions(&[], &history), []);
}

#[test]
fn the_day_is_that_of_the_last_transition_to_the_end_state() {
    let flapping = transitions_of(&[HERE, THERE, HERE, THERE, THERE]);
    assert_eq!(day_of(&change(1, moved(5, 6)), &flapping), Some(day(4)));
    let gone_twice = transitions_of(&[HERE, None, HERE, None]);
    assert_eq!(day_of(&change(1, ChangeKind::Removed), &gone_twice), Some(day(4)));
    let added_twice = transitions_of(&[None, HERE, None, HERE, THERE]);
    assert_eq!(day_of(&change(1, ChangeKind::Added), &added_twice), Some(day(4)));
    let moved_then_away = transitions_of(&[HERE, THERE, None, THERE]);
    assert_eq!(day_of(&change(1, moved(5, 6)), &moved_then_away), Some(day(2)));
}

#[test]
fn a_roundabout_way_still_has_its_day() {
    let over_seven = transitions_of(&[HERE, Some((7, Billing::Billable)), THERE]);
    assert_eq!(day_of(&change(1, moved(5, 6)), &over_seven), Some(day(3)));
}

#[test]
fn transitions_of_another_device_or_window_give_no_day() {
    let found = transitions_of(&[HERE, THERE]);
    assert_eq!(day_of(&change(2, moved(5, 6)), &found), None);
    assert_eq!(day_of(&change(1, ChangeKind::Added), &found), None);
}

/// Organization and billing of a device that is there.
type State = (Option<i64>, Option<Billing>);

fn any_state() -> impl Strategy<Value = State> {
    (prop::option::of(0_i64..4), prop::option::of(prop::sample::select(Billing::ALL.to_vec())))
}

/// Identities 0.., each on each day either somewhere or absent.
pub(super) fn histories(days: usize) -> impl Strategy<Value = Vec<Vec<Option<Holding>>>> {
    let states = prop::collection::vec(prop::option::of(any_state()), days);
    prop::collection::vec(states, 0..25).prop_map(|rows| {
        let fill = |(identity_id, states): (i64, Vec<Option<State>>)| {
            let hold = |(organization_id, billing)| Holding { identity_id, organization_id, billing };
            states.into_iter().map(|state| state.map(hold)).collect()
        };
        (0..).zip(rows).map(fill).collect()
    })
}

pub(super) fn scope() -> impl Strategy<Value = Scope> {
    (prop::collection::hash_set(0_i64..4, 0..3), prop::option::of(0_i64..4))
        .prop_map(|(internal, only)| Scope { internal, only })
}

pub(super) fn on(day: usize, histories: &[Vec<Option<Holding>>]) -> Vec<Holding> {
    histories.iter().filter_map(|states| states[day]).collect()
}

fn adds_up(row: &OrganizationUsage) -> bool {
    row.start + row.added + row.moved_in == row.end + row.removed + row.moved_out
}

proptest! {
    #[test]
    fn every_row_and_the_total_add_up(histories in histories(2), scope in scope()) {
        let (start, end) = (on(0, &histories), on(1, &histories));
        let comparison = compare(&start, &end, &scope);
        prop_assert!(comparison.by_organization.iter().all(adds_up));
        prop_assert!(adds_up(&comparison.total));
        let sum = |column: fn(&OrganizationUsage) -> u64| comparison.by_organization.iter().map(column).sum::<u64>();
        let columns: [fn(&OrganizationUsage) -> u64; 7] = [
            |row| row.start,
            |row| row.added,
            |row| row.moved_in,
            |row| row.removed,
            |row| row.moved_out,
            |row| row.end,
            |row| row.billing_changed,
        ];
        for column in columns {
            prop_assert_eq!(sum(column), column(&comparison.total));
        }
    }

    #[test]
    fn rows_count_the_devices_of_each_day_and_no_internal_ones(histories in histories(2), scope in scope()) {
        let (start, end) = (on(0, &histories), on(1, &histories));
        let comparison = compare(&start, &end, &scope);
        let held = |day: &[Holding], id: Option<i64>| day.iter().filter(|it| it.organization_id == id).count() as u64;
        for row in &comparison.by_organization {
            let id = row.organization_id;
            prop_assert!(id.is_none_or(|id| !scope.internal.contains(&id)));
            prop_assert!(scope.only.is_none() || scope.only == id);
            prop_assert_eq!((row.start, row.end), (held(&start, id), held(&end, id)));
        }
        let in_scope = |it: &&Holding| {
            it.organization_id.is_none_or(|id| !scope.internal.contains(&id))
                && (scope.only.is_none() || it.organization_id == scope.only)
        };
        prop_assert_eq!(comparison.total.start, start.iter().filter(in_scope).count() as u64);
        prop_assert_eq!(comparison.total.end, end.iter().filter(in_scope).count() as u64);
    }

    #[test]
    fn lists_and_counts_agree(histories in histories(2), internal in prop::collection::hash_set(0_i64..4, 0..3)) {
        let scope = Scope { internal, only: None };
        let comparison = compare(&on(0, &histories), &on(1, &histories), &scope);
        let count = |kind: fn(&ChangeKind) -> bool| comparison.changes.iter().filter(|it| kind(&it.kind)).count() as u64;
        let total = comparison.total;
        prop_assert_eq!(count(|kind| matches!(kind, ChangeKind::Added)), total.added);
        prop_assert_eq!(count(|kind| matches!(kind, ChangeKind::Removed)), total.removed);
        prop_assert_eq!(count(|kind| matches!(kind, ChangeKind::BillingChanged { .. })), total.billing_changed);
        let outside = |id: Option<i64>| id.is_some_and(|id| scope.internal.contains(&id));
        for change in &comparison.changes {
            if let ChangeKind::OrganizationChanged { from, to } = change.kind {
                prop_assert!(from != to && !(outside(from) && outside(to)));
            }
        }
        let changed: HashSet<_> = comparison.changes.iter().map(|change| change.identity_id).collect();
        let here = |it: &&Holding| !outside(it.organization_id);
        let seen: HashSet<_> = on(0, &histories).iter().filter(here).chain(on(1, &histories).iter().filter(here))
            .map(|it| it.identity_id).collect();
        prop_assert_eq!(seen.len() as u64, changed.len() as u64 + comparison.unchanged);
    }

    #[test]
    fn the_order_of_the_devices_does_not_matter(
        (start, end, start_shuffled, end_shuffled) in histories(2).prop_flat_map(|histories| {
            let (start, end) = (on(0, &histories), on(1, &histories));
            (Just(start.clone()), Just(end.clone()), Just(start).prop_shuffle(), Just(end).prop_shuffle())
        }),
        scope in scope(),
    ) {
        prop_assert_eq!(compare(&start, &end, &scope), compare(&start_shuffled, &end_shuffled, &scope));
    }

    #[test]
    fn every_change_between_two_days_has_its_day_inside_the_window(histories in histories(6)) {
        let days: Vec<_> = (1..=6).map(day).collect();
        let comparison = compare(&on(0, &histories), &on(5, &histories), &everything());
        for change in &comparison.changes {
            let states = &histories[usize::try_from(change.identity_id).unwrap()];
            let history: Vec<_> = days.iter().zip(states).filter_map(|(day, it)| it.map(|it| (*day, it))).collect();
            let found = transitions(&days, &history);
            prop_assert!(day_of(change, &found).is_some_and(|day| days[1..].contains(&day)), "{change:?} {found:?}");
        }
    }

    #[test]
    fn transitions_replayed_give_the_state_of_every_day(histories in histories(6)) {
        let days: Vec<_> = (1..=6).map(day).collect();
        for states in &histories {
            let history: Vec<_> = days.iter().zip(states).filter_map(|(day, it)| it.map(|it| (*day, it))).collect();
            let by_day = transitions(&days, &history).into_iter().fold(HashMap::new(), |mut by_day, it| {
                by_day.entry(it.day).or_insert_with(Vec::new).push(it.change.kind);
                by_day
            });
            let (mut present, mut known) = (states[0].is_some(), states[0]);
            for (day, state) in days.iter().zip(states).skip(1) {
                for kind in by_day.get(day).into_iter().flatten() {
                    match *kind {
                        ChangeKind::Added => { present = true; known = known.or(*state); }
                        ChangeKind::Removed => present = false,
                        ChangeKind::OrganizationChanged { from, to } => {
                            let known = known.as_mut().unwrap();
                            prop_assert_eq!(known.organization_id, from);
                            known.organization_id = to;
                        }
                        ChangeKind::BillingChanged { from, to } => {
                            let known = known.as_mut().unwrap();
                            prop_assert_eq!(known.billing, from);
                            known.billing = to;
                        }
                    }
                }
                prop_assert_eq!(known.filter(|_| present), *state);
            }
        }
    }
}
