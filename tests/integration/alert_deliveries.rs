//! Messages about alerts reach their sink, once in effect, whatever the sink and the servers do; and are given up in time.

use std::time::Duration;

use harness::{Backend, LONG, Receiver, Reply, World, allowed, signing_key, text};
use rstest::rstest;
use serde_json::{Value, json};
use server::{
    inventory::{Inventory, jobs::Trigger},
    sinks::{SinkLimits, SinkSettings, WebhookSettings},
};
use tokio_util::sync::CancellationToken;

const KEY: &str = "a key to sign with";

/// A world in which three troubles have begun: both vendors' snapshots are missing, and the checks did not run.
async fn in_trouble(backend: Backend, sinks: SinkSettings) -> World {
    let world = World::small_on(backend).sinks(sinks).start().await;
    verify(&world.inventory).await;
    world
}

async fn verify(server: &Inventory) {
    let report = server.verify(Trigger::CommandLine, "test").await.unwrap();
    assert_eq!(report.batch.status, "completed", "{:?}", report.runs);
}

/// The messages about all alerts, the oldest alert first.
async fn deliveries(world: &World) -> Vec<Value> {
    let what = "number deliveries { event status attempts lastError messageId deliveredAt nextAttemptAt }";
    let mut rows = world.graphql.every("alerts", "filter: {}", what).await;
    rows.sort_by_key(|row| row["number"].as_i64());
    rows.iter().flat_map(|row| row["deliveries"].as_array().unwrap().clone()).collect()
}

async fn statuses(world: &World) -> Vec<String> {
    deliveries(world).await.iter().map(|row| text(row, "status").to_owned()).collect()
}

async fn deliver(world: &World) -> usize {
    world.inventory.deliver_due().await.unwrap()
}

/// The ids of the messages that arrived.
fn ids(receiver: &Receiver) -> Vec<String> {
    receiver.calls().iter().map(|call| call.headers["webhook-id"].clone()).collect()
}

#[rstest]
#[tokio::test]
async fn a_failed_message_is_tried_again_later_under_the_same_id(
    #[values(Backend::Sqlite, Backend::Postgres)] backend: Backend,
) {
    let receiver = Receiver::start().await;
    let world = in_trouble(backend, receiver.as_webhook(KEY)).await;
    receiver.reply([Reply::Status(500)]);
    assert_eq!(deliver(&world).await, 3);
    let first = deliveries(&world).await.remove(0);
    assert_eq!((text(&first, "status"), text(&first, "lastError")), ("PENDING", "answered with HTTP 500"));
    assert_eq!((&first["attempts"], &first["deliveredAt"]), (&json!(1), &Value::Null));
    assert!(text(&first, "nextAttemptAt") > world.inventory.now().to_rfc3339().as_str());
    assert_eq!(deliver(&world).await, 0, "not at once");
    world.clock.advance(Duration::from_mins(1));
    assert_eq!(deliver(&world).await, 1);
    assert_eq!(statuses(&world).await, ["DELIVERED"; 3]);
    let first = deliveries(&world).await.remove(0);
    assert_eq!((&first["attempts"], &first["lastError"]), (&json!(2), &Value::Null));
    let (calls, ids) = (receiver.calls(), ids(&receiver));
    assert_eq!((calls.len(), &ids[0]), (4, &ids[3]));
    assert_eq!(calls[0].body, calls[3].body);
    assert_eq!(text(&first, "messageId"), ids[0]);
}

#[rstest]
#[tokio::test]
async fn a_message_is_given_up_after_so_many_attempts_over_hours(
    #[values(Backend::Sqlite, Backend::Postgres)] backend: Backend,
) {
    let receiver = Receiver::start().await;
    let world = in_trouble(backend, receiver.as_webhook(KEY)).await;
    receiver.reply(vec![Reply::Status(503); 36]);
    let (began, mut rounds) = (world.inventory.now(), 0);
    while statuses(&world).await.iter().any(|status| status == "PENDING") {
        deliver(&world).await;
        world.clock.advance(Duration::from_mins(5));
        rounds += 1;
        assert!(rounds < 200, "it never ends");
    }
    assert!(world.inventory.now() - began > chrono::TimeDelta::hours(3));
    assert_eq!(statuses(&world).await, ["GIVEN_UP"; 3]);
    assert_eq!(deliveries(&world).await[0]["attempts"], 12);
    assert_eq!(receiver.calls().len(), 36);
    world.clock.advance(Duration::from_hours(12));
    assert_eq!(deliver(&world).await, 0);
}

