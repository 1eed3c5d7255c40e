//! PostgreSQL: a day's snapshots are a partition of their own, and dropping the day is dropping it.
//!
//! What readers must never meet is a lock that waits in front of them. A partition is made beside the table and attached,
//! and detached CONCURRENTLY: neither locks readers out. There is no default partition, with which that would be impossible.
//! Dropping what was detached needs, for its foreign keys, a moment alone with the tables that they point to: it is emptied
//! first, which gives the space back, and dropped only when that moment is to be had at once.

use std::time::Duration;

use chrono::{Datelike, NaiveDate};
use sea_orm::{
    ConnectionTrait, DatabaseBackend, DatabaseTransaction, DbErr, FromQueryResult, RuntimeErr, Statement,
    sqlx::{self, Connection, PgConnection, Row},
};

use super::RetentionReport;
use crate::inventory::{
    Inventory, InventoryError,
    database::{Section, partition_of, section_key},
};

/// How long a detachment waits for those who have begun to read the table; it keeps nobody waiting meanwhile.
const PATIENCE: &str = "SET lock_timeout = '30s'";

/// How often the moment to drop an emptied table is tried for, and the pause between two tries.
const TRIES: u32 = 40;
const PAUSE: Duration = Duration::from_millis(50);

/// First of the two keys of the lock that whoever stores or drops a day holds; the second is the day.
const DAY_LOCK: i32 = 0x0049_4844;

/// What was a partition, whatever has become of it. Renamed ones were in the way of a day that was stored again.
const TABLES: &str = "SELECT c.relname::text AS name, c.oid::bigint AS oid, i.inhrelid IS NOT NULL AS attached, \
    COALESCE(i.inhdetachpending, false) AS pending FROM pg_class p \
    JOIN pg_class c ON c.relnamespace = p.relnamespace AND c.relkind = 'r' \
    LEFT JOIN pg_inherits i ON i.inhrelid = c.oid AND i.inhparent = p.oid \
    WHERE p.oid = 'device_snapshot'::regclass AND c.relname ~ '^device_snapshot_[0-9]{8}(_left[0-9]+)?$' \
    ORDER BY i.inhdetachpending DESC NULLS LAST, c.relname";

/// A table that is or was a partition.
#[derive(Clone, Debug, FromQueryResult)]
struct Part {
    name: String,
    oid: i64,
    attached: bool,
    /// Its detachment was begun and not finished.
    pending: bool,
}

impl Part {
    fn date(&self) -> Option<NaiveDate> {
        let digits = self.name.strip_prefix("device_snapshot_")?.get(..8)?;
        NaiveDate::parse_from_str(digits, "%Y%m%d").ok()
    }

    /// Whether it was put out of the way.
    fn is_left(&self) -> bool {
        self.name.contains("_left")
    }
}

/// The partition that a day is about to be stored in: made if it is not there. Until the transaction ends, nobody drops it.
pub(super) async fn prepare(transaction: &DatabaseTransaction, date: NaiveDate) -> Result<(), DbErr> {
    if transaction.get_database_backend() != DatabaseBackend::Postgres {
        return Ok(());
    }
    let lock = format!("SELECT pg_advisory_xact_lock({DAY_LOCK}, {})", date.num_days_from_ce());
    transaction.execute_unprepared(&lock).await?;
    let name = partition_of(date);
    let statement = Statement::from_string(DatabaseBackend::Postgres, TABLES);
    let parts = Part::find_by_statement(statement).all(transaction).await?;
    if let Some(part) = parts.iter().find(|part| part.name == name) {
        if part.attached && !part.pending {
            return Ok(());
        }
        if part.pending {
            transaction.execute_unprepared(&detach(&name, "FINALIZE")).await?;
        }
        // Dropping it here would keep readers waiting until the day is stored.
        let left = format!("ALTER TABLE {name} RENAME TO {name}_left{}", part.oid);
        transaction.execute_unprepared(&left).await?;
    }
    let (from, to) = (date, date + chrono::Days::new(1));
    let make = format!(
        "CREATE TABLE {name} (LIKE device_snapshot INCLUDING ALL EXCLUDING IDENTITY EXCLUDING DEFAULTS); \
         ALTER TABLE device_snapshot ATTACH PARTITION {name} FOR VALUES FROM ('{from}') TO ('{to}')"
    );
    transaction.execute_unprepared(&make).await.map(drop)
}

