//! Who works on a run, for which time in a row, and whether somebody wants it stopped: what servers on one database need to
//! take over from each other.

use sea_orm_migration::{prelude::*, schema::*};

use crate::sql;

#[derive(DeriveMigrationName)]
pub(crate) struct Migration;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        for column in run_columns() {
            manager.alter_table(Table::alter().table("job_runs").add_column(column).to_owned()).await?;
        }
        let retry_of = string_len_null("retry_of", 50);
        manager.alter_table(Table::alter().table("job_batches").add_column(retry_of).to_owned()).await?;
        manager.create_table(job_attempt()).await?;
        sql::run(
            manager,
            &[
                // Subscriptions look at what changed of late, estimates at what was completed last.
                "CREATE INDEX ix_job_runs_updated ON job_runs (updated_at)",
                "CREATE INDEX ix_job_runs_completed ON job_runs (job_name, ended_at) WHERE status = 'completed'",
                "CREATE INDEX ix_job_batches_open ON job_batches (batch_id) WHERE ended_at IS NULL",
                "CREATE INDEX ix_job_batches_ended ON job_batches (ended_at)",
            ],
        )
        .await
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        let indexes = ["updated", "completed"].map(|name| format!("DROP INDEX ix_job_runs_{name}"));
        let of_batches = ["open", "ended"].map(|name| format!("DROP INDEX ix_job_batches_{name}"));
        let indexes: Vec<&str> = indexes.iter().chain(&of_batches).map(String::as_str).collect();
        sql::run(manager, &indexes).await?;
        sql::drop_tables(manager, &["job_attempt"]).await?;
        sql::run(manager, &["ALTER TABLE job_batches DROP COLUMN retry_of"]).await?;
        for column in RUN_COLUMNS.iter().rev() {
            sql::run(manager, &[&format!("ALTER TABLE job_runs DROP COLUMN {column}")]).await?;
        }
        Ok(())
    }
}

const RUN_COLUMNS: [&str; 7] =
    ["holder", "attempt", "lost_attempts", "patient", "cancel_requested_at", "cancelled_by", "estimated_completion"];

fn run_columns() -> [ColumnDef; 7] {
    let [holder, attempt, lost, patient, cancel, by, estimate] = RUN_COLUMNS;
    [
        string_len_null(holder, 50).take(),
        integer(attempt).default(0).take(),
        integer(lost).default(0).take(),
        boolean(patient).default(false).take(),
        timestamp_with_time_zone_null(cancel).take(),
        string_len_null(by, 255).take(),
        timestamp_with_time_zone_null(estimate).take(),
    ]
}

/// A server's work on a run, from taking it to its end or loss.
fn job_attempt() -> TableCreateStatement {
    Table::create()
        .table("job_attempt")
        .col(string_len("job_id", 50))
        .col(integer("number"))
        .col(string_len("holder", 50))
        .col(timestamp_with_time_zone("began_at"))
        .col(timestamp_with_time_zone_null("ended_at"))
        .col(string_len_null("outcome", 20))
        .primary_key(Index::create().col("job_id").col("number"))
        .foreign_key(
            ForeignKey::create()
                .from("job_attempt", "job_id")
                .to("job_runs", "job_id")
                .on_delete(ForeignKeyAction::Cascade),
        )
        .to_owned()
}
