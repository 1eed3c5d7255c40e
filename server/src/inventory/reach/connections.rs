//! Connections that see a reach: each lays its views before anything else is asked of it, and writes nothing after.

use std::collections::BTreeSet;

use sea_orm::{
    DatabaseBackend,
    sqlx::{AssertSqlSafe, Error, Executor, PgConnection, SqliteConnection, query_scalar, raw_sql},
};

use super::views;

/// Lays the views on a connection to SQLite.
pub(in crate::inventory) async fn restrict_sqlite(
    connection: &mut SqliteConnection,
    organizations: &BTreeSet<i64>,
) -> Result<(), Error> {
    let views = views::statements(DatabaseBackend::Sqlite, "main", organizations);
    // The readers' pragma forbids views too.
    let all = format!("PRAGMA query_only = OFF; {views} PRAGMA query_only = ON;");
    connection.execute(raw_sql(AssertSqlSafe(all))).await.map(drop)
}

/// Lays the views on a connection to PostgreSQL, whose names are looked up before those of tables.
pub(in crate::inventory) async fn restrict_postgres(
    connection: &mut PgConnection,
    organizations: &BTreeSet<i64>,
) -> Result<(), Error> {
    let base: Option<String> = query_scalar("SELECT current_schema()").fetch_one(&mut *connection).await?;
    let base = base.ok_or_else(|| Error::Configuration("the connection has no schema".into()))?;
    let views = views::statements(DatabaseBackend::Postgres, &base, organizations);
    connection.execute(raw_sql(AssertSqlSafe(views))).await?;
    let is_before = "SELECT 'organization'::regclass = 'pg_temp.organization'::regclass";
    let is_before: bool = query_scalar(is_before).fetch_one(&mut *connection).await?;
    if !is_before {
        return Err(Error::Configuration("the search path of the connection looks into pg_temp too late".into()));
    }
    connection.execute("SET default_transaction_read_only = on").await.map(drop)
}
