//! PostgreSQL: a day is a partition. Making and dropping one keeps no reader waiting, and lists look into few of them.

use std::collections::BTreeSet;

use chrono::{Days, NaiveDate};
use harness::{Backend, CopiedDay, TestDatabase, World};
use migration::{Migrator, MigratorTrait};
use sea_orm::{ConnectionTrait, DatabaseBackend, DatabaseConnection, Statement, TransactionTrait};
use serde_json::Value;
use server::inventory::jobs::Trigger;

async fn with_days(before: u64) -> World {
    let world = World::on(Backend::Postgres).start().await;
    world.night(0).await;
    let days = (1..=before).map(|number| world.day(0) - Days::new(number));
    let copied = CopiedDay { source: world.day(0), vendor_id: None };
    copied.store_on(world.inventory.database().writer(), days).await.unwrap();
    world
}

async fn one<T: sea_orm::TryGetable>(connection: &impl ConnectionTrait, sql: &str) -> T {
    let row = connection.query_one_raw(Statement::from_string(DatabaseBackend::Postgres, sql)).await.unwrap();
    row.unwrap().try_get_by_index(0).unwrap()
}

/// Everything that is or was a partition.
async fn tables(connection: &DatabaseConnection) -> Vec<String> {
    let sql = "SELECT relname::text AS name FROM pg_class WHERE relkind = 'r' AND relname LIKE 'device_snapshot_2%' ORDER BY 1";
    let rows = connection.query_all_raw(Statement::from_string(DatabaseBackend::Postgres, sql)).await.unwrap();
    rows.iter().map(|row| row.try_get_by_index(0).unwrap()).collect()
}

fn named(date: NaiveDate) -> String {
    format!("device_snapshot_{}", date.format("%Y%m%d"))
}

async fn count_of(world: &World, date: NaiveDate) -> i64 {
    let query = format!("{{ snapshots(date: \"{date}\") {{ totalCount }} }}");
    world.graphql.query(&query).await["snapshots"]["totalCount"].as_i64().unwrap()
}

#[tokio::test]
async fn no_reader_waits_while_a_day_is_dropped() {
    let world = with_days(65).await;
    let gone = world.day(0) - Days::new(65);
    let (yesterday, today) = (world.day(0) - Days::new(1), world.day(0));
    let elsewhere = world.database.open().await.unwrap();
    // Somebody is in the middle of reading another day, and devices too.
    let reading = elsewhere.reader().pool().begin().await.unwrap();
    let of_yesterday = format!(
        "SELECT COUNT(*) FROM device_snapshot s JOIN device_identity i ON i.id = s.device_identity_id \
         WHERE s.snapshot_date = '{yesterday}'"
    );
    let before: i64 = one(&reading, &of_yesterday).await;
    let mut retention = Box::pin(world.inventory.retain(Trigger::CommandLine, "test"));
    let waits = "SELECT COUNT(*) FROM pg_stat_activity WHERE datname = current_database() \
                 AND query LIKE '%DETACH PARTITION%CONCURRENTLY' AND wait_event_type = 'Lock'";
    let begun = async { while one::<i64>(world.rows(), waits).await == 0 {} };
    tokio::select! {
        ended = &mut retention => panic!("it did not wait for the reader: {ended:?}"),
        () = begun => {}
    }
    // It waits for that reader, and nobody waits for it: neither new readers nor the next collection.
    assert!(count_of(&world, today).await > 0);
    assert_eq!(one::<i64>(&reading, &of_yesterday).await, before);
    let page = "{ devices(first: 50) { nodes { sources { hostname } organization { name } } } }";
    tokio::select! {
        ended = &mut retention => panic!("it did not wait for the reader: {ended:?}"),
        page = world.graphql.query(page) => assert_eq!(page["devices"]["nodes"].as_array().unwrap().len(), 50),
    }
    reading.commit().await.unwrap();
    let report = retention.await.unwrap();
    assert_eq!(report.batch.status, "completed", "{:?}", report.runs);
    assert_eq!(report.retention.unwrap().dropped, [gone]);
    let left = tables(world.rows()).await;
    assert_eq!((left.len(), left.contains(&named(gone))), (65, false));
}

