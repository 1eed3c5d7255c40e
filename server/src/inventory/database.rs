//! The database behind the hub: SQLite in a file (the default) or PostgreSQL.
//!
//! SQLite takes one writer at a time, so its writes go through a pool of one connection whose transactions begin
//! IMMEDIATE (a read that turns into a write would fail instead of waiting), while readers have a pool of their own and
//! are never blocked (WAL). PostgreSQL has one pool for both.

use std::{ops::Deref, path::Path, sync::Arc, time::Duration};

use chrono::NaiveDate;
use migration::{Migrator, MigratorTrait};
use sea_orm::{
    ConnectOptions, ConnectionTrait, DatabaseBackend, DatabaseConnection, DatabaseTransaction, DbErr,
    SqliteTransactionMode, Statement, TransactionOptions, TransactionTrait,
};
use secrecy::{ExposeSecret, SecretString};
use tokio::sync::{Mutex, OwnedMutexGuard};

const BUSY_TIMEOUT: Duration = Duration::from_secs(30);
const ACQUIRE_TIMEOUT: Duration = Duration::from_secs(30);
/// SQLite's one writer may be busy for as long as the largest collection takes to store.
const WRITER_TIMEOUT: Duration = Duration::from_mins(10);
const READERS: u32 = 8;

/// Two handles on one database: for reading, and for writing.
#[derive(Clone, Debug)]
pub struct Database {
    reader: DatabaseConnection,
    writer: DatabaseConnection,
    /// Whose turn it is to store, in this process: those who wait hold no connection.
    turn: Arc<Mutex<()>>,
}

/// A transaction that stores, and the turn that it had to wait for.
#[derive(Debug)]
pub(crate) struct Storing {
    transaction: DatabaseTransaction,
    _turn: OwnedMutexGuard<()>,
}

impl Storing {
    pub(crate) async fn commit(self) -> Result<(), DbErr> {
        self.transaction.commit().await
    }
}

impl Deref for Storing {
    type Target = DatabaseTransaction;

    fn deref(&self) -> &DatabaseTransaction {
        &self.transaction
    }
}

impl Database {
    /// Opens the file, making it if it is not there.
    pub async fn open_sqlite(file: &Path) -> Result<Self, DbErr> {
        let url = format!("sqlite://{}?mode=rwc", file.display());
        // The writer comes first: it makes the file and switches it to WAL.
        let mut options = sqlite_options(&url, 1, WRITING);
        options.acquire_timeout(WRITER_TIMEOUT);
        let writer = sea_orm::Database::connect(options).await?;
        let reader = sea_orm::Database::connect(sqlite_options(&url, READERS, READING)).await?;
        Ok(Self { reader, writer, turn: Arc::default() })
    }

    /// Connects to PostgreSQL 15 or later.
    pub async fn connect_postgres(url: &SecretString) -> Result<Self, DbErr> {
        let mut options = ConnectOptions::new(url.expose_secret());
        options.max_connections(READERS * 2).acquire_timeout(ACQUIRE_TIMEOUT).sqlx_logging(false);
        options.set_application_name("inventory-hub");
        let pool = sea_orm::Database::connect(options).await?;
        Ok(Self { reader: pool.clone(), writer: pool, turn: Arc::default() })
    }

    /// Brings the tables up to date. Several servers may do so at once: one works, the others wait.
    pub async fn migrate(&self) -> Result<(), DbErr> {
        let transaction = self.begin().await?;
        serialize(&transaction, Section::Migration).await?;
        Migrator::up(&transaction, None).await?;
        transaction.commit().await
    }

    /// Which system it is.
    pub fn backend(&self) -> DatabaseBackend {
        self.writer.get_database_backend()
    }

    /// For statements that only read.
    pub fn reader(&self) -> &DatabaseConnection {
        &self.reader
    }

    /// For single statements that write.
    pub fn writer(&self) -> &DatabaseConnection {
        &self.writer
    }

    /// A transaction that writes; only `inventory` opens one.
    pub(crate) async fn begin(&self) -> Result<DatabaseTransaction, DbErr> {
        let immediate = TransactionOptions {
            sqlite_transaction_mode: Some(SqliteTransactionMode::Immediate),
            ..TransactionOptions::default()
        };
        self.writer.begin_with_options(immediate).await
    }

