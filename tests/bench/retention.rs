//! Dropping a day of a fleet far beyond an MSP's, while others read: how long it takes, and how long they wait.

use std::{
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    time::Instant,
};

use anyhow::Context;
use chrono::{Days, NaiveDate};
use domain::clock::BusinessZone;
use harness::{Backend, TestClock, TestDatabase, World};
use sea_orm::{ConnectionTrait, DatabaseConnection, Statement};
use server::inventory::{Database, Inventory, jobs::Trigger};

/// Snapshots of the day that goes, and of each of the days that others read.
const LARGE: u64 = 1_000_000;
const SMALL: u64 = 10_000;
const TODAY: NaiveDate = NaiveDate::from_ymd_opt(2026, 3, 2).expect("a date that exists");

/// Two rows of the table. SQLite has a tenth of the snapshots: there a day is deleted, and its time grows with it.
pub(crate) async fn measure(backend: Backend) -> anyhow::Result<Vec<(String, String)>> {
    let test = TestDatabase::create(backend).await?;
    let database = test.open().await?;
    database.migrate().await?;
    let large = if backend == Backend::Postgres { LARGE } else { LARGE / 10 };
    fill(database.writer(), large).await?;
    let clock = Arc::new(TestClock::at_night_of(TODAY));
    let rules = World::on(backend).into_rules();
    let inventory = Inventory::open(test.open().await?, clock, BusinessZone::default(), rules).await?;
    let ended = AtomicBool::new(false);
    let (took, longest) = tokio::join!(retain(&inventory, &ended), read_meanwhile(&database, &ended));
    let (took, (reads, longest)) = (took?, longest?);
    Ok(vec![
        (format!("retention that drops a day of {LARGE} snapshots (SQLite: a tenth)"), format!("{took:.0} ms")),
        ("the longest of others' reads meanwhile".to_owned(), format!("{longest:.0} ms of {reads}")),
    ])
}

/// An old day, and the days that stay.
async fn fill(writer: &DatabaseConnection, large: u64) -> anyhow::Result<()> {
    let old = TODAY - Days::new(65);
    for (date, devices) in [(old, large), (TODAY - Days::new(1), SMALL), (TODAY, SMALL)] {
        for statement in statements(writer, date, devices) {
            writer.execute_unprepared(&statement).await?;
        }
    }
    Ok(())
}

fn statements(writer: &DatabaseConnection, date: NaiveDate, devices: u64) -> Vec<String> {
    let numbers = format!("WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < {devices})");
    let (next, at) = (date + Days::new(1), format!("'{date} 08:10:00+00:00'"));
    let partition = format!(
        "CREATE TABLE device_snapshot_{} PARTITION OF device_snapshot FOR VALUES FROM ('{date}') TO ('{next}')",
        date.format("%Y%m%d")
    );
    let is_postgres = writer.get_database_backend() == sea_orm::DatabaseBackend::Postgres;
    let own = [
        format!(
            "INSERT INTO device_identity (vendor_id, vendor_device_key, first_seen_date, last_seen_date) {numbers} \
             SELECT 3, 'device-' || i, '{date}', '{date}' FROM n WHERE true ON CONFLICT DO NOTHING"
        ),
        format!(
            "INSERT INTO device_snapshot (snapshot_date, vendor_id, device_identity_id, device_type_id, \
             billing_status_id, hostname, canonical_hostname, created_at, os_name, serial_number, volumes) \
             SELECT '{date}', 3, id, 2, 1, 'PC-' || id, 'pc-' || id, {at}, 'Windows 11 Pro', 'SN' || id, \
             'C: 475 GiB, 212 GiB free; D: 931 GiB, 800 GiB free' FROM device_identity WHERE id <= {devices}"
        ),
        format!(
            "INSERT INTO collection (vendor_id, snapshot_date, outcome, device_count, set_aside_count, reasons, notes, \
             started_at, ended_at) VALUES (3, '{date}', 'complete', {devices}, 0, '[]', '[]', {at}, {at})"
        ),
        format!(
            "INSERT INTO snapshot_day (snapshot_date, vendor_id, collection_id, device_count, collected_at) \
             SELECT '{date}', 3, MAX(id), {devices}, {at} FROM collection"
        ),
        format!(
            "INSERT INTO daily_counts (snapshot_date, vendor_id, device_type_id, billing_status_id, cnt) \
             VALUES ('{date}', 3, 2, 1, {devices})"
        ),
        format!(
            "INSERT INTO daily_totals (snapshot_date, vendor_id, device_type_id, billing_status_id, cnt) \
             VALUES ('{date}', 3, 2, 1, {devices})"
        ),
    ];
    is_postgres.then_some(partition).into_iter().chain(own).collect()
}

/// Milliseconds.
async fn retain(inventory: &Inventory, ended: &AtomicBool) -> anyhow::Result<f64> {
    let began = Instant::now();
    let report = inventory.retain(Trigger::CommandLine, "bench").await?;
    let took = began.elapsed();
    ended.store(true, Ordering::Relaxed);
    let dropped = report.retention.context("no retention ran")?.dropped;
    anyhow::ensure!(report.batch.status == "completed" && dropped.len() == 1, "{:?}", report.runs);
    Ok(took.as_secs_f64() * 1000.0)
}

/// Pages of another day, one after the other: how many, and the milliseconds of the longest.
async fn read_meanwhile(database: &Database, ended: &AtomicBool) -> anyhow::Result<(u32, f64)> {
    let page = format!(
        "SELECT s.hostname, i.vendor_device_key FROM device_snapshot s JOIN device_identity i ON i.id = s.device_identity_id \
         WHERE s.snapshot_date = '{TODAY}' ORDER BY s.canonical_hostname, s.device_identity_id LIMIT 50"
    );
    let (mut reads, mut longest) = (0, 0_f64);
    while !ended.load(Ordering::Relaxed) {
        let began = Instant::now();
        let statement = Statement::from_string(database.backend(), page.as_str());
        anyhow::ensure!(database.reader().query_all_raw(statement).await?.len() == 50, "a page was not answered");
        longest = longest.max(began.elapsed().as_secs_f64() * 1000.0);
        reads += 1;
    }
    Ok((reads, longest))
}