#[tokio::test]
async fn a_reader_of_devices_that_does_not_end_is_not_waited_for_with_others_behind() {
    let world = with_days(66).await;
    let elsewhere = world.database.open().await.unwrap();
    // Detached while nobody reads; what follows needs the tables that the partition points to.
    let gone = named(world.day(0) - Days::new(66));
    let reading = elsewhere.reader().pool().begin().await.unwrap();
    let devices: i64 = one(&reading, "SELECT COUNT(*) FROM device_identity").await;
    let report = world.inventory.retain(Trigger::CommandLine, "test").await.unwrap();
    assert_eq!(report.batch.status, "partial");
    let left = report.retention.unwrap().left;
    assert!(left[0].contains("was in use, and still is there"), "{left:?}");
    assert_eq!(one::<i64>(world.rows(), &format!("SELECT COUNT(*) FROM {gone}")).await, 0, "its space is given back");
    assert_eq!(one::<i64>(&reading, "SELECT COUNT(*) FROM device_identity").await, devices);
    reading.commit().await.unwrap();
    let report = world.inventory.retain(Trigger::CommandLine, "test").await.unwrap();
    assert_eq!(report.batch.status, "completed", "{:?}", report.runs);
    assert_eq!(tables(world.rows()).await.len(), 65);
}

#[tokio::test]
async fn whatever_a_run_left_is_removed_by_the_next_and_no_way_of_a_day_that_comes_back() {
    let world = with_days(68).await;
    let writer = world.inventory.database().writer();
    let old: Vec<NaiveDate> = [65, 66, 67, 68].map(|number| world.day(0) - Days::new(number)).to_vec();
    // Ends of runs that were killed: only marked; detached and full; in the middle of being detached.
    let mark = format!("UPDATE snapshot_day SET dropped_at = now() WHERE snapshot_date <= '{}'", old[1]);
    let detached = format!("ALTER TABLE device_snapshot DETACH PARTITION {}", named(old[2]));
    for sql in [mark, detached] {
        writer.execute_unprepared(&sql).await.unwrap();
    }
    interrupt_detachment(&world, old[3]).await;
    let pending = "SELECT COUNT(*) FROM pg_inherits WHERE inhdetachpending";
    assert_eq!(one::<i64>(world.rows(), pending).await, 1);
    // A night that stores such a day again is in nobody's way, and nobody in its.
    world.move_to(0);
    world.clock.set_night_of(old[3]);
    assert_eq!(world.collect(&[domain::vendor::Vendor::Ninja], false).await.batch.status, "completed");
    assert!(count_of(&world, old[3]).await > 0);
    world.move_to(0);
    let report = world.inventory.retain(Trigger::CommandLine, "test").await.unwrap();
    assert_eq!(report.batch.status, "completed", "{:?}", report.runs);
    assert_eq!(report.retention.unwrap().dropped, [old[3], old[0]]);
    assert_eq!(tables(world.rows()).await.len(), 65);
    assert_eq!(one::<i64>(world.rows(), pending).await, 0);
}

/// Begins to detach a day while somebody reads, and gives up.
async fn interrupt_detachment(world: &World, date: NaiveDate) {
    let elsewhere = world.database.open().await.unwrap();
    let reading = elsewhere.reader().pool().begin().await.unwrap();
    one::<i64>(&reading, "SELECT COUNT(*) FROM device_snapshot").await;
    let mut options = sea_orm::ConnectOptions::new(world.database.dsn());
    options.max_connections(1).sqlx_logging(false);
    let impatient = sea_orm::Database::connect(options).await.unwrap();
    impatient.execute_unprepared("SET lock_timeout = '50ms'").await.unwrap();
    let detach = format!("ALTER TABLE device_snapshot DETACH PARTITION {} CONCURRENTLY", named(date));
    let given_up = impatient.execute_unprepared(&detach).await.unwrap_err();
    assert!(given_up.to_string().contains("lock timeout"), "{given_up}");
    reading.commit().await.unwrap();
}

#[tokio::test]
async fn snapshots_that_the_hub_did_not_store_are_not_dropped_with_a_day() {
    let world = with_days(65).await;
    let old = world.day(0) - Days::new(65);
    let foreign = format!(
        "INSERT INTO device_snapshot (snapshot_date, vendor_id, device_identity_id, hostname, canonical_hostname, created_at) \
         SELECT '{old}', 1, MIN(id), 'predecessor', 'predecessor', now() FROM device_identity"
    );
    world.inventory.database().writer().execute_unprepared(&foreign).await.unwrap();
    world.inventory.retain(Trigger::CommandLine, "test").await.unwrap();
    let left = format!("SELECT COUNT(*) FROM device_snapshot WHERE snapshot_date = '{old}' AND vendor_id = 1");
    assert_eq!(one::<i64>(world.rows(), &left).await, 1);
}

/// The partitions that a plan looks into.
fn partitions(plan: &Value, found: &mut BTreeSet<String>) {
    if let Some(name) = plan["Relation Name"].as_str().filter(|name| name.starts_with("device_snapshot")) {
        found.insert(name.to_owned());
    }
    for below in plan["Plans"].as_array().into_iter().flatten() {
        partitions(below, found);
    }
}

