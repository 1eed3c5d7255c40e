//! A retention that is killed loses nothing, drops nothing unproved, and is finished by the next; and its command line.

use std::{sync::Arc, time::Duration};

use chrono::{Days, NaiveDate};
use domain::clock::Clock;
use harness::{Backend, CopiedDay, GraphqlClient, HubCommand, LONG, Neighbour, Surroundings, TestClock, text};
use rstest::rstest;
use sea_orm::{ConnectionTrait, DatabaseConnection, Statement, TransactionTrait};
use serde_json::{Value, json};
use server::clock::SystemClock;

/// Surroundings with today's collection and 70 days before it.
async fn stored(backend: Backend) -> (Surroundings, DatabaseConnection, NaiveDate) {
    let outside = Surroundings::on(backend).await.set("HUB_LEASE_SECONDS", "3600");
    outside.hub(&["collect", "ninja"]).run().await.ended_with(0);
    let database = connect(&outside).await;
    let newest = Statement::from_string(database.get_database_backend(), "SELECT MAX(snapshot_date) FROM snapshot_day");
    let today: NaiveDate = database.query_one_raw(newest).await.unwrap().unwrap().try_get_by_index(0).unwrap();
    let days = (1..=70).map(|number| today - Days::new(number));
    CopiedDay { source: today, vendor_id: None }.store_on(&database, days).await.unwrap();
    (outside, database, today)
}

async fn connect(outside: &Surroundings) -> DatabaseConnection {
    let mut options = sea_orm::ConnectOptions::new(outside.database.dsn());
    options.max_connections(2).sqlx_logging(false);
    options.map_sqlx_sqlite_opts(|sqlite| sqlite.busy_timeout(Duration::from_millis(200)));
    sea_orm::Database::connect(options).await.unwrap()
}

fn retain(outside: &Surroundings, more: &[&str]) -> HubCommand {
    let arguments: Vec<&str> = ["retain", "--json"].iter().chain(more).copied().collect();
    outside.hub(&arguments)
}

/// A hub beside the killed one, at the real time.
async fn neighbour(outside: &Surroundings) -> (Neighbour, Arc<TestClock>) {
    let clock = Arc::new(TestClock::at_night_of(NaiveDate::MIN));
    clock.set(SystemClock.now());
    (outside.neighbour(&clock).await, clock)
}

async fn until(is_so: impl AsyncFn() -> bool) {
    let looking = async { while !is_so().await {} };
    tokio::time::timeout(LONG, looking).await.unwrap();
}

async fn finds(database: &DatabaseConnection, sql: &str) -> bool {
    let query = Statement::from_string(database.get_database_backend(), sql);
    database.query_one_raw(query).await.unwrap().is_some()
}

async fn dates(graphql: &GraphqlClient) -> Vec<String> {
    let days = graphql.query("{ availableDates(first: 500) { date } }").await;
    days["availableDates"].as_array().unwrap().iter().map(|day| text(day, "date").to_owned()).collect()
}

/// What holds after every kill: another run finishes it, and every day that went is counted for its month.
async fn the_next_run_finishes(outside: &Surroundings, database: &DatabaseConnection, today: NaiveDate) {
    let (neighbour, clock) = neighbour(outside).await;
    let report = retain(outside, &[]).run().await.ended_with(0).json();
    assert_eq!(report["retention"]["left"], json!([]));
    let kept: Vec<String> = (0..65).map(|number| (today - Days::new(number)).to_string()).collect();
    assert_eq!(dates(&neighbour.graphql).await, kept);
    let uncounted = "SELECT 1 AS there FROM snapshot_day d WHERE d.dropped_at IS NOT NULL AND NOT EXISTS \
                     (SELECT 1 FROM month_end_day m WHERE m.vendor_id = d.vendor_id AND \
                     SUBSTR(CAST(m.month_end_date AS text), 1, 7) = SUBSTR(CAST(d.snapshot_date AS text), 1, 7))";
    assert!(!finds(database, uncounted).await);
    let first = &kept[64];
    for table in ["device_snapshot", "daily_counts", "daily_totals"] {
        assert!(!finds(database, &format!("SELECT 1 AS there FROM {table} WHERE snapshot_date < '{first}'")).await);
    }
    clock.advance(Duration::from_hours(2));
    neighbour.settle().await;
    let runs = neighbour.graphql.query("{ jobRuns { nodes { name status error attempts { outcome } } } }").await;
    let attempts = json!([{ "outcome": "LOST" }, { "outcome": "ENDED" }]);
    let killed = json!({ "name": "retention", "status": "COMPLETED", "error": null, "attempts": attempts });
    assert!(runs["jobRuns"]["nodes"].as_array().unwrap().contains(&killed), "{runs:#}");
}

