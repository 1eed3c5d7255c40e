//! What the schema builder can't say: SQL text, alike on both databases or for PostgreSQL alone.

use sea_orm_migration::{
    prelude::*,
    sea_orm::{ConnectionTrait, DatabaseBackend},
};

/// Runs statements on either database.
pub(crate) async fn run(manager: &SchemaManager<'_>, statements: &[&str]) -> Result<(), DbErr> {
    for statement in statements {
        manager.get_connection().execute_unprepared(statement).await?;
    }
    Ok(())
}

/// Makes a text column sort by its bytes on PostgreSQL too, as it does on SQLite: keyset cursors and both databases'
/// answers then agree on the order of names.
pub(crate) async fn sort_by_bytes(manager: &SchemaManager<'_>, table: &str, column: &str) -> Result<(), DbErr> {
    if manager.get_database_backend() != DatabaseBackend::Postgres {
        return Ok(());
    }
    let statement = format!(r#"ALTER TABLE "{table}" ALTER COLUMN "{column}" TYPE varchar(255) COLLATE "C""#);
    run(manager, &[&statement]).await
}

/// Drops tables, the last made first.
pub(crate) async fn drop_tables(manager: &SchemaManager<'_>, tables: &[&'static str]) -> Result<(), DbErr> {
    for table in tables.iter().rev() {
        manager.drop_table(Table::drop().table(*table).to_owned()).await?;
    }
    Ok(())
}
