//! What becomes of a statement whose request is gone: it ends.
//!
//! sqlx gives a connection back to its pool when a query is dropped, and there waits for the query's end, however long the
//! database works on it. So a request that timed out, or whose client hung up, would go on to cost what it was stopped for.
//!
//! - PostgreSQL: a connection that comes back after a request was dropped, and does not answer at once, is closed. The
//!   database looks every second whether the client of a running statement is still there (`client_connection_check_interval`)
//!   and ends the statement of one that is gone, also when the hub itself was killed.
//! - SQLite: a reading connection works for the request that took it, and asks every few thousand steps of its machine
//!   whether that is still there. What is written is not interrupted: it ends with its statement, and is rolled back.

use std::{
    collections::BTreeSet,
    future::Future,
    pin::pin,
    sync::{
        Arc, Mutex, PoisonError,
        atomic::{AtomicBool, Ordering},
    },
    time::Duration,
};

use sea_orm::sqlx::{
    Connection, Error, Executor, PgConnection, SqliteConnection,
    pool::PoolOptions,
    {Postgres, Sqlite},
};
use tokio::time::{Instant, timeout};

use super::reach::{Organizations, restrict_postgres, restrict_sqlite};

tokio::task_local! {
    /// Whether the request that this task works for is gone.
    static GONE: Arc<AtomicBool>;
}

/// How long after a request was dropped its connections may come back.
const LATELY: Duration = Duration::from_secs(10);
/// Within this time a connection that has nothing to do answers.
const AT_ONCE: Duration = Duration::from_millis(250);
/// Steps of SQLite's machine between two looks: a fraction of a millisecond.
const STEPS: i32 = 4_000;

/// When a request was dropped last, of all that use one database.
#[derive(Clone, Debug, Default)]
pub(super) struct Abandoned(Arc<Mutex<Option<Instant>>>);

impl Abandoned {
    /// Works for a request. Dropped before its end, it ends its statements.
    pub(super) async fn watch<T>(&self, work: impl Future<Output = T>) -> T {
        let gone = Arc::new(AtomicBool::new(false));
        let mut work = pin!(GONE.scope(Arc::clone(&gone), work));
        // Declared after the work, so dropped before it: the connections come back to who knows already.
        let mut guard = Guard { abandoned: self, gone, is_done: false };
        let answer = work.as_mut().await;
        guard.is_done = true;
        answer
    }

    fn is_lately(&self) -> bool {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).is_some_and(|dropped| dropped.elapsed() < LATELY)
    }

    /// For pools of PostgreSQL.
    pub(super) fn watch_postgres(&self, pool: PoolOptions<Postgres>) -> PoolOptions<Postgres> {
        let abandoned = self.clone();
        pool.after_release(move |connection, _| {
            let abandoned = abandoned.clone();
            Box::pin(async move { Ok(!abandoned.is_lately() || is_idle(connection).await) })
        })
    }
}

struct Guard<'a> {
    abandoned: &'a Abandoned,
    gone: Arc<AtomicBool>,
    is_done: bool,
}

impl Drop for Guard<'_> {
    fn drop(&mut self) {
        if !self.is_done {
            self.gone.store(true, Ordering::Relaxed);
            *self.abandoned.0.lock().unwrap_or_else(PoisonError::into_inner) = Some(Instant::now());
        }
    }
}

async fn is_idle(connection: &mut PgConnection) -> bool {
    matches!(timeout(AT_ONCE, connection.ping()).await, Ok(Ok(())))
}

/// Has PostgreSQL look after a client that is gone. Servers on systems that can't tell refuse; there a statement goes on to
/// its end.
async fn look_for_client(connection: &mut PgConnection) -> Result<(), Error> {
    match connection.execute("SET client_connection_check_interval = '1s'").await {
        Err(error @ Error::Database(_)) => {
            tracing::debug!(%error, "the database can't tell whether a client is gone");
            Ok(())
        }
        set => set.map(drop),
    }
}

/// What a connection to PostgreSQL does first.
pub(super) async fn prepare_postgres(connection: &mut PgConnection, seen: Option<&BTreeSet<i64>>) -> Result<(), Error> {
    if let Some(organizations) = seen {
        restrict_postgres(connection, organizations).await?;
    }
    look_for_client(connection).await
}

/// For SQLite's pools of readers.
pub(super) fn watch_sqlite(pool: PoolOptions<Sqlite>, seen: Option<Organizations>) -> PoolOptions<Sqlite> {
    pool.after_connect(move |connection, _| {
        let seen = seen.clone();
        Box::pin(async move { prepare_sqlite(connection, seen.as_deref()).await })
    })
    .before_acquire(|connection, _| {
        Box::pin(async move {
            work_for_request(connection).await?;
            Ok(true)
        })
    })
    .after_release(|connection, _| {
        Box::pin(async move {
            connection.lock_handle().await?.remove_progress_handler();
            Ok(true)
        })
    })
}

async fn prepare_sqlite(connection: &mut SqliteConnection, seen: Option<&BTreeSet<i64>>) -> Result<(), Error> {
    if let Some(organizations) = seen {
        restrict_sqlite(connection, organizations).await?;
    }
    work_for_request(connection).await
}

/// Whether this task works for a request, which has a time limit.
pub(super) fn is_for_request() -> bool {
    GONE.try_with(|_| ()).is_ok()
}

/// Work that belongs to no request is never interrupted.
async fn work_for_request(connection: &mut SqliteConnection) -> Result<(), Error> {
    if let Ok(gone) = GONE.try_with(Arc::clone) {
        let mut handle = connection.lock_handle().await?;
        handle.set_progress_handler(STEPS, move || !gone.load(Ordering::Relaxed));
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use sea_orm::{ConnectionTrait, DatabaseBackend, Statement};

    use super::super::database::Database;

    /// Counts for ever.
    const ENDLESS: &str = "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n) SELECT COUNT(*) FROM n";

    #[tokio::test]
    async fn a_dropped_request_gives_its_sqlite_connection_back() {
        let folder = std::env::temp_dir().join(format!("hub-{}", uuid::Uuid::new_v4().simple()));
        std::fs::create_dir_all(&folder).unwrap();
        let database = Database::open_sqlite(&folder.join("hub.db")).await.unwrap();
        // More than there are readers: each takes one, and without an end of its statement would keep it.
        for _ in 0..12 {
            let endless = Statement::from_string(DatabaseBackend::Sqlite, ENDLESS);
            let asked = database.watch_request(database.reader().query_one_raw(endless));
            let ended = tokio::time::timeout(std::time::Duration::from_millis(20), asked).await;
            assert!(ended.is_err(), "it has no end of its own: {ended:?}");
        }
        let one = Statement::from_string(DatabaseBackend::Sqlite, "SELECT 1");
        assert!(database.reader().query_one_raw(one).await.unwrap().is_some());
        database.close().await.unwrap();
        std::fs::remove_dir_all(&folder).unwrap();
    }
}
