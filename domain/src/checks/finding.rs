//! What a check reports.

use crate::checks::{ExceptionType, Sighting};

/// Something wrong with one day's data.
#[derive(Clone, Debug, PartialEq)]
pub struct Finding {
    /// The kind of trouble.
    pub exception_type: ExceptionType,
    /// The identity that the exception is about.
    pub subject: i64,
    /// Every identity that the fingerprint names, ascending.
    pub identities: Vec<i64>,
    /// The same text for the same trouble on every day: see [`fingerprint`].
    pub fingerprint: String,
    /// The subject's canonical host name; as received where nothing is left of it.
    pub hostname: String,
    /// The subject's organization.
    pub organization_id: Option<i64>,
    /// What a technician needs to know, under the predecessor's key names where they still make sense.
    pub details: serde_json::Value,
}

/// `TYPE:vendor/key+vendor/key`, sorted.
pub fn fingerprint(_exception_type: ExceptionType, _concerned: &[&Sighting]) -> String {
    todo!()
}
