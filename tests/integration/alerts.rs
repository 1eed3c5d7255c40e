//! Troubles with nights and collections: each is found, told once when it begins, and once when it is over.

use std::time::Duration;

use chrono::{DateTime, Utc};
use domain::vendor::Vendor;
use harness::{Backend, Receiver, World, at_every_call, held_word, text};
use rstest::rstest;
use serde_json::{Value, json};
use server::{
    inventory::jobs::Trigger,
    scheduler::{Scheduler, Work},
};
use simulator::{Effect, FleetPlan};

const ALERT: &str = "id number kind severity vendor exceptionType sentence lastSentence closingSentence details
    openedAt lastSeenAt closedAt deliveries { sink event status attempts }";

/// Alerts under a filter, those of one instant in the order in which they were found.
async fn alerts(world: &World, filter: &str) -> Vec<Value> {
    let mut rows = world.graphql.every("alerts", &format!("filter: {{ {filter} }}"), ALERT).await;
    rows.reverse();
    rows
}

/// The open alerts: kind and subject.
async fn open(world: &World) -> Vec<String> {
    let subject = |row: &Value| {
        let subject = row["vendor"].as_str().or(row["exceptionType"].as_str());
        format!("{} {}", text(row, "kind"), subject.unwrap_or("-"))
    };
    let mut open: Vec<String> = alerts(world, "open: true").await.iter().map(subject).collect();
    open.sort();
    open
}

async fn verify(world: &World) {
    let report = world.inventory.verify(Trigger::CommandLine, "test").await.unwrap();
    assert_eq!(report.batch.status, "completed", "{:?}", report.runs);
}

/// A night with its verification and its deliveries; answers the sentences that the receiver was told.
async fn told_in_night(world: &World, receiver: &Receiver, night: u64) -> Vec<String> {
    let before = receiver.calls().len();
    world.night(night).await;
    verify(world).await;
    world.inventory.deliver_due().await.unwrap();
    let told = receiver.calls().split_off(before);
    let sentence = |alert: &Value| format!("{} {}", text(alert, "event"), text(alert, "sentence"));
    let of_call =
        |call: &harness::Call| call.json()["alerts"].as_array().unwrap().iter().map(sentence).collect::<Vec<_>>();
    told.iter().flat_map(of_call).collect()
}

#[rstest]
#[tokio::test]
async fn a_trouble_is_told_when_it_begins_and_when_it_is_over_and_in_no_night_between(
    #[values(Backend::Sqlite, Backend::Postgres)] backend: Backend,
) {
    let receiver = Receiver::start().await;
    let world = World::small_on(backend).sinks(receiver.as_webhook("a key to sign with")).start().await;
    assert_eq!(told_in_night(&world, &receiver, 0).await, Vec::<String>::new());
    world.strike(at_every_call(Vendor::Ninja, &Effect::Status(500)));
    let begun = told_in_night(&world, &receiver, 1).await;
    assert_eq!(begun.len(), 2, "{begun:#?}");
    assert!(begun[0].starts_with("opened the collection of Ninja on 2026-03-03 failed: fault of Ninja"), "{begun:#?}");
    assert!(begun[1].starts_with("opened checks of 2026-03-03 were skipped: "), "{begun:#?}");
    assert_eq!(open(&world).await, ["CHECKS_SKIPPED -", "COLLECTION_FAILED NINJA"]);
    for night in 2..4 {
        assert_eq!(told_in_night(&world, &receiver, night).await, Vec::<String>::new(), "night {night}");
    }
    let failed = alerts(&world, "kind: { eq: COLLECTION_FAILED }").await.remove(0);
    assert!(text(&failed, "sentence").contains("2026-03-03") && text(&failed, "lastSentence").contains("2026-03-05"));
    assert!(text(&failed, "lastSeenAt") > text(&failed, "openedAt"));
    world.simulator.with_switches(|switches| switches.faults.clear());
    let over = told_in_night(&world, &receiver, 4).await;
    assert_eq!(over.len(), 2, "{over:#?}");
    assert!(over[0].starts_with("closed Ninja has a complete snapshot of 2026-03-06 with "), "{over:#?}");
    assert_eq!(over[1], "closed the checks of 2026-03-06 ran");
    assert_eq!(open(&world).await, Vec::<String>::new());
    let failed = alerts(&world, "kind: { eq: COLLECTION_FAILED }").await.remove(0);
    let deliveries = json!([
        { "sink": "WEBHOOK", "event": "OPENED", "status": "DELIVERED", "attempts": 1 },
        { "sink": "WEBHOOK", "event": "CLOSED", "status": "DELIVERED", "attempts": 1 },
    ]);
    assert_eq!(failed["deliveries"], deliveries);
    assert!(failed["closedAt"].is_string() && failed["closingSentence"].is_string());
}

