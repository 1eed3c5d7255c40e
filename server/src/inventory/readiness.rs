//! Whether this hub can work: its database answers, and has the tables that this program expects.

use std::collections::BTreeSet;

use sea_orm::{ConnectionTrait, DbErr, Statement};

use super::Database;

impl Database {
    /// The migrations of this program that the database does not have. Those that it has beyond them are a newer
    /// program's, which this one works beside.
    pub async fn missing_migrations(&self) -> Result<Vec<String>, DbErr> {
        let applied = Statement::from_string(self.backend(), "SELECT version FROM seaql_migrations");
        let rows = self.reader().query_all_raw(applied).await?;
        let applied = rows.iter().map(|row| row.try_get("", "version")).collect::<Result<BTreeSet<String>, _>>()?;
        Ok(migration::names().into_iter().filter(|name| !applied.contains(name)).collect())
    }
}
