//! The database behind the hub: SQLite in a file (the default) or PostgreSQL.
//!
//! SQLite takes one writer at a time, so its writes go through a pool of one connection whose transactions begin
//! IMMEDIATE (a read that turns into a write would fail instead of waiting), while readers have a pool of their own and
//! are never blocked (WAL). PostgreSQL has one pool for both.

use std::{fmt, ops::Deref, path::Path, sync::Arc, time::Duration};

use chrono::NaiveDate;
use migration::{Migrator, MigratorTrait};
use sea_orm::{
    AccessMode, ConnectionTrait, DatabaseBackend, DatabaseConnection, DatabaseExecutor, DatabaseTransaction, DbErr,
    IsolationLevel, SqliteTransactionMode, Statement, TransactionOptions, TransactionTrait, metric,
};
use secrecy::SecretString;
use tokio::sync::{Mutex, OwnedMutexGuard};

use super::{
    abandoning::Abandoned,
    connecting::{Purpose, only_once, postgres_options, sqlite_options, watched},
    reach::{Cuts, Organizations},
    reader::Reader,
    stored_version,
};

/// SQLite's one writer may be busy for as long as the largest collection takes to store.
const WRITER_TIMEOUT: Duration = Duration::from_mins(10);
const READERS: u32 = 8;
/// How long a connection that sees some organizations waits for work.
const CUT_IDLE: Duration = Duration::from_mins(1);

/// Two handles on one database: for reading, and for writing.
#[derive(Clone, Debug)]
pub struct Database {
    reader: Reader,
    writer: DatabaseConnection,
    /// Whose turn it is to store, in this process: those who wait hold no connection.
    turn: Arc<Mutex<()>>,
    place: Place,
    watcher: Option<Watcher>,
    /// Requests that were dropped.
    abandoned: Abandoned,
    /// All its statements are in one transaction that only reads and never ends.
    is_moment: bool,
    /// The only organizations that are seen of it; `None` where all are.
    organizations: Option<Organizations>,
    /// What that is cut from, for changes of what is seen.
    whole: Option<Arc<Self>>,
    /// The pools of those who see some organizations.
    cuts: Cuts,
}

/// Where the rows are, for connections beside the pools.
#[derive(Clone, Debug)]
enum Place {
    Sqlite(String),
    Postgres(SecretString),
}

