//! The commands of `inventory-hub` as scripts see them: words, JSON and exit statuses.

use harness::{Backend, Finished, Surroundings};
use rstest::rstest;
use serde_json::{Value, json};
use simulator::{Effect, Fault, Gate, Vendor};

/// The only run of `--json`.
#[track_caller]
fn only_run(finished: &Finished) -> Value {
    let report = finished.json();
    assert_eq!(report["runs"].as_array().map(Vec::len), Some(1), "{report:#}");
    report["runs"][0].clone()
}

fn shrink(outside: &Surroundings) {
    let rows = outside.simulator.view(simulator::World::ninja_devices);
    for row in rows.iter().skip(3) {
        let id = row["id"].as_i64().unwrap();
        outside.simulator.edit(|world| {
            world.ninja_device(id).remove();
        });
    }
}

#[rstest]
#[tokio::test]
async fn a_complete_collection_exits_0_and_tells_what_it_did(
    #[values(Backend::Sqlite, Backend::Postgres)] backend: Backend,
    #[values("ninja", "threatlocker")] vendor: &str,
) {
    let outside = Surroundings::on(backend).await;
    let finished = outside.hub(&["collect", vendor, "--json"]).run().await.ended_with(0);
    let report = finished.json();
    let run = only_run(&finished);
    assert_eq!((&report["status"], &run["status"]), (&json!("completed"), &json!("completed")));
    assert!(report["batchId"].as_str().unwrap().starts_with("bc_"), "{report:#}");
    assert_eq!(report["checks"], Value::Null);
    assert_eq!(run["jobName"], format!("{vendor}-collector"));
    let (_hub, url) = outside.serving().await;
    let counts = "{ availableDates { date deviceCount vendors { vendor } } jobRuns { nodes { rowsStored pagesFetched durationSeconds } } }";
    let told = harness::GraphqlClient::new(url).query(counts).await;
    let day = &told["availableDates"][0];
    assert_eq!((&run["businessDate"], &run["rowsStored"]), (&day["date"], &day["deviceCount"]));
    assert_eq!(day["vendors"], json!([{ "vendor": vendor.to_uppercase() }]));
    let same = json!({ "rowsStored": run["rowsStored"], "pagesFetched": run["pagesFetched"], "durationSeconds": run["durationSeconds"] });
    assert_eq!(told["jobRuns"]["nodes"], json!([same]));
    assert!(run["pagesFetched"].as_i64().unwrap() > 0, "{run:#}");
    assert_eq!(run["error"], Value::Null);
    for instant in ["startedAt", "endedAt"] {
        chrono::DateTime::parse_from_rfc3339(run[instant].as_str().unwrap()).unwrap();
    }
}

#[rstest]
#[tokio::test]
async fn without_json_a_collection_is_told_in_a_line(#[values(Backend::Sqlite, Backend::Postgres)] backend: Backend) {
    let outside = Surroundings::on(backend).await;
    let finished = outside.hub(&["collect", "ninja"]).run().await.ended_with(0);
    assert!(finished.stdout.starts_with("ninja-collector: completed ("), "{finished:?}");
    assert_eq!(finished.stdout.lines().count(), 1, "{finished:?}");
}

#[rstest]
#[tokio::test]
async fn a_failed_collection_exits_1(#[values(Backend::Sqlite, Backend::Postgres)] backend: Backend) {
    let outside = Surroundings::on(backend).await;
    outside.simulator.with_switches(|switches| switches.ninja.wrong_region = true);
    let finished = outside.hub(&["collect", "ninja", "--json"]).run().await.ended_with(1);
    let run = only_run(&finished);
    assert_eq!((&run["status"], &run["rowsStored"]), (&json!("failed"), &json!(0)));
    assert!(!run["error"].as_str().unwrap().is_empty());
    assert_eq!(finished.json()["status"], "failed");
}

#[rstest]
#[tokio::test]
async fn a_collection_beside_another_of_the_vendor_is_skipped_and_exits_1(
    #[values(Backend::Sqlite, Backend::Postgres)] backend: Backend,
) {
    let outside = Surroundings::on(backend).await;
    let gate = Gate::closed();
    let held = Fault::new(Effect::Held(gate.clone())).of(Vendor::Ninja).on("/v2/devices-detailed");
    outside.simulator.with_switches(|switches| switches.faults.push(held));
    let first = outside.hub(&["collect", "ninja", "--json"]).start();
    gate.arrived(1).await;
    let second = outside.hub(&["collect", "ninja", "--json"]).run().await.ended_with(1);
    assert_eq!(only_run(&second)["status"], "skipped");
    gate.open();
    first.finish().await.ended_with(0);
}

#[rstest]
#[tokio::test]
async fn a_partial_collection_exits_3(#[values(Backend::Sqlite, Backend::Postgres)] backend: Backend) {
    let outside = Surroundings::on(backend).await;
    let missing = Fault::new(Effect::Status(404)).of(Vendor::Ninja).on("/v2/locations");
    outside.simulator.with_switches(|switches| switches.faults.push(missing));
    let finished = outside.hub(&["collect", "ninja", "--json"]).run().await.ended_with(3);
    let run = only_run(&finished);
    assert_eq!((&run["status"], &run["rowsStored"]), (&json!("partial"), &json!(0)));
    assert!(run["message"].as_str().unwrap().contains("locations"), "{run:#}");
}

