//! A night is stored as the vendors have it, whole and with few statements, and shown so.

use std::collections::{BTreeMap, BTreeSet};

use chrono::NaiveDate;
use domain::vendor::Vendor;
use entity::{daily_count, daily_total, device_snapshot};
use harness::{Backend, World, text, vendor_name};
use rstest::rstest;
use sea_orm::EntityTrait;
use serde_json::{Value, json};
use simulator::FleetPlan;

#[rstest]
#[tokio::test]
async fn a_night_is_stored_and_shown_as_the_vendors_have_it(
    #[values(Backend::Sqlite, Backend::Postgres)] backend: Backend,
) {
    let world = World::on(backend).start().await;
    let census = world.simulator.census();
    for (vendor, devices) in
        [(Vendor::Ninja, census.ninja_approved), (Vendor::ThreatLocker, census.threatlocker_listed)]
    {
        let batch = world.collect_by_order(vendor).await;
        let run = &batch["runs"][0];
        assert_eq!((&batch["status"], &run["status"]), (&"COMPLETED".into(), &"COMPLETED".into()), "{batch:#}");
        assert_eq!((&batch["progressPercent"], &run["progressPercent"]), (&100.into(), &Value::Null));
        assert_eq!(run["rowsStored"], devices);
        assert_eq!(run["collection"]["deviceCount"], devices);
        assert_eq!(run["collection"]["outcome"], "COMPLETE");
        let seen = world.see(vendor, 0).await;
        assert_eq!(seen.keys(), world.present_keys(vendor));
        let days = seen.dates[0]["vendors"].as_array().unwrap();
        let day = days.iter().find(|day| day["vendor"] == vendor_name(vendor)).unwrap();
        assert_eq!((&day["date"], &day["deviceCount"]), (&"2026-03-02".into(), &devices.into()));
    }
    let dates = world.graphql.query("{ availableDates { date complete deviceCount } }").await;
    let total = census.ninja_approved + census.threatlocker_listed;
    assert_eq!(dates["availableDates"], json!([{ "date": "2026-03-02", "complete": true, "deviceCount": total }]));
}

#[rstest]
#[tokio::test]
async fn the_same_day_again_is_replaced_as_a_whole(#[values(Backend::Sqlite, Backend::Postgres)] backend: Backend) {
    let world = World::on(backend).start().await;
    world.night(0).await;
    let first = [world.see(Vendor::Ninja, 0).await, world.see(Vendor::ThreatLocker, 0).await];
    world.simulator.set_day(world.day(20));
    world.collect(&Vendor::ALL, true).await;
    for (vendor, first) in Vendor::ALL.into_iter().zip(first) {
        let second = world.see(vendor, 0).await;
        assert_ne!(second.keys(), first.keys(), "{vendor}: the fleet is the same after three weeks");
        assert_eq!(second.keys(), world.present_keys(vendor), "{vendor}: something of the first collection is left");
        let ids = |seen: &harness::Seen| -> BTreeMap<String, String> {
            let rows = seen.snapshots.iter();
            rows.map(|row| (text(row, "vendorDeviceKey").to_owned(), text(row, "id").to_owned())).collect()
        };
        let (before, after) = (ids(&first), ids(&second));
        for (key, id) in before.iter().filter(|(key, _)| after.contains_key(*key)) {
            assert_eq!(&after[key], id, "{vendor} {key}: another snapshot of the same device and day");
        }
        assert_eq!(second.dates.as_array().unwrap().len(), 1);
    }
    assert_counts_agree(&world).await;
}

/// Counts of the table, and of the rows it counts, by all that it counts by.
async fn assert_counts_agree(world: &World) {
    let rows = device_snapshot::Entity::find().all(world.rows()).await.unwrap();
    let mut counted: BTreeMap<_, i64> = BTreeMap::new();
    for row in rows {
        let group = (row.site_id, row.device_type_id, row.billing_status_id, row.location_name, row.spare_reason);
        *counted.entry((row.snapshot_date, row.vendor_id, group)).or_default() += 1;
    }
    let table = daily_count::Entity::find().all(world.rows()).await.unwrap();
    let number = table.len();
    let told = table.into_iter().map(|row| {
        let group = (row.site_id, row.device_type_id, row.billing_status_id, row.location_name, row.spare_reason);
        ((row.snapshot_date, row.vendor_id, group), row.cnt)
    });
    let told: BTreeMap<_, i64> = told.collect();
    assert_eq!(told.len(), number, "a group is counted twice");
    assert_eq!(told, counted);
    assert_totals_agree(world, &told).await;
}

/// A group of a table of counts: date, vendor, and site, type, billing, location, reason to be spare.
type Group = (NaiveDate, i64, (Option<i64>, Option<i64>, Option<i64>, Option<String>, Option<String>));

/// The totals are the counts without sites and locations.
async fn assert_totals_agree(world: &World, counts: &BTreeMap<Group, i64>) {
    let mut expected: BTreeMap<_, i64> = BTreeMap::new();
    for ((date, vendor, (_, device_type, billing, _, reason)), count) in counts {
        *expected.entry((*date, *vendor, *device_type, *billing, reason.clone())).or_default() += count;
    }
    let table = daily_total::Entity::find().all(world.rows()).await.unwrap();
    let told = table.into_iter().map(|row| {
        ((row.snapshot_date, row.vendor_id, row.device_type_id, row.billing_status_id, row.spare_reason), row.cnt)
    });
    assert_eq!(told.collect::<BTreeMap<_, i64>>(), expected);
}

