//! What changed from day to day, kept for ever; counts by location and by reason to be spare; totals of the fleet; and days
//! that were stored once and have been dropped.

use sea_orm_migration::{prelude::*, schema::*};

use crate::sql;

#[derive(DeriveMigrationName)]
pub(crate) struct Migration;

/// The tables of counts and the column that tells their day.
const COUNTS: [(&str, &str); 2] = [("daily_counts", "snapshot_date"), ("month_end_counts", "month_end_date")];
const TOTALS: [(&str, &str); 2] = [("daily_totals", "snapshot_date"), ("month_end_totals", "month_end_date")];

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        for (table, day) in COUNTS {
            refine(manager, table, day).await?;
        }
        for (table, day) in TOTALS {
            manager.create_table(totals(table, day)).await?;
            let index = format!(
                "CREATE UNIQUE INDEX ux_{table} ON {table} (vendor_id, {day}, COALESCE(device_type_id, 0), \
                 COALESCE(billing_status_id, 0), COALESCE(spare_reason, ''))"
            );
            sql::run(manager, &[&index]).await?;
        }
        manager.create_table(usage_transition()).await?;
        sql::sort_by_bytes(manager, "usage_transition", "hostname").await?;
        sql::run(
            manager,
            &[
                "CREATE INDEX ix_usage_transition_identity ON usage_transition (device_identity_id, snapshot_date)",
                "ALTER TABLE month_end_counts ADD COLUMN counted_date date",
                "ALTER TABLE snapshot_day ADD COLUMN dropped_at timestamp with time zone",
            ],
        )
        .await?;
        sql::run(manager, &RECOUNT).await?;
        sql::run(manager, &[&changed(), &gone()]).await
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        sql::run(manager, &["ALTER TABLE snapshot_day DROP COLUMN dropped_at"]).await?;
        sql::run(manager, &["ALTER TABLE month_end_counts DROP COLUMN counted_date"]).await?;
        sql::drop_tables(manager, &["daily_totals", "month_end_totals", "usage_transition"]).await?;
        for (table, day) in COUNTS {
            coarsen(manager, table, day).await?;
        }
        Ok(())
    }
}

/// Counts by location and by reason to be spare too; one organization's rows are found by its sites.
async fn refine(manager: &SchemaManager<'_>, table: &str, day: &str) -> Result<(), DbErr> {
    let statements = [
        format!("ALTER TABLE {table} ADD COLUMN location_name varchar(255)"),
        format!("ALTER TABLE {table} ADD COLUMN spare_reason varchar(40)"),
        format!("DROP INDEX ux_{table}"),
        format!(
            "CREATE UNIQUE INDEX ux_{table} ON {table} ({day}, vendor_id, COALESCE(site_id, 0), \
             COALESCE(device_type_id, 0), COALESCE(billing_status_id, 0), COALESCE(location_name, ''), \
             COALESCE(spare_reason, ''))"
        ),
        format!("CREATE INDEX ix_{table}_site ON {table} (site_id, {day})"),
    ];
    sql::run(manager, &statements.each_ref().map(String::as_str)).await
}

/// Adds up what was counted by location and reason.
async fn coarsen(manager: &SchemaManager<'_>, table: &str, day: &str) -> Result<(), DbErr> {
    let columns = format!("{day}, vendor_id, site_id, device_type_id, billing_status_id");
    let statements = [
        format!("CREATE TABLE coarse AS SELECT {columns}, SUM(cnt) AS cnt FROM {table} GROUP BY {columns}"),
        format!("DELETE FROM {table}"),
        format!("DROP INDEX ux_{table}"),
        format!("DROP INDEX ix_{table}_site"),
        format!("ALTER TABLE {table} DROP COLUMN location_name"),
        format!("ALTER TABLE {table} DROP COLUMN spare_reason"),
        format!("INSERT INTO {table} ({columns}, cnt) SELECT {columns}, cnt FROM coarse"),
        "DROP TABLE coarse".to_owned(),
        format!(
            "CREATE UNIQUE INDEX ux_{table} ON {table} ({day}, vendor_id, COALESCE(site_id, 0), \
             COALESCE(device_type_id, 0), COALESCE(billing_status_id, 0))"
        ),
    ];
    sql::run(manager, &statements.each_ref().map(String::as_str)).await
}

/// A day's counts without their organizations: a year of them is a few thousand rows.
fn totals(table: &'static str, day: &'static str) -> TableCreateStatement {
    Table::create()
        .table(table)
        .col(big_pk_auto("id"))
        .col(date(day))
        .col(big_integer("vendor_id"))
        .col(big_integer_null("device_type_id"))
        .col(big_integer_null("billing_status_id"))
        .col(string_len_null("spare_reason", 40))
        .col(big_integer("cnt"))
        .foreign_key(ForeignKey::create().from(table, "vendor_id").to("vendor", "id"))
        .to_owned()
}

