//! ThreatLocker's Portal API as it answers: raw keys, scope by header, pages by number with totals in a header,
//! PascalCase errors. It refuses unknown fields in a body, as the vendor's schema does.

pub(crate) mod checkins;
pub(crate) mod computer;
pub(crate) mod errors;
pub(crate) mod listing;
pub(crate) mod organizations;
pub(crate) mod request;
pub(crate) mod routes;