#[rstest]
#[tokio::test]
async fn one_trouble_in_the_place_of_another_is_no_return_to_normal(
    #[values(Backend::Sqlite, Backend::Postgres)] backend: Backend,
) {
    let receiver = Receiver::start().await;
    let world = World::small_on(backend).sinks(receiver.as_webhook("a key to sign with")).start().await;
    world.night(0).await;
    world.strike(at_every_call(Vendor::Ninja, &Effect::Status(500)));
    told_in_night(&world, &receiver, 1).await;
    world.simulator.with_switches(|switches| switches.faults.clear());
    world.shrink(Vendor::Ninja, 3);
    let told = told_in_night(&world, &receiver, 2).await;
    assert_eq!(told.len(), 1, "{told:#?}");
    assert!(told[0].starts_with("opened the collection of Ninja on 2026-03-04 is held: "), "{told:#?}");
    assert_eq!(open(&world).await, ["CHECKS_SKIPPED -", "COLLECTION_HELD NINJA"]);
    let failed = alerts(&world, "kind: { eq: COLLECTION_FAILED }").await.remove(0);
    assert_eq!(failed["closingSentence"], "it is another trouble now");
    assert_eq!(failed["deliveries"].as_array().unwrap().len(), 1);
}

#[rstest]
#[tokio::test]
async fn what_did_not_run_is_missing_after_the_night_and_not_before(
    #[values(Backend::Sqlite, Backend::Postgres)] backend: Backend,
) {
    let world = World::small_on(backend).start().await;
    world.collect(&[Vendor::ThreatLocker], false).await;
    assert_eq!(open(&world).await, Vec::<String>::new(), "Ninja and the checks may still come");
    verify(&world).await;
    assert_eq!(open(&world).await, ["CHECKS_SKIPPED -", "SNAPSHOT_MISSING NINJA"]);
    world.collect(&Vendor::ALL, true).await;
    assert_eq!(open(&world).await, Vec::<String>::new(), "a batch at any time ends what it mends");
    assert_eq!(alerts(&world, "open: false").await.len(), 2);
}

#[rstest]
#[tokio::test]
async fn a_held_collection_is_an_alert_until_a_person_decides(
    #[values(Backend::Sqlite, Backend::Postgres)] backend: Backend,
    #[values(true, false)] is_applied: bool,
) {
    let world = World::small_on(backend).start().await;
    world.night(0).await;
    world.move_to(1);
    world.shrink(Vendor::ThreatLocker, 4);
    world.collect(&[Vendor::ThreatLocker], false).await;
    assert_eq!(open(&world).await, ["COLLECTION_HELD THREATLOCKER"]);
    let held = world.inventory.list_held().await.unwrap()[0].id;
    if is_applied {
        world.inventory.apply_held(held, &held_word()).await.unwrap();
    } else {
        world.inventory.discard_held(held, &held_word()).await.unwrap();
    }
    world.collect(&[Vendor::Ninja], true).await;
    let expected: &[&str] = if is_applied { &[] } else { &["CHECKS_SKIPPED -", "SNAPSHOT_MISSING THREATLOCKER"] };
    assert_eq!(open(&world).await, expected);
}

