//! The five younger checks find what is wrong with the fleet, no more and no less, and a month of it shows every type.

use std::time::{Duration, UNIX_EPOCH};

use chrono::{DateTime, NaiveDate, Utc};
use domain::clock::BusinessZone;
use harness::{Backend, World, text};
use rstest::rstest;
use serde_json::Value;
use simulator::FleetPlan;

use crate::exception_checks::{map_clients, of_type, open, undecidable};

/// Whether the last contact was more than 30 days before a day.
fn is_long_ago(contact: DateTime<Utc>, date: NaiveDate) -> bool {
    (date - BusinessZone::default().date_of(contact)).num_days() > 30
}

/// Entries that the vendors have not heard from for more than 30 days, by what they say themselves.
fn silent(world: &World, date: NaiveDate) -> usize {
    world.simulator.view(|vendors| {
        let ninja = vendors.ninja_devices().into_iter().filter(|row| row["approvalStatus"] == "APPROVED");
        let ninja = ninja.filter(|row| {
            let seconds = ["lastContact", "created"].map(|field| row[field].as_f64().unwrap_or_default());
            let since = seconds.into_iter().find(|seconds| *seconds > 0.0);
            since.is_some_and(|since| is_long_ago((UNIX_EPOCH + Duration::from_secs_f64(since)).into(), date))
        });
        let threatlocker = vendors.threatlocker_computers().into_iter().filter(|row| row["isDeleted"] == false);
        let threatlocker = threatlocker.filter(|row| {
            let checkin = format!("{}Z", text(row, "lastCheckin").trim_end_matches('Z'));
            is_long_ago(checkin.parse().unwrap(), date)
        });
        ninja.count() + threatlocker.count()
    })
}

/// Billable servers and workstations of which no ThreatLocker record is, by what the list of devices says.
async fn unprotected(world: &World) -> Vec<String> {
    let shown = "hostname billing deviceType sources { vendor present }";
    let devices = world.graphql.every("devices", "", shown).await;
    let source = |device: &Value, vendor: &str| {
        device["sources"].as_array().unwrap().iter().any(|it| it["vendor"] == vendor && it["present"] == true)
    };
    let wants = |device: &&Value| {
        device["billing"] == "BILLABLE"
            && (device["deviceType"] == "SERVER" || device["deviceType"] == "WORKSTATION")
            && source(device, "NINJA")
            && !source(device, "THREATLOCKER")
    };
    let mut names: Vec<String> =
        devices.iter().filter(wants).map(|device| canonical(text(device, "hostname"))).collect();
    names.sort();
    names
}

fn canonical(name: &str) -> String {
    name.split(['|', '.']).next().unwrap_or_default().trim().to_lowercase()
}

#[rstest]
#[tokio::test]
async fn each_younger_type_has_as_many_exceptions_as_the_fleet_has_troubles(
    #[values(Backend::Sqlite, Backend::Postgres)] backend: Backend,
) {
    let plan = FleetPlan { organizations: 9, ninja_devices: 260, threatlocker_devices: 200, ..FleetPlan::default() };
    let world = World::on(backend).plan(plan).start().await;
    map_clients(&world).await;
    for night in [0, 6, 7, 15] {
        world.night(night).await;
        let (census, found) = (world.simulator.census(), open(&world).await);
        let count = |wanted| of_type(&found, wanted).count();
        let ambiguous = undecidable(&world);
        assert!(ambiguous > 0 && census.label_mismatch > 0 && census.duplicate_ninja > 0, "night {night}: {census:?}");
        assert_eq!(count("AMBIGUOUS_MATCH"), ambiguous, "night {night}");
        assert_eq!(count("DISPLAY_NAME_MISMATCH"), census.label_mismatch, "night {night}");
        assert_eq!(count("DUPLICATE_NINJA"), census.duplicate_ninja, "night {night}");
        assert_eq!(count("STALE_DEVICE"), silent(&world, world.day(night)), "night {night}");
        // A twin and a machine whose ThreatLocker record may be its twin's are unprotected as far as anybody can tell.
        let missing = census.missing_threatlocker + census.duplicate_ninja + ambiguous;
        assert_eq!(count("MISSING_TL"), missing, "night {night}: {census:?}");
        let mut names: Vec<String> = of_type(&found, "MISSING_TL").map(|it| text(it, "hostname").to_owned()).collect();
        names.sort();
        assert_eq!(names, unprotected(&world).await, "night {night}: exceptions and devices say the same");
    }
}

#[rstest]
#[tokio::test]
async fn a_month_of_the_default_fleet_shows_every_type(#[values(Backend::Sqlite, Backend::Postgres)] backend: Backend) {
    let world = World::on(backend).plan(FleetPlan::default()).page_size(500).start().await;
    for night in [0, 30] {
        world.night(night).await;
        let told = world.graphql.query("{ exceptionTypes { type openCount } }").await;
        let types = told["exceptionTypes"].as_array().unwrap();
        assert_eq!(types.len(), 9);
        for one in types {
            assert!(one["openCount"].as_i64() > Some(3), "night {night}: {one}");
        }
    }
}
