//! A sync looks at the neighbourhood of one device; the whole day is the oracle. After every sync of random changes in a
//! fleet where everything is shared by somebody, linking and checking everything again finds nothing to do, and collecting
//! everything again stores what is there.

use std::{collections::BTreeSet, time::Duration};

use domain::vendor::Vendor;
use entity::{
    change_log, daily_count, daily_total, device, device_identity, device_move, exception, link_candidate, link_key,
    snapshot_day, usage_transition,
};
use harness::{Backend, World, text};
use rstest::rstest;
use sea_orm::EntityTrait;
use serde_json::{Value, json};
use simulator::FleetPlan;

/// Numbers from a seed.
struct Dice(u64);

impl Dice {
    fn roll(&mut self, sides: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        usize::try_from(self.0 % u64::try_from(sides).unwrap()).unwrap()
    }

    fn pick<'a, T>(&mut self, from: &'a [T]) -> &'a T {
        &from[self.roll(from.len())]
    }
}

const NAMES: [&str; 7] = [
    "RECEPTION",
    "reception.corp.example",
    "accounting-srv-",
    "accounting-srv-01",
    "accounting-srv-02",
    "LAB-7",
    "FRONT-DESK",
];
const SERIALS: [&str; 4] = ["ABC-1234", "abc1234", "XYZ9", "Default string"];
const MACS: [&str; 3] = ["A4:BB:6D:00:00:01", "a4-bb-6d-00-00-02", "00:15:5D:00:00:01"];

/// Every row that linking and checking write, in an order of its own; ids that are made anew each time are left out.
async fn linked_and_checked(world: &World) -> BTreeSet<String> {
    let rows = world.rows();
    let mut all = BTreeSet::new();
    all.extend(device::Entity::find().all(rows).await.unwrap().iter().map(|row| format!("{row:?}")));
    all.extend(device_identity::Entity::find().all(rows).await.unwrap().iter().map(|row| format!("{row:?}")));
    all.extend(device_move::Entity::find().all(rows).await.unwrap().iter().map(|row| format!("{row:?}")));
    all.extend(link_candidate::Entity::find().all(rows).await.unwrap().iter().map(|row| format!("{row:?}")));
    all.extend(link_key::Entity::find().all(rows).await.unwrap().iter().map(|row| format!("{row:?}")));
    all.extend(exception::Entity::find().all(rows).await.unwrap().iter().map(|row| format!("{row:?}")));
    all
}

/// What the days amount to.
async fn counted(world: &World) -> BTreeSet<String> {
    let rows = world.rows();
    let mut all = BTreeSet::new();
    let counts = daily_count::Entity::find().all(rows).await.unwrap();
    all.extend(counts.into_iter().map(|row| format!("{:?}", daily_count::Model { id: 0, ..row })));
    let totals = daily_total::Entity::find().all(rows).await.unwrap();
    all.extend(totals.into_iter().map(|row| format!("{:?}", daily_total::Model { id: 0, ..row })));
    let transitions = usage_transition::Entity::find().all(rows).await.unwrap();
    all.extend(transitions.into_iter().map(|row| format!("{row:?}")));
    all.extend(change_log::Entity::find().all(rows).await.unwrap().iter().map(|row| format!("{row:?}")));
    let days = snapshot_day::Entity::find().all(rows).await.unwrap();
    all.extend(days.iter().map(|day| format!("{} {} {}", day.snapshot_date, day.vendor_id, day.device_count)));
    all
}