#[rstest]
#[tokio::test]
async fn a_held_collection_exits_4_and_waits_for_a_person(
    #[values(Backend::Sqlite, Backend::Postgres)] backend: Backend,
    #[values("apply", "discard")] decision: &str,
) {
    let outside = Surroundings::on(backend).await;
    outside.hub(&["collect", "ninja"]).run().await.ended_with(0);
    shrink(&outside);
    let held = outside.hub(&["collect", "ninja", "--json"]).run().await.ended_with(4);
    assert_eq!(only_run(&held)["status"], "held");
    let list = outside.hub(&["held", "list"]).run().await.ended_with(0).stdout;
    assert_eq!(list.lines().count(), 1, "{list}");
    assert!(list.contains(": Ninja ") && list.contains(" 3 devices against 60 "), "{list}");
    let number = list.split(':').next().unwrap();
    let decided = outside.hub(&["held", decision, number]).run().await.ended_with(0);
    assert!(decided.stdout.starts_with(if decision == "apply" { "applied" } else { "discarded" }), "{decided:?}");
    assert_eq!(outside.hub(&["held", "list"]).run().await.ended_with(0).stdout, "");
    let again = outside.hub(&["held", decision, number]).run().await.ended_with(1);
    assert_eq!(again.stdout, "no collection of that number is held\n");
    let (_hub, url) = outside.serving().await;
    let told = harness::GraphqlClient::new(url).query("{ availableDates { deviceCount } }").await;
    let applied = told == json!({ "availableDates": [{ "deviceCount": 3 }] });
    assert_eq!(applied, decision == "apply", "{told}");
}

#[rstest]
#[tokio::test]
async fn checks_exit_0_when_all_ran(#[values(Backend::Sqlite, Backend::Postgres)] backend: Backend) {
    let outside = Surroundings::on(backend).await;
    for vendor in ["ninja", "threatlocker"] {
        outside.hub(&["collect", vendor]).run().await.ended_with(0);
    }
    let finished = outside.hub(&["check", "--json"]).run().await.ended_with(0);
    let run = only_run(&finished);
    assert_eq!((&run["jobName"], &run["status"]), (&json!("cross-vendor-checks"), &json!("completed")));
    let checks = &finished.json()["checks"];
    assert_eq!((&checks["date"], &checks["applied"]), (&run["businessDate"], &json!(true)), "{checks:#}");
    let found: i64 = checks["ran"].as_array().unwrap().iter().map(|check| check["found"].as_i64().unwrap()).sum();
    assert!(found > 0, "{checks:#}");
    let again = outside.hub(&["check"]).run().await.ended_with(0);
    assert!(again.stdout.starts_with("cross-vendor-checks: completed ("), "{again:?}");
}

#[rstest]
#[tokio::test]
async fn checks_of_a_day_that_is_not_stored_exit_3(#[values(Backend::Sqlite, Backend::Postgres)] backend: Backend) {
    let outside = Surroundings::on(backend).await;
    for arguments in [&["check", "--json"][..], &["check", "--date", "2026-01-31", "--json"]] {
        let finished = outside.hub(arguments).run().await.ended_with(3);
        assert_eq!(only_run(&finished)["status"], "skipped");
        assert_eq!(finished.json()["checks"]["ran"], json!([]));
        assert!(!finished.json()["checks"]["skipped"].as_array().unwrap().is_empty());
    }
    let dated = outside.hub(&["check", "--date", "2026-01-31", "--json"]).run().await;
    assert_eq!(only_run(&dated)["businessDate"], "2026-01-31");
}

#[rstest]
#[tokio::test]
async fn checks_of_a_day_that_one_vendor_has_run_in_part_and_exit_3(
    #[values(Backend::Sqlite, Backend::Postgres)] backend: Backend,
) {
    let outside = Surroundings::on(backend).await;
    outside.hub(&["collect", "ninja"]).run().await.ended_with(0);
    let finished = outside.hub(&["check", "--json"]).run().await.ended_with(3);
    assert_eq!(only_run(&finished)["status"], "partial");
    let types = |list: &str| -> Vec<serde_json::Value> {
        let checks = finished.json()["checks"][list].as_array().unwrap().clone();
        checks.iter().map(|check| check["exceptionType"].clone()).collect()
    };
    assert_eq!(types("ran"), ["DUPLICATE_NINJA", "STALE_DEVICE"]);
    assert_eq!(types("skipped").len(), 8, "the seven that need ThreatLocker, and its half of STALE_DEVICE");
    assert!(types("skipped").contains(&json!("STALE_DEVICE")));
}