#[rstest]
#[tokio::test]
async fn a_redirect_is_not_followed_and_ends_it(#[values(Backend::Sqlite, Backend::Postgres)] backend: Backend) {
    let (receiver, elsewhere) = (Receiver::start().await, Receiver::start().await);
    let world = in_trouble(backend, receiver.as_webhook(KEY)).await;
    receiver.reply(vec![Reply::Redirect(elsewhere.url("taken")); 3]);
    deliver(&world).await;
    assert_eq!(statuses(&world).await, ["GIVEN_UP"; 3]);
    let error = deliveries(&world).await.remove(0);
    assert!(text(&error, "lastError").starts_with("answered with a redirect (HTTP 307)"), "{error}");
    assert!(elsewhere.calls().is_empty());
}

#[rstest]
#[tokio::test]
async fn a_receiver_that_does_not_answer_in_time_is_tried_again(
    #[values(Backend::Sqlite, Backend::Postgres)] backend: Backend,
) {
    let receiver = Receiver::start().await;
    let limits = SinkLimits { timeout: Duration::from_millis(200), ..allowed() };
    let world = in_trouble(backend, SinkSettings { limits, ..receiver.as_webhook(KEY) }).await;
    receiver.reply(vec![Reply::Silence; 3]);
    deliver(&world).await;
    assert_eq!(statuses(&world).await, ["PENDING"; 3]);
    assert_eq!(deliveries(&world).await[0]["lastError"], "did not answer in time");
}

#[rstest]
#[case::loopback("https://127.0.0.1:{port}/hook")]
#[case::written_otherwise("https://0x7f000001:{port}/hook")]
#[case::as_ipv6("https://[::ffff:127.0.0.1]:{port}/hook")]
#[case::by_name("https://localhost:{port}/hook")]
#[case::metadata("https://169.254.169.254/latest/meta-data")]
#[tokio::test]
async fn an_address_that_is_not_public_is_never_connected_to(#[case] url: &str) {
    let receiver = Receiver::start().await;
    let url = url.replace("{port}", &receiver.port().to_string());
    let webhook = WebhookSettings { url: url.into(), signing_key: signing_key(KEY) };
    let sinks = SinkSettings { webhook: Some(webhook), ..SinkSettings::default() };
    let world = in_trouble(Backend::Sqlite, sinks).await;
    deliver(&world).await;
    assert_eq!(statuses(&world).await, ["GIVEN_UP"; 3]);
    let error = deliveries(&world).await.remove(0);
    assert!(text(&error, "lastError").starts_with("the address is private or reserved"), "{error}");
    assert!(receiver.calls().is_empty());
}

#[rstest]
#[tokio::test]
async fn a_server_that_dies_while_it_sends_is_followed_by_another_after_its_lease(
    #[values(Backend::Sqlite, Backend::Postgres)] backend: Backend,
) {
    let receiver = Receiver::start().await;
    let world = in_trouble(backend, receiver.as_webhook(KEY)).await;
    receiver.reply([Reply::Silence]);
    // The first server is dropped in the middle of its first message.
    tokio::select! {
        _ = world.inventory.deliver_due() => panic!("the receiver answered"),
        () = receiver.called(1) => {}
    }
    assert_eq!(statuses(&world).await, ["SENDING", "PENDING", "PENDING"]);
    let other = world.another_server(|_, _| {}).await;
    assert_eq!(other.deliver_due().await.unwrap(), 2, "what it was sending is its own for a while");
    world.clock.advance(Duration::from_mins(3));
    assert_eq!(other.deliver_due().await.unwrap(), 1);
    assert_eq!(statuses(&world).await, ["DELIVERED"; 3]);
    let ids = ids(&receiver);
    assert_eq!((ids.len(), &ids[0]), (4, &ids[3]), "the same message, by its id");
    assert_eq!(deliveries(&world).await[0]["attempts"], 2);
}

#[rstest]
#[tokio::test]
async fn servers_side_by_side_deliver_each_message_once(
    #[values(Backend::Sqlite, Backend::Postgres)] backend: Backend,
) {
    let receiver = Receiver::start().await;
    let world = in_trouble(backend, receiver.as_webhook(KEY)).await;
    let (second, third) = (world.another_server(|_, _| {}).await, world.another_server(|_, _| {}).await);
    let (one, two, three) = tokio::join!(world.inventory.deliver_due(), second.deliver_due(), third.deliver_due());
    assert_eq!(one.unwrap() + two.unwrap() + three.unwrap(), 3);
    let mut ids = ids(&receiver);
    ids.sort();
    ids.dedup();
    assert_eq!((ids.len(), receiver.calls().len()), (3, 3));
}