/// Sees every statement that runs.
#[derive(Clone)]
struct Watcher(Arc<dyn Fn(&metric::Info<'_>) + Send + Sync>);

impl fmt::Debug for Watcher {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Watcher")
    }
}

/// A transaction that stores, and the turn that it had to wait for.
#[derive(Debug)]
pub(crate) struct Storing {
    transaction: DatabaseTransaction,
    _turn: OwnedMutexGuard<()>,
}

impl Storing {
    /// Keeps what was stored, and says that it is another version.
    pub(crate) async fn commit(self) -> Result<(), DbErr> {
        stored_version::count(&self.transaction).await?;
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
        let abandoned = Abandoned::default();
        // The writer comes first: it makes the file and switches it to WAL.
        let mut options = sqlite_options(&url, 1, Purpose::Writing);
        options.acquire_timeout(WRITER_TIMEOUT);
        let writer = sea_orm::Database::connect(options).await?;
        let reader = sea_orm::Database::connect(sqlite_options(&url, READERS, Purpose::Reading(None))).await?;
        Ok(Self::over((reader, writer), Place::Sqlite(url), abandoned))
    }

    /// Connects to PostgreSQL 15 or later.
    pub async fn connect_postgres(url: &SecretString) -> Result<Self, DbErr> {
        let abandoned = Abandoned::default();
        let options = watched(postgres_options(url, READERS * 2), &abandoned, None);
        let pool = sea_orm::Database::connect(options).await?;
        Ok(Self::over((pool.clone(), pool), Place::Postgres(url.clone()), abandoned))
    }

    fn over((reader, writer): (DatabaseConnection, DatabaseConnection), place: Place, abandoned: Abandoned) -> Self {
        Self {
            reader: Reader::over(reader),
            writer,
            turn: Arc::default(),
            place,
            watcher: None,
            abandoned,
            is_moment: false,
            organizations: None,
            whole: None,
            cuts: Cuts::default(),
        }
    }

    /// The only organizations that are seen of it; `None` where all are.
    pub(super) fn organizations(&self) -> Option<&Organizations> {
        self.organizations.as_ref()
    }

    /// What it is cut from; `None` where nothing is cut off, and of a moment.
    pub(super) fn whole(&self) -> Option<&Self> {
        self.whole.as_deref()
    }

    /// The pools of those who see some organizations.
    pub(super) fn cuts(&self) -> &Cuts {
        &self.cuts
    }

    /// The same rows as far as they belong to these organizations, for reading only, by a few connections of their own.
    pub(super) async fn cut(&self, organizations: Organizations) -> Result<Self, DbErr> {
        let seen = Some(Arc::clone(&organizations));
        let mut options = match &self.place {
            Place::Sqlite(url) => sqlite_options(url, READERS / 2, Purpose::Reading(seen)),
            Place::Postgres(url) => watched(postgres_options(url, READERS / 4), &self.abandoned, seen),
        };
        options.min_connections(0).idle_timeout(CUT_IDLE).connect_lazy(true);
        let pool = sea_orm::Database::connect(options).await?;
        Ok(Self { whole: Some(Arc::new(self.clone())), ..self.reading(pool, Some(organizations)) })
    }

    /// A handle by which nothing can be written.
    fn reading(&self, mut pool: DatabaseConnection, organizations: Option<Organizations>) -> Self {
        if let Some(Watcher(callback)) = self.watcher.clone() {
            pool.set_metric_callback(move |info| callback(info));
        }
        let (watcher, abandoned) = (self.watcher.clone(), self.abandoned.clone());
        Self { watcher, organizations, ..Self::over((pool.clone(), pool), self.place.clone(), abandoned) }
    }

    /// Works for a request, which has a time limit: when that is dropped before its end, its statements end too.
    pub(crate) async fn watch_request<T>(&self, work: impl Future<Output = T>) -> T {
        self.abandoned.watch(work).await
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
    pub fn reader(&self) -> &Reader {
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

    /// What only reads, and whose statements all see the same moment: a transaction, or the one that a moment is anyway.
    pub(crate) async fn begin_reading(&self) -> Result<DatabaseExecutor<'_>, DbErr> {
        if self.is_moment {
            return Ok(DatabaseExecutor::Connection(self.reader.pool()));
        }
        let options = match self.reader.get_database_backend() {
            DatabaseBackend::Postgres => TransactionOptions {
                isolation_level: Some(IsolationLevel::RepeatableRead),
                access_mode: Some(AccessMode::ReadOnly),
                ..TransactionOptions::default()
            },
            // SQLite's readers see one moment anyway.
            _ => TransactionOptions::default(),
        };
        Ok(DatabaseExecutor::OwnedTransaction(self.reader.pool().begin_with_options(options).await?))
    }

    /// A transaction that changes days, identities, devices or findings, or judges by them. Every such one touches what
    /// all vendors share, so two at once would lock each other out or judge by old rows: they come one after the other.
    pub(crate) async fn begin_storing(&self) -> Result<Storing, DbErr> {
        let turn = Arc::clone(&self.turn).lock_owned().await;
        let transaction = self.begin().await?;
        serialize(&transaction, Section::Storing).await?;
        Ok(Storing { transaction, _turn: turn })
    }

    /// The same rows as they are now, whatever is written meanwhile, and for reading only: one connection beside the pools
    /// in a transaction that never ends. It goes when the last handle is dropped, or better by [`Self::close`].
    pub(crate) async fn at_this_moment(&self) -> Result<Self, DbErr> {
        let (mut options, begin) = match &self.place {
            Place::Sqlite(url) => (sqlite_options(url, 1, Purpose::Reading(self.organizations.clone())), "BEGIN"),
            Place::Postgres(url) => (
                only_once(postgres_options(url, 1), &self.abandoned, self.organizations.clone()),
                "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY",
            ),
        };
        options.test_before_acquire(false).idle_timeout(None).max_lifetime(None);
        let connection = sea_orm::Database::connect(options).await?;
        connection.execute_unprepared(begin).await?;
        // What is seen is fixed by the first look at a table.
        connection.execute_unprepared("SELECT COUNT(*) FROM vendor").await?;
        let moment = self.reading(connection, self.organizations.clone());
        Ok(Self { reader: moment.reader.clone().once(), is_moment: true, ..moment })
    }

    /// Says goodbye to the database instead of hanging up. All handles on it are closed.
    pub(crate) async fn close(self) -> Result<(), DbErr> {
        self.writer.close().await?;
        self.reader.pool().close_by_ref().await
    }

    /// Calls back with every statement that runs: tests count them.
    pub fn observe<F>(&mut self, callback: F)
    where
        F: Fn(&metric::Info<'_>) + Send + Sync + Clone + 'static,
    {
        self.watcher = Some(Watcher(Arc::new(callback.clone())));
        self.reader.pool_mut().set_metric_callback(callback.clone());
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
    let tables = "ANALYZE device, device_identity, site, exceptions, exception_identity, usage_transition";
    connection.execute_unprepared(tables).await?;
    let Some(date) = stored else { return Ok(()) };
    let known = "SELECT 1 FROM pg_stats WHERE tablename = 'device_snapshot' AND inherited \
                 AND schemaname = ANY (current_schemas(false)) LIMIT 1";
    let known = Statement::from_string(DatabaseBackend::Postgres, known);
    let has_statistics = connection.query_one_raw(known).await?.is_some();
    let table = if has_statistics { partition_of(date) } else { "device_snapshot".to_owned() };
    connection.execute_unprepared(&format!("ANALYZE {table}")).await.map(drop)
}

/// New rows of one table that its statistics are refreshed for.
const MANY_ROWS: usize = 100;

/// Tells the planner that a table has grown, if it has by many rows. PostgreSQL knows nothing of a table that was just
/// filled; and how a foreign key is checked, a connection plans once: planned while the table was small, the check reads all
/// of it for every row that refers to it.
pub(crate) async fn tell_growth(connection: &impl ConnectionTrait, table: &str, rows: usize) -> Result<(), DbErr> {
    if rows < MANY_ROWS || connection.get_database_backend() != DatabaseBackend::Postgres {
        return Ok(());
    }
    connection.execute_unprepared(&format!("ANALYZE {table}")).await.map(drop)
}

/// The name of the partition that a day's snapshots are in, on PostgreSQL.
pub(crate) fn partition_of(date: NaiveDate) -> String {
    format!("device_snapshot_{}", date.format("%Y%m%d"))
}

/// Work that must not run twice at once in one database.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Section {
    Migration = 1,
    Storing = 2,
    Retention = 3,
    /// Asking what is at work, and ordering what is not.
    Ordering = 4,
    Alerts = 23,
    /// Changing users: somebody who may do everything is always left.
    Access = 26,
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