#[rstest]
#[tokio::test]
async fn checks_that_are_switched_off_neither_run_nor_are_skipped(
    #[values(Backend::Sqlite, Backend::Postgres)] backend: Backend,
) {
    let outside = Surroundings::on(backend).await;
    for vendor in ["ninja", "threatlocker"] {
        outside.hub(&["collect", vendor]).run().await.ended_with(0);
    }
    let switched = outside.hub(&["check", "--json"]).set("HUB_CHECKS_SWITCHED_OFF", "MISSING_TL; missing_ninja");
    let finished = switched.run().await.ended_with(0);
    let checks = &finished.json()["checks"];
    let ran: Vec<&str> =
        checks["ran"].as_array().unwrap().iter().map(|check| check["exceptionType"].as_str().unwrap()).collect();
    assert_eq!((ran.len(), &checks["skipped"]), (7, &json!([])), "{checks:#}");
    assert!(!ran.contains(&"MISSING_TL") && !ran.contains(&"MISSING_NINJA"), "{ran:?}");
}

#[rstest]
#[tokio::test]
async fn checks_that_meet_a_fault_exit_1(#[values(Backend::Sqlite, Backend::Postgres)] backend: Backend) {
    use sea_orm::ConnectionTrait;
    let outside = Surroundings::on(backend).await;
    for vendor in ["ninja", "threatlocker"] {
        outside.hub(&["collect", vendor]).run().await.ended_with(0);
    }
    let database = outside.database.open().await.unwrap();
    database.writer().execute_unprepared("ALTER TABLE exceptions RENAME TO elsewhere").await.unwrap();
    let finished = outside.hub(&["check", "--json"]).run().await.ended_with(1);
    assert_eq!(only_run(&finished)["status"], "failed");
}

#[rstest]
#[tokio::test]
async fn tables_are_brought_up_to_date_as_often_as_one_likes(
    #[values(Backend::Sqlite, Backend::Postgres)] backend: Backend,
) {
    let outside = Surroundings::on(backend).await;
    for _ in 0..2 {
        let migrated = outside.hub(&["migrate"]).run().await.ended_with(0);
        assert_eq!(migrated.stdout, "the tables are up to date\n");
    }
    let (one, two) = tokio::join!(outside.hub(&["migrate"]).run(), outside.hub(&["migrate"]).run());
    one.ended_with(0);
    two.ended_with(0);
    outside.hub(&["collect", "ninja"]).run().await.ended_with(0);
    outside.hub(&["migrate"]).run().await.ended_with(0);
    let (_hub, url) = outside.serving().await;
    let told = harness::GraphqlClient::new(url).query("{ devices { totalCount } }").await;
    assert_ne!(told["devices"]["totalCount"], 0);
}

#[tokio::test]
async fn the_schema_is_printed_without_any_setting() {
    let outside = Surroundings::on(Backend::Sqlite).await;
    let printed = outside.hub(&["schema"]).without("").run().await.ended_with(0);
    assert!(printed.stdout == server::graphql::sdl(), "the program prints another schema than the library has");
    // Not even a setting that is wrong is in its way.
    outside.hub(&["schema"]).set("HUB_NONSENSE", "1").run().await.ended_with(0);
}

#[tokio::test]
async fn simulated_vendors_print_the_settings_that_reach_them() {
    let outside = Surroundings::on(Backend::Sqlite).await;
    let arguments = ["simulate", "--bind", "127.0.0.1:0", "--ninja", "12", "--threatlocker", "7"];
    let mut vendors = outside.hub(&arguments).without("").start();
    let (mut ninja, mut threatlocker) = (outside.hub(&["collect", "ninja"]), outside.hub(&["collect", "threatlocker"]));
    (ninja, threatlocker) = (ninja.without("NINJA_"), threatlocker.without("THREATLOCKER_"));
    loop {
        let line = vendors.line_with("=").await;
        let (name, value) = line.split_once('=').unwrap();
        (ninja, threatlocker) = (ninja.set(name, value), threatlocker.set(name, value));
        if name == "THREATLOCKER_ORGANIZATION_ID" {
            break;
        }
    }
    let ninja = ninja.run().await.ended_with(0);
    assert!(ninja.stdout.contains("12 devices"), "{ninja:?}");
    let threatlocker = threatlocker.run().await.ended_with(0);
    assert!(threatlocker.stdout.contains("7 devices"), "{threatlocker:?}");
    vendors.terminate().await;
    vendors.finish().await.ended_with(0);
}

#[tokio::test]
async fn wrong_usage_exits_2_and_says_what_is_right() {
    let outside = Surroundings::on(Backend::Sqlite).await;
    for (arguments, word) in [
        (&[][..], "Usage"),
        (&["collect"], "VENDOR"),
        (&["collect", "jamf"], "jamf"),
        (&["check", "--date", "yesterday"], "--date"),
        (&["held", "apply"], "COLLECTION"),
        (&["nonsense"], "nonsense"),
        (&["collect", "ninja", "--jsn"], "--json"),
    ] {
        let finished = outside.hub(arguments).run().await.ended_with(2);
        assert!(finished.stderr.contains(word), "{arguments:?}: {finished:?}");
        assert_eq!(finished.stdout, "");
    }
}
