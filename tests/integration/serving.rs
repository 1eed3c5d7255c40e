//! `inventory-hub serve` as a process: it answers, it stops when it is told to, and two of them share one database.

use domain::clock::Clock;
use entity::schedule_slot;
use harness::{Backend, GraphqlClient, LONG, Socket, Surroundings, http_client};
use rstest::rstest;
use sea_orm::{ColumnTrait, EntityTrait, QueryFilter, sea_query::Expr};
use serde_json::{Value, json};
use server::clock::SystemClock;
use simulator::{Effect, Fault, Gate, Vendor};

const START: &str = "mutation { startCollection(input: { vendors: [NINJA], runChecks: false }) { \
                     alreadyRunning userErrors { message } batch { id } } }";

/// Lets the vendor's device list wait.
fn hold_ninja(outside: &Surroundings) -> Gate {
    let gate = Gate::closed();
    let held = Fault::new(Effect::Held(gate.clone())).of(Vendor::Ninja).on("/v2/devices-detailed");
    outside.simulator.with_switches(|switches| switches.faults.push(held));
    gate
}

async fn start(graphql: &GraphqlClient) -> Value {
    let payload = graphql.query(START).await["startCollection"].clone();
    assert_eq!(payload["userErrors"], json!([]));
    payload
}

/// Follows a batch to its end by subscription; the last state of its run.
async fn last_state(url: &str, batch: &Value) -> Value {
    let mut socket = Socket::open(url).await;
    let progress = "subscription($id: ID!) { jobProgress(batchId: $id) { status rowsStored } }";
    socket.subscribe("p", progress, json!({ "id": batch["id"] })).await;
    let mut last = Value::Null;
    loop {
        let message = socket.hear().await;
        if message["type"] == "complete" {
            return last;
        }
        assert_eq!(message["type"], "next", "{message}");
        last = message["payload"]["data"]["jobProgress"].clone();
    }
}

#[rstest]
#[tokio::test]
async fn a_serving_hub_answers_and_stops_on_sigterm_with_status_0(
    #[values(Backend::Sqlite, Backend::Postgres)] backend: Backend,
) {
    let outside = Surroundings::on(backend).await;
    let (hub, url) = outside.serving().await;
    assert!(url.starts_with("http://127.0.0.1:") && url.ends_with("/graphql"), "{url}");
    let health = http_client().get(url.replace("/graphql", "/healthz")).send().await.unwrap();
    assert_eq!((health.status().as_u16(), health.text().await.unwrap().as_str()), (200, "ok"));
    let vendors = GraphqlClient::new(url).query("{ vendors { name configured } }").await;
    let expected = json!([{ "name": "NINJA", "configured": true }, { "name": "THREATLOCKER", "configured": true }]);
    assert_eq!(vendors["vendors"], expected);
    hub.terminate().await;
    let finished = hub.finish().await.ended_with(0);
    assert_eq!(finished.stdout.lines().count(), 1, "{finished:?}");
}

#[rstest]
#[tokio::test]
async fn a_stopping_hub_finishes_the_running_collection(
    #[values(Backend::Sqlite, Backend::Postgres)] backend: Backend,
) {
    let outside = Surroundings::on(backend).await;
    let gate = hold_ninja(&outside);
    let (hub, url) = outside.serving().await;
    start(&GraphqlClient::new(url.clone())).await;
    gate.arrived(1).await;
    // A follower is told goodbye: that is how the test knows that the hub is stopping.
    let mut follower = Socket::open(&url).await;
    hub.terminate().await;
    assert_eq!(follower.close_code().await, 1001);
    gate.open();
    hub.finish().await.ended_with(0);
    let (_hub, url) = outside.serving().await;
    let told = GraphqlClient::new(url)
        .query("{ jobRuns { nodes { status rowsStored } } availableDates { deviceCount } }")
        .await;
    let stored = told["availableDates"][0]["deviceCount"].clone();
    assert_eq!(told["jobRuns"]["nodes"], json!([{ "status": "COMPLETED", "rowsStored": stored }]));
}

