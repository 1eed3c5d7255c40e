//! Processes that look after a night without the credentials or the sinks that others have on the same database.

use domain::vendor::Vendor;
use harness::{Backend, Receiver, Reply, World, at_every_call, collect_on, text};
use rstest::rstest;
use serde_json::Value;
use server::inventory::{Inventory, jobs::Trigger};
use simulator::Effect;

const KEY: &str = "a key to sign with";

/// The open alerts: kind and subject.
async fn open(world: &World) -> Vec<String> {
    let rows = world.graphql.every("alerts", "filter: { open: true }", "kind vendor").await;
    let mut open: Vec<String> =
        rows.iter().map(|row| format!("{} {}", text(row, "kind"), row["vendor"].as_str().unwrap_or("-"))).collect();
    open.sort();
    open
}

async fn verify(server: &Inventory) {
    let report = server.verify(Trigger::CommandLine, "test").await.unwrap();
    assert_eq!(report.batch.status, "completed", "{:?}", report.runs);
}

/// Sends what is due; answers what the receiver was told.
async fn told(world: &World, receiver: &Receiver) -> Vec<String> {
    let before = receiver.calls().len();
    world.inventory.deliver_due().await.unwrap();
    let calls = receiver.calls().split_off(before);
    let event = |alert: &Value| text(alert, "event").to_owned();
    calls
        .iter()
        .flat_map(|call| call.json()["alerts"].as_array().unwrap().iter().map(event).collect::<Vec<_>>())
        .collect()
}

#[rstest]
#[tokio::test]
async fn a_shell_without_credentials_closes_no_alert(#[values(Backend::Sqlite, Backend::Postgres)] backend: Backend) {
    let world = World::small_on(backend).start().await;
    world.night(0).await;
    world.strike(at_every_call(Vendor::Ninja, &Effect::Status(500)));
    world.night(1).await;
    verify(&world.inventory).await;
    let expected = ["CHECKS_SKIPPED -", "COLLECTION_FAILED NINJA"];
    assert_eq!(open(&world).await, expected);
    let shell = world.bare_shell().await;
    verify(&shell).await;
    assert_eq!(open(&world).await, expected);
    collect_on(&shell, &[], true).await;
    assert_eq!(open(&world).await, expected, "its checks were skipped too");
}

#[rstest]
#[tokio::test]
async fn a_shell_does_not_close_alerts_of_vendors_that_never_stored_a_day(
    #[values(Backend::Sqlite, Backend::Postgres)] backend: Backend,
) {
    let world = World::small_on(backend).start().await;
    let shell = world.bare_shell().await;
    verify(&shell).await;
    collect_on(&shell, &[], true).await;
    assert_eq!(open(&world).await, [""; 0], "it can't tell what there should be");
    verify(&world.inventory).await;
    let expected = ["CHECKS_SKIPPED -", "SNAPSHOT_MISSING NINJA", "SNAPSHOT_MISSING THREATLOCKER"];
    assert_eq!(open(&world).await, expected);
    verify(&shell).await;
    collect_on(&shell, &[], true).await;
    assert_eq!(open(&world).await, expected);
}

#[rstest]
#[tokio::test]
async fn a_shell_sees_by_what_is_stored_that_a_night_is_missing_until_the_vendor_is_long_gone(
    #[values(Backend::Sqlite, Backend::Postgres)] backend: Backend,
) {
    let world = World::small_on(backend).start().await;
    world.night(0).await;
    let shell = world.bare_shell().await;
    // Fourteen days say what is usual. Then nobody knows for as many days whether somebody else still has the credentials.
    for (day, is_open) in [(1, true), (14, true), (20, true), (28, true), (29, false)] {
        world.move_to(day);
        verify(&shell).await;
        let of_vendors: Vec<String> = open(&world).await.into_iter().filter(|alert| !alert.ends_with('-')).collect();
        let expected: &[&str] =
            if is_open { &["SNAPSHOT_MISSING NINJA", "SNAPSHOT_MISSING THREATLOCKER"] } else { &[] };
        assert_eq!(of_vendors, expected, "day {day}");
    }
}

