//! Every claim about the hub, through the front door, on SQLite and on PostgreSQL.

mod architecture;
mod documents;
mod predecessor_sql;
mod schedule;
mod schema;