#[rstest]
#[tokio::test]
async fn a_storm_is_one_message_that_lists_it_and_stays_one_when_it_is_tried_again(
    #[values(Backend::Sqlite, Backend::Postgres)] backend: Backend,
) {
    let receiver = Receiver::start().await;
    let builder = World::small_on(backend).sinks(receiver.as_webhook(KEY));
    let world = builder.rules(|rules| rules.alerts.digest_over = 2).start().await;
    verify(&world.inventory).await;
    receiver.reply([Reply::Status(500)]);
    assert_eq!(deliver(&world).await, 1);
    world.clock.advance(Duration::from_mins(1));
    assert_eq!(deliver(&world).await, 1);
    assert_eq!(statuses(&world).await, ["DELIVERED"; 3]);
    let calls = receiver.calls();
    assert_eq!((calls.len(), &calls[0].body), (2, &calls[1].body));
    let message = calls[1].json();
    let kinds: Vec<&str> = message["alerts"].as_array().unwrap().iter().map(|alert| text(alert, "kind")).collect();
    assert_eq!(kinds, ["SNAPSHOT_MISSING", "SNAPSHOT_MISSING", "CHECKS_SKIPPED"]);
    assert!(deliveries(&world).await.iter().all(|row| row["messageId"] == message["id"]));
}

#[rstest]
#[tokio::test]
async fn that_it_is_over_is_told_after_that_it_began(#[values(Backend::Sqlite, Backend::Postgres)] backend: Backend) {
    let receiver = Receiver::start().await;
    let world = in_trouble(backend, receiver.as_webhook(KEY)).await;
    receiver.reply(vec![Reply::Status(500); 3]);
    deliver(&world).await;
    world.collect(&domain::vendor::Vendor::ALL, true).await;
    assert_eq!(deliver(&world).await, 0, "the ends wait for the beginnings");
    world.clock.advance(Duration::from_mins(1));
    deliver(&world).await;
    let events = |call: &harness::Call| text(&call.json()["alerts"][0], "event").to_owned();
    let told: Vec<String> = receiver.calls()[3..].iter().map(events).collect();
    assert_eq!(told, ["opened", "opened", "opened", "closed", "closed", "closed"]);
}

#[rstest]
#[tokio::test]
async fn what_could_not_be_delivered_for_days_is_no_news(
    #[values(Backend::Sqlite, Backend::Postgres)] backend: Backend,
) {
    let receiver = Receiver::start().await;
    let world = in_trouble(backend, receiver.as_webhook(KEY)).await;
    world.clock.advance(Duration::from_hours(73));
    assert_eq!(deliver(&world).await, 0);
    assert_eq!(statuses(&world).await, ["GIVEN_UP"; 3]);
    assert_eq!(deliveries(&world).await[0]["lastError"], "it was not delivered in time");
    assert!(receiver.calls().is_empty());
}

#[rstest]
#[tokio::test]
async fn a_sink_that_does_not_answer_keeps_no_other_from_its_messages(
    #[values(Backend::Sqlite, Backend::Postgres)] backend: Backend,
) {
    let (silent, chat) = (Receiver::start().await, Receiver::start().await);
    let limits = SinkLimits { timeout: 2 * LONG, ..allowed() };
    let sinks = SinkSettings { slack: chat.as_slack().slack, limits, ..silent.as_webhook(KEY) };
    let world = in_trouble(backend, sinks).await;
    silent.reply([Reply::Silence]);
    let chatting = async {
        chat.called(3).await;
        silent.called(1).await;
        world.collect(&domain::vendor::Vendor::ALL, true).await;
        chat.called(6).await;
    };
    tokio::select! {
        () = world.inventory.clone().deliver_until(CancellationToken::new()) => panic!("nobody stopped it"),
        chatted = tokio::time::timeout(LONG, chatting) => chatted.unwrap(),
    }
    assert_eq!(silent.calls().len(), 1);
}

#[rstest]
#[tokio::test]
async fn a_stop_waits_for_the_message_that_is_being_sent_and_for_no_other(
    #[values(Backend::Sqlite, Backend::Postgres)] backend: Backend,
) {
    let receiver = Receiver::start().await;
    let limits = SinkLimits { timeout: Duration::from_secs(2), ..allowed() };
    let world = in_trouble(backend, SinkSettings { limits, ..receiver.as_webhook(KEY) }).await;
    receiver.reply(vec![Reply::Silence; 3]);
    let stop = CancellationToken::new();
    let delivering = world.inventory.clone().deliver_until(stop.clone());
    let stopping = async {
        receiver.called(1).await;
        stop.cancel();
    };
    tokio::join!(delivering, stopping);
    assert_eq!(receiver.calls().len(), 1);
    let tried: Vec<Value> = deliveries(&world).await.iter().map(|row| row["attempts"].clone()).collect();
    assert_eq!(tried, [json!(1), json!(0), json!(0)]);
}
