//! SeaORM rows, one table per file. A row is data: rules live in `domain`, queries with those who ask them.
//!
//! Tables and columns are those of section 2 of `shared/reference/rules.md`, made by `migration`. `None` means that nobody
//! said, never "no".

pub mod alert;
pub mod alert_delivery;
pub mod billing_status;
pub mod change_log;
pub mod closed_month;
pub mod closed_month_adjustment;
pub mod closed_month_change;
pub mod closed_month_line;
pub mod collection;
pub mod daily_count;
pub mod daily_total;
pub mod device;
pub mod device_identity;
pub mod device_move;
pub mod device_payload;
pub mod device_snapshot;
pub mod device_type;
pub mod exception;
pub mod exception_event;
pub mod exception_identity;
pub mod exception_period;
pub mod held_collection;
pub mod held_device;
pub mod job_attempt;
pub mod job_batch;
pub mod job_run;
pub mod link_candidate;
pub mod link_decision;
pub mod link_key;
pub mod month_end_count;
pub mod month_end_day;
pub mod month_end_total;
pub mod organization;
pub mod schedule_pause;
pub mod schedule_slot;
pub mod set_aside_record;
pub mod site;
pub mod site_alias;
pub mod site_alias_event;
pub mod snapshot_day;
pub mod sync;
pub mod sync_turn;
pub mod usage_transition;
pub mod vendor;
pub mod vendor_lease;
