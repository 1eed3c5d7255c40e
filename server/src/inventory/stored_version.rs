//! Which version of the rows this is: two that are called the same show the same.
//!
//! What lists and files show is changed by storing transactions, which count themselves at their end, and by people who
//! change one exception, whose rows count their own changes. Rows that somebody changes by SQL of their own are counted
//! by nobody.

use sea_orm::{ConnectionTrait, DbErr, FromQueryResult, Statement};

use super::{Inventory, InventoryError};

#[derive(FromQueryResult)]
struct Counted {
    stored: i64,
    exceptions: i64,
    changes: i64,
}

impl Inventory {
    /// A name of what is seen now: of the rows, of the business day by which they are read, and of the settings.
    /// It grows long, and is for comparing only.
    pub async fn version(&self) -> Result<String, InventoryError> {
        let sql = "SELECT (SELECT version FROM stored_version) AS stored, COUNT(*) AS exceptions, \
                   CAST(COALESCE(SUM(version), 0) AS BIGINT) AS changes FROM exceptions";
        let statement = Statement::from_string(self.database.backend(), sql);
        let counted = Counted::find_by_statement(statement).one(self.database.reader()).await?;
        let counted = counted.ok_or_else(|| InventoryError::Corrupt("stored_version has no row".to_owned()))?;
        let Counted { stored, exceptions, changes } = counted;
        let (program, today) = (env!("CARGO_PKG_VERSION"), self.today());
        Ok(format!("{program} {stored} {exceptions} {changes} {today} {:?} {:?}", self.zone, self.rules))
    }
}

/// One more version. The rows of a storing transaction are locked by its turn, so nobody waits here.
pub(super) async fn count(connection: &impl ConnectionTrait) -> Result<(), DbErr> {
    connection.execute_unprepared("UPDATE stored_version SET version = version + 1").await.map(drop)
}