/// How one identity was on the stored day before and how it is on this one. No row where nothing of it is different.
fn usage_transition() -> TableCreateStatement {
    Table::create()
        .table("usage_transition")
        .col(big_integer("vendor_id"))
        .col(date("snapshot_date"))
        .col(big_integer("device_identity_id"))
        .col(string_len("hostname", 255))
        .col(boolean("was_there"))
        .col(boolean("is_there"))
        .col(big_integer_null("from_site_id"))
        .col(big_integer_null("to_site_id"))
        .col(big_integer_null("from_device_type_id"))
        .col(big_integer_null("to_device_type_id"))
        .col(big_integer_null("from_billing_status_id"))
        .col(big_integer_null("to_billing_status_id"))
        .primary_key(Index::create().col("vendor_id").col("snapshot_date").col("device_identity_id"))
        .foreign_key(ForeignKey::create().from("usage_transition", "vendor_id").to("vendor", "id"))
        .foreign_key(
            ForeignKey::create()
                .from("usage_transition", "device_identity_id")
                .to("device_identity", "id")
                .on_delete(ForeignKeyAction::Cascade),
        )
        .to_owned()
}

/// The stored days are counted again, now by location and reason too.
const RECOUNT: [&str; 3] = [
    "DELETE FROM daily_counts",
    "INSERT INTO daily_counts (snapshot_date, vendor_id, site_id, device_type_id, billing_status_id, location_name, \
     spare_reason, cnt) SELECT snapshot_date, vendor_id, site_id, device_type_id, billing_status_id, location_name, \
     spare_reason, COUNT(*) FROM device_snapshot GROUP BY snapshot_date, vendor_id, site_id, device_type_id, \
     billing_status_id, location_name, spare_reason",
    "INSERT INTO daily_totals (snapshot_date, vendor_id, device_type_id, billing_status_id, spare_reason, cnt) \
     SELECT snapshot_date, vendor_id, device_type_id, billing_status_id, spare_reason, SUM(cnt) FROM daily_counts \
     GROUP BY snapshot_date, vendor_id, device_type_id, billing_status_id, spare_reason",
];

/// Each stored day with the vendor's stored day before it.
const PAIRS: &str = "(SELECT vendor_id, snapshot_date AS day, LAG(snapshot_date) OVER (PARTITION BY vendor_id \
                     ORDER BY snapshot_date) AS previous FROM snapshot_day) AS pair";

fn insert(columns: &str, rest: &str) -> String {
    format!(
        "INSERT INTO usage_transition (vendor_id, snapshot_date, device_identity_id, hostname, was_there, is_there, \
         from_site_id, to_site_id, from_device_type_id, to_device_type_id, from_billing_status_id, \
         to_billing_status_id) SELECT {columns} FROM {PAIRS} {rest}"
    )
}

/// What came or is different, on every stored day that has one before it.
fn changed() -> String {
    insert(
        "a.vendor_id, a.snapshot_date, a.device_identity_id, a.hostname, b.id IS NOT NULL, TRUE, b.site_id, a.site_id, \
         b.device_type_id, a.device_type_id, b.billing_status_id, a.billing_status_id",
        "JOIN device_snapshot a ON a.vendor_id = pair.vendor_id AND a.snapshot_date = pair.day \
         LEFT JOIN device_snapshot b ON b.vendor_id = pair.vendor_id AND b.snapshot_date = pair.previous \
         AND b.device_identity_id = a.device_identity_id WHERE pair.previous IS NOT NULL AND (b.id IS NULL \
         OR a.site_id IS DISTINCT FROM b.site_id OR a.device_type_id IS DISTINCT FROM b.device_type_id \
         OR a.billing_status_id IS DISTINCT FROM b.billing_status_id)",
    )
}

/// What is there no more.
fn gone() -> String {
    insert(
        "b.vendor_id, pair.day, b.device_identity_id, b.hostname, TRUE, FALSE, b.site_id, NULL, b.device_type_id, \
         NULL, b.billing_status_id, NULL",
        "JOIN device_snapshot b ON b.vendor_id = pair.vendor_id AND b.snapshot_date = pair.previous \
         WHERE NOT EXISTS (SELECT 1 FROM device_snapshot a WHERE a.vendor_id = pair.vendor_id \
         AND a.snapshot_date = pair.day AND a.device_identity_id = b.device_identity_id)",
    )
}
