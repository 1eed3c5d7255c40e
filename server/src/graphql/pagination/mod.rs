//! Relay connections: the one way in which a list that can grow is read.
//!
//! Pages are cut by keyset: a cursor names the sort key and the id of a row, so that a page costs the same wherever it
//! lies, and rows that come and go meanwhile shift nothing. Every list sorts by one key, made unique by the id beside it;
//! rows without the key come last, whichever way the list goes, on both databases. What only some clients want (the total count, whether rows lie before) is asked for when they
//! ask. It refuses offsets.

mod ahead;
mod asked;
mod connection;
mod cursor;
mod cut;
mod named;
mod page;
mod rows;
mod sort_key;

pub(super) use ahead::ReadAhead;
pub(super) use asked::fields_of_rows;
pub use connection::{Connection, Edge, PageInfo};
pub(super) use cursor::{Key, KeyKind};
pub(super) use cut::page_of_slice;
pub(super) use named::{Place, page_of_named};
pub(super) use page::{PageArguments, page_cost};
pub(super) use rows::{Order, page_of_columns, page_of_rows, page_of_rows_ahead};
pub(super) use sort_key::SortKey;
