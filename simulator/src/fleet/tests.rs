use std::collections::HashSet;

use chrono::{Days, NaiveDate};

use super::{Census, Fleet};
use crate::plan::FleetPlan;

fn later(plan: &FleetPlan, days: u64) -> NaiveDate {
    plan.first_day + Days::new(days)
}

fn first(plan: &FleetPlan) -> Census {
    Fleet::at(plan, plan.first_day).census()
}

#[test]
fn the_first_day_has_exactly_the_counts_of_the_plan() {
    for (ninja, threatlocker) in [(760, 400), (1, 1), (100, 0), (300, 290), (2000, 2000)] {
        for seed in 1..4 {
            let plan =
                FleetPlan { seed, ninja_devices: ninja, threatlocker_devices: threatlocker, ..FleetPlan::default() };
            let census = first(&plan);
            assert_eq!((census.ninja_approved, census.threatlocker_listed), (ninja, threatlocker), "seed {seed}");
            assert!(census.ninja_listed > ninja);
        }
    }
}

#[test]
fn a_plain_fleet_lists_nothing_besides_and_never_changes() {
    for (ninja, threatlocker) in [(0, 0), (1, 0), (5, 3), (50, 200), (1001, 400)] {
        let plan = FleetPlan::plain(ninja, threatlocker);
        let mut fleet = Fleet::at(&plan, plan.first_day);
        let start = fleet.census();
        assert_eq!((start.ninja_listed, start.threatlocker_listed), (ninja, threatlocker));
        fleet.move_to(later(&plan, 100));
        assert_eq!(Census { silent: start.silent, ..fleet.census() }, start);
    }
}

#[test]
fn days_can_be_visited_in_any_order() {
    let plan = FleetPlan::default();
    let mut wanderer = Fleet::at(&plan, later(&plan, 90));
    for days in [3, 60, 0, 31, 7] {
        let day = later(&plan, days);
        wanderer.move_to(day);
        let fresh = Fleet::at(&plan, day);
        assert_eq!(wanderer.devices(), fresh.devices(), "day {days}");
        assert_eq!(wanderer.agents(), fresh.agents(), "day {days}");
    }
}

#[test]
fn another_seed_is_another_fleet() {
    let plan = FleetPlan::default();
    let other = FleetPlan { seed: 2, ..plan.clone() };
    let hosts = |plan: &FleetPlan| -> Vec<String> {
        Fleet::at(plan, plan.first_day).devices().iter().map(|device| device.host.clone()).collect()
    };
    assert_ne!(hosts(&plan), hosts(&other));
}

#[test]
fn every_trouble_concerns_between_one_half_and_four_percent() {
    for plan in
        [FleetPlan::default(), FleetPlan { ninja_devices: 5000, threatlocker_devices: 4200, ..FleetPlan::default() }]
    {
        let census = first(&plan);
        let (ninja, agents) = (plan.ninja_devices, plan.threatlocker_devices);
        for (name, found, of) in [
            ("missing at Ninja", census.missing_ninja, agents),
            ("duplicates at ThreatLocker", census.duplicate_threatlocker, agents),
            ("other organization", census.site_mismatch, agents),
            ("spare", census.spare_mismatch, agents),
            ("labels", census.label_mismatch, agents),
            ("missing at ThreatLocker", census.missing_threatlocker, ninja),
            ("duplicates at Ninja", census.duplicate_ninja, ninja),
            ("silent", census.silent, ninja),
        ] {
            let permille = found * 1000 / of;
            assert!((5..=40).contains(&permille), "{name}: {found} of {of}");
        }
    }
}

#[test]
fn a_month_opens_and_closes_troubles_and_changes_the_fleet() {
    let plan = FleetPlan::default();
    let mut fleet = Fleet::at(&plan, plan.first_day);
    let ids =
        |fleet: &Fleet| -> HashSet<i64> { fleet.devices().iter().filter(|one| !one.ghost).map(|one| one.id).collect() };
    let live = |fleet: &Fleet| -> HashSet<String> {
        fleet.agents().iter().filter(|one| !one.deleted).map(|one| one.id.clone()).collect()
    };
    let (devices, agents) = (ids(&fleet), live(&fleet));
    let seen: Vec<Census> = (0..30)
        .map(|days| {
            fleet.move_to(later(&plan, days));
            fleet.census()
        })
        .collect();
    assert!(ids(&fleet).difference(&devices).count() > 5 && devices.difference(&ids(&fleet)).count() > 5);
    assert!(live(&fleet).difference(&agents).count() > 5 && agents.difference(&live(&fleet)).count() > 5);
    for (name, of) in [
        ("missing at Ninja", (|one| one.missing_ninja) as fn(&Census) -> usize),
        ("duplicates at ThreatLocker", |one| one.duplicate_threatlocker),
        ("other organization", |one| one.site_mismatch),
        ("spare", |one| one.spare_mismatch),
        ("missing at ThreatLocker", |one| one.missing_threatlocker),
    ] {
        assert!(seen.windows(2).any(|days| of(&days[0]) > of(&days[1])), "{name}: none closes");
    }
    for (name, of) in [
        ("duplicates at ThreatLocker", (|one| one.duplicate_threatlocker) as fn(&Census) -> usize),
        ("other organization", |one| one.site_mismatch),
        ("missing at ThreatLocker", |one| one.missing_threatlocker),
    ] {
        assert!(seen.windows(2).any(|days| of(&days[0]) < of(&days[1])), "{name}: none opens");
    }
}

#[test]
fn devices_are_renamed_moved_parked_and_brought_back() {
    let plan = FleetPlan::default();
    let start = Fleet::at(&plan, plan.first_day);
    let end = Fleet::at(&plan, later(&plan, 120));
    let (mut renamed, mut moved, mut parked, mut back) = (0, 0, 0, 0);
    for now in end.devices() {
        let Some(then) = start.devices().iter().find(|one| one.id == now.id) else { continue };
        renamed += usize::from(then.host != now.host);
        moved += usize::from(then.organization != now.organization);
        parked += usize::from(!then.spare && now.spare);
        back += usize::from(then.spare && !now.spare);
    }
    assert!(renamed > 3 && moved > 3 && parked > 3 && back > 3, "{renamed} {moved} {parked} {back}");
}

#[test]
fn ids_and_ordinary_names_are_unique() {
    let plan = FleetPlan { ninja_devices: 3000, threatlocker_devices: 3000, ..FleetPlan::default() };
    let fleet = Fleet::at(&plan, later(&plan, 30));
    let ids: HashSet<i64> = fleet.devices().iter().map(|device| device.id).collect();
    let agents: HashSet<&str> = fleet.agents().iter().map(|agent| agent.id.as_str()).collect();
    assert_eq!((ids.len(), agents.len()), (fleet.devices().len(), fleet.agents().len()));
    assert!(fleet.devices().is_sorted_by_key(|device| device.id));
    let hosts: HashSet<&str> = fleet.devices().iter().map(|device| device.host.as_str()).collect();
    assert!(hosts.len() * 100 > fleet.devices().len() * 96);
}