/// Bytes of every attached partition with its indexes, by day.
pub(super) async fn list_sizes(connection: &impl ConnectionTrait) -> Result<Vec<(NaiveDate, i64)>, DbErr> {
    #[derive(FromQueryResult)]
    struct Size {
        name: String,
        bytes: i64,
    }
    let sql = "SELECT c.relname::text AS name, pg_total_relation_size(c.oid) AS bytes FROM pg_inherits i \
               JOIN pg_class c ON c.oid = i.inhrelid WHERE i.inhparent = 'device_snapshot'::regclass";
    let statement = Statement::from_string(DatabaseBackend::Postgres, sql);
    let sizes = Size::find_by_statement(statement).all(connection).await?;
    let part = |name: String| Part { name, oid: 0, attached: true, pending: false };
    Ok(sizes.into_iter().filter_map(|size| Some((part(size.name).date()?, size.bytes))).collect())
}

fn detach(name: &str, how: &str) -> String {
    format!("ALTER TABLE device_snapshot DETACH PARTITION {name} {how}")
}

/// Whether nothing of a date is kept: it was stored, every vendor's day of it is dropped, and no vendor that the hub did
/// not store has snapshots of it. The first vendor from each one on is asked for, which the index tells at once; whether
/// one has any, a plan would find out by reading all.
const IS_DROPPED: &str = "SELECT EXISTS (SELECT 1 FROM snapshot_day WHERE snapshot_date = $1) \
    AND NOT EXISTS (SELECT 1 FROM snapshot_day WHERE snapshot_date = $1 AND dropped_at IS NULL) \
    AND NOT EXISTS (SELECT 1 FROM vendor v WHERE v.id = (SELECT s.vendor_id FROM device_snapshot s \
    WHERE s.snapshot_date = $1 AND s.vendor_id >= v.id ORDER BY s.vendor_id LIMIT 1) \
    AND NOT EXISTS (SELECT 1 FROM snapshot_day d WHERE d.snapshot_date = $1 AND d.vendor_id = v.id))";

impl Inventory {
    /// Drops the partitions of the days that are marked, and what earlier runs left of theirs. One run of all servers at a
    /// time does so; another leaves it to that one.
    pub(super) async fn drop_partitions(&self, report: &mut RetentionReport) -> Result<(), InventoryError> {
        // A connection of its own, out of the pool: it holds locks and settings until it is closed, whatever happens.
        let pool = self.database.writer().get_postgres_connection_pool();
        let mut connection = pool.acquire().await.map_err(failed)?.detach();
        let alone = format!("SELECT pg_try_advisory_lock({})", section_key(Section::Retention));
        let row = sqlx::query(sqlx::AssertSqlSafe(alone)).fetch_one(&mut connection).await.map_err(failed)?;
        if row.try_get::<bool, _>(0).map_err(failed)? {
            execute(&mut connection, PATIENCE).await.map_err(failed)?;
            self.drop_marked(&mut connection, report).await?;
            // The table's statistics are not its partitions', and nobody else refreshes them.
            match execute(&mut connection, "ANALYZE device_snapshot").await {
                Err(error) if is_lock_timeout(&error) => {
                    report.left.push("statistics were not refreshed while a day was being stored".to_owned());
                }
                analysed => analysed.map_err(failed)?,
            }
        } else {
            report.left.push("another retention is removing what was dropped".to_owned());
        }
        connection.close().await.map_err(failed)?;
        Ok(())
    }

