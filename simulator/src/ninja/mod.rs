//! NinjaOne v2 as it answers: tokens, lists paged by `after`, reports paged by server-side cursors, the several
//! families of errors. It refuses to be more helpful than the vendor: no totals, no Link header, no `next`.

pub(crate) mod catalog;
pub(crate) mod cursor;
mod details;
pub(crate) mod device;
pub(crate) mod errors;
mod filter;
pub(crate) mod listing;
pub(crate) mod oauth;
mod reports;
pub(crate) mod routes;
