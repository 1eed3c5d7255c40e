//! Every claim about the hub, through the front door, on SQLite and on PostgreSQL.
