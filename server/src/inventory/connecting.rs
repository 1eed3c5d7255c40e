//! How the pools connect: what a connection does first, what it may, and how long it is waited for.

use std::{
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    time::Duration,
};

use sea_orm::{ConnectOptions, sqlx};
use secrecy::{ExposeSecret, SecretString};

use super::{
    abandoning::{Abandoned, prepare_postgres, watch_sqlite},
    reach::Organizations,
    reader::trusting,
};

const BUSY_TIMEOUT: Duration = Duration::from_secs(30);
const ACQUIRE_TIMEOUT: Duration = Duration::from_secs(30);

/// What a pool's connections to SQLite are for.
#[derive(Clone, Debug)]
pub(super) enum Purpose {
    Writing,
    /// All there is, or what belongs to some organizations.
    Reading(Option<Organizations>),
}

impl Purpose {
    fn pragmas(&self) -> &'static Pragmas {
        match self {
            Self::Writing => WRITING,
            Self::Reading(_) => READING,
        }
    }
}

type Pragmas = [(&'static str, &'static str)];

/// Rows that a connection's thread reads before somebody takes them: a page is read in one go, and not by two threads that
/// wake each other.
const ROWS_AHEAD: usize = 1024;

/// Every commit is on disk before it is answered: a resolution that was confirmed survives a power failure.
/// A new file can give its space back page by page; one of before is written anew for that by the first retention.
const WRITING: &Pragmas =
    &[("auto_vacuum", "INCREMENTAL"), ("synchronous", "FULL"), ("cache_size", "-32768"), ("query_only", "OFF")];
const READING: &Pragmas = &[("synchronous", "NORMAL"), ("cache_size", "-8192"), ("query_only", "ON")];

pub(super) fn postgres_options(url: &SecretString, connections: u32) -> ConnectOptions {
    let mut options = ConnectOptions::new(url.expose_secret());
    options.max_connections(connections).acquire_timeout(ACQUIRE_TIMEOUT).sqlx_logging(false);
    options.set_application_name("inventory-hub");
    options
}

/// A pool that does not replace a connection that was lost: the new one would be outside the transaction, and see another
/// moment.
pub(super) fn only_once(
    mut options: ConnectOptions,
    abandoned: &Abandoned,
    seen: Option<Organizations>,
) -> ConnectOptions {
    let opened = Arc::new(AtomicBool::new(false));
    let abandoned = abandoned.clone();
    options.map_sqlx_postgres_pool_opts(move |pool| {
        let (opened, seen) = (Arc::clone(&opened), seen.clone());
        abandoned.watch_postgres(pool).after_connect(move |connection, _| {
            let (is_second, seen) = (opened.swap(true, Ordering::Relaxed), seen.clone());
            Box::pin(async move {
                if is_second {
                    return Err(sqlx::Error::PoolClosed);
                }
                prepare_postgres(connection, seen.as_deref()).await
            })
        })
    });
    options
}

/// A pool of PostgreSQL whose statements end with the requests that asked for them, and whose reads trust its
/// connections.
pub(super) fn watched(
    mut options: ConnectOptions,
    abandoned: &Abandoned,
    seen: Option<Organizations>,
) -> ConnectOptions {
    let abandoned = abandoned.clone();
    // `trusting` asks instead.
    options.test_before_acquire(false);
    options.map_sqlx_postgres_pool_opts(move |pool| {
        let seen = seen.clone();
        trusting(abandoned.watch_postgres(pool)).after_connect(move |connection, _| {
            let seen = seen.clone();
            Box::pin(async move { prepare_postgres(connection, seen.as_deref()).await })
        })
    });
    options
}

pub(super) fn sqlite_options(url: &str, connections: u32, purpose: Purpose) -> ConnectOptions {
    let mut options = ConnectOptions::new(url);
    options.max_connections(connections).acquire_timeout(ACQUIRE_TIMEOUT).sqlx_logging(false);
    options.test_before_acquire(false);
    // Waiting for the one writer is how SQLite works, not something to warn of.
    let pragmas = purpose.pragmas();
    options.map_sqlx_sqlite_pool_opts(move |pool| {
        let pool = pool.acquire_slow_threshold(ACQUIRE_TIMEOUT);
        match purpose.clone() {
            Purpose::Writing => pool,
            Purpose::Reading(seen) => watch_sqlite(pool, seen),
        }
    });
    options.map_sqlx_sqlite_opts(move |sqlite| {
        let sqlite = sqlite
            .row_buffer_size(ROWS_AHEAD)
            .busy_timeout(BUSY_TIMEOUT)
            .pragma("journal_mode", "WAL")
            .pragma("foreign_keys", "ON");
        pragmas.iter().fold(sqlite, |sqlite, (name, value)| sqlite.pragma(*name, *value))
    });
    options
}
