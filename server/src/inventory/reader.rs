//! Reads that do not first ask their connection whether it is still there.
//!
//! sqlx asks PostgreSQL when a connection is given back, and again before its next statement, which takes as long as a small
//! read. Here a connection that came back within the last second is taken at its word, as by HikariCP
//! (`aliveBypassWindowMs`). If it is gone all the same, the read is done again by one that was asked: to read twice changes
//! nothing. What writes always asks, as nobody could say of a statement on a lost connection whether it was done. And so does
//! what works for no request: a line that swallows what is sent, as when its host lost power, would keep it until the
//! kernel gives up, a quarter of an hour; a request ends by its time limit.

use std::{cell::Cell, time::Duration};

use async_trait::async_trait;
use sea_orm::{
    ConnectionTrait, DatabaseBackend, DatabaseConnection, DbErr, ExecResult, QueryResult, Statement,
    sqlx::{Connection, Postgres, pool::PoolOptions},
};

use super::{abandoning::is_for_request, away::is_lost};

tokio::task_local! {
    /// Of a statement that can be done again: whether it got a connection that was not asked.
    static IS_TRUSTING: Cell<bool>;
}

/// For so long nothing is asked.
const TRUST: Duration = Duration::from_secs(1);

/// A handle for statements that only read.
#[derive(Clone, Debug)]
pub struct Reader {
    pool: DatabaseConnection,
    can_repeat: bool,
}

impl Reader {
    pub(super) fn over(pool: DatabaseConnection) -> Self {
        // SQLite's connections are not lost.
        let can_repeat = pool.get_database_backend() == DatabaseBackend::Postgres;
        Self { pool, can_repeat }
    }

    /// The same over the one connection of a transaction: another one would see something else.
    pub(super) fn once(self) -> Self {
        Self { can_repeat: false, ..self }
    }

    /// The pool itself, which always asks: for transactions and figures.
    pub fn pool(&self) -> &DatabaseConnection {
        &self.pool
    }

    pub(super) fn pool_mut(&mut self) -> &mut DatabaseConnection {
        &mut self.pool
    }

    async fn read<'a, T, F>(
        &'a self,
        statement: Statement,
        read: impl Fn(&'a DatabaseConnection, Statement) -> F,
    ) -> Result<T, DbErr>
    where
        F: Future<Output = Result<T, DbErr>>,
    {
        debug_assert!(["SELECT", "WITH"].iter().any(|verb| statement.sql.starts_with(verb)), "{}", statement.sql);
        if !(self.can_repeat && is_for_request()) {
            return read(&self.pool, statement).await;
        }
        let trusting = async {
            let answer = read(&self.pool, statement.clone()).await;
            (answer, IS_TRUSTING.with(Cell::get))
        };
        match IS_TRUSTING.scope(Cell::default(), trusting).await {
            (Err(error), true) if is_lost(&error) => {
                tracing::info!(%error, "a connection was gone that had not been asked: its statement is read again");
                read(&self.pool, statement).await
            }
            (answer, _) => answer,
        }
    }
}

#[async_trait]
impl ConnectionTrait for Reader {
    fn get_database_backend(&self) -> DatabaseBackend {
        self.pool.get_database_backend()
    }

    async fn query_one_raw(&self, statement: Statement) -> Result<Option<QueryResult>, DbErr> {
        self.read(statement, DatabaseConnection::query_one_raw).await
    }

    async fn query_all_raw(&self, statement: Statement) -> Result<Vec<QueryResult>, DbErr> {
        self.read(statement, DatabaseConnection::query_all_raw).await
    }

    async fn execute_raw(&self, statement: Statement) -> Result<ExecResult, DbErr> {
        Err(writes(&statement.sql))
    }

    async fn execute_unprepared(&self, sql: &str) -> Result<ExecResult, DbErr> {
        Err(writes(sql))
    }
}

fn writes(sql: &str) -> DbErr {
    DbErr::Custom(format!("what only reads was given a statement to execute: {sql}"))
}

/// Asks connections whether they are still there before they are used, except for a read that can be done again on one that
/// came back just now. For pools that do not ask by themselves.
pub(super) fn trusting(pool: PoolOptions<Postgres>) -> PoolOptions<Postgres> {
    pool.before_acquire(|connection, known| {
        Box::pin(async move {
            let trust = || IS_TRUSTING.try_with(|is_trusting| is_trusting.set(true)).is_ok();
            if known.idle_for < TRUST && trust() {
                return Ok(true);
            }
            let answered = connection.ping().await;
            if let Err(error) = &answered {
                tracing::info!(%error, "a connection is gone");
            }
            Ok(answered.is_ok())
        })
    })
}