/// Changes one random device at its vendor; answers whose and which.
fn change(world: &World, dice: &mut Dice) -> (&'static str, String) {
    let (devices, computers) =
        world.simulator.view(|vendors| (vendors.ninja_devices(), vendors.threatlocker_computers()));
    let computers: Vec<Value> = computers.into_iter().filter(|row| row["isDeleted"] == false).collect();
    let (what, name, serial, mac) = (dice.roll(6), *dice.pick(&NAMES), *dice.pick(&SERIALS), *dice.pick(&MACS));
    if dice.roll(2) == 0 {
        let (id, other) = (dice.pick(&devices)["id"].as_i64().unwrap(), dice.pick(&devices));
        world.simulator.edit(|vendors| match what {
            0 | 1 => vendors.rename_ninja_device(id, name),
            2 => {
                vendors.ninja_device(id).set("system.serialNumber", serial).set("system.biosSerialNumber", serial);
            }
            3 => {
                vendors.ninja_device(id).set("macAddresses", json!([mac]));
            }
            4 => {
                let mut device = vendors.ninja_device(id);
                device.set("organizationId", other["organizationId"].clone());
                device.set("locationId", other["locationId"].clone());
            }
            _ => {
                vendors.ninja_device(id).set("displayName", if name.len() > 10 { "Spare one" } else { "Desk" });
            }
        });
        return ("NINJA", id.to_string());
    }
    let (key, other) = (text(dice.pick(&computers), "computerId").to_owned(), dice.pick(&computers));
    world.simulator.edit(|vendors| match what {
        0..=2 => vendors.rename_computer(&key, name),
        3 => {
            vendors.threatlocker_computer(&key).set("serialNumber", serial);
        }
        _ => vendors.move_computer(&key, text(other, "organizationId"), text(other, "organization")),
    });
    ("THREATLOCKER", key)
}

#[rstest]
#[tokio::test]
async fn after_a_sync_of_anything_the_whole_day_has_nothing_to_add(
    #[values(Backend::Sqlite, Backend::Postgres)] backend: Backend,
    #[values(11, 2024, 777_001)] seed: u64,
) {
    let plan = FleetPlan { organizations: 3, seed, ..FleetPlan::plain(16, 14) };
    let world = World::on(backend).plan(plan).start().await;
    let mut dice = Dice(seed.wrapping_mul(0x9E37_79B9_7F4A_7C15) | 1);
    for _ in 0..12 {
        change(&world, &mut dice);
    }
    world.night(0).await;
    world.night(1).await;
    decide(&world, &mut dice).await;
    for step in 0..25 {
        let (vendor, key) = change(&world, &mut dice);
        world.clock.advance(Duration::from_secs(1));
        let query = "mutation($i: SyncDeviceInput!) { syncDevice(input: $i) { userErrors { code message } } }";
        let answer = world.graphql.ask(query, json!({ "i": { "vendor": vendor, "vendorDeviceKey": key } })).await;
        assert_eq!(answer.data()["syncDevice"]["userErrors"], json!([]), "step {step}: {vendor} {key}");
        let near = linked_and_checked(&world).await;
        let found = world.inventory.redo_latest_day().await.unwrap();
        assert_eq!(found, (0, 0), "step {step} of seed {seed}: {vendor} {key}");
        let whole = linked_and_checked(&world).await;
        let differing: Vec<_> = near.symmetric_difference(&whole).collect();
        assert!(differing.is_empty(), "step {step} of seed {seed}: {vendor} {key}: {differing:#?}");
    }
    let one_by_one = counted(&world).await;
    world.collect(&Vendor::ALL, false).await;
    let at_once = counted(&world).await;
    let differing: Vec<_> = one_by_one.symmetric_difference(&at_once).collect();
    assert!(differing.is_empty(), "seed {seed}: {differing:#?}");
}

/// People say of two pairs that they are one machine, and of two that they are not.
async fn decide(world: &World, dice: &mut Dice) {
    let (devices, computers) =
        world.simulator.view(|vendors| (vendors.ninja_devices(), vendors.threatlocker_computers()));
    for mutation in ["linkIdentities", "separateIdentities", "linkIdentities", "separateIdentities"] {
        let ninja = json!({ "vendor": "NINJA", "vendorDeviceKey": dice.pick(&devices)["id"].to_string() });
        let threatlocker =
            json!({ "vendor": "THREATLOCKER", "vendorDeviceKey": text(dice.pick(&computers), "computerId") });
        let query = format!(
            "mutation($pair: [IdentityInput!]!) {{
                {mutation}(input: {{ identities: $pair }}) {{ userErrors {{ code }} }} }}"
        );
        let answer = world.graphql.ask(&query, json!({ "pair": [ninja, threatlocker] })).await;
        let payload: &Value = &answer.data()[mutation];
        let errors = payload["userErrors"].as_array().unwrap();
        assert!(errors.iter().all(|error| error["code"] == "ALREADY_DECIDED"), "{payload:#}");
    }
}
