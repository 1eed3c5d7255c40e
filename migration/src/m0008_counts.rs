//! Counts of devices per day and per month end, and the log of what changed them.

use sea_orm_migration::{prelude::*, schema::*};

use crate::sql;

#[derive(DeriveMigrationName)]
pub(crate) struct Migration;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        for (table, day) in [("daily_counts", "snapshot_date"), ("month_end_counts", "month_end_date")] {
            manager
                .create_table(
                    Table::create()
                        .table(table)
                        .col(big_pk_auto("id"))
                        .col(date(day))
                        .col(big_integer("vendor_id"))
                        .col(big_integer_null("site_id"))
                        .col(big_integer_null("device_type_id"))
                        .col(big_integer_null("billing_status_id"))
                        .col(big_integer("cnt"))
                        .foreign_key(ForeignKey::create().from(table, "vendor_id").to("vendor", "id"))
                        .to_owned(),
                )
                .await?;
            // A device without site, type or billing status is counted once, under nulls: nulls are one value here.
            let unique = format!(
                "CREATE UNIQUE INDEX ux_{table} ON {table} ({day}, vendor_id, COALESCE(site_id, 0), \
                 COALESCE(device_type_id, 0), COALESCE(billing_status_id, 0))"
            );
            sql::run(manager, &[&unique]).await?;
        }
        manager
            .create_table(
                Table::create()
                    .table("change_log")
                    .col(date("change_date"))
                    .col(big_integer("vendor_id"))
                    .col(string_len("metric", 100))
                    .col(big_integer_null("prev_value"))
                    .col(big_integer_null("new_value"))
                    .col(big_integer_null("delta"))
                    .col(json_binary_null("details"))
                    .primary_key(Index::create().col("change_date").col("vendor_id").col("metric"))
                    .foreign_key(ForeignKey::create().from("change_log", "vendor_id").to("vendor", "id"))
                    .to_owned(),
            )
            .await
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        sql::drop_tables(manager, &["daily_counts", "month_end_counts", "change_log"]).await
    }
}