    /// A transaction that changes days, identities, devices or findings, or judges by them. Every such one touches what
    /// all vendors share, so two at once would lock each other out or judge by old rows: they come one after the other.
    pub(crate) async fn begin_storing(&self) -> Result<Storing, DbErr> {
        let turn = Arc::clone(&self.turn).lock_owned().await;
        let transaction = self.begin().await?;
        serialize(&transaction, Section::Storing).await?;
        Ok(Storing { transaction, _turn: turn })
    }

    /// Calls back with every statement that runs: tests count them.
    pub fn observe<F>(&mut self, callback: F)
    where
        F: Fn(&sea_orm::metric::Info<'_>) + Send + Sync + Clone + 'static,
    {
        self.reader.set_metric_callback(callback.clone());
        self.writer.set_metric_callback(callback);
    }
}

/// Tells the planner what the tables hold now. A fleet that has just been stored is unknown to it until then, and it would
/// read whole days where it needs a hundred rows. May run inside the transaction that stored.
///
/// Of the snapshots only those of the day that was stored, if one was: all of them would be read for minutes in a large
/// fleet. The table's own statistics are refreshed by every retention, and here as long as it has none.
pub(crate) async fn refresh_statistics(
    connection: &impl ConnectionTrait,
    stored: Option<NaiveDate>,
) -> Result<(), DbErr> {
    if connection.get_database_backend() != DatabaseBackend::Postgres {
        return connection.execute_unprepared("PRAGMA optimize").await.map(drop);
    }
    let tables = "ANALYZE device, device_identity, site, exceptions, exception_identity";
    connection.execute_unprepared(tables).await?;
    let Some(date) = stored else { return Ok(()) };
    let known = "SELECT 1 FROM pg_stats WHERE tablename = 'device_snapshot' AND inherited \
                 AND schemaname = ANY (current_schemas(false)) LIMIT 1";
    let known = Statement::from_string(DatabaseBackend::Postgres, known);
    let has_statistics = connection.query_one_raw(known).await?.is_some();
    let table = if has_statistics { partition_of(date) } else { "device_snapshot".to_owned() };
    connection.execute_unprepared(&format!("ANALYZE {table}")).await.map(drop)
}

/// The name of the partition that a day's snapshots are in, on PostgreSQL.
pub(crate) fn partition_of(date: NaiveDate) -> String {
    format!("device_snapshot_{}", date.format("%Y%m%d"))
}

/// What a pool's connections are for: their pragmas.
type Pragmas = [(&'static str, &'static str)];

/// Every commit is on disk before it is answered: a resolution that was confirmed survives a power failure.
/// A new file can give its space back page by page; one of before is written anew for that by the first retention.
const WRITING: &Pragmas =
    &[("auto_vacuum", "INCREMENTAL"), ("synchronous", "FULL"), ("cache_size", "-32768"), ("query_only", "OFF")];
const READING: &Pragmas = &[("synchronous", "NORMAL"), ("cache_size", "-8192"), ("query_only", "ON")];

fn sqlite_options(url: &str, connections: u32, pragmas: &'static Pragmas) -> ConnectOptions {
    let mut options = ConnectOptions::new(url);
    options.max_connections(connections).acquire_timeout(ACQUIRE_TIMEOUT).sqlx_logging(false);
    options.test_before_acquire(false);
    // Waiting for the one writer is how SQLite works, not something to warn of.
    options.map_sqlx_sqlite_pool_opts(|pool| pool.acquire_slow_threshold(ACQUIRE_TIMEOUT));
    options.map_sqlx_sqlite_opts(move |sqlite| {
        let sqlite = sqlite.busy_timeout(BUSY_TIMEOUT).pragma("journal_mode", "WAL").pragma("foreign_keys", "ON");
        pragmas.iter().fold(sqlite, |sqlite, (name, value)| sqlite.pragma(*name, *value))
    });
    options
}

/// Work that must not run twice at once in one database.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Section {
    Migration = 1,
    Storing = 2,
    Retention = 3,
}

/// Waits until no other transaction is in the section; held until this one ends. On SQLite a writing transaction is
/// alone anyway.
pub(crate) async fn serialize(transaction: &DatabaseTransaction, section: Section) -> Result<(), DbErr> {
    if transaction.get_database_backend() == DatabaseBackend::Postgres {
        let key = section_key(section);
        transaction.execute_unprepared(&format!("SELECT pg_advisory_xact_lock({key})")).await?;
    }
    Ok(())
}

/// The key of PostgreSQL's lock on a section.
pub(crate) fn section_key(section: Section) -> i64 {
    0x0049_4855_0000 + section as i64
}
