//! What people decide about two records stands: over later nights, re-collections and absences, until they decide anew.

use std::time::Duration;

use domain::vendor::Vendor;
use harness::{Backend, World, text};
use rstest::rstest;
use serde_json::{Value, json};
use simulator::FleetPlan;

const DEVICE: &str = "id hostname present sources { vendor vendorDeviceKey linkRule linkReason linkEvidence }
    match { vendorDeviceKey rule evidence decisions { kind actor note with { vendorDeviceKey } } }
    moves { source { vendorDeviceKey } from { id } to { id } date rule }";

/// A vendor's record as mutations name it.
pub(crate) fn ninja(id: i64) -> Value {
    json!({ "vendor": "NINJA", "vendorDeviceKey": id.to_string() })
}

/// The same for ThreatLocker.
pub(crate) fn threatlocker(key: &str) -> Value {
    json!({ "vendor": "THREATLOCKER", "vendorDeviceKey": key })
}

/// The payload of `linkIdentities` or `separateIdentities`, refused or not.
pub(crate) async fn decide(world: &World, mutation: &str, identities: &[Value], note: Value) -> Value {
    let query = format!(
        "mutation($i: DecideLinkInput!) {{ {mutation}(input: $i) {{ inEffect devices {{ {DEVICE} }}
            openedExceptions {{ id type status }} closedExceptions {{ id type status resolution }}
            userErrors {{ code message field }} }} }}"
    );
    let answer = world.graphql.ask(&query, json!({ "i": { "identities": identities, "note": note } })).await;
    answer.data()[mutation].clone()
}

/// A decision that is taken.
pub(crate) async fn decided(world: &World, mutation: &str, one: &Value, other: &Value) -> Value {
    let payload = decide(world, mutation, &[one.clone(), other.clone()], Value::Null).await;
    assert_eq!(payload["userErrors"], json!([]), "{mutation}");
    payload
}

/// Two nights of a fleet in which nothing happens, and machines that both vendors list under one serial number: Ninja's
/// id, ThreatLocker's id.
pub(crate) async fn plain(backend: Backend) -> (World, Vec<(i64, String)>) {
    let world = World::on(backend).plan(FleetPlan::plain(20, 16)).page_size(1000).start().await;
    world.night(0).await;
    world.night(1).await;
    world.clock.advance(Duration::from_hours(5));
    let pairs = world.simulator.view(|vendors| {
        let computers = vendors.threatlocker_computers();
        let twin = |row: &Value| {
            let serial = row["system"]["serialNumber"].as_str()?;
            let mut same = computers.iter().filter(|it| it["serialNumber"] == serial && it["isDeleted"] == false);
            let computer = same.next()?;
            // Longer names are cut at Ninja.
            let is_short = text(computer, "hostname").len() < 14;
            is_short.then_some((row["id"].as_i64()?, text(computer, "computerId").to_owned()))
        };
        vendors.ninja_devices().iter().filter_map(twin).collect::<Vec<_>>()
    });
    assert!(pairs.len() >= 3, "{pairs:?}");
    (world, pairs)
}

/// The device of a vendor's record.
pub(crate) async fn device_of(world: &World, key: &str) -> Value {
    let all = world.graphql.every("devices", "filter: { presence: ANY }", DEVICE).await;
    let has = |device: &&Value| device["sources"].as_array().unwrap().iter().any(|it| it["vendorDeviceKey"] == key);
    all.iter().find(has).unwrap_or_else(|| panic!("nobody has {key}")).clone()
}

async fn are_one(world: &World, one: &str, other: &str) -> bool {
    device_of(world, one).await["id"] == device_of(world, other).await["id"]
}

fn types(exceptions: &Value) -> Vec<&str> {
    exceptions.as_array().unwrap().iter().map(|it| text(it, "type")).collect()
}

