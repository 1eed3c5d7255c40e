//! Users whom an OIDC issuer vouches for, and which of its answers were taken: each is good once.

use sea_orm_migration::{prelude::*, schema::*};

use crate::sql;

#[derive(DeriveMigrationName)]
pub(crate) struct Migration;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        manager.create_table(user_identity()).await?;
        manager.create_table(taken_state()).await?;
        sql::run(
            manager,
            &[
                "CREATE INDEX ix_user_identity_user ON user_identity (user_id)",
                "CREATE INDEX ix_taken_state_at ON taken_state (taken_at)",
            ],
        )
        .await
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        sql::drop_tables(manager, &["user_identity", "taken_state"]).await
    }
}

/// An issuer and its name for somebody are one user, whatever else the issuer says of them.
fn user_identity() -> TableCreateStatement {
    Table::create()
        .table("user_identity")
        .col(string_len("issuer", 255))
        .col(string_len("subject", 255))
        .col(big_integer("user_id"))
        .col(timestamp_with_time_zone("created_at"))
        .primary_key(Index::create().col("issuer").col("subject"))
        .foreign_key(
            ForeignKey::create()
                .from("user_identity", "user_id")
                .to("app_user", "id")
                .on_delete(ForeignKeyAction::Cascade),
        )
        .to_owned()
}

fn taken_state() -> TableCreateStatement {
    Table::create()
        .table("taken_state")
        .col(string_len("state_hash", 64).primary_key())
        .col(timestamp_with_time_zone("taken_at"))
        .to_owned()
}