#[rstest]
#[tokio::test]
async fn two_hubs_on_one_database_see_each_others_work(#[values(Backend::Sqlite, Backend::Postgres)] backend: Backend) {
    let outside = Surroundings::on(backend).await;
    // Both bring the empty database up to date at once.
    let ((_first, first_url), (_second, second_url)) = tokio::join!(outside.serving(), outside.serving());
    let (first, second) = (GraphqlClient::new(first_url), GraphqlClient::new(second_url.clone()));
    let gate = hold_ninja(&outside);
    let started = start(&first).await;
    assert_eq!(started["alreadyRunning"], false);
    gate.arrived(1).await;
    let same = start(&second).await;
    assert_eq!((&same["alreadyRunning"], &same["batch"]), (&json!(true), &started["batch"]));
    let following = tokio::time::timeout(LONG, last_state(&second_url, &started["batch"]));
    let (last, ()) = tokio::join!(following, async { gate.open() });
    assert_eq!(last.unwrap()["status"], "COMPLETED");
    let days = "{ availableDates { date deviceCount vendors { vendor collectedAt } } }";
    let (one, two) = tokio::join!(first.query(days), second.query(days));
    assert_eq!(one, two);
    assert!(one["availableDates"][0]["deviceCount"].as_i64().unwrap() > 0, "{one}");
}

/// The record is made to say that the schedule began hours ago, so that an hour's slot was missed.
async fn begin_earlier(outside: &Surroundings) {
    let mut options = sea_orm::ConnectOptions::new(outside.database.dsn());
    options.max_connections(1).sqlx_logging(false);
    let database = sea_orm::Database::connect(options).await.unwrap();
    let earlier = SystemClock.now() - chrono::TimeDelta::hours(2);
    let begun = || {
        let moved = schedule_slot::Entity::update_many().col_expr(schedule_slot::Column::SlotAt, Expr::value(earlier));
        // Not the hour's own slot, should the hour turn just now.
        moved.filter(schedule_slot::Column::BatchId.is_null())
    };
    // The hub begins it by its first tick.
    let beginning = async { while begun().exec(&database).await.unwrap().rows_affected == 0 {} };
    tokio::time::timeout(LONG, beginning).await.unwrap();
}

#[rstest]
#[tokio::test]
async fn a_serving_hub_takes_a_slot_and_collects_by_itself(
    #[values(Backend::Sqlite, Backend::Postgres)] backend: Backend,
) {
    let outside = Surroundings::on(backend).await;
    let mut hub = outside.hub(&["serve"]).set("HUB_SCHEDULE_NINJA", "0 * * * *").start();
    let mut socket = Socket::open(&hub.url().await).await;
    socket.subscribe("j", "subscription { jobs { name status batch { trigger } } }", json!({})).await;
    begin_earlier(&outside).await;
    let following = async {
        loop {
            let run = socket.hear().await["payload"]["data"]["jobs"].clone();
            assert_eq!((&run["name"], &run["batch"]["trigger"]), (&json!("ninja-collector"), &json!("TIMER")), "{run}");
            if run["status"] != "QUEUED" && run["status"] != "RUNNING" {
                return run;
            }
        }
    };
    assert_eq!(tokio::time::timeout(LONG, following).await.unwrap()["status"], "COMPLETED");
}

#[tokio::test]
async fn a_taken_address_is_named() {
    let outside = Surroundings::on(Backend::Sqlite).await;
    let (_hub, url) = outside.serving().await;
    let address = url.trim_start_matches("http://").trim_end_matches("/graphql");
    let second = outside.hub(&["serve"]).set("HUB_LISTEN", address).run().await.ended_with(1);
    let sentence = format!("inventory-hub: {address} can't be listened on; is it in use?");
    assert!(second.stderr.contains(&sentence), "{second:?}");
    assert_eq!(second.stdout, "");
    let demo = outside.hub(&["demo"]).set("HUB_LISTEN", address).run().await.ended_with(1);
    assert!(demo.stderr.contains(&sentence), "{demo:?}");
}

#[tokio::test]
async fn a_database_that_lets_nobody_in_is_named_without_its_password() {
    let outside = Surroundings::on(Backend::Postgres).await;
    let dsn = outside.database.dsn();
    let (user, rest) = dsn.split_once('@').and_then(|(front, rest)| Some((front.rsplit_once(':')?.0, rest))).unwrap();
    let wrong = format!("{user}:planted-db-password@{rest}");
    for command in [&["serve"][..], &["migrate"], &["collect", "ninja"], &["check"]] {
        let finished = outside.hub(command).set("DB_DSN", &wrong).run().await.ended_with(1);
        assert!(finished.stderr.contains("the PostgreSQL database can't be reached"), "{finished:?}");
        assert!(!finished.said().contains("planted-db-password"), "{finished:?}");
    }
}
