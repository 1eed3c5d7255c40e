//! Temporary.

#![expect(clippy::unwrap_used, reason = "a test that finds nothing has failed")]

mod bad_ids;
mod bad_input;
mod catalogues;
mod device_facts;
mod device_filters;
mod devices;
mod exception_checks;
mod exceptions;
mod hostile_documents;
mod hostile_texts;
mod moving_lists;
mod paging;
mod resolving;
mod starting;
mod sweep;
mod sync;
mod sync_neighbours;
mod sync_refusals;
mod usage;
mod usage_window;
