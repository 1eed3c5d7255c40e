//! Compression (gzip) of what a client accepts so: JSON, files, the schema, the playground.
//!
//! Not of event streams, whose events would wait in the compressor, and not of what is compressed already. Answers hold no
//! secret beside what the client sent, so that their length tells none.

use tower_http::{
    CompressionLevel,
    compression::{
        CompressionLayer, Predicate,
        predicate::{DefaultPredicate, NotForContentType, SizeAbove},
    },
};

/// Smaller answers fit into a packet as they are.
const WORTH_IT: u16 = 1024;

/// An XLSX file is a ZIP archive.
const EXCEL: NotForContentType = NotForContentType::const_new("application/vnd.openxmlformats");

/// The layer; the fastest level, because most answers are made for one reader.
pub(super) fn layer() -> CompressionLayer<impl Predicate> {
    let worth_it = DefaultPredicate::new().and(SizeAbove::new(WORTH_IT)).and(EXCEL);
    CompressionLayer::new().quality(CompressionLevel::Fastest).compress_when(worth_it)
}
