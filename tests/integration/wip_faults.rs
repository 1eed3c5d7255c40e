//! Temporary.

#![expect(clippy::unwrap_used, reason = "a panic here is a failed test")]

mod collecting;
mod collecting_over_nights;
mod held;
mod two_at_once;
mod vendor_faults;
mod vendor_paging;
mod vendor_records;
mod vendor_waits;