#[rstest]
#[tokio::test]
async fn a_snapshot_far_from_the_usual_size_is_an_alert_though_it_is_complete(
    #[values(Backend::Sqlite, Backend::Postgres)] backend: Backend,
) {
    let builder = World::on(backend).plan(FleetPlan::plain(50, 50));
    let world = builder.rules(|rules| rules.held_below_percent = 0).start().await;
    for night in 0..3 {
        world.night(night).await;
    }
    world.move_to(3);
    world.shrink(Vendor::Ninja, 39);
    world.collect(&[Vendor::Ninja], false).await;
    assert_eq!(open(&world).await, ["SIZE_IMPLAUSIBLE NINJA"]);
    let found = alerts(&world, "open: true").await.remove(0);
    assert_eq!(found["sentence"], "Ninja has 39 devices on 2026-03-05, more than 20 % from the usual 50");
    assert_eq!(found["details"], json!({ "date": "2026-03-05", "devices": 39, "usual": 50, "percent": 20 }));
    assert_eq!(found["severity"], "MEDIUM");
}

#[rstest]
#[tokio::test]
async fn records_that_could_not_be_read_are_an_alert_above_the_limit(
    #[values(Backend::Sqlite, Backend::Postgres)] backend: Backend,
    #[values(0, 1)] limit: i64,
) {
    let builder = World::small_on(backend);
    let world = builder.rules(|rules| rules.alerts.verification.set_aside_over = limit).start().await;
    let rows = world.simulator.view(simulator::World::ninja_devices);
    let id = rows.iter().find(|row| row["approvalStatus"] == "APPROVED").unwrap()["id"].as_i64().unwrap();
    world.simulator.edit(|vendors| {
        vendors.ninja_device(id).drop_key("id");
    });
    world.collect(&[Vendor::Ninja], false).await;
    let expected: &[&str] = if limit == 0 { &["SET_ASIDE NINJA"] } else { &[] };
    assert_eq!(open(&world).await, expected);
}

#[rstest]
#[tokio::test]
async fn open_exceptions_above_their_usual_range_are_an_alert_until_they_are_usual_again(
    #[values(Backend::Sqlite, Backend::Postgres)] backend: Backend,
) {
    let world = World::on(backend).plan(FleetPlan::plain(30, 30)).start().await;
    for night in 0..5 {
        world.night(night).await;
        verify(&world).await;
    }
    assert_eq!(open(&world).await, Vec::<String>::new());
    let usual = world.graphql.strangers().await.len();
    assert!(usual < 25, "the floor of the usual range is five above it");
    world.estrange(9);
    world.night(5).await;
    // What ThreatLocker calls otherwise is missing there too.
    assert_eq!(open(&world).await, ["EXCEPTIONS_JUMPED MISSING_NINJA", "EXCEPTIONS_JUMPED MISSING_TL"]);
    let found = alerts(&world, "open: true").await.remove(0);
    assert_eq!(found["exceptionType"], "MISSING_NINJA");
    let many = text(&found, "sentence").split(' ').next().unwrap().parse::<usize>().unwrap();
    assert!(many > usual + 5, "{found:#}");
    let range = format!("{many} exceptions MISSING_NINJA are open, where {usual} to {} are usual", usual + 5);
    assert_eq!(found["sentence"], range);
    world.simulator.edit(simulator::World::forget_edits);
    world.night(6).await;
    assert_eq!(open(&world).await, Vec::<String>::new());
    let over = alerts(&world, "kind: { eq: EXCEPTIONS_JUMPED }").await.remove(0);
    assert_eq!(over["closingSentence"], format!("{usual} exceptions MISSING_NINJA are open, as usual"));
}

