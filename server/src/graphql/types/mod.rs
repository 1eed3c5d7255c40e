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
mod device_match;
mod device_move;
mod device_snapshot;
mod device_source;
mod exception;
mod exception_event;
mod exception_summary;
mod exception_trend;
mod exception_type_info;
mod job;
mod organization;
pub(super) mod scalars;
mod site;
mod snapshot_facts;
pub(super) mod stored;
mod stored_day;
mod suggested_link;
mod usage;
mod usage_change;
mod usage_list;
mod usage_totals;
mod vendor;

pub use change_log::{ChangeLogEntry, ChangeMetric, ChangedDevice};
pub use codes::{
    BillingStatus, CollectionOutcome, DeviceType, ExceptionEventKind, ExceptionResolution, ExceptionType, JobStatus,
    JobTrigger, LinkDecisionKind, LinkLoss, LinkRule, SetAsideReason, Severity, SpareReason, VendorName,
};
pub use collection::{Collection, SetAsideRecord};
pub use device::Device;
pub use device_as_of::DeviceAsOf;
pub use device_change::{DeviceChange, DeviceField};
pub use device_match::{DeviceMatch, LinkDecision, LostCandidate};
pub use device_move::DeviceMove;
pub use device_snapshot::DeviceSnapshot;
pub use device_source::DeviceSource;
pub use exception::{Exception, ExceptionStatus};
pub use exception_event::ExceptionEvent;
pub use exception_summary::{
    ExceptionCounts, ExceptionGroup, ExceptionSeverityCounts, ExceptionSummary, ExceptionTally, ExceptionTypeCounts,
    SummaryGroup,
};
pub use exception_trend::ExceptionTrendDay;
pub use exception_type_info::{CheckSetting, ExceptionTypeInfo};
pub use job::{JobBatch, JobRun};
pub use organization::Organization;
pub use scalars::{Date, DateTime, Json};
pub use site::{MappedBy, Site, SiteAliasEvent, SiteSuggestion};
pub use snapshot_facts::{Hardware, NetworkFacts, OperatingSystem, Protection, VendorPlace};
pub use stored_day::StoredDay;
pub use suggested_link::{SuggestedLink, SuggestedLinks};
pub use usage::UsageChanges;
pub use usage_change::{UsageChange, UsageChangeKind};
pub use usage_list::{UsageChangeFilter, UsageChangeOrder, UsageChangeOrderField};
pub use usage_totals::{OrganizationUsageTotals, UsageTotals};
pub use vendor::{Vendor, VendorDay};
