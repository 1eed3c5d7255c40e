//! Which faults mean that the database is away, and which that a connection is gone.

use sea_orm::{
    DbErr, RuntimeErr,
    sqlx::{
        Error,
        postgres::{PgDatabaseError, PgSeverity},
    },
};

/// SQLite's busy file: another process writes, recovers it, or wrote while this one read.
const BUSY: [&str; 3] = ["5", "261", "517"];

/// Whether a statement failed because its connection was gone: the line is cut, or the server has ended the session, which
/// it does after every fault that it calls FATAL or PANIC.
pub(super) fn is_lost(error: &DbErr) -> bool {
    let Some(cause) = cause(error) else { return false };
    match cause {
        Error::Io(_) => true,
        Error::Database(refusal) => refusal
            .try_downcast_ref::<PgDatabaseError>()
            .is_some_and(|refusal| matches!(refusal.severity(), PgSeverity::Fatal | PgSeverity::Panic)),
        _ => false,
    }
}

/// Whether a statement failed because the database could not be reached or had no time, and not because of what it said.
pub(crate) fn is_away(error: &DbErr) -> bool {
    if is_lost(error) || matches!(error, DbErr::ConnectionAcquire(_) | DbErr::Conn(_)) {
        return true;
    }
    match cause(error) {
        Some(Error::PoolTimedOut | Error::PoolClosed | Error::Protocol(_)) => true,
        Some(Error::Database(refusal)) => refusal.code().is_some_and(|code| BUSY.contains(&&*code)),
        _ => false,
    }
}

/// Why a statement failed, as its driver says.
fn cause(error: &DbErr) -> Option<&Error> {
    match error {
        DbErr::Exec(RuntimeErr::SqlxError(cause)) | DbErr::Query(RuntimeErr::SqlxError(cause)) => Some(cause),
        _ => None,
    }
}
