//! Every claim about the hub, through the front door, on SQLite and on PostgreSQL.

#![expect(clippy::unwrap_used, reason = "a panic here is a failed test")]

mod architecture;
mod command_line;
mod demo;
mod documents;
mod http_edge;
mod killed;
mod predecessor_sql;
mod schedule;
mod schema;
mod secrecy;
mod serving;
mod settings;
mod sockets;