#[rstest]
#[tokio::test]
async fn two_that_a_serial_joins_stay_apart_every_later_night_until_they_are_linked_again(
    #[values(Backend::Sqlite, Backend::Postgres)] backend: Backend,
) {
    let (world, pairs) = plain(backend).await;
    let (id, computer) = &pairs[0];
    let (one, other, key) = (ninja(*id), threatlocker(computer), id.to_string());
    assert!(are_one(&world, &key, computer).await);
    let before = device_of(&world, &key).await["id"].clone();
    let apart = decided(&world, "separateIdentities", &one, &other).await;
    assert_eq!((&apart["inEffect"], apart["devices"].as_array().unwrap().len()), (&json!(true), 2));
    assert!(types(&apart["openedExceptions"]).contains(&"MISSING_NINJA"), "{apart:#}");
    assert_eq!(device_of(&world, &key).await["id"], before, "Ninja's record keeps the device");
    let missing =
        apart["openedExceptions"].as_array().unwrap().iter().find(|it| it["type"] == "MISSING_NINJA").unwrap();
    let separate = device_of(&world, computer).await["id"].clone();
    for number in 2..4 {
        world.night(number).await;
        world.clock.advance(Duration::from_hours(2));
        world.collect(&Vendor::ALL, true).await;
        assert_eq!(device_of(&world, computer).await["id"], separate, "night {number}");
        let open = world.graphql.every("exceptions", "filter: { status: { eq: OPEN } }", "id").await;
        assert_eq!(open.iter().filter(|it| it["id"] == missing["id"]).count(), 1, "night {number}");
    }
    let together = decided(&world, "linkIdentities", &other, &one).await;
    assert_eq!((&together["inEffect"], together["devices"].as_array().unwrap().len()), (&json!(true), 1));
    assert_eq!(together["devices"][0]["id"], before);
    let closed = together["closedExceptions"].as_array().unwrap().iter().find(|it| it["id"] == missing["id"]).unwrap();
    assert_eq!((text(closed, "status"), text(closed, "resolution")), ("RESOLVED", "VERIFIED"));
    world.night(4).await;
    assert!(are_one(&world, &key, computer).await);
}

#[rstest]
#[tokio::test]
async fn two_that_no_rule_joins_are_one_machine_once_a_person_says_so(
    #[values(Backend::Sqlite, Backend::Postgres)] backend: Backend,
) {
    let (world, pairs) = plain(backend).await;
    let (id, computer) = &pairs[0];
    world.simulator.edit(|vendors| {
        vendors.rename_computer(computer, "NOBODY-KNOWS");
        vendors.threatlocker_computer(computer).drop_key("serialNumber");
    });
    world.night(2).await;
    let key = id.to_string();
    assert!(!are_one(&world, &key, computer).await);
    let linked = decided(&world, "linkIdentities", &ninja(*id), &threatlocker(computer)).await;
    assert!(types(&linked["closedExceptions"]).contains(&"MISSING_NINJA"), "{linked:#}");
    for number in 3..5 {
        world.night(number).await;
        let device = device_of(&world, computer).await;
        let source = device["sources"].as_array().unwrap().iter().find(|it| it["vendorDeviceKey"] == computer.as_str());
        let source = source.unwrap();
        assert_eq!((text(source, "linkRule"), text(source, "linkEvidence")), ("PERSON", "linked by local operator"));
        assert_eq!(text(source, "linkReason"), "A person linked them.");
        assert!(are_one(&world, &key, computer).await, "night {number}");
    }
    let open = world.graphql.every("exceptions", "filter: { status: { eq: OPEN } }", "type hostname").await;
    assert!(!open.iter().any(|it| it["hostname"] == "nobody-knows" && it["type"] == "MISSING_NINJA"), "{open:#?}");
}

#[rstest]
#[tokio::test]
async fn a_persons_link_wins_over_a_serial_number(#[values(Backend::Sqlite, Backend::Postgres)] backend: Backend) {
    let (world, pairs) = plain(backend).await;
    let ((first, _), (second, computer)) = (&pairs[0], &pairs[1]);
    decided(&world, "linkIdentities", &ninja(*first), &threatlocker(computer)).await;
    world.night(2).await;
    assert!(are_one(&world, &first.to_string(), computer).await);
    assert!(!are_one(&world, &second.to_string(), computer).await);
}

#[rstest]
#[tokio::test]
async fn deciding_the_same_twice_changes_nothing_and_says_so(
    #[values(Backend::Sqlite, Backend::Postgres)] backend: Backend,
) {
    let (world, pairs) = plain(backend).await;
    let names = [ninja(pairs[0].0), threatlocker(&pairs[0].1)];
    for mutation in ["separateIdentities", "linkIdentities"] {
        let first = decide(&world, mutation, &names, json!("first")).await;
        assert_eq!(first["userErrors"], json!([]));
        world.clock.advance(Duration::from_hours(1));
        let second = decide(&world, mutation, &names, json!("second")).await;
        assert_eq!(text(&second["userErrors"][0], "code"), "ALREADY_DECIDED");
        assert_eq!((&second["devices"], &second["inEffect"]), (&first["devices"], &json!(true)));
        assert_eq!((&second["openedExceptions"], &second["closedExceptions"]), (&json!([]), &json!([])));
        let told = &second["devices"][0]["match"][0]["decisions"];
        assert_eq!((told.as_array().unwrap().len(), text(&told[0], "note")), (1, "first"));
    }
}