#[tokio::test]
async fn what_asks_for_days_looks_into_their_partitions_only() {
    let world = with_days(64).await;
    world.inventory.retain(Trigger::CommandLine, "test").await.unwrap();
    let today = world.day(0);
    let snapshots =
        format!("snapshots(date: \"{today}\", first: 50) {{ totalCount nodes {{ id device {{ hostname }} }} }}");
    let as_of =
        format!("devicesAsOf(date: \"{today}\", first: 50) {{ totalCount nodes {{ sources {{ hostname }} }} }}");
    for asked in [
        "devices(first: 50) { nodes { hostname sources { hostname lastOnline snapshot { hostname } organization { name } } } }",
        snapshots.as_str(),
        as_of.as_str(),
        "vendorOrganizations(first: 50) { nodes { deviceCount suggestions { score } } }",
    ] {
        world.take_statements();
        world.graphql.query(&format!("{{ {asked} }}")).await;
        for statement in world.take_bound_statements() {
            let explain = format!("EXPLAIN (FORMAT JSON) {statement}");
            let plan: Value = one(world.rows(), &explain).await;
            let mut found = BTreeSet::new();
            partitions(&plan[0]["Plan"], &mut found);
            assert!(found.len() <= 1, "{asked} looks into {found:?}:\n{statement}");
        }
    }
}

#[tokio::test]
async fn tables_with_rows_become_partitions_and_whole_again() {
    let world = with_days(3).await;
    let writer = world.inventory.database().writer();
    let grant = "CREATE ROLE reader_of_snapshots; GRANT SELECT ON device_snapshot TO reader_of_snapshots";
    let without_role = "DROP OWNED BY reader_of_snapshots; DROP ROLE reader_of_snapshots";
    let may_read = "SELECT has_table_privilege('reader_of_snapshots', 'device_snapshot', 'SELECT')";
    writer.execute_unprepared(grant).await.unwrap();
    let shape = "SELECT string_agg(column_name || ' ' || data_type || ' ' || is_nullable || ' ' || \
                 COALESCE(collation_name, ''), ',' ORDER BY ordinal_position) FROM information_schema.columns \
                 WHERE table_name = 'device_snapshot'";
    let rows = "SELECT md5(string_agg(s::text, ',' ORDER BY id)) FROM device_snapshot s";
    let keys = "SELECT string_agg(pg_get_constraintdef(oid), ',' ORDER BY conname) FROM pg_constraint \
                WHERE conrelid = 'device_snapshot'::regclass AND contype = 'f'";
    let mut seen = Vec::new();
    // Without the migrations after the fifteenth, which may add columns.
    let later = u32::try_from(Migrator::migrations().len()).unwrap() - 15;
    Migrator::down(writer, Some(later)).await.unwrap();
    for down in [true, false] {
        let mut told: Vec<String> = Vec::new();
        for sql in [shape, rows, keys] {
            told.push(one(world.rows(), sql).await);
        }
        assert!(one::<bool>(world.rows(), may_read).await);
        seen.push(told);
        if down {
            Migrator::down(writer, Some(1)).await.unwrap();
        } else {
            Migrator::up(writer, Some(1)).await.unwrap();
        }
    }
    assert_eq!(seen[0], seen[1]);
    assert_eq!(one::<String>(world.rows(), rows).await, seen[0][1]);
    assert_eq!(tables(world.rows()).await.len(), 4);
    Migrator::up(writer, None).await.unwrap();
    writer.execute_unprepared(without_role).await.unwrap();
    // Ids go on, and the next night finds its place.
    let again = world.database.open().await.unwrap();
    again.migrate().await.unwrap();
    world.night(1).await;
    assert!(count_of(&world, world.day(1)).await > 0);
    assert_eq!(tables(world.rows()).await.len(), 5);
}

#[tokio::test]
async fn an_empty_database_becomes_partitions_too() {
    let database = TestDatabase::create(Backend::Postgres).await.unwrap();
    let opened = database.open().await.unwrap();
    opened.migrate().await.unwrap();
    let kind: String =
        one(opened.reader(), "SELECT relkind::text FROM pg_class WHERE relname = 'device_snapshot'").await;
    assert_eq!(kind, "p");
    Migrator::down(opened.writer(), None).await.unwrap();
    let left = "SELECT COUNT(*) FROM pg_class WHERE relname LIKE 'device_snapshot%'";
    assert_eq!(one::<i64>(opened.reader(), left).await, 0);
}
