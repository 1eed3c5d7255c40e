//! Whether the hub can work.

use std::time::Duration;

use tokio::time::timeout;

use crate::{http::Part, inventory::Database};

/// How long the database may take to answer a probe.
const PATIENCE: Duration = Duration::from_secs(2);

/// The parts that can be out of order. What the database says of its trouble goes to the log only.
pub(super) async fn parts(database: &Database) -> Vec<Part> {
    let (reached, current) = match timeout(PATIENCE, database.missing_migrations()).await {
        Ok(Ok(missing)) if missing.is_empty() => (None, None),
        Ok(Ok(missing)) => {
            tracing::warn!(?missing, "the tables are older than this program");
            (None, Some("migrations are missing: run `inventory-hub migrate`"))
        }
        Ok(Err(error)) => {
            tracing::warn!(error = &error as &dyn std::error::Error, "the database failed a readiness probe");
            (Some("the database failed"), Some("unknown"))
        }
        Err(_elapsed) => (Some("no answer in time"), Some("unknown")),
    };
    vec![Part { name: "database", trouble: reached }, Part { name: "migrations", trouble: current }]
}