#[rstest]
#[tokio::test]
async fn alerts_are_filtered_by_what_is_asked_and_found_by_their_id(
    #[values(Backend::Sqlite, Backend::Postgres)] backend: Backend,
) {
    let world = World::small_on(backend).start().await;
    verify(&world).await;
    let began = world.inventory.now();
    world.clock.advance(Duration::from_hours(1));
    world.collect(&[Vendor::Ninja], false).await;
    for (filter, expected) in [
        (String::new(), 3),
        ("open: true".to_owned(), 2),
        ("open: false".to_owned(), 1),
        ("kind: { eq: SNAPSHOT_MISSING }".to_owned(), 2),
        ("kind: { in: [CHECKS_SKIPPED, SET_ASIDE] }".to_owned(), 1),
        ("severity: { eq: HIGH }".to_owned(), 2),
        ("vendor: { eq: NINJA }".to_owned(), 1),
        ("not: { vendor: { eq: NINJA } }".to_owned(), 2),
        (format!("openedAt: {{ gte: \"{}\" }}", began.to_rfc3339_opts(chrono::SecondsFormat::Micros, true)), 3),
        (format!("closedAt: {{ lte: \"{}\" }}", began.to_rfc3339_opts(chrono::SecondsFormat::Micros, true)), 0),
        ("or: [{ open: false }, { kind: { eq: CHECKS_SKIPPED } }]".to_owned(), 2),
    ] {
        assert_eq!(alerts(&world, &filter).await.len(), expected, "{filter}");
    }
    for alert in alerts(&world, "").await {
        let query = "query($id: ID!) { node(id: $id) { ... on Alert { number kind } } }";
        let found = world.graphql.ask(query, json!({ "id": alert["id"] })).await.data()["node"].clone();
        assert_eq!((&found["number"], &found["kind"]), (&alert["number"], &alert["kind"]));
    }
}

#[rstest]
#[tokio::test]
async fn deliveries_of_many_alerts_are_read_with_one_statement(
    #[values(Backend::Sqlite, Backend::Postgres)] backend: Backend,
) {
    let receiver = Receiver::start().await;
    let world = World::small_on(backend).sinks(receiver.as_webhook("a key to sign with")).start().await;
    verify(&world).await;
    world.take_statements();
    let page = world.graphql.query("{ alerts { nodes { kind deliveries { sink } } } }").await;
    assert_eq!(page["alerts"]["nodes"].as_array().unwrap().len(), 3);
    assert_eq!(world.take_statements().len(), 2);
}

fn at(text: &str) -> DateTime<Utc> {
    DateTime::parse_from_rfc3339(text).unwrap().with_timezone(&Utc)
}

#[rstest]
#[tokio::test]
async fn the_schedule_verifies_the_night_once_by_one_server(
    #[values(Backend::Sqlite, Backend::Postgres)] backend: Backend,
) {
    let world = World::small_on(backend).schedules([("verification", "0 4 * * *", Work::Verify)]).start().await;
    let schedulers = [(); 2].map(|()| Scheduler::new(world.inventory.clone()));
    for instant in ["2026-03-02T09:00:00Z", "2026-03-02T10:00:00Z", "2026-03-02T10:01:00Z"] {
        world.clock.set(at(instant));
        let (one, two) = tokio::join!(schedulers[0].tick(), schedulers[1].tick());
        one.and(two).unwrap();
        world.settle().await;
    }
    let runs = world.graphql.query("{ jobRuns { nodes { name status message batch { trigger } } } }").await;
    let expected = json!([{ "name": "verification", "status": "COMPLETED",
        "message": "3 troubles begun, 0 going on, 0 over", "batch": { "trigger": "TIMER" } }]);
    assert_eq!(runs["jobRuns"]["nodes"], expected);
    assert_eq!(open(&world).await, ["CHECKS_SKIPPED -", "SNAPSHOT_MISSING NINJA", "SNAPSHOT_MISSING THREATLOCKER"]);
}

#[rstest]
#[tokio::test]
async fn two_servers_that_look_at_once_open_each_alert_once(
    #[values(Backend::Sqlite, Backend::Postgres)] backend: Backend,
) {
    let world = World::small_on(backend).start().await;
    let other = world.another_server(|_, _| {}).await;
    let verify = |server: &server::inventory::Inventory| {
        let server = server.clone();
        async move { server.verify(Trigger::CommandLine, "test").await.unwrap() }
    };
    let (one, two) = tokio::join!(verify(&world.inventory), verify(&other));
    assert_eq!((one.batch.status.as_str(), two.batch.status.as_str()), ("completed", "completed"));
    assert_eq!(alerts(&world, "").await.len(), 3);
}
