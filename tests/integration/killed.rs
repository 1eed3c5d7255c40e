//! A hub that is killed in the middle of a collection leaves nothing half-written, and another takes its run over.

use std::{collections::BTreeSet, sync::Arc, time::Duration};

use domain::clock::Clock;
use harness::{Backend, GraphqlClient, LONG, Neighbour, Surroundings, TestClock, text};
use rstest::rstest;
use sea_orm::{ConnectionTrait, DatabaseConnection, DatabaseTransaction, TransactionTrait};
use serde_json::{Value, json};
use server::clock::SystemClock;
use simulator::{Effect, Fault, Gate, Vendor};

/// So long that no lease runs out while a test is at work; the test's clock can pass it.
const LEASE: Duration = Duration::from_hours(1);

/// Surroundings with one complete collection of Ninja, after which Ninja's world has moved on.
async fn collected_once(backend: Backend) -> Surroundings {
    let outside = Surroundings::on(backend).await.set("HUB_LEASE_SECONDS", LEASE.as_secs().to_string());
    collect(&outside).run().await.ended_with(0);
    outside.simulator.set_day(outside.simulator.day() + chrono::Days::new(5));
    outside
}

fn collect(outside: &Surroundings) -> harness::HubCommand {
    outside.hub(&["collect", "ninja"])
}

/// A hub beside the killed one, at the real time.
async fn neighbour(outside: &Surroundings) -> (Neighbour, Arc<TestClock>) {
    let clock = Arc::new(TestClock::at_night_of(chrono::NaiveDate::MIN));
    clock.set(SystemClock.now());
    (outside.neighbour(&clock).await, clock)
}

/// All that is stored of the newest day.
async fn day(graphql: &GraphqlClient) -> Value {
    let days = graphql.query("{ availableDates { date deviceCount vendors { vendor collectedAt } } }").await;
    let date = days["availableDates"][0]["date"].as_str().unwrap();
    let rows = format!(
        "{{ snapshots(date: \"{date}\", first: 500) {{ totalCount nodes {{ vendorDeviceKey hostname lastOnline storedAt }} }} }}"
    );
    let rows = graphql.query(&rows).await;
    assert_eq!(rows["snapshots"]["totalCount"], days["availableDates"][0]["deviceCount"]);
    json!([days, rows])
}

/// How each run ended, the newest first, and what became of each attempt at it.
async fn runs(graphql: &GraphqlClient) -> Vec<String> {
    let query = "{ jobRuns { nodes { status endedAt attempts { outcome holder } batch { status endedAt } } } }";
    let told = graphql.query(query).await;
    let shown = told["jobRuns"]["nodes"].as_array().unwrap().iter().map(|node| {
        assert_eq!(node["status"], node["batch"]["status"], "{node:#}");
        assert_eq!(node["endedAt"].is_null(), node["batch"]["endedAt"].is_null(), "{node:#}");
        let attempts = node["attempts"].as_array().unwrap();
        let holders: BTreeSet<&str> = attempts.iter().map(|attempt| text(attempt, "holder")).collect();
        assert_eq!(holders.len(), attempts.len(), "each attempt is another process's: {node:#}");
        let outcomes = attempts.iter().map(|attempt| attempt["outcome"].as_str().unwrap_or("at work"));
        format!("{}: {}", text(node, "status"), outcomes.collect::<Vec<_>>().join(", "))
    });
    shown.collect()
}

/// Orders a collection of Ninja; whether one was at work already.
async fn order(neighbour: &Neighbour) -> bool {
    let started = "mutation { startCollection(input: { vendors: [NINJA], runChecks: false }) { alreadyRunning userErrors { message } } }";
    let payload = neighbour.graphql.query(started).await["startCollection"].clone();
    assert_eq!(payload["userErrors"], json!([]));
    neighbour.settle().await;
    payload["alreadyRunning"].as_bool().unwrap()
}

/// What holds after every kill, told by a hub that is still alive.
async fn nothing_is_lost(outside: &Surroundings, neighbour: &Neighbour, clock: &TestClock, before: &Value) {
    assert_eq!(&day(&neighbour.graphql).await, before);
    let at_work = ["RUNNING: at work", "COMPLETED: ENDED"];
    assert_eq!(runs(&neighbour.graphql).await, at_work);
    // While the lease lasts, nobody can know that its holder is dead.
    assert!(order(neighbour).await);
    assert_eq!(runs(&neighbour.graphql).await, at_work);
    let skipped = collect(outside).run().await.ended_with(1);
    assert!(skipped.stdout.contains("another collection of Ninja is running"), "{skipped:?}");
    clock.set(SystemClock.now() + LEASE + Duration::from_mins(1));
    neighbour.settle().await;
    let taken_over = ["SKIPPED: ", "COMPLETED: LOST, ENDED", "COMPLETED: ENDED"];
    assert_eq!(runs(&neighbour.graphql).await, taken_over);
    assert_ne!(&day(&neighbour.graphql).await, before);
    assert!(!order(neighbour).await, "the vendor is free again");
}