    async fn drop_marked(
        &self,
        connection: &mut PgConnection,
        report: &mut RetentionReport,
    ) -> Result<(), InventoryError> {
        for part in list_parts(connection).await.map_err(failed)? {
            let Some(date) = part.date() else { continue };
            let (lock, unlock) = day_locks(date);
            let removed = async {
                execute(connection, &lock).await?;
                if !part.is_left() && !is_dropped(connection, date).await? {
                    return Ok(true);
                }
                separate(connection, &part).await?;
                execute(connection, &format!("TRUNCATE {}", part.name)).await?;
                self.drop_emptied(connection, &part.name).await
            };
            let removed = removed.await;
            execute(connection, &unlock).await.map_err(failed)?;
            match removed {
                Ok(true) => {}
                Ok(false) => {
                    report.left.push(format!("the emptied partition of {date} was in use, and still is there"));
                }
                Err(error) if is_lock_timeout(&error) => {
                    report.left.push(format!("the partition of {date} was in use for too long, and still is there"));
                    // PostgreSQL detaches one partition at a time.
                    return Ok(());
                }
                Err(error) => return Err(failed(error).into()),
            }
        }
        Ok(())
    }

    /// Drops a table that nothing is in any more; `false` when the tables that it points to were never free.
    async fn drop_emptied(&self, connection: &mut PgConnection, name: &str) -> Result<bool, sqlx::Error> {
        for _ in 0..TRIES {
            let mut transaction = connection.begin().await?;
            // NOWAIT: a lock that waits would keep everybody waiting who comes after it.
            let moment = "LOCK TABLE vendor, device_identity, site, device_type, billing_status \
                          IN ACCESS EXCLUSIVE MODE NOWAIT";
            match execute(&mut transaction, moment).await {
                Ok(()) => {
                    execute(&mut transaction, &format!("DROP TABLE {name}")).await?;
                    transaction.commit().await?;
                    return Ok(true);
                }
                Err(error) if is_lock_timeout(&error) => transaction.rollback().await?,
                Err(error) => return Err(error),
            }
            self.clock.sleep(PAUSE).await;
        }
        Ok(false)
    }
}

/// Takes a partition out of the table, or finishes that.
async fn separate(connection: &mut PgConnection, part: &Part) -> Result<(), sqlx::Error> {
    match (part.attached, part.pending) {
        (true, true) => execute(connection, &detach(&part.name, "FINALIZE")).await,
        (true, false) => execute(connection, &detach(&part.name, "CONCURRENTLY")).await,
        (false, _) => Ok(()),
    }
}

async fn list_parts(connection: &mut PgConnection) -> Result<Vec<Part>, sqlx::Error> {
    let rows = sqlx::query(TABLES).fetch_all(connection).await?;
    let part = |row: sqlx::postgres::PgRow| {
        Ok(Part {
            name: row.try_get("name")?,
            oid: row.try_get("oid")?,
            attached: row.try_get("attached")?,
            pending: row.try_get("pending")?,
        })
    };
    rows.into_iter().map(part).collect()
}

async fn is_dropped(connection: &mut PgConnection, date: NaiveDate) -> Result<bool, sqlx::Error> {
    sqlx::query(IS_DROPPED).bind(date).fetch_one(connection).await?.try_get(0)
}

fn day_locks(date: NaiveDate) -> (String, String) {
    let of_day = |function: &str| format!("SELECT {function}({DAY_LOCK}, {})", date.num_days_from_ce());
    (of_day("pg_advisory_lock"), of_day("pg_advisory_unlock"))
}

/// One statement by itself: a detachment refuses to be part of a transaction.
async fn execute(connection: &mut PgConnection, sql: &str) -> Result<(), sqlx::Error> {
    sqlx::raw_sql(sqlx::AssertSqlSafe(sql)).execute(connection).await.map(drop)
}

fn is_lock_timeout(error: &sqlx::Error) -> bool {
    const LOCK_NOT_AVAILABLE: &str = "55P03";
    error.as_database_error().and_then(sqlx::error::DatabaseError::code).is_some_and(|code| code == LOCK_NOT_AVAILABLE)
}

fn failed(error: sqlx::Error) -> DbErr {
    DbErr::Exec(RuntimeErr::SqlxError(error.into()))
}
