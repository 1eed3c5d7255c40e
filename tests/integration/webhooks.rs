//! `POST /hooks/ninja`: who knows the secret makes the hub ask about a device, and nothing more.

use std::time::Duration;

use harness::{Backend, GraphqlClient, LONG, Surroundings, Webhook, World, text};
use rstest::rstest;
use serde_json::{Value, json};
use server::http::SECRET_HEADER;
use simulator::{Effect, Fault, FleetPlan, Gate};

const SECRET: &str = "made up, and long enough";

async fn plain(backend: Backend) -> (World, Webhook) {
    let world = World::on(backend).plan(FleetPlan::plain(10, 8)).start().await;
    world.night(0).await;
    world.simulator.forget_requests();
    let webhook = world.open_webhook(SECRET).await;
    (world, webhook)
}

/// What Ninja posts of a device, as captured.
fn activity(device: i64, status: &str) -> Value {
    json!({ "id": 177_210, "activityTime": 1_742_391_675.556, "deviceId": device, "activityType": "CONDITION",
        "statusCode": status, "message": "Memory Utilization is greater than or equal to 80% for 5 minutes",
        "data": { "message": { "code": "vmm_cond_memory_usage_ge", "params": { "value": 84.809_576_783 } } },
        "device": { "id": device, "organizationId": 5 } })
}

fn ids(world: &World) -> Vec<i64> {
    world.simulator.view(|vendors| vendors.ninja_devices().iter().map(|row| row["id"].as_i64().unwrap()).collect())
}

async fn outcomes(world: &World) -> Vec<String> {
    let rows = world.graphql.every("syncs", "", "trigger outcome requestedBy").await;
    assert!(rows.iter().all(|row| row["trigger"] == "WEBHOOK" && row["requestedBy"] == "ninja webhook"));
    rows.iter().map(|row| text(row, "outcome").to_owned()).collect()
}

fn asked(world: &World) -> usize {
    world.simulator.requests().iter().filter(|it| it.path.contains("/v2/device")).count()
}

