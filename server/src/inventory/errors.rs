//! What can go wrong in a use case. Outcomes that a user can expect are not here: they are data of the answers.

use collectors::CollectError;
use domain::vendor::Vendor;
use sea_orm::DbErr;

/// A fault: the operation did nothing.
#[derive(Debug, thiserror::Error)]
pub enum InventoryError {
    /// The database refused or is away.
    #[error("the database failed")]
    Database(#[from] DbErr),
    /// The vendor could not be read.
    #[error(transparent)]
    Collect(CollectError),
    /// No credentials are configured for the vendor.
    #[error("{0} is not configured: set its credentials in the environment")]
    NotConfigured(Vendor),
    /// A lease ran out or was taken over while its holder still worked; nothing was written.
    #[error("the lease on {0} was lost, so its collection was not stored")]
    LeaseLost(Vendor),
    /// A job run was taken over, or ended by others, while it still worked; nothing was written.
    #[error("this run was taken for dead, so what it did was not stored")]
    RunLost,
    /// A stored text is not what the hub writes.
    #[error("stored data can't be read: {0}")]
    Corrupt(String),
}
