//! Records that cannot be read are set aside one by one, odd ones are kept, and a fleet that is gone is not believed.

use domain::vendor::Vendor;
use harness::{Backend, FaultRound, Told, World, text};
use rstest::rstest;
use serde_json::{Value, json};
use simulator::{FleetPlan, Record};

/// Changes the vendor's first present workstation: `(vendor id, changed)`.
fn edit_one(world: &World, vendor: Vendor, change: impl FnOnce(&mut Record<'_>)) -> String {
    match vendor {
        Vendor::Ninja => {
            let rows = world.simulator.view(simulator::World::ninja_devices);
            let wanted =
                |row: &&Value| row["nodeClass"] == "WINDOWS_WORKSTATION" && row["approvalStatus"] == "APPROVED";
            let id = rows.iter().find(wanted).unwrap()["id"].as_i64().unwrap();
            world.simulator.edit(|vendors| change(&mut vendors.ninja_device(id)));
            id.to_string()
        }
        Vendor::ThreatLocker => {
            let rows = world.simulator.view(simulator::World::threatlocker_computers);
            let id = text(rows.iter().find(|row| row["isDeleted"] == false).unwrap(), "computerId").to_owned();
            world.simulator.edit(|vendors| change(&mut vendors.threatlocker_computer(&id)));
            id
        }
    }
}

/// Gives a record this host name at whatever place the vendor keeps it, or takes it away.
fn name(record: &mut Record<'_>, host: Option<&str>) {
    record.drop_key("dnsName").drop_key("netbiosName");
    record.set("systemName", host).set("hostname", host);
}

/// The records of a run that could not be read, as GraphQL shows them.
fn unreadable(batch: &Value) -> Vec<Value> {
    let aside = batch["runs"][0]["collection"]["setAside"].as_array().unwrap();
    aside.iter().filter(|record| record["reason"] == "UNREADABLE").cloned().collect()
}

#[rstest]
#[tokio::test]
async fn a_record_without_an_id_is_set_aside(#[values(Backend::Sqlite, Backend::Postgres)] backend: Backend) {
    let world = World::small_on(backend).start().await;
    for vendor in Vendor::ALL {
        let round = FaultRound::begin(&world, vendor).await;
        edit_one(&world, vendor, |record| {
            name(record, Some("NO-ID"));
            record.drop_key("id").drop_key("computerId");
        });
        let batch = round.collect(Told::completed()).await;
        let expected = json!([{ "vendorDeviceKey": null, "hostname": "NO-ID", "reason": "UNREADABLE", "detail": "no readable id" }]);
        assert_eq!(json!(unreadable(&batch)), expected, "{vendor}");
        round.recovers().await;
    }
}

#[rstest]
#[case::absent(None)]
#[case::blank(Some(" \u{0}\t"))]
#[tokio::test]
async fn a_record_without_a_host_name_is_set_aside_under_its_id(
    #[case] host: Option<&str>,
    #[values(Backend::Sqlite, Backend::Postgres)] backend: Backend,
) {
    let world = World::small_on(backend).start().await;
    for vendor in Vendor::ALL {
        let round = FaultRound::begin(&world, vendor).await;
        let key = edit_one(&world, vendor, |record| name(record, host));
        let batch = round.collect(Told::completed()).await;
        let expected =
            json!([{ "vendorDeviceKey": key, "hostname": null, "reason": "UNREADABLE", "detail": "no host name" }]);
        assert_eq!(json!(unreadable(&batch)), expected, "{vendor}");
        round.recovers().await;
    }
}

#[rstest]
#[tokio::test]
async fn a_name_of_300_characters_is_set_aside_and_never_cut(
    #[values(Backend::Sqlite, Backend::Postgres)] backend: Backend,
) {
    let world = World::small_on(backend).start().await;
    for vendor in Vendor::ALL {
        let round = FaultRound::begin(&world, vendor).await;
        let key = edit_one(&world, vendor, |record| name(record, Some(&"ä".repeat(300))));
        let batch = round.collect(Told::completed()).await;
        let aside = unreadable(&batch);
        assert_eq!(aside.len(), 1, "{vendor}: {batch:#}");
        assert_eq!(aside[0]["vendorDeviceKey"], key);
        assert_eq!(aside[0]["detail"], "host name of 300 characters, at most 255");
        round.recovers().await;
    }
}

#[rstest]
#[tokio::test]
async fn a_name_of_255_characters_is_kept_whole(#[values(Backend::Sqlite, Backend::Postgres)] backend: Backend) {
    let world = World::small_on(backend).start().await;
    for vendor in Vendor::ALL {
        let round = FaultRound::begin(&world, vendor).await;
        let host = "ß".repeat(255);
        let key = edit_one(&world, vendor, |record| name(record, Some(&host)));
        let batch = round.collect(Told::completed()).await;
        assert_eq!(unreadable(&batch), Vec::<Value>::new(), "{vendor}");
        let shown = world.see(vendor, 0).await.snapshots;
        assert!(shown.iter().any(|row| row["vendorDeviceKey"] == key && row["hostname"] == host), "{vendor}");
        round.recovers().await;
    }
}

#[rstest]
#[tokio::test]
async fn a_name_in_any_script_is_kept_without_its_control_characters(
    #[values(Backend::Sqlite, Backend::Postgres)] backend: Backend,
) {
    let world = World::small_on(backend).start().await;
    for vendor in Vendor::ALL {
        let round = FaultRound::begin(&world, vendor).await;
        let host = "ПРИЁМНАЯ-受付-مكتب-Ōtani-💻";
        let dirty = host.replace('-', "\u{0}-\u{7}\u{1b}\r\n");
        let key = edit_one(&world, vendor, |record| {
            name(record, Some(&dirty));
            record.set("displayName", dirty.as_str()).set("computerName", dirty.as_str());
        });
        round.collect(Told::completed()).await;
        let shown = world.see(vendor, 0).await.snapshots;
        let row = shown.iter().find(|row| row["vendorDeviceKey"] == key).unwrap();
        assert_eq!(row["hostname"], host, "{vendor}");
        assert_eq!(row["displayName"], host, "{vendor}");
        assert_eq!(row["canonicalHostname"], "приёмная-受付-مكتب-ōtani-💻", "{vendor}");
        let found =
            format!("{{ devices(filter: {{ hostname: {{ eq: \"{}\" }} }}) {{ totalCount }} }}", host.to_uppercase());
        assert_eq!(world.graphql.query(&found).await["devices"]["totalCount"], 1, "{vendor}");
        round.recovers().await;
    }
}

#[rstest]
#[tokio::test]
async fn null_in_every_optional_field_is_said_by_nobody(
    #[values(Backend::Sqlite, Backend::Postgres)] backend: Backend,
) {
    let world = World::on(backend).plan(FleetPlan::plain(25, 15)).start().await;
    for vendor in Vendor::ALL {
        let round = FaultRound::begin(&world, vendor).await;
        world.simulator.with_switches(|switches| {
            switches.ninja.rows.null_optional_fields = true;
            switches.threatlocker.rows.null_optional_fields = true;
        });
        round.collect(Told::completed()).await;
        for row in world.see(vendor, 0).await.snapshots {
            assert_eq!(row["lastOnline"], Value::Null, "{vendor}: {row:#}");
            assert_eq!(row["hardware"]["serialNumber"], Value::Null, "{vendor}: {row:#}");
            assert_eq!(row["network"]["publicIp"], Value::Null, "{vendor}: {row:#}");
        }
        round.recovers().await;
    }
}

#[rstest]
#[tokio::test]
async fn ninety_percent_of_the_fleet_gone_is_held(#[values(Backend::Sqlite, Backend::Postgres)] backend: Backend) {
    let world = World::small_on(backend).start().await;
    for vendor in Vendor::ALL {
        let round = FaultRound::begin(&world, vendor).await;
        let kept = world.present_keys(vendor).len() / 10;
        world.shrink(vendor, kept);
        let batch = round.collect(Told { status: "HELD", says: "under 80 %" }).await;
        let collection = &batch["runs"][0]["collection"];
        assert_eq!(collection["outcome"], "HELD");
        assert_eq!(collection["deviceCount"], kept);
        round.recovers().await;
    }
}
