//! Filters: one shape on every list.
//!
//! A list's filter names its fields, each with the operators of its kind, and nests others in `and`, `or` and `not`.
//! Filters become conditions with bound values; text from a client is never part of a statement. They refuse to nest
//! without end and to carry lists without end.

mod enums;
mod numbers;
mod operators;
mod order;
mod strings;
mod texts;
mod tree;

pub use self::{
    enums::{
        AlertKindFilter, AuditKindFilter, AuditOutcomeFilter, BillingStatusFilter, DeviceTypeFilter,
        ExceptionStatusFilter, ExceptionTypeFilter, JobStatusFilter, JobTriggerFilter, SeverityFilter,
        SyncOutcomeFilter, SyncTriggerFilter, UsageChangeKindFilter, VendorFilter,
    },
    numbers::IntFilter,
    operators::{DateFilter, DateTimeFilter, IdFilter},
    order::OrderDirection,
    strings::StringFilter,
    texts::{LocationFilter, PrincipalFilter, TextFilter},
};
pub(super) use self::{
    operators::{both, bounded, one_of},
    strings::Names,
    tree::{Filter, Joined, condition},
};