#[rstest]
#[tokio::test]
async fn each_mistake_has_its_own_answer_and_nothing_changes(
    #[values(Backend::Sqlite, Backend::Postgres)] backend: Backend,
) {
    let (world, pairs) = plain(backend).await;
    let (one, other) = (ninja(pairs[0].0), threatlocker(&pairs[0].1));
    let before = world.graphql.every("devices", "", DEVICE).await;
    let cases = [
        (vec![one.clone(), ninja(987_654)], Value::Null, "NOT_FOUND", "identities"),
        (
            vec![one.clone(), json!({ "vendor": "NINJA", "vendorDeviceKey": "a\u{0}b" })],
            Value::Null,
            "BAD_INPUT",
            "identities",
        ),
        (vec![one.clone(), one.clone()], Value::Null, "BAD_INPUT", "identities"),
        (vec![one.clone()], Value::Null, "BAD_INPUT", "identities"),
        (vec![one.clone(), other.clone(), ninja(pairs[1].0)], Value::Null, "BAD_INPUT", "identities"),
        (vec![one.clone(), other.clone()], json!("x".repeat(100_000)), "BAD_INPUT", "note"),
        (vec![one.clone(), other.clone()], json!("a\u{0}b"), "BAD_INPUT", "note"),
    ];
    for (identities, note, code, field) in cases {
        for mutation in ["linkIdentities", "separateIdentities"] {
            let refused = decide(&world, mutation, &identities, note.clone()).await;
            let error = &refused["userErrors"][0];
            assert_eq!((text(error, "code"), &error["field"]), (code, &json!(["input", field])), "{identities:?}");
            assert_eq!((&refused["devices"], &refused["inEffect"]), (&json!([]), &json!(false)));
        }
    }
    assert_eq!(world.graphql.every("devices", "", DEVICE).await, before);
}

#[rstest]
#[tokio::test]
async fn a_note_is_kept_letter_by_letter(#[values(Backend::Sqlite, Backend::Postgres)] backend: Backend) {
    let (world, pairs) = plain(backend).await;
    let note = "it's \"theirs\"; 100 % _sure_ \\ 🧑‍🔧 '; DROP TABLE link_decision; --\nsecond line";
    let (key, computer) = (pairs[0].0.to_string(), &pairs[0].1);
    decide(&world, "separateIdentities", &[ninja(pairs[0].0), threatlocker(computer)], json!(note)).await;
    for (record, other) in [(key.as_str(), computer.as_str()), (computer, &key)] {
        let device = device_of(&world, record).await;
        let told = device["match"].as_array().unwrap().iter().find(|it| it["vendorDeviceKey"] == record).unwrap();
        let expected = json!([{ "kind": "SEPARATED", "actor": "local operator", "note": note, "with": { "vendorDeviceKey": other } }]);
        assert_eq!(told["decisions"], expected);
    }
    let longest = json!("é".repeat(10_000));
    let payload = decide(&world, "linkIdentities", &[ninja(pairs[0].0), threatlocker(computer)], longest.clone()).await;
    assert_eq!(payload["devices"][0]["match"][0]["decisions"][0]["note"], longest);
}

#[rstest]
#[tokio::test]
async fn a_link_to_a_record_that_is_gone_waits_for_its_return(
    #[values(Backend::Sqlite, Backend::Postgres)] backend: Backend,
) {
    let (world, pairs) = plain(backend).await;
    let ((id, _), (_, computer)) = (&pairs[0], &pairs[1]);
    world.simulator.edit(|vendors| vendors.threatlocker_computer(computer).remove());
    world.night(2).await;
    let waiting = decided(&world, "linkIdentities", &ninja(*id), &threatlocker(computer)).await;
    assert_eq!((&waiting["inEffect"], waiting["devices"].as_array().unwrap().len()), (&json!(false), 2));
    world.simulator.edit(simulator::World::forget_edits);
    world.night(3).await;
    assert!(are_one(&world, &id.to_string(), computer).await);
}

#[rstest]
#[tokio::test]
async fn a_record_leaves_the_device_of_a_retired_one_from_which_it_is_separated(
    #[values(Backend::Sqlite, Backend::Postgres)] backend: Backend,
    #[values(true, false)] is_ninja_retired: bool,
) {
    let (world, pairs) = plain(backend).await;
    let (id, computer) = &pairs[0];
    let key = id.to_string();
    let (retired, left) = if is_ninja_retired { (&key, computer) } else { (computer, &key) };
    world.simulator.edit(|vendors| {
        if is_ninja_retired {
            vendors.ninja_device(*id).remove();
        } else {
            vendors.threatlocker_computer(computer).remove();
        }
    });
    world.night(2).await;
    let before = device_of(&world, retired).await["id"].clone();
    assert!(are_one(&world, retired, left).await, "a device keeps its records");
    let apart = decided(&world, "separateIdentities", &ninja(*id), &threatlocker(computer)).await;
    assert_eq!((&apart["inEffect"], apart["devices"].as_array().unwrap().len()), (&json!(true), 2));
    let own = device_of(&world, left).await;
    assert_eq!((&own["present"], &device_of(&world, retired).await["id"]), (&json!(true), &before));
    assert_eq!(device_of(&world, retired).await["present"], false);
    assert_eq!(own["moves"].as_array().unwrap().len(), 1, "{own:#}");
    world.night(3).await;
    assert_eq!(device_of(&world, left).await["id"], own["id"], "a later night respects it");
    world.simulator.edit(simulator::World::forget_edits);
    world.night(4).await;
    assert!(!are_one(&world, retired, left).await, "nor does its return bring them together");
    assert_eq!(device_of(&world, left).await["id"], own["id"]);
}