#[rstest]
#[tokio::test]
async fn checks_that_wait_for_a_collection_of_the_night_are_no_trouble_before_it_is_over(
    #[values(Backend::Sqlite, Backend::Postgres)] backend: Backend,
) {
    let world = World::small_on(backend).start().await;
    world.night(0).await;
    world.move_to(1);
    world.collect(&[Vendor::Ninja], true).await;
    assert_eq!(open(&world).await, [""; 0], "ThreatLocker and the checks may still come");
    verify(&world.inventory).await;
    assert_eq!(open(&world).await, ["CHECKS_SKIPPED -", "SNAPSHOT_MISSING THREATLOCKER"]);
}

#[rstest]
#[tokio::test]
async fn what_began_where_no_sink_was_set_up_is_told_by_who_has_one(
    #[values(Backend::Sqlite, Backend::Postgres)] backend: Backend,
) {
    let receiver = Receiver::start().await;
    let world = World::small_on(backend).sinks(receiver.as_webhook(KEY)).start().await;
    let silent = world.another_server(|_, _| {}).await.with_sinks(Vec::new(), None);
    verify(&silent).await;
    assert_eq!(told(&world, &receiver).await, [""; 0]);
    verify(&world.inventory).await;
    assert_eq!(told(&world, &receiver).await, ["opened"; 3]);
    verify(&world.inventory).await;
    assert_eq!(told(&world, &receiver).await, [""; 0], "once");
    collect_on(&silent, &Vendor::ALL, true).await;
    assert_eq!(told(&world, &receiver).await, ["closed"; 3], "whoever sees the end");
}

#[rstest]
#[tokio::test]
async fn the_end_of_what_was_never_told_is_not_told(#[values(Backend::Sqlite, Backend::Postgres)] backend: Backend) {
    let receiver = Receiver::start().await;
    let world = World::small_on(backend).sinks(receiver.as_webhook(KEY)).start().await;
    let silent = world.another_server(|_, _| {}).await.with_sinks(Vec::new(), None);
    verify(&silent).await;
    world.collect(&Vendor::ALL, true).await;
    assert_eq!(open(&world).await, [""; 0]);
    assert_eq!(told(&world, &receiver).await, [""; 0]);
}

#[rstest]
#[tokio::test]
async fn a_beginning_that_was_given_up_is_told_anew_once_a_night_and_its_end_only_if_it_was_taken(
    #[values(Backend::Sqlite, Backend::Postgres)] backend: Backend,
) {
    let receiver = Receiver::start().await;
    let world = World::small_on(backend).sinks(receiver.as_webhook(KEY)).start().await;
    verify(&world.inventory).await;
    receiver.reply(vec![Reply::Redirect(receiver.url("elsewhere")); 3]);
    assert_eq!(told(&world, &receiver).await.len(), 3);
    verify(&world.inventory).await;
    assert_eq!(told(&world, &receiver).await, [""; 0], "not at every look");
    world.move_to(1);
    world.collect(&[Vendor::Ninja], false).await;
    assert_eq!(open(&world).await, ["CHECKS_SKIPPED -", "SNAPSHOT_MISSING THREATLOCKER"]);
    assert_eq!(told(&world, &receiver).await, [""; 0], "what was not told has no end, and the night is not over");
    verify(&world.inventory).await;
    assert_eq!(told(&world, &receiver).await, ["opened"; 2]);
    verify(&world.inventory).await;
    assert_eq!(told(&world, &receiver).await, [""; 0]);
    world.collect(&Vendor::ALL, true).await;
    assert_eq!(told(&world, &receiver).await, ["closed"; 2]);
}

#[rstest]
#[tokio::test]
async fn an_end_is_given_up_with_its_beginning(#[values(Backend::Sqlite, Backend::Postgres)] backend: Backend) {
    let receiver = Receiver::start().await;
    let world = World::small_on(backend).sinks(receiver.as_webhook(KEY)).start().await;
    verify(&world.inventory).await;
    world.collect(&Vendor::ALL, true).await;
    receiver.reply(vec![Reply::Redirect(receiver.url("elsewhere")); 3]);
    assert_eq!(told(&world, &receiver).await, ["opened"; 3], "refused, and the ends are not sent after them");
    assert_eq!(told(&world, &receiver).await, [""; 0]);
    let rows = world.graphql.every("alerts", "", "deliveries { event status lastError }").await;
    for row in rows {
        let end = &row["deliveries"][1];
        assert_eq!((text(end, "event"), text(end, "status")), ("CLOSED", "GIVEN_UP"), "{row:#}");
        assert_eq!(end["lastError"], "that it began was not delivered");
    }
}
