//! SQLite: dropped days give their space back to the file, and the file gives it back to the disk.

use chrono::Days;
use harness::{Backend, CopiedDay, TestDatabase, World};
use sea_orm::{ConnectionTrait, DatabaseBackend, DatabaseConnection, Statement};
use server::inventory::jobs::Trigger;

const INCREMENTAL: i64 = 2;

async fn pragma(connection: &DatabaseConnection, name: &str) -> i64 {
    let statement = Statement::from_string(DatabaseBackend::Sqlite, format!("PRAGMA {name}"));
    connection.query_one_raw(statement).await.unwrap().unwrap().try_get_by_index(0).unwrap()
}

async fn retain(world: &World) {
    let report = world.inventory.retain(Trigger::CommandLine, "test").await.unwrap();
    assert_eq!(report.batch.status, "completed", "{:?}", report.runs);
}

#[tokio::test]
async fn over_many_nights_the_file_stops_growing_and_no_page_stays_free() {
    let world = World::on(Backend::Sqlite).start().await;
    world.night(0).await;
    let writer = world.inventory.database().writer();
    assert_eq!(pragma(writer, "auto_vacuum").await, INCREMENTAL);
    let (mut source, mut pages) = (world.day(0), Vec::new());
    for night in 1..=120 {
        if night == 60 {
            // Before the first one is dropped.
            world.night(night).await;
            source = world.day(night);
        } else {
            world.move_to(night);
            CopiedDay { source, vendor_id: None }.store_on(writer, [world.day(night)]).await.unwrap();
        }
        retain(&world).await;
        assert_eq!(pragma(writer, "freelist_count").await, 0);
        pages.push(pragma(writer, "page_count").await);
    }
    let full = pages[64];
    let most = *pages.iter().max().unwrap();
    assert!(pages[10] * 2 < full, "it grew until days went: {pages:?}");
    assert!(most <= full + full / 10, "it grew on: {pages:?}");
}

#[tokio::test]
async fn a_file_of_before_is_written_anew_once_and_shrinks() {
    let database = TestDatabase::create(Backend::Sqlite).await.unwrap();
    let mut options = sea_orm::ConnectOptions::new(format!("{}?mode=rwc", database.dsn()));
    options.max_connections(1).sqlx_logging(false);
    let before = sea_orm::Database::connect(options).await.unwrap();
    for sql in ["PRAGMA auto_vacuum = NONE", "PRAGMA journal_mode = WAL", "CREATE TABLE before (id integer)"] {
        before.execute_unprepared(sql).await.unwrap();
    }
    before.close().await.unwrap();
    let world = World::on(Backend::Sqlite).start_on(database).await;
    world.night(0).await;
    let writer = world.inventory.database().writer();
    assert_eq!(pragma(writer, "auto_vacuum").await, 0);
    let days = (1..=130).map(|number| world.day(0) - Days::new(number));
    CopiedDay { source: world.day(0), vendor_id: None }.store_on(writer, days).await.unwrap();
    writer.execute_unprepared("PRAGMA wal_checkpoint(TRUNCATE)").await.unwrap();
    let file = world.database.folder().join("hub.db");
    let size = std::fs::metadata(&file).unwrap().len();
    retain(&world).await;
    assert_eq!((pragma(writer, "auto_vacuum").await, pragma(writer, "freelist_count").await), (INCREMENTAL, 0));
    writer.execute_unprepared("PRAGMA wal_checkpoint(TRUNCATE)").await.unwrap();
    let after = std::fs::metadata(&file).unwrap().len();
    assert!(after * 3 < size * 2, "{after} of {size} bytes");
}

#[tokio::test]
async fn somebody_who_writes_gets_a_turn_while_days_are_deleted() {
    let world = World::on(Backend::Sqlite).start().await;
    world.night(0).await;
    let writer = world.inventory.database().writer();
    let days = (1..=300).map(|number| world.day(0) - Days::new(number));
    CopiedDay { source: world.day(0), vendor_id: None }.store_on(writer, days).await.unwrap();
    let id =
        world.graphql.query("{ exceptions(first: 1) { nodes { id } } }").await["exceptions"]["nodes"][0]["id"].clone();
    let comment = format!(
        "mutation {{ commentOnException(input: {{ id: {id}, comment: \"meanwhile\" }}) {{ userErrors {{ code }} }} }}"
    );
    // Every portion takes its time.
    let slow = "CREATE TRIGGER slow BEFORE DELETE ON device_snapshot BEGIN SELECT COUNT(*) FROM (WITH RECURSIVE n(i) AS \
                (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 500) SELECT i FROM n); END";
    writer.execute_unprepared(slow).await.unwrap();
    world.take_statements();
    let mut retention = Box::pin(world.inventory.retain(Trigger::CommandLine, "test"));
    let deleting = async {
        while !world.take_statements().iter().any(|sql| sql.starts_with("DELETE FROM device_snapshot")) {
            tokio::task::yield_now().await;
        }
    };
    tokio::select! {
        ended = &mut retention => panic!("it ended before anybody else had a turn: {ended:?}"),
        () = deleting => {}
    }
    tokio::select! {
        ended = &mut retention => panic!("it ended before anybody else had a turn: {ended:?}"),
        answer = world.graphql.query(&comment) => assert_eq!(answer["commentOnException"]["userErrors"], serde_json::json!([])),
    }
    assert_eq!(retention.await.unwrap().batch.status, "completed");
}