#[rstest]
#[tokio::test]
async fn a_decision_outlives_a_record_that_a_second_collection_of_the_day_does_not_list(
    #[values(Backend::Sqlite, Backend::Postgres)] backend: Backend,
) {
    let (world, pairs) = plain(backend).await;
    let (id, _) = &pairs[0];
    let add = |vendors: &mut simulator::World| {
        let mut row = vendors.threatlocker_computers().remove(0);
        for (field, value) in [("computerId", "brand-new"), ("hostname", "BRAND-NEW"), ("computerName", "BRAND-NEW")] {
            row[field] = json!(value);
        }
        row["serialNumber"] = Value::Null;
        vendors.add_computer(row);
    };
    world.simulator.edit(add);
    world.night(2).await;
    decided(&world, "linkIdentities", &ninja(*id), &threatlocker("brand-new")).await;
    world.simulator.edit(simulator::World::forget_edits);
    world.clock.advance(Duration::from_hours(1));
    world.collect(&Vendor::ALL, true).await;
    world.simulator.edit(add);
    world.night(3).await;
    assert!(are_one(&world, &id.to_string(), "brand-new").await);
}

#[rstest]
#[tokio::test]
async fn two_records_of_one_vendor_are_one_machine_when_a_person_says_so_and_two_again(
    #[values(Backend::Sqlite, Backend::Postgres)] backend: Backend,
) {
    let (world, pairs) = plain(backend).await;
    let ((first, _), (second, computer)) = (&pairs[0], &pairs[1]);
    let (one, other) = (first.to_string(), second.to_string());
    // Ninja lists its devices by id, so that the first one was known first.
    let (kept, taken) = (device_of(&world, &one).await["id"].clone(), device_of(&world, &other).await["id"].clone());
    let joined = decided(&world, "linkIdentities", &ninja(*first), &ninja(*second)).await;
    assert_eq!(joined["devices"].as_array().unwrap().len(), 1);
    assert_eq!(joined["devices"][0]["id"], kept);
    world.night(2).await;
    assert!(are_one(&world, &one, &other).await && are_one(&world, &one, computer).await);
    let ask = "query($id: ID!) { device(id: $id) { present mergedInto { id } } }";
    let merged = world.graphql.ask(ask, json!({ "id": taken })).await.data()["device"].clone();
    assert_eq!(merged, json!({ "present": false, "mergedInto": { "id": kept } }));
    decided(&world, "separateIdentities", &ninja(*first), &ninja(*second)).await;
    world.night(3).await;
    assert!(!are_one(&world, &one, &other).await);
    assert_eq!(device_of(&world, &one).await["id"], kept);
    assert!(are_one(&world, &other, computer).await, "each takes what the rules give it");
}

#[rstest]
#[tokio::test]
async fn separated_records_of_one_vendor_do_not_meet_on_a_third(
    #[values(Backend::Sqlite, Backend::Postgres)] backend: Backend,
) {
    let (world, pairs) = plain(backend).await;
    let (id, computer) = &pairs[0];
    world.simulator.edit(|vendors| {
        let mut row =
            vendors.threatlocker_computers().into_iter().find(|it| it["computerId"] == computer.as_str()).unwrap();
        row["computerId"] = json!("reinstalled");
        vendors.add_computer(row);
    });
    world.night(2).await;
    assert!(are_one(&world, "reinstalled", computer).await, "the rules take it for a reinstalled agent");
    let apart = decided(&world, "separateIdentities", &threatlocker("reinstalled"), &threatlocker(computer)).await;
    assert_eq!(apart["inEffect"], true);
    world.night(3).await;
    assert!(!are_one(&world, "reinstalled", computer).await);
    decided(&world, "linkIdentities", &threatlocker("reinstalled"), &ninja(*id)).await;
    world.night(4).await;
    assert!(are_one(&world, "reinstalled", &id.to_string()).await);
    assert!(!are_one(&world, "reinstalled", computer).await);
}
