//! The GraphQL types, one per file. They wrap rows and are never the rows themselves: a column is shown only when a field
//! here says so, with what its null means.
//!
//! A field reads what its object has or asks a loader; it runs no statement of its own.

#![expect(clippy::unused_async, reason = "async-graphql takes asynchronous resolvers only")]

mod alert;
mod audit_event;
mod billing_change;
mod billing_figures;
mod billing_line;
mod billing_report;
mod change_log;
mod codes;
mod collection;
mod count_point;
mod counts;
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
mod held_collection;
mod job;
mod job_attempt;
mod month;
mod month_closing;
mod organization;
mod preloading;
mod retention;
pub(super) mod scalars;
mod schedule;
mod schedule_slot;
mod site;
mod snapshot_columns;
mod snapshot_facts;
pub(super) mod stored;
mod stored_day;
mod suggested_link;
mod sync;
mod usage;
mod usage_change;
mod usage_list;
mod usage_totals;
mod user;
mod vendor;
mod windows11;
mod windows11_readiness;

pub use alert::{Alert, AlertDelivery, AlertDeliveryStatus, AlertEvent, AlertKind, AlertSink};
pub use audit_event::{AuditEvent, AuditKind, AuditOutcome};
pub use billing_change::{BillingChange, BillingChangeKind};
pub use billing_figures::{BillingAverage, BillingExceptions, BillingFigures, BillingUnits};
pub use billing_line::{BillingAdjustment, BillingDifference, BillingLine};
pub use billing_report::{BillingReport, BillingReportStatus};
pub use change_log::{ChangeLogEntry, ChangeMetric, ChangedDevice};
pub use codes::{
    BillingStatus, CollectionOutcome, DeviceType, ExceptionEventKind, ExceptionResolution, ExceptionType, JobStatus,
    JobTrigger, LinkDecisionKind, LinkLoss, LinkRule, SetAsideReason, Severity, SpareReason, VendorName,
    Windows11Outcome, Windows11Requirement, Windows11Verdict,
};
pub use collection::{Collection, SetAsideRecord};
pub use count_point::{CountInterval, CountPoint};
pub use counts::{
    Counts, DeviceCounts, DeviceTypeCounts, LocationCounts, OrganizationCounts, SpareReasonCount, VendorCounts,
};
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
pub use held_collection::{HeldCollection, HeldComparison, HeldOrganization};
pub use job::{JobBatch, JobRun};
pub use job_attempt::{JobAttempt, JobAttemptOutcome};
pub use month::Month;
pub use month_closing::{BillingGap, BillingGapKind, MonthClosing};
pub use organization::Organization;
pub use retention::{RetentionDay, RetentionKept, RetentionPreview};
pub use scalars::{Date, DateTime, Json};
pub use schedule::{Misfire, MisfirePolicy, Schedule, SchedulePause, ScheduleTime};
pub use schedule_slot::{PassedOverReason, ScheduleSlot};
pub use site::{MappedBy, Site, SiteAliasEvent, SiteSuggestion};
pub use snapshot_facts::{Hardware, NetworkFacts, OperatingSystem, Protection, VendorPlace};
pub use stored_day::StoredDay;
pub use suggested_link::{SuggestedLink, SuggestedLinks};
pub use sync::{Sync, SyncOutcome, SyncTrigger};
pub use usage::UsageChanges;
pub use usage_change::{UsageChange, UsageChangeKind};
pub use usage_list::{UsageChangeFilter, UsageChangeOrder, UsageChangeOrderField};
pub use usage_totals::{OrganizationUsageTotals, UsageTotals};
pub use user::{ApiToken, Role, SeenOrganization, User, Viewer};
pub use vendor::{Vendor, VendorDay};
pub use windows11::{Windows11, Windows11Finding};
pub use windows11_readiness::{Windows11Counts, Windows11Group, Windows11OrganizationCounts, Windows11Readiness};