#[rstest]
#[tokio::test]
async fn what_ninja_posts_makes_the_hub_ask_about_the_device(
    #[values(Backend::Sqlite, Backend::Postgres)] backend: Backend,
) {
    let (world, webhook) = plain(backend).await;
    let id = ids(&world)[2];
    world.simulator.edit(|vendors| {
        vendors.ninja_device(id).set("displayName", "Front desk");
    });
    assert_eq!(webhook.deliver(SECRET, &activity(id, "TRIGGERED")).await, (202, json!({ "queued": true })));
    assert_eq!((asked(&world), outcomes(&world).await), (0, vec!["QUEUED".to_owned()]), "it is answered at once");
    assert_eq!(world.work_off_syncs().await, 1);
    assert_eq!((asked(&world), outcomes(&world).await), (1, vec!["SYNCED".to_owned()]));
    let rows = world.graphql.every("snapshots", r#"date: "2026-03-02""#, "vendorDeviceKey displayName").await;
    let row = rows.iter().find(|row| text(row, "vendorDeviceKey").parse() == Ok(id)).unwrap();
    assert_eq!(text(row, "displayName"), "Front desk");
    assert_eq!(world.work_off_syncs().await, 0, "once");
}

#[rstest]
#[tokio::test]
async fn a_burst_and_a_second_delivery_are_one_request(#[values(Backend::Sqlite, Backend::Postgres)] backend: Backend) {
    let (world, webhook) = plain(backend).await;
    let [first, second, ..] = ids(&world)[..] else { panic!("a fleet of two at least") };
    for _ in 0..10 {
        assert_eq!(webhook.deliver(SECRET, &activity(first, "TRIGGERED")).await.0, 202);
    }
    assert_eq!(webhook.deliver(SECRET, &activity(second, "RESET")).await.0, 202);
    assert_eq!((world.work_off_syncs().await, asked(&world)), (2, 2));
    assert_eq!(webhook.deliver(SECRET, &activity(first, "RESET")).await.0, 202);
    assert_eq!((world.work_off_syncs().await, asked(&world)), (0, 2), "once a second and device");
    world.clock.advance(Duration::from_secs(1));
    assert_eq!((world.work_off_syncs().await, asked(&world)), (1, 3), "and then it is its turn");
}

#[rstest]
#[tokio::test]
async fn who_does_not_know_the_secret_is_refused_whatever_is_posted(
    #[values(Backend::Sqlite, Backend::Postgres)] backend: Backend,
) {
    let (world, webhook) = plain(backend).await;
    let body = activity(ids(&world)[0], "TRIGGERED").to_string();
    let cut = &SECRET[..SECRET.len() - 1];
    for headers in [
        vec![],
        vec![(SECRET_HEADER, "")],
        vec![(SECRET_HEADER, cut)],
        vec![("authorization", SECRET)],
        vec![(SECRET_HEADER, "Made up, and long enough")],
    ] {
        for body in [body.clone(), "x".repeat(1 << 20), String::new()] {
            let (status, answer) = webhook.post(&headers, body).await;
            assert_eq!(
                (status, &answer["errors"][0]["extensions"]["code"]),
                (401, &json!("UNAUTHORIZED")),
                "{headers:?}"
            );
            assert!(!answer.to_string().contains(SECRET));
        }
    }
    assert_eq!((outcomes(&world).await, asked(&world)), (Vec::<String>::new(), 0));
}

#[rstest]
#[tokio::test]
async fn what_is_no_activity_is_400_and_what_is_too_large_is_413(
    #[values(Backend::Sqlite, Backend::Postgres)] backend: Backend,
) {
    let (world, webhook) = plain(backend).await;
    let id = ids(&world)[0];
    for body in ["", "{", "[]", "null", "7", r#"[{"deviceId":1}]"#, "\u{0}", "deviceId=5"] {
        assert_eq!(webhook.post(&[(SECRET_HEADER, SECRET)], body).await.0, 400, "{body:?}");
    }
    let large = json!({ "deviceId": id, "message": "x".repeat(300 * 1024) }).to_string();
    assert_eq!(webhook.post(&[(SECRET_HEADER, SECRET)], large).await.0, 413);
    assert_eq!(outcomes(&world).await, Vec::<String>::new());
}

#[rstest]
#[tokio::test]
async fn an_activity_about_nothing_that_the_hub_knows_is_taken_and_ignored(
    #[values(Backend::Sqlite, Backend::Postgres)] backend: Backend,
) {
    let (world, webhook) = plain(backend).await;
    let unknown = "the hub knows no such device";
    for (activity, why) in [
        (json!({ "id": 1, "activityType": "SYSTEM" }), "the activity names no device"),
        (json!({ "deviceId": null }), "the activity names no device"),
        (json!({ "deviceId": "'; DROP TABLE sync; --" }), "the activity names no device"),
        (activity(987_654, "TRIGGERED"), unknown),
        (activity(i64::MAX, "TRIGGERED"), unknown),
    ] {
        assert_eq!(webhook.deliver(SECRET, &activity).await, (200, json!({ "queued": false, "message": why })));
    }
    assert_eq!((outcomes(&world).await, asked(&world)), (Vec::<String>::new(), 0));
}

#[rstest]
#[tokio::test]
async fn a_device_that_came_joins_the_day_and_one_that_went_is_asked_for_and_stays_until_the_night(
    #[values(Backend::Sqlite, Backend::Postgres)] backend: Backend,
) {
    let (world, webhook) = plain(backend).await;
    let gone = ids(&world)[1];
    world.simulator.edit(|vendors| {
        vendors.ninja_device(gone).remove();
        vendors.add_ninja_device(json!({
            "id": 900_001, "organizationId": 5, "locationId": 9, "nodeClass": "WINDOWS_SERVER",
            "approvalStatus": "APPROVED", "offline": false, "systemName": "BRAND-NEW", "deviceType": "AgentDevice",
        }));
    });
    assert_eq!(webhook.deliver(SECRET, &activity(900_001, "NODE_CREATED")).await.0, 202);
    assert_eq!(webhook.deliver(SECRET, &activity(gone, "NODE_DELETED")).await.0, 202);
    assert_eq!(world.work_off_syncs().await, 2);
    let mut came = outcomes(&world).await;
    came.sort();
    assert_eq!(came, ["NOT_FOUND", "SYNCED"]);
    let rows = world.graphql.every("snapshots", r#"date: "2026-03-02""#, "vendorDeviceKey hostname").await;
    assert!(rows.iter().any(|row| row["hostname"] == "BRAND-NEW"));
    assert!(
        rows.iter().any(|row| text(row, "vendorDeviceKey").parse() == Ok(gone)),
        "only a collection takes a device away"
    );
}

#[rstest]
#[tokio::test]
async fn a_vendor_that_is_down_is_recorded_and_the_next_activity_tries_again(
    #[values(Backend::Sqlite, Backend::Postgres)] backend: Backend,
) {
    let (world, webhook) = plain(backend).await;
    let id = ids(&world)[0];
    world.strike(Fault::new(Effect::Status(500)).on("/v2/device/"));
    webhook.deliver(SECRET, &activity(id, "TRIGGERED")).await;
    assert_eq!(world.work_off_syncs().await, 1);
    assert_eq!(outcomes(&world).await, ["VENDOR_UNAVAILABLE"]);
    world.simulator.with_switches(|switches| switches.faults.clear());
    world.clock.advance(Duration::from_secs(1));
    webhook.deliver(SECRET, &activity(id, "RESET")).await;
    assert_eq!(world.work_off_syncs().await, 1);
    assert_eq!(outcomes(&world).await, ["SYNCED", "VENDOR_UNAVAILABLE"]);
}

#[rstest]
#[tokio::test]
async fn what_a_dead_server_left_is_done_by_another_and_two_servers_do_it_once(
    #[values(Backend::Sqlite, Backend::Postgres)] backend: Backend,
) {
    use entity::sync::{Column, Entity};
    use sea_orm::{EntityTrait, sea_query::Expr};
    let (world, webhook) = plain(backend).await;
    let other = world.another_server(|_, _| {}).await;
    for id in ids(&world) {
        webhook.deliver(SECRET, &activity(id, "TRIGGERED")).await;
    }
    // Somebody took them all, and died.
    let until = domain::clock::Clock::now(&*world.clock) + chrono::TimeDelta::minutes(2);
    Entity::update_many()
        .col_expr(Column::Outcome, Expr::value("running"))
        .col_expr(Column::ClaimedUntil, Expr::value(until))
        .exec(world.inventory.database().writer())
        .await
        .unwrap();
    assert_eq!(world.work_off_syncs().await, 0, "they may still be alive");
    world.clock.advance(Duration::from_secs(121));
    let stop = tokio_util::sync::CancellationToken::new();
    let (one, two) = tokio::join!(world.work_off_syncs(), other.work_off_syncs(&stop));
    assert_eq!((one + two.unwrap(), asked(&world)), (10, 10));
    assert_eq!(outcomes(&world).await, vec!["SYNCED"; 10]);
}

#[rstest]
#[tokio::test]
async fn the_hosts_that_pages_may_call_are_not_asked_of_a_webhook_and_other_methods_are_refused() {
    let (world, webhook) = plain(Backend::Sqlite).await;
    let body = activity(ids(&world)[0], "TRIGGERED").to_string();
    let foreign = [(SECRET_HEADER, SECRET), ("host", "hub.example.com"), ("sec-fetch-site", "cross-site")];
    assert_eq!(webhook.post(&foreign, body).await.0, 202);
    let got = harness::http_client().get(webhook.url()).header(SECRET_HEADER, SECRET).send().await.unwrap();
    assert_eq!((got.status().as_u16(), got.headers()["allow"].to_str().unwrap()), (405, "POST"));
}

#[tokio::test]
async fn without_a_secret_there_is_no_webhook() {
    let world = World::small_on(Backend::Sqlite).start().await;
    let webhook = Webhook::of(&world.graphql.url);
    for headers in [vec![], vec![(SECRET_HEADER, "")], vec![(SECRET_HEADER, SECRET)]] {
        assert_eq!(webhook.post(&headers, "{}").await.0, 404, "{headers:?}");
    }
}

#[rstest]
#[tokio::test]
async fn a_serving_hub_works_off_what_is_posted_and_a_short_secret_is_refused_at_start(
    #[values(Backend::Sqlite, Backend::Postgres)] backend: Backend,
) {
    let outside = Surroundings::on(backend).await;
    let refused = outside.hub(&["serve"]).set("HUB_NINJA_WEBHOOK_SECRET", "too short").run().await.ended_with(2);
    assert!(refused.stderr.contains("HUB_NINJA_WEBHOOK_SECRET"), "{refused:?}");
    assert!(refused.stderr.contains("at least 16 characters") && !refused.said().contains("too short"), "{refused:?}");
    outside.hub(&["collect", "ninja"]).run().await.ended_with(0);
    let mut hub = outside.hub(&["serve"]).set("HUB_NINJA_WEBHOOK_SECRET", SECRET).start();
    let url = hub.url().await;
    let id = outside.simulator.view(|vendors| vendors.ninja_devices()[0]["id"].as_i64().unwrap());
    let gate = Gate::closed();
    let held = Fault::new(Effect::Held(gate.clone())).on("/v2/device/");
    outside.simulator.with_switches(|switches| switches.faults.push(held));
    assert_eq!(Webhook::of(&url).deliver(SECRET, &activity(id, "TRIGGERED")).await.0, 202);
    tokio::time::timeout(LONG, gate.arrived(1)).await.unwrap();
    gate.open();
    hub.terminate().await;
    let finished = hub.finish().await.ended_with(0);
    assert!(!finished.said().contains(SECRET), "{finished:?}");
    let (_hub, url) = outside.serving().await;
    let syncs = GraphqlClient::new(url).every("syncs", "", "outcome vendorDeviceKey").await;
    assert_eq!(syncs, [json!({ "outcome": "SYNCED", "vendorDeviceKey": id.to_string() })]);
}
