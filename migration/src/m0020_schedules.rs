//! Why a slot was passed over, and who paused a schedule.

use sea_orm_migration::{prelude::*, schema::*};

use crate::sql;

#[derive(DeriveMigrationName)]
pub(crate) struct Migration;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        manager.create_table(schedule_pause()).await?;
        sql::run(
            manager,
            &[
                "ALTER TABLE schedule_slot ADD COLUMN passed_over varchar(20)",
                // Of several who pause at once, one does.
                "CREATE UNIQUE INDEX ux_schedule_pause_open ON schedule_pause (schedule) WHERE resumed_at IS NULL",
                "CREATE INDEX ix_schedule_slot_at ON schedule_slot (slot_at, schedule)",
                "CREATE INDEX ix_schedule_pause_schedule ON schedule_pause (schedule, id)",
            ],
        )
        .await
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        sql::run(manager, &["DROP INDEX ix_schedule_slot_at", "ALTER TABLE schedule_slot DROP COLUMN passed_over"])
            .await?;
        sql::drop_tables(manager, &["schedule_pause"]).await
    }
}

/// A time in which nothing of a schedule is started by the clock; the newest of a schedule tells whether it is paused.
fn schedule_pause() -> TableCreateStatement {
    Table::create()
        .table("schedule_pause")
        .col(big_pk_auto("id"))
        .col(string_len("schedule", 50))
        .col(timestamp_with_time_zone("paused_at"))
        .col(string_len("paused_by", 255))
        .col(text_null("reason"))
        .col(timestamp_with_time_zone_null("resumed_at"))
        .col(string_len_null("resumed_by", 255))
        .to_owned()
}