#[rstest]
#[tokio::test]
async fn killed_while_fetching(#[values(Backend::Sqlite, Backend::Postgres)] backend: Backend) {
    let outside = collected_once(backend).await;
    let (neighbour, clock) = neighbour(&outside).await;
    let before = day(&neighbour.graphql).await;
    let gate = Gate::closed();
    let held = Fault::new(Effect::Held(gate.clone())).of(Vendor::Ninja).on("/v2/devices-detailed");
    outside.simulator.with_switches(|switches| switches.faults.push(held));
    let hub = collect(&outside).start();
    gate.arrived(1).await;
    hub.kill().await;
    gate.open();
    nothing_is_lost(&outside, &neighbour, &clock, &before).await;
}

#[tokio::test]
async fn killed_while_writing_to_postgres() {
    let outside = collected_once(Backend::Postgres).await;
    let (neighbour, clock) = neighbour(&outside).await;
    let before = day(&neighbour.graphql).await;
    let database = connect(&outside, Duration::ZERO).await;
    // The day's snapshots are written before its counts, in one transaction; there it waits for us.
    let lock = lock_counts(&database).await;
    let hub = collect(&outside).start();
    let waiting = "SELECT 1 AS there FROM pg_locks WHERE NOT granted AND relation = 'daily_counts'::regclass";
    until(async || finds(&database, waiting).await).await;
    hub.kill().await;
    lock.rollback().await.unwrap();
    nothing_is_lost(&outside, &neighbour, &clock, &before).await;
}

#[tokio::test]
async fn killed_while_writing_to_sqlite() {
    let outside = collected_once(Backend::Sqlite).await;
    let (neighbour, clock) = neighbour(&outside).await;
    let before = day(&neighbour.graphql).await;
    // Short writes let a patient second writer in; one that does not end keeps it out.
    let patient = connect(&outside, Duration::from_secs(1)).await;
    endless_counts(&patient).await;
    let hub = collect(&outside).start();
    // What comes before are short writes, which a slow disk may make long ones.
    let newest = "{ jobBatches(first: 1) { nodes { status } } }";
    let is_at_work = async || neighbour.graphql.query(newest).await["jobBatches"]["nodes"][0]["status"] == "RUNNING";
    until(is_at_work).await;
    until(async || is_locked(&patient).await).await;
    hub.kill().await;
    patient.execute_unprepared("DROP TRIGGER endless; DROP VIEW numbers").await.unwrap();
    nothing_is_lost(&outside, &neighbour, &clock, &before).await;
}

/// Looks until it is so.
async fn until(is_so: impl AsyncFn() -> bool) {
    let looking = async { while !is_so().await {} };
    tokio::time::timeout(LONG, looking).await.unwrap();
}

async fn connect(outside: &Surroundings, patience: Duration) -> DatabaseConnection {
    let mut options = sea_orm::ConnectOptions::new(outside.database.dsn());
    options.max_connections(2).sqlx_logging(false);
    options.map_sqlx_sqlite_opts(move |sqlite| sqlite.busy_timeout(patience));
    sea_orm::Database::connect(options).await.unwrap()
}

async fn finds(database: &DatabaseConnection, sql: &str) -> bool {
    let query = sea_orm::Statement::from_string(database.get_database_backend(), sql);
    database.query_one_raw(query).await.unwrap().is_some()
}

async fn lock_counts(database: &DatabaseConnection) -> DatabaseTransaction {
    let lock = database.begin().await.unwrap();
    lock.execute_unprepared("LOCK TABLE daily_counts IN ACCESS EXCLUSIVE MODE").await.unwrap();
    lock
}

/// From now on, writing a day's counts counts for ever.
async fn endless_counts(database: &DatabaseConnection) {
    let sql = "CREATE VIEW numbers AS WITH RECURSIVE number(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM number) \
               SELECT n FROM number; \
               CREATE TRIGGER endless BEFORE INSERT ON daily_counts BEGIN SELECT MAX(n) FROM numbers; END";
    database.execute_unprepared(sql).await.unwrap();
}

async fn is_locked(database: &DatabaseConnection) -> bool {
    let options = sea_orm::TransactionOptions {
        sqlite_transaction_mode: Some(sea_orm::SqliteTransactionMode::Immediate),
        ..sea_orm::TransactionOptions::default()
    };
    match database.begin_with_options(options).await {
        Ok(transaction) => transaction.rollback().await.map(|()| false).unwrap(),
        Err(error) => error.to_string().contains("locked"),
    }
}
