//! A device is asked for once a second, by whichever server; a vendor that throttles is waited for as long as the caller
//! says.

use std::time::Duration;

use harness::{Backend, World, text};
use rstest::rstest;
use serde_json::{Value, json};
use simulator::{Effect, Fault, FleetPlan, Gate, RetryAfter};

async fn plain(backend: Backend) -> (World, String) {
    let world = World::on(backend).plan(FleetPlan::plain(8, 6)).start().await;
    world.night(0).await;
    world.simulator.forget_requests();
    let key = world.simulator.view(|vendors| vendors.ninja_devices()[0]["id"].to_string());
    (world, key)
}

async fn ask(graphql: &harness::GraphqlClient, input: Value) -> Value {
    let query = "mutation($i: SyncDeviceInput!) { syncDevice(input: $i) { device { id } retryAfterSeconds
        userErrors { code message field } } }";
    graphql.ask(query, json!({ "i": input })).await.data()["syncDevice"].clone()
}

async fn sync(world: &World, key: &str) -> Value {
    ask(&world.graphql, json!({ "vendor": "NINJA", "vendorDeviceKey": key })).await
}

/// The code of the one reason, or `SYNCED`.
#[track_caller]
fn outcome(payload: &Value) -> &str {
    match payload["userErrors"].as_array().unwrap().as_slice() {
        [] => "SYNCED",
        [error] => text(error, "code"),
        more => panic!("{more:#?}"),
    }
}

fn asked(world: &World) -> usize {
    world.simulator.requests().iter().filter(|it| it.path.contains("/v2/device")).count()
}

#[rstest]
#[tokio::test]
async fn who_comes_within_the_second_is_told_when_to_come_again_and_the_vendor_is_not_asked(
    #[values(Backend::Sqlite, Backend::Postgres)] backend: Backend,
) {
    let (world, key) = plain(backend).await;
    assert_eq!(outcome(&sync(&world, &key).await), "SYNCED");
    let second = sync(&world, &format!(" {key} ")).await;
    assert_eq!((outcome(&second), &second["retryAfterSeconds"]), ("THROTTLED", &json!(1)));
    assert_eq!(asked(&world), 1);
    world.clock.advance(Duration::from_millis(999));
    assert_eq!(outcome(&sync(&world, &key).await), "THROTTLED");
    world.clock.advance(Duration::from_millis(1));
    assert_eq!((outcome(&sync(&world, &key).await), asked(&world)), ("SYNCED", 2));
    let other = world.simulator.view(|vendors| vendors.ninja_devices()[1]["id"].to_string());
    assert_eq!(outcome(&sync(&world, &other).await), "SYNCED", "another device has its own turn");
}

#[rstest]
#[tokio::test]
async fn every_spelling_of_a_key_has_one_turn(#[values(Backend::Sqlite, Backend::Postgres)] backend: Backend) {
    let (world, key) = plain(backend).await;
    assert_eq!(outcome(&sync(&world, &key).await), "SYNCED");
    for spelling in [format!("0{key}"), format!("+{key}"), format!(" 00{key}")] {
        assert_eq!(outcome(&sync(&world, &spelling).await), "THROTTLED", "{spelling}");
    }
    assert_eq!(asked(&world), 1);
    world.clock.advance(Duration::from_secs(1));
    assert_eq!(outcome(&sync(&world, &format!("+0{key}")).await), "SYNCED");
    assert_eq!(outcome(&sync(&world, &key).await), "THROTTLED");
}

#[rstest]
#[tokio::test]
async fn a_search_by_name_has_the_turn_of_the_device_that_it_finds(
    #[values(Backend::Sqlite, Backend::Postgres)] backend: Backend,
) {
    let (world, key) = plain(backend).await;
    // A name that the hub does not know yet.
    world.simulator.edit(|vendors| vendors.rename_ninja_device(key.parse().unwrap(), "BRAND-NEW-NAME"));
    let by_name = json!({ "vendor": "NINJA", "hostname": "brand-new-name" });
    let records = || world.simulator.requests().iter().filter(|it| it.path.contains("/v2/device/")).count();
    assert_eq!(outcome(&sync(&world, &key).await), "SYNCED");
    let (before, throttled) = (records(), ask(&world.graphql, by_name.clone()).await);
    assert_eq!((outcome(&throttled), &throttled["retryAfterSeconds"]), ("THROTTLED", &json!(1)));
    assert_eq!(records(), before, "it was searched for, and its record not read again");
    // By now the hub knows the name; another one it does not.
    world.simulator.edit(|vendors| vendors.rename_ninja_device(key.parse().unwrap(), "NEWER-NAME"));
    let by_name = json!({ "vendor": "NINJA", "hostname": "newer-name" });
    world.clock.advance(Duration::from_secs(1));
    assert_eq!(outcome(&ask(&world.graphql, by_name).await), "SYNCED");
    assert_eq!(outcome(&sync(&world, &key).await), "THROTTLED", "the search had its turn");
    world.clock.advance(Duration::from_secs(1));
    assert_eq!(outcome(&sync(&world, &key).await), "SYNCED", "and gave it back");
}

