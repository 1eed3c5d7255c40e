//! SQLite: dropped days are deleted in portions, and the file gives their space back.
//!
//! There is one writer. Each statement here is a transaction of its own and short, so that whoever wants to write gets a
//! turn between two of them.

use sea_orm::{ConnectionTrait, DatabaseConnection, DbErr, Statement};

use super::RetentionReport;
use crate::inventory::{Inventory, InventoryError, jobs::spell_out};

/// A portion: some 30 ms.
const DELETE: &str = "DELETE FROM device_snapshot WHERE id IN (SELECT s.id FROM snapshot_day d \
    CROSS JOIN device_snapshot s ON s.snapshot_date = d.snapshot_date AND s.vendor_id = d.vendor_id \
    WHERE d.dropped_at IS NOT NULL LIMIT 5000)";

/// Pages that one statement gives back, 10 MiB of 4 KiB pages, and that one run does at most: a first run after years
/// goes on the nights after.
const PAGES_AT_ONCE: i64 = 2_560;
const PAGES_PER_RUN: i64 = 256_000;

impl Inventory {
    /// Deletes what is marked, and gives the file's free pages back.
    pub(super) async fn delete_dropped_days(&self, report: &mut RetentionReport) -> Result<(), InventoryError> {
        let writer = self.database.writer();
        let portion = || Statement::from_string(writer.get_database_backend(), DELETE);
        while writer.execute_raw(portion()).await?.rows_affected() > 0 {}
        // The days are gone whether or not their pages can be given back.
        if let Err(error) = give_back(writer).await {
            report.left.push(format!("the file's free space could not be given back: {}", spell_out(&error)));
        }
        Ok(())
    }
}

async fn give_back(writer: &DatabaseConnection) -> Result<(), DbErr> {
    const INCREMENTAL: i64 = 2;
    if pragma(writer, "auto_vacuum").await? != INCREMENTAL {
        // A file of before: it is written anew once, and gives space back by pages from then on.
        writer.execute_unprepared("PRAGMA auto_vacuum = INCREMENTAL").await?;
        writer.execute_unprepared("VACUUM").await?;
    }
    let mut free = pragma(writer, "freelist_count").await?.min(PAGES_PER_RUN);
    while free > 0 {
        writer.execute_unprepared(&format!("PRAGMA incremental_vacuum({PAGES_AT_ONCE})")).await?;
        free -= PAGES_AT_ONCE;
    }
    // What the log holds goes into the file, as far as no reader needs it, and the file becomes shorter.
    writer.execute_unprepared("PRAGMA wal_checkpoint(PASSIVE)").await.map(drop)
}

async fn pragma(connection: &DatabaseConnection, name: &str) -> Result<i64, DbErr> {
    let statement = Statement::from_string(connection.get_database_backend(), format!("PRAGMA {name}"));
    let row = connection.query_one_raw(statement).await?;
    row.map_or(Ok(0), |row| row.try_get_by_index(0))
}
