//! The GraphQL types, one per file. They wrap rows and are never the rows themselves: a column is shown only when a field
//! here says so, with what its null means.
//!
//! A field reads what its object has or asks a loader; it runs no statement of its own.

#![expect(clippy::unused_async, reason = "async-graphql takes asynchronous resolvers only")]

mod change_log;
mod codes;
mod collection;
mod device;
mod device_as_of;
mod device_change;
mod device_snapshot;
mod device_source;
mod exception;
mod job;
mod organization;
pub(super) mod scalars;
mod site;
mod snapshot_facts;
pub(super) mod stored;
mod stored_day;
mod usage;
mod usage_change;
mod usage_totals;
mod vendor;

pub use change_log::{ChangeLogEntry, ChangeMetric, ChangedDevice};
pub use codes::{
    BillingStatus, CollectionOutcome, DeviceType, ExceptionResolution, ExceptionType, JobStatus, JobTrigger, LinkRule,
    SetAsideReason, SpareReason, VendorName,
};
pub use collection::{Collection, SetAsideRecord};
pub use device::Device;
pub use device_as_of::DeviceAsOf;
pub use device_change::{DeviceChange, DeviceField};
pub use device_snapshot::DeviceSnapshot;
pub use device_source::DeviceSource;
pub use exception::{Exception, ExceptionEvent, ExceptionStatus};
pub use job::{JobBatch, JobRun};
pub use organization::Organization;
pub use scalars::{Date, DateTime, Json};
pub use site::{MappedBy, Site, SiteAliasEvent, SiteSuggestion};
pub use snapshot_facts::{Hardware, NetworkFacts, OperatingSystem, Protection, VendorPlace};
pub use stored_day::StoredDay;
pub use usage::UsageChanges;
pub use usage_change::{UsageChange, UsageChangeKind};
pub use usage_totals::{OrganizationUsageTotals, UsageTotals};
pub use vendor::{Vendor, VendorDay};
