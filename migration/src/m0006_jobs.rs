//! Orders to run collectors and checks, their runs, who may run what, and which scheduled slots are taken.

use sea_orm_migration::{prelude::*, schema::*};

use crate::sql;

#[derive(DeriveMigrationName)]
pub(crate) struct Migration;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        manager.create_table(job_batches()).await?;
        manager.create_table(job_runs()).await?;
        manager
            .create_table(
                Table::create()
                    .table("vendor_lease")
                    .col(big_integer("vendor_id").primary_key())
                    .col(string_len("holder", 50))
                    .col(timestamp_with_time_zone("expires_at"))
                    .foreign_key(ForeignKey::create().from("vendor_lease", "vendor_id").to("vendor", "id"))
                    .to_owned(),
            )
            .await?;
        manager
            .create_table(
                Table::create()
                    .table("schedule_slot")
                    .col(string_len("schedule", 50))
                    .col(timestamp_with_time_zone("slot_at"))
                    .col(timestamp_with_time_zone("claimed_at"))
                    .col(string_len_null("batch_id", 50))
                    .primary_key(Index::create().col("schedule").col("slot_at"))
                    .to_owned(),
            )
            .await?;
        sql::run(
            manager,
            &[
                "CREATE INDEX ix_job_batches_created_at ON job_batches (created_at, batch_id)",
                "CREATE INDEX ix_job_runs_batch ON job_runs (batch_id)",
                "CREATE INDEX ix_job_runs_created_at ON job_runs (created_at, job_id)",
                "CREATE INDEX ix_job_runs_status ON job_runs (status)",
                "CREATE INDEX ix_job_runs_open ON job_runs (lease_expires_at) WHERE ended_at IS NULL",
            ],
        )
        .await
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        sql::drop_tables(manager, &["job_batches", "job_runs", "vendor_lease", "schedule_slot"]).await
    }
}

fn job_batches() -> TableCreateStatement {
    Table::create()
        .table("job_batches")
        .col(string_len("batch_id", 50).primary_key())
        .col(timestamp_with_time_zone("created_at"))
        .col(string_len("status", 20))
        .col(string_len("priority", 20))
        .col(string_len("trigger", 20))
        .col(string_len("requested_by", 255))
        .col(timestamp_with_time_zone_null("started_at"))
        .col(timestamp_with_time_zone_null("ended_at"))
        .col(integer("progress_percent"))
        .col(timestamp_with_time_zone_null("estimated_completion"))
        .col(text_null("message"))
        .col(text_null("error"))
        .col(integer_null("duration_seconds"))
        .to_owned()
}

fn job_runs() -> TableCreateStatement {
    Table::create()
        .table("job_runs")
        .col(string_len("job_id", 50).primary_key())
        .col(string_len("batch_id", 50))
        .col(string_len("job_name", 50))
        .col(string_len("status", 20))
        .col(big_integer_null("vendor_id"))
        .col(date("business_date"))
        .col(big_integer_null("collection_id"))
        .col(timestamp_with_time_zone("created_at"))
        .col(timestamp_with_time_zone_null("started_at"))
        .col(timestamp_with_time_zone("updated_at"))
        .col(timestamp_with_time_zone_null("ended_at"))
        .col(timestamp_with_time_zone("lease_expires_at"))
        .col(integer("progress_percent"))
        .col(big_integer("pages_fetched"))
        .col(big_integer("rows_stored"))
        .col(text_null("message"))
        .col(text_null("error"))
        .col(integer_null("duration_seconds"))
        .foreign_key(
            ForeignKey::create()
                .from("job_runs", "batch_id")
                .to("job_batches", "batch_id")
                .on_delete(ForeignKeyAction::Cascade),
        )
        .foreign_key(ForeignKey::create().from("job_runs", "vendor_id").to("vendor", "id"))
        .foreign_key(ForeignKey::create().from("job_runs", "collection_id").to("collection", "id"))
        .to_owned()
}
