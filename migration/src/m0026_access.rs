//! Who may use the hub: users, their sessions with refresh tokens, and API tokens. No table holds a secret, only hashes.

use sea_orm_migration::{prelude::*, schema::*};

use crate::sql;

#[derive(DeriveMigrationName)]
pub(crate) struct Migration;

const TABLES: [&str; 6] =
    ["app_user", "user_organization", "session", "refresh_token", "api_token", "api_token_organization"];

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        manager.create_table(app_user()).await?;
        manager.create_table(organizations("user_organization", "user_id", "app_user")).await?;
        manager.create_table(session()).await?;
        manager.create_table(refresh_token()).await?;
        manager.create_table(api_token()).await?;
        manager.create_table(organizations("api_token_organization", "api_token_id", "api_token")).await?;
        sql::run(
            manager,
            &[
                "CREATE INDEX ix_session_user ON session (user_id)",
                "CREATE INDEX ix_session_expires ON session (expires_at)",
                "CREATE INDEX ix_refresh_token_session ON refresh_token (session_id)",
            ],
        )
        .await?;
        sql::sort_by_bytes(manager, "app_user", "name").await?;
        sql::sort_by_bytes(manager, "api_token", "name").await
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        sql::drop_tables(manager, &TABLES).await
    }
}

/// `is_restricted` stands by itself: who may see some organizations sees nothing when the last of them is gone.
fn app_user() -> TableCreateStatement {
    Table::create()
        .table("app_user")
        .col(big_pk_auto("id"))
        .col(string_len("name", 255))
        .col(string_len("folded_name", 255).unique_key())
        .col(string_len("password_hash", 255))
        .col(string_len("role", 20))
        .col(boolean("is_restricted"))
        .col(timestamp_with_time_zone("created_at"))
        .col(string_len("created_by", 255))
        .col(timestamp_with_time_zone_null("disabled_at"))
        .to_owned()
}

fn organizations(table: &'static str, owner: &'static str, owners: &'static str) -> TableCreateStatement {
    let cascade = |mut key: ForeignKeyCreateStatement| key.on_delete(ForeignKeyAction::Cascade).to_owned();
    Table::create()
        .table(table)
        .col(big_integer(owner))
        .col(big_integer("organization_id"))
        .primary_key(Index::create().col(owner).col("organization_id"))
        .foreign_key(&mut cascade(ForeignKey::create().from(table, owner).to(owners, "id").to_owned()))
        .foreign_key(&mut cascade(
            ForeignKey::create().from(table, "organization_id").to("organization", "id").to_owned(),
        ))
        .to_owned()
}

fn session() -> TableCreateStatement {
    Table::create()
        .table("session")
        .col(string_len("id", 36).primary_key())
        .col(big_integer("user_id"))
        .col(string_len_null("address", 45))
        .col(timestamp_with_time_zone("created_at"))
        .col(timestamp_with_time_zone("expires_at"))
        .col(timestamp_with_time_zone_null("revoked_at"))
        .col(string_len_null("revoked_for", 20))
        .foreign_key(
            ForeignKey::create().from("session", "user_id").to("app_user", "id").on_delete(ForeignKeyAction::Cascade),
        )
        .to_owned()
}

fn refresh_token() -> TableCreateStatement {
    Table::create()
        .table("refresh_token")
        .col(big_pk_auto("id"))
        .col(string_len("session_id", 36))
        .col(string_len("token_hash", 64).unique_key())
        .col(timestamp_with_time_zone("created_at"))
        .col(timestamp_with_time_zone_null("rotated_at"))
        .foreign_key(
            ForeignKey::create()
                .from("refresh_token", "session_id")
                .to("session", "id")
                .on_delete(ForeignKeyAction::Cascade),
        )
        .to_owned()
}

fn api_token() -> TableCreateStatement {
    Table::create()
        .table("api_token")
        .col(big_pk_auto("id"))
        .col(string_len("name", 255))
        .col(string_len("folded_name", 255).unique_key())
        .col(string_len("token_hash", 64).unique_key())
        .col(string_len("role", 20))
        .col(boolean("is_restricted"))
        .col(timestamp_with_time_zone("created_at"))
        .col(string_len("created_by", 255))
        .col(timestamp_with_time_zone("expires_at"))
        .col(timestamp_with_time_zone_null("last_used_at"))
        .col(timestamp_with_time_zone_null("revoked_at"))
        .to_owned()
}
