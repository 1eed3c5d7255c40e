//! What a device that the vendors file under two clients explains, also when a client has another name by now.

use harness::{Backend, World, text};
use rstest::rstest;
use serde_json::{Value, json};
use simulator::FleetPlan;

const MARCH_31: u64 = 29;

/// Of each line, by the organization's id: exceptions that explain, and what remains.
fn explained(report: &Value) -> Vec<Value> {
    let lines = report["lines"]["nodes"].as_array().unwrap();
    let line =
        |line: &Value| json!([line["organization"]["id"], line["exceptions"], line["explained"], line["unexplained"]]);
    let mut lines: Vec<Value> = lines.iter().map(line).collect();
    lines.sort_by_key(ToString::to_string);
    lines
}

#[rstest]
#[tokio::test]
async fn a_client_that_ninja_renames_later_still_explains_what_was_filed_under_it(
    #[values(Backend::Sqlite, Backend::Postgres)] backend: Backend,
    #[values(true, false)] filed_from_the_start: bool,
) {
    let world = World::on(backend).plan(FleetPlan { organizations: 4, ..FleetPlan::plain(30, 30) }).start().await;
    let (device, from, to, name) = world.simulator.view(|vendors| {
        let computers = vendors.threatlocker_computers();
        let host = |row: &Value, field: &str| row[field].as_str().unwrap_or_default().to_lowercase();
        let is_protected =
            |row: &Value| computers.iter().any(|computer| host(computer, "hostname") == host(row, "systemName"));
        let plain = |row: &&Value| {
            row["nodeClass"] == "WINDOWS_WORKSTATION"
                && row["approvalStatus"] == "APPROVED"
                && is_protected(row)
                && !host(row, "displayName").contains("spare")
        };
        let devices = vendors.ninja_devices();
        let device = devices.iter().find(plain).unwrap();
        let organizations = vendors.ninja_organizations();
        // The first ones have a device of each other in this fleet.
        let other = organizations.iter().rfind(|row| row["id"] != device["organizationId"]).unwrap();
        let id = |row: &Value, field: &str| row[field].as_i64().unwrap();
        (id(device, "id"), id(device, "organizationId"), id(other, "id"), text(other, "name").to_owned())
    });
    if !filed_from_the_start {
        world.night(0).await;
    }
    world.simulator.edit(|vendors| vendors.move_ninja_device(device, to));
    world.night(MARCH_31).await;
    // Found and mended, so that no later check writes the client's name anew.
    world.simulator.edit(|vendors| vendors.move_ninja_device(device, from));
    world.night(MARCH_31 + 1).await;
    let before = world.graphql.bill("2026-03").await;
    let lines = before["lines"]["nodes"].as_array().unwrap();
    let other_side = lines.iter().find(|line| text(line, "name") == name).unwrap();
    let shares = other_side["exceptions"].as_array().unwrap().iter().filter(|share| share["type"] == "SITE_MISMATCH");
    let shares: Vec<_> = shares.map(|share| (&share["count"], &share["effect"])).collect();
    assert_eq!(shares, [(&json!(0), &json!(-1))], "it has an endpoint that ThreatLocker has elsewhere: {lines:#?}");
    world.simulator.edit(|vendors| {
        vendors.ninja_organization(to).set("name", format!("Formerly {name}"));
    });
    world.night(MARCH_31 + 2).await;
    let after = world.graphql.bill("2026-03").await;
    assert_eq!(explained(&after), explained(&before));
    let lines = after["lines"]["nodes"].as_array().unwrap();
    assert!(lines.iter().all(|line| !line["name"].is_null()), "no line without a name: {lines:#?}");
    assert!(lines.iter().any(|line| text(line, "name") == format!("Formerly {name}")));
}
