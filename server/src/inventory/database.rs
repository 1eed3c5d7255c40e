//! The database behind the hub: SQLite in a file (the default) or PostgreSQL.
//!
//! SQLite takes one writer at a time, so its writes go through a pool of one connection whose transactions begin
//! IMMEDIATE (a read that turns into a write would fail instead of waiting), while readers have a pool of their own and
//! are never blocked (WAL). PostgreSQL has one pool for both.

use std::{ops::Deref, path::Path, sync::Arc, time::Duration};

use migration::{Migrator, MigratorTrait};
use sea_orm::{
    AccessMode, ConnectOptions, ConnectionTrait, DatabaseBackend, DatabaseConnection, DatabaseTransaction, DbErr,
    IsolationLevel, SqliteTransactionMode, TransactionOptions, TransactionTrait,
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
        let mut options = sqlite_options(&url, 1, &WRITING);
        options.acquire_timeout(WRITER_TIMEOUT);
        let writer = sea_orm::Database::connect(options).await?;
        let reader = sea_orm::Database::connect(sqlite_options(&url, READERS, &READING)).await?;
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

    /// A transaction that only reads: what several statements of it see is one state of the database.
    pub(crate) async fn begin_reading(&self) -> Result<DatabaseTransaction, DbErr> {
        // SQLite's transactions are so anyway; its reading connections refuse to write.
        let is_postgres = self.reader.get_database_backend() == DatabaseBackend::Postgres;
        let options = TransactionOptions {
            isolation_level: is_postgres.then_some(IsolationLevel::RepeatableRead),
            access_mode: is_postgres.then_some(AccessMode::ReadOnly),
            ..TransactionOptions::default()
        };
        self.reader.begin_with_options(options).await
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
pub(crate) async fn refresh_statistics(connection: &impl ConnectionTrait) -> Result<(), DbErr> {
    let sql = match connection.get_database_backend() {
        DatabaseBackend::Postgres => {
            "ANALYZE device, device_identity, device_snapshot, site, exceptions, exception_identity, usage_transition"
        }
        _ => "PRAGMA optimize",
    };
    connection.execute_unprepared(sql).await.map(drop)
}

/// What a pool's connections are for: their pragmas.
type Pragmas = [(&'static str, &'static str); 3];

/// Every commit is on disk before it is answered: a resolution that was confirmed survives a power failure.
const WRITING: Pragmas = [("synchronous", "FULL"), ("cache_size", "-32768"), ("query_only", "OFF")];
const READING: Pragmas = [("synchronous", "NORMAL"), ("cache_size", "-8192"), ("query_only", "ON")];

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
}

/// Waits until no other transaction is in the section; held until this one ends. On SQLite a writing transaction is
/// alone anyway.
pub(crate) async fn serialize(transaction: &DatabaseTransaction, section: Section) -> Result<(), DbErr> {
    if transaction.get_database_backend() == DatabaseBackend::Postgres {
        let key = 0x0049_4855_0000 + section as i64;
        transaction.execute_unprepared(&format!("SELECT pg_advisory_xact_lock({key})")).await?;
    }
    Ok(())
}