#[tokio::test]
async fn killed_before_anything_is_dropped_on_postgres() {
    let (outside, database, today) = stored(Backend::Postgres).await;
    let lock = database.begin().await.unwrap();
    lock.execute_unprepared("LOCK TABLE daily_totals IN SHARE MODE").await.unwrap();
    let hub = retain(&outside, &[]).start();
    let waiting = "SELECT 1 AS there FROM pg_locks WHERE NOT granted AND relation = 'daily_totals'::regclass";
    until(async || finds(&database, waiting).await).await;
    hub.kill().await;
    lock.rollback().await.unwrap();
    assert!(!finds(&database, "SELECT 1 AS there FROM snapshot_day WHERE dropped_at IS NOT NULL").await);
    let cut = format!("SELECT 1 AS there FROM daily_counts WHERE snapshot_date = '{}'", today - Days::new(70));
    assert!(finds(&database, &cut).await, "its counts are still there");
    the_next_run_finishes(&outside, &database, today).await;
}

#[tokio::test]
async fn killed_while_a_partition_is_detached() {
    let (outside, database, today) = stored(Backend::Postgres).await;
    let reading = database.begin().await.unwrap();
    reading.execute_unprepared("SELECT COUNT(*) FROM device_snapshot").await.unwrap();
    let hub = retain(&outside, &[]).start();
    let waiting = "SELECT 1 AS there FROM pg_inherits WHERE inhdetachpending";
    until(async || finds(&database, waiting).await).await;
    hub.kill().await;
    // PostgreSQL does not look whether the client of a waiting statement is there.
    let end = "SELECT 1 AS there, pg_terminate_backend(pid) FROM pg_stat_activity WHERE query LIKE '%DETACH PARTITION%' \
               AND pid <> pg_backend_pid() AND datname = current_database()";
    finds(&database, end).await;
    reading.commit().await.unwrap();
    let (neighbour, _) = neighbour(&outside).await;
    assert_eq!(dates(&neighbour.graphql).await.len(), 65, "days that are marked are shown to nobody");
    the_next_run_finishes(&outside, &database, today).await;
}

#[tokio::test]
async fn killed_while_snapshots_are_deleted_from_sqlite() {
    let (outside, database, today) = stored(Backend::Sqlite).await;
    let endless = "CREATE VIEW numbers AS WITH RECURSIVE number(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM number) \
                   SELECT n FROM number; \
                   CREATE TRIGGER endless BEFORE DELETE ON device_snapshot BEGIN SELECT MAX(n) FROM numbers; END";
    database.execute_unprepared(endless).await.unwrap();
    // First, because the endless deletion lets nobody write, and who opens a hub brings its tables up to date.
    let (neighbour, _) = neighbour(&outside).await;
    let hub = retain(&outside, &[]).start();
    until(async || dates(&neighbour.graphql).await.len() == 65).await;
    hub.kill().await;
    database.execute_unprepared("DROP TRIGGER endless; DROP VIEW numbers").await.unwrap();
    assert!(
        finds(
            &database,
            "SELECT 1 AS there FROM device_snapshot s JOIN snapshot_day d ON d.snapshot_date = s.snapshot_date \
                              WHERE d.dropped_at IS NOT NULL"
        )
        .await,
        "it was killed before the snapshots were gone"
    );
    the_next_run_finishes(&outside, &database, today).await;
}

#[rstest]
#[tokio::test]
async fn the_command_shows_first_and_then_drops(#[values(Backend::Sqlite, Backend::Postgres)] backend: Backend) {
    let (outside, _database, today) = stored(backend).await;
    let oldest = (today - Days::new(70)).to_string();
    let preview = retain(&outside, &["--dry-run"]).run().await.ended_with(0).json();
    let days = preview["days"].as_array().unwrap();
    assert_eq!((days.len(), &days[0]["date"], &days[0]["goes"]), (71, &json!(oldest), &json!(true)));
    let going: Vec<&Value> = days.iter().filter(|day| day["goes"] == true).map(|day| &day["date"]).collect();
    let words = outside.hub(&["retain", "--dry-run"]).run().await.ended_with(0).stdout;
    assert!(
        words.starts_with(&format!("{oldest} Ninja, ")) && words.contains("6 days of vendors would go: "),
        "{words}"
    );
    let report = retain(&outside, &[]).run().await.ended_with(0).json();
    assert_eq!(report["retention"]["dropped"].as_array().unwrap().iter().collect::<Vec<_>>(), going);
    assert_eq!(report["runs"][0]["jobName"], "retention");
    let again = outside.hub(&["retain"]).run().await.ended_with(0).stdout;
    assert_eq!(again, "retention: completed (0 days dropped with 0 snapshots, 0 month ends counted)\n");
    let bad = outside.hub(&["retain"]).set("HUB_RETENTION_DAYS", "34").run().await.ended_with(2);
    assert!(
        bad.stderr.contains("HUB_RETENTION_DAYS: expected a whole number from 35 to 36500, or off, found \"34\""),
        "{bad:?}"
    );
    let kept = outside.hub(&["retain"]).set("HUB_RETENTION_DAYS", "off").run().await.ended_with(0);
    assert!(kept.stdout.contains("0 days dropped"), "{kept:?}");
}
