//! The shape of the tables, one change per file, up and down, the same on SQLite and PostgreSQL.
//!
//! Migrations import nothing of ours: they tell how the tables were made at the time, whatever the code says today.
//! Tables and columns come from section 2 of `shared/reference/rules.md`; its names are kept, so that SQL written for
//! the predecessor keeps its answers on PostgreSQL.

#![allow(clippy::wildcard_imports, reason = "the schema builder's dozens of column functions read as a vocabulary")]

pub use sea_orm_migration::prelude::MigratorTrait;
use sea_orm_migration::prelude::{MigrationTrait, async_trait};

mod m0001_vendors_and_codes;
mod m0002_organizations;
mod m0003_devices;
mod m0004_device_snapshots;
mod m0005_collections;
mod m0006_jobs;
mod m0007_exceptions;
mod m0008_counts;
mod m0009_exception_work;
mod m0010_link_decisions;
mod m0011_exception_search;
mod m0012_site_alias_events;
mod m0013_reopened_by;
mod m0014_usage_transitions;
mod m0015_snapshot_partitions;
mod m0016_closed_months;
mod m0017_windows_11_verdict;
mod m0018_exception_reading;
mod m0019_exception_vendors;
mod m0020_schedules;
mod m0021_job_attempts;
mod m0022_syncs;
mod m0023_alerts;
mod m0026_access;
mod m0027_audit_events;
mod m0028_closed_month_changes;
mod m0029_oidc;
mod m0030_stored_version;
mod m0031_audit_replacement;
mod sql;

/// The names of all migrations, in order, as the table `seaql_migrations` has them.
pub fn names() -> Vec<String> {
    Migrator::migrations().iter().map(|migration| migration.name().to_owned()).collect()
}

/// All migrations, in order.
#[derive(Debug)]
pub struct Migrator;

#[async_trait::async_trait]
impl MigratorTrait for Migrator {
    fn migrations() -> Vec<Box<dyn MigrationTrait>> {
        vec![
            Box::new(m0001_vendors_and_codes::Migration),
            Box::new(m0002_organizations::Migration),
            Box::new(m0003_devices::Migration),
            Box::new(m0004_device_snapshots::Migration),
            Box::new(m0005_collections::Migration),
            Box::new(m0006_jobs::Migration),
            Box::new(m0007_exceptions::Migration),
            Box::new(m0008_counts::Migration),
            Box::new(m0009_exception_work::Migration),
            Box::new(m0010_link_decisions::Migration),
            Box::new(m0011_exception_search::Migration),
            Box::new(m0012_site_alias_events::Migration),
            Box::new(m0013_reopened_by::Migration),
            Box::new(m0014_usage_transitions::Migration),
            Box::new(m0015_snapshot_partitions::Migration),
            Box::new(m0016_closed_months::Migration),
            Box::new(m0017_windows_11_verdict::Migration),
            Box::new(m0018_exception_reading::Migration),
            Box::new(m0019_exception_vendors::Migration),
            Box::new(m0020_schedules::Migration),
            Box::new(m0021_job_attempts::Migration),
            Box::new(m0022_syncs::Migration),
            Box::new(m0023_alerts::Migration),
            Box::new(m0026_access::Migration),
            Box::new(m0027_audit_events::Migration),
            Box::new(m0028_closed_month_changes::Migration),
            Box::new(m0029_oidc::Migration),
            Box::new(m0030_stored_version::Migration),
            Box::new(m0031_audit_replacement::Migration),
        ]
    }
}