#[rstest]
#[tokio::test]
async fn two_at_once_on_two_servers_make_one_request(#[values(Backend::Sqlite, Backend::Postgres)] backend: Backend) {
    let (world, key) = plain(backend).await;
    let other = world.another_server(|_, _| {}).await;
    let gate = Gate::closed();
    world.strike(Fault::new(Effect::Held(gate.clone())).on("/v2/device/"));
    let order = || server::inventory::syncing::SyncOrder {
        vendor: domain::vendor::Vendor::Ninja,
        wanted: collectors::DeviceQuery::Key(key.clone()),
        within: Duration::from_secs(20),
        requested_by: "test".to_owned(),
    };
    let second = async {
        gate.arrived(1).await;
        let outcome = other.sync_device(order()).await.unwrap();
        let third = sync(&world, &key).await;
        gate.open();
        (outcome, third)
    };
    let patient = json!({ "vendor": "NINJA", "vendorDeviceKey": key, "timeoutSeconds": 25 });
    let (first, (second, third)) = tokio::join!(ask(&world.graphql, patient), second);
    assert_eq!(outcome(&first), "SYNCED");
    assert!(matches!(second, server::inventory::syncing::SyncOutcome::Throttled { .. }), "{second:?}");
    assert_eq!((outcome(&third), asked(&world)), ("THROTTLED", 1));
}

#[rstest]
#[tokio::test]
async fn a_throttled_request_is_repeated_within_the_time_that_the_caller_gives(
    #[values(Backend::Sqlite, Backend::Postgres)] backend: Backend,
    #[values(
        Effect::Throttled(RetryAfter::Seconds(4)),
        Effect::Throttled(RetryAfter::Absent),
        Effect::Html,
        Effect::Status(503)
    )]
    effect: Effect,
) {
    let (world, key) = plain(backend).await;
    let began = domain::clock::Clock::now(&*world.clock);
    world.strike(Fault::new(effect.clone()).on("/v2/device/").times(1));
    assert_eq!(outcome(&sync(&world, &key).await), "SYNCED", "{effect:?}");
    assert_eq!(asked(&world), 2);
    let waited = domain::clock::Clock::now(&*world.clock) - began;
    assert!(waited.num_milliseconds() >= 1000, "a second between two requests: {waited}");
}

#[rstest]
#[tokio::test]
async fn a_vendor_that_wants_more_time_than_there_is_is_unavailable_and_says_for_how_long(
    #[values(Backend::Sqlite, Backend::Postgres)] backend: Backend,
) {
    let (world, key) = plain(backend).await;
    world.strike(Fault::new(Effect::Throttled(RetryAfter::Seconds(21))).on("/v2/device/"));
    let payload = ask(&world.graphql, json!({ "vendor": "NINJA", "vendorDeviceKey": key, "timeoutSeconds": 20 })).await;
    assert_eq!((outcome(&payload), &payload["retryAfterSeconds"]), ("VENDOR_UNAVAILABLE", &json!(21)));
    assert_eq!(asked(&world), 1, "nobody waits for what can't come in time");
    world.clock.advance(Duration::from_secs(1));
    let payload = ask(&world.graphql, json!({ "vendor": "NINJA", "vendorDeviceKey": key, "timeoutSeconds": 25 })).await;
    assert_eq!(outcome(&payload), "VENDOR_UNAVAILABLE");
    assert_eq!(asked(&world), 3, "once more after 21 seconds");
    let shown = "outcome retryAfterSeconds durationMilliseconds message";
    let history = world.graphql.every("syncs", "", shown).await;
    let told: Vec<_> = history.iter().map(|it| (text(it, "outcome"), it["retryAfterSeconds"].clone())).collect();
    assert_eq!(told, vec![("VENDOR_UNAVAILABLE", json!(21)); 2], "{history:#?}");
    assert_eq!(history[0]["durationMilliseconds"], 21_000);
}

#[rstest]
#[tokio::test]
async fn a_time_out_of_range_is_bad_input_and_asks_nobody(
    #[values(Backend::Sqlite, Backend::Postgres)] backend: Backend,
) {
    let (world, key) = plain(backend).await;
    for seconds in [0, -1, 26, i32::MAX] {
        let input = json!({ "vendor": "NINJA", "vendorDeviceKey": key, "timeoutSeconds": seconds });
        let payload = ask(&world.graphql, input).await;
        assert_eq!(outcome(&payload), "BAD_INPUT");
        assert_eq!(payload["userErrors"][0]["field"], json!(["input", "timeoutSeconds"]));
    }
    assert_eq!(asked(&world), 0);
}