#[rstest]
#[tokio::test]
async fn daily_counts_agree_with_the_rows_of_every_day(#[values(Backend::Sqlite, Backend::Postgres)] backend: Backend) {
    let world = World::on(backend).start().await;
    for night in 0..3 {
        world.night(night).await;
        assert_counts_agree(&world).await;
    }
}

#[rstest]
#[tokio::test]
async fn a_record_that_cannot_be_read_is_shown_with_its_id_and_the_reason(
    #[values(Backend::Sqlite, Backend::Postgres)] backend: Backend,
) {
    let world = World::on(backend).start().await;
    for vendor in Vendor::ALL {
        let broken = world.present_keys(vendor).pop_last().unwrap();
        world.simulator.edit(|vendors| match vendor {
            Vendor::Ninja => {
                let mut device = vendors.ninja_device(broken.parse().unwrap());
                device.set("nodeClass", "WINDOWS_SERVER").set("systemName", json!({ "no": "text" }));
                device.null("dnsName").null("netbiosName");
            }
            Vendor::ThreatLocker => {
                vendors.threatlocker_computer(&broken).set("hostname", json!(["no text"]));
            }
        });
        let batch = world.collect_by_order(vendor).await;
        assert_eq!(batch["status"], "COMPLETED", "{batch:#}");
        let aside = batch["runs"][0]["collection"]["setAside"].as_array().unwrap();
        let of_it: Vec<&Value> = aside.iter().filter(|record| record["vendorDeviceKey"] == broken).collect();
        let expected =
            json!({ "vendorDeviceKey": broken, "hostname": null, "reason": "UNREADABLE", "detail": "no host name" });
        assert_eq!(of_it, [&expected], "{vendor}");
        let mut rest = world.present_keys(vendor);
        rest.remove(&broken);
        assert_eq!(world.see(vendor, 0).await.keys(), rest, "{vendor}");
        let text = text(&batch["runs"][0], "message");
        assert_eq!(text, format!("{} devices, {} records set aside", rest.len(), aside.len()));
    }
}

#[rstest]
#[tokio::test]
async fn pending_staged_decommissioned_and_deleted_ones_are_not_present(
    #[values(Backend::Sqlite, Backend::Postgres)] backend: Backend,
) {
    let world =
        World::on(backend).plan(FleetPlan { organizations: 9, ..FleetPlan::default() }).page_size(200).start().await;
    let deleted = world.present_keys(Vendor::ThreatLocker).pop_first().unwrap();
    world.simulator.edit(|vendors| {
        vendors.threatlocker_computer(&deleted).set("isDeleted", true);
    });
    let unapproved = |status: &str| -> BTreeSet<String> {
        let rows = world.simulator.view(simulator::World::ninja_devices);
        rows.iter().filter(|row| row["approvalStatus"] == status).map(|row| row["id"].to_string()).collect()
    };
    let ninja = world.collect_by_order(Vendor::Ninja).await;
    world.collect_by_order(Vendor::ThreatLocker).await;
    let shown = world.see(Vendor::Ninja, 0).await.keys();
    let aside = ninja["runs"][0]["collection"]["setAside"].as_array().unwrap();
    for status in ["PENDING", "STAGED", "DECOMMISSIONED"] {
        let devices = unapproved(status);
        assert!(!devices.is_empty(), "the simulated fleet has no {status} device");
        assert_eq!(&devices & &shown, BTreeSet::new(), "{status}");
        // Pending ones are not even listed by the vendor.
        for key in devices.iter().filter(|_| status != "PENDING") {
            let detail = format!("approval status {status}");
            let told = |record: &Value| {
                record["vendorDeviceKey"] == *key && record["reason"] == "NOT_PRESENT" && record["detail"] == detail
            };
            assert!(aside.iter().any(told), "{key} {status}: {aside:#?}");
        }
    }
    assert!(!world.see(Vendor::ThreatLocker, 0).await.keys().contains(&deleted));
}

/// Statements of storing; progress and leases are written by time, not by size.
async fn statements(backend: Backend, devices: usize) -> [Vec<String>; 2] {
    let world = World::on(backend).plan(FleetPlan::plain(devices, devices)).page_size(1000).start().await;
    let mut told = [Vec::new(), Vec::new()];
    for (vendor, told) in Vendor::ALL.into_iter().zip(&mut told) {
        world.take_statements();
        assert_eq!(world.collect(&[vendor], false).await.batch.status, "completed");
        let all = world.take_statements();
        let storing =
            all.into_iter().filter(|sql| !["job_run", "job_batch", "vendor_lease"].iter().any(|it| sql.contains(it)));
        told.extend(storing.map(|sql| sql.chars().take(60).collect::<String>()));
    }
    told
}

#[rstest]
#[tokio::test]
async fn a_thousand_devices_more_take_a_few_statements_more(
    #[values(Backend::Sqlite, Backend::Postgres)] backend: Backend,
) {
    let (thousand, two_thousand) = (statements(backend, 1000).await, statements(backend, 2000).await);
    for (told, mut more) in thousand.into_iter().zip(two_thousand) {
        let (one, two) = (told.len(), more.len());
        for statement in told {
            more.iter().position(|other| *other == statement).map(|place| more.remove(place));
        }
        assert!(one <= 75, "{one} statements for a thousand devices, the look at what the batch left behind included");
        // What only reads by time, as the look for other servers' work does, is no matter of size.
        more.retain(|statement| statement.starts_with("INSERT"));
        assert!(more.len() <= 10, "{one} statements for a thousand devices, {two} for two thousand: {more:#?}");
    }
}
