//! What can go wrong. What a user can expect is not here: it is data of the answers.

use sea_orm::DbErr;

/// A fault: nothing was done.
#[derive(Debug, thiserror::Error)]
pub enum AccessError {
    /// The database refused or is away.
    #[error("the database failed")]
    Database(#[from] DbErr),
    /// A password could not be hashed.
    #[error("a password could not be hashed: {0}")]
    Hashing(String),
    /// A token could not be signed.
    #[error("a token could not be signed: {0}")]
    Signing(String),
    /// A stored text is not what the hub writes.
    #[error("stored data can't be read: {0}")]
    Corrupt(String),
    /// What was given as the first admin's password can't be one.
    #[error("the first admin's password has 12 characters at least, and 1,024 bytes at most")]
    FirstPassword,
    /// More passwords wait to be hashed than are let wait.
    #[error("too many passwords are being checked at once")]
    Busy,
}
