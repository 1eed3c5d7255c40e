//! Every claim about the hub, through the front door, on SQLite and on PostgreSQL.

#![expect(clippy::unwrap_used, reason = "a panic here is a failed test")]

mod architecture;
mod bad_ids;
mod bad_input;
mod catalogues;
mod collecting;
mod collecting_over_nights;
mod command_line;
mod deciding;
mod demo;
mod device_facts;
mod device_filters;
mod devices;
mod documents;
mod exception_checks;
mod exceptions;
mod held;
mod hostile_documents;
mod hostile_texts;
mod http_edge;
mod killed;
mod linking;
mod moving_lists;
mod paging;
mod predecessor_sql;
mod resolving;
mod schedule;
mod schema;
mod secrecy;
mod serving;
mod settings;
mod sockets;
mod starting;
mod suggestions;
mod sweep;
mod sync;
mod sync_neighbours;
mod sync_refusals;
mod two_at_once;
mod usage;
mod usage_window;
mod vendor_faults;
mod vendor_paging;
mod vendor_records;
mod vendor_waits;
