//! What was done: rows that nothing changes and nothing takes away.

use sea_orm_migration::{prelude::*, schema::*, sea_orm::DatabaseBackend};

use crate::sql;

#[derive(DeriveMigrationName)]
pub(crate) struct Migration;

pub(crate) const WHY: &str = "what was done stays as it was recorded";

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        manager.create_table(audit_event()).await?;
        sql::run(manager, &["CREATE INDEX ix_audit_event_at ON audit_event (at, id)"]).await?;
        match manager.get_database_backend() {
            DatabaseBackend::Postgres => guard_postgres(manager).await,
            _ => guard_sqlite(manager).await,
        }
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        sql::drop_tables(manager, &["audit_event"]).await?;
        match manager.get_database_backend() {
            DatabaseBackend::Postgres => sql::run(manager, &["DROP FUNCTION refuse_change_of_audit()"]).await,
            _ => Ok(()),
        }
    }
}

/// By names alone, without foreign keys: what was done outlives who did it.
fn audit_event() -> TableCreateStatement {
    Table::create()
        .table("audit_event")
        .col(big_pk_auto("id"))
        .col(timestamp_with_time_zone("at"))
        .col(string_len("actor", 255))
        .col(string_len_null("address", 45))
        .col(string_len("kind", 20))
        .col(string_len("operation", 100))
        .col(text_null("target"))
        .col(string_len_null("arguments_digest", 64))
        .col(string_len("outcome", 20))
        .col(text_null("detail"))
        .to_owned()
}

async fn guard_postgres(manager: &SchemaManager<'_>) -> Result<(), DbErr> {
    let refuse = format!(
        "CREATE FUNCTION refuse_change_of_audit() RETURNS trigger LANGUAGE plpgsql AS \
         $$ BEGIN RAISE EXCEPTION '{WHY}'; END $$"
    );
    sql::run(
        manager,
        &[
            &refuse,
            "CREATE TRIGGER audit_event_rows BEFORE UPDATE OR DELETE ON audit_event \
             FOR EACH ROW EXECUTE FUNCTION refuse_change_of_audit()",
            "CREATE TRIGGER audit_event_whole BEFORE TRUNCATE ON audit_event \
             FOR EACH STATEMENT EXECUTE FUNCTION refuse_change_of_audit()",
        ],
    )
    .await
}

async fn guard_sqlite(manager: &SchemaManager<'_>) -> Result<(), DbErr> {
    for change in ["UPDATE", "DELETE"] {
        let trigger = format!(
            "CREATE TRIGGER audit_event_{} BEFORE {change} ON audit_event BEGIN SELECT RAISE(ABORT, '{WHY}'); END",
            change.to_lowercase()
        );
        sql::run(manager, &[&trigger]).await?;
    }
    Ok(())
}
