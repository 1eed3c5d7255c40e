//! Filters: one shape on every list.
//!
//! A list's filter names its fields, each with the operators of its kind, and nests others in `and`, `or` and `not`.
//! Filters become conditions with bound values; text from a client is never part of a statement. They refuse to nest
//! without end and to carry lists without end.

mod operators;
mod tree;

pub use operators::{
    BillingStatusFilter, DateFilter, DateTimeFilter, DeviceTypeFilter, ExceptionStatusFilter, ExceptionTypeFilter,
    IdFilter, JobStatusFilter, JobTriggerFilter, OrderDirection, StringFilter, VendorFilter,
};
pub(super) use operators::{Names, one_of};
pub(super) use tree::{Filter, Joined, condition};
