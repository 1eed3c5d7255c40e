//! The query roots: what can be read, one file per root.
//!
//! A root reads its arguments, calls one thing and returns. Rows are read through `entity` on the reading side of the
//! database; what needs a rule (usage changes, stored days) is asked of `inventory`. Nothing here writes.

mod access;
mod alerts;
mod audit_events;
mod available_dates;
mod billing_report;
mod change_log;
mod counts;
mod devices;
mod devices_as_of;
mod exception_types;
mod exceptions;
mod held_collections;
mod jobs;
mod nodes;
mod organizations;
mod retention_preview;
mod schedule;
mod snapshots;
mod suggested_links;
mod syncs;
mod usage_changes;
mod vendor_organizations;
mod vendors;
mod windows11;

use async_graphql::MergedObject;

pub use self::{
    alerts::AlertFilter,
    audit_events::AuditEventFilter,
    counts::CountFilter,
    devices::{DeviceFilter, DeviceOrder, DeviceOrderField, Presence},
    exceptions::{ExceptionFilter, ExceptionOrder, ExceptionOrderField, ExceptionTrendFilter},
    jobs::{JobBatchFilter, JobNameFilter, JobRunFilter},
    organizations::OrganizationFilter,
    snapshots::{SnapshotFilter, SnapshotOrder, SnapshotOrderField},
    syncs::SyncFilter,
    vendor_organizations::VendorOrganizationFilter,
};

pub(in crate::graphql) use self::exceptions::{Standpoint, age_days, status_of};

/// What can be read.
#[derive(Clone, Copy, Debug, Default, MergedObject)]
pub struct Query(
    devices::DeviceQueries,
    devices_as_of::DeviceAsOfQueries,
    snapshots::SnapshotQueries,
    exceptions::ExceptionQueries,
    exception_types::ExceptionTypeQueries,
    exceptions::ExceptionSummaryQueries,
    exceptions::ExceptionTrendQueries,
    usage_changes::UsageQueries,
    billing_report::BillingQueries,
    available_dates::DateQueries,
    vendors::VendorQueries,
    organizations::OrganizationQueries,
    vendor_organizations::VendorOrganizationQueries,
    change_log::ChangeLogQueries,
    counts::CountQueries,
    counts::CountSeriesQueries,
    jobs::JobQueries,
    alerts::AlertQueries,
    held_collections::HeldCollectionQueries,
    syncs::SyncQueries,
    retention_preview::RetentionQueries,
    schedule::ScheduleQueries,
    suggested_links::SuggestionQueries,
    windows11::Windows11Queries,
    nodes::NodeQueries,
    access::AccessQueries,
    audit_events::AuditQueries,
);
