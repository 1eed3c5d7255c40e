//! What each run of a collector brought back, which days are complete, what was set aside and what is held.

use sea_orm_migration::{prelude::*, schema::*};

use crate::sql;

#[derive(DeriveMigrationName)]
pub(crate) struct Migration;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        manager
            .create_table(
                Table::create()
                    .table("collection")
                    .col(big_pk_auto("id"))
                    .col(big_integer("vendor_id"))
                    .col(date("snapshot_date"))
                    .col(string_len("outcome", 20))
                    .col(big_integer("device_count"))
                    .col(big_integer("set_aside_count"))
                    .col(json_binary("reasons"))
                    .col(json_binary("notes"))
                    .col(timestamp_with_time_zone("started_at"))
                    .col(timestamp_with_time_zone("ended_at"))
                    .foreign_key(ForeignKey::create().from("collection", "vendor_id").to("vendor", "id"))
                    .to_owned(),
            )
            .await?;
        manager.create_table(snapshot_day()).await?;
        manager.create_table(set_aside_record()).await?;
        manager
            .create_table(
                Table::create()
                    .table("held_collection")
                    .col(big_integer("collection_id").primary_key())
                    .col(text("body"))
                    .foreign_key(ForeignKey::create().from("held_collection", "collection_id").to("collection", "id"))
                    .to_owned(),
            )
            .await?;
        sql::run(
            manager,
            &[
                "CREATE INDEX ix_collection_vendor_day ON collection (vendor_id, snapshot_date)",
                "CREATE INDEX ix_set_aside_record_collection ON set_aside_record (collection_id)",
            ],
        )
        .await
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        sql::drop_tables(manager, &["collection", "snapshot_day", "set_aside_record", "held_collection"]).await
    }
}

/// A vendor's day that is stored and complete: the authority on which dates can be asked for.
fn snapshot_day() -> TableCreateStatement {
    Table::create()
        .table("snapshot_day")
        .col(date("snapshot_date"))
        .col(big_integer("vendor_id"))
        .col(big_integer("collection_id"))
        .col(big_integer("device_count"))
        .col(timestamp_with_time_zone("collected_at"))
        .primary_key(Index::create().col("snapshot_date").col("vendor_id"))
        .foreign_key(ForeignKey::create().from("snapshot_day", "vendor_id").to("vendor", "id"))
        .foreign_key(ForeignKey::create().from("snapshot_day", "collection_id").to("collection", "id"))
        .to_owned()
}

/// A record that is not among a collection's devices, and why.
fn set_aside_record() -> TableCreateStatement {
    Table::create()
        .table("set_aside_record")
        .col(big_pk_auto("id"))
        .col(big_integer("collection_id"))
        .col(text_null("vendor_device_key"))
        .col(text_null("hostname"))
        .col(string_len("reason", 20))
        .col(text("detail"))
        .foreign_key(ForeignKey::create().from("set_aside_record", "collection_id").to("collection", "id"))
        .to_owned()
}
