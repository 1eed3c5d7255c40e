//! The one closed list of error codes, and the faults of resolvers.
//!
//! Every GraphQL error carries `extensions.code`. Outcomes that a user can expect of a mutation are no errors: they are
//! data of its payload. What fails before a document reaches the schema (a body that is no JSON, a timeout) has codes of
//! its own, in `http`.

use std::sync::Arc;

use async_graphql::{Error, ErrorExtensionValues, ErrorExtensions, Value};
use chrono::NaiveDate;
use sea_orm::DbErr;

use crate::inventory::{
    InventoryError,
    usage::{NoData, WhyNot},
};

/// The codes that `extensions.code` can have; clients may rely on them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ErrorCode {
    /// The document is not GraphQL.
    ParseFailed,
    /// The document or its variables do not fit the schema: an unknown field, a bad date, a missing argument.
    ValidationFailed,
    /// The request does not say which operation to run, or names one that is not there.
    OperationResolutionFailure,
    /// The document would cost too much: expanded selections, nesting, complexity or length.
    QueryTooComplex,
    /// An argument is of the right type, but makes no sense: a reversed range, an id of another type.
    BadUserInput,
    /// A cursor that is broken, or of another list or order.
    BadCursor,
    /// A page size below 1 or above the limit, or `first` and `last` together.
    PageSize,
    /// No complete snapshot is stored for a date; `extensions.nearestDates` names the nearest that have one, and
    /// `extensions.reason` is DROPPED where there was one.
    NoData,
    /// What the operation is about does not exist.
    NotFound,
    /// The operation asks for something that whoever asks may not do or see; nothing of it was done.
    Forbidden,
    /// The server failed; its log says why.
    Internal,
}

impl ErrorCode {
    /// Every code.
    pub const ALL: [Self; 11] = [
        Self::ParseFailed,
        Self::ValidationFailed,
        Self::OperationResolutionFailure,
        Self::QueryTooComplex,
        Self::BadUserInput,
        Self::BadCursor,
        Self::PageSize,
        Self::NoData,
        Self::NotFound,
        Self::Forbidden,
        Self::Internal,
    ];

    /// The text in `extensions.code`.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::ParseFailed => "GRAPHQL_PARSE_FAILED",
            Self::ValidationFailed => "GRAPHQL_VALIDATION_FAILED",
            Self::OperationResolutionFailure => "OPERATION_RESOLUTION_FAILURE",
            Self::QueryTooComplex => "QUERY_TOO_COMPLEX",
            Self::BadUserInput => "BAD_USER_INPUT",
            Self::BadCursor => "BAD_CURSOR",
            Self::PageSize => "PAGE_SIZE",
            Self::NoData => "NO_DATA",
            Self::NotFound => "NOT_FOUND",
            Self::Forbidden => "FORBIDDEN",
            Self::Internal => "INTERNAL",
        }
    }

    /// Extensions with this code and nothing else.
    pub(super) fn extensions(self) -> ErrorExtensionValues {
        let mut values = ErrorExtensionValues::default();
        values.set("code", self.as_str());
        values
    }
}

/// Why a resolver gives no answer.
///
/// It has no `Display` on purpose: async-graphql turns anything that has one into an error without a code, so that a
/// stray `?` would show a database's message to the world. This way it does not compile.
#[derive(Clone, Debug)]
pub enum Fault {
    /// [`ErrorCode::BadUserInput`].
    BadUserInput(String),
    /// [`ErrorCode::BadCursor`].
    BadCursor(&'static str),
    /// [`ErrorCode::PageSize`].
    PageSize(String),
    /// [`ErrorCode::NoData`].
    NoData {
        /// The date that was asked for.
        date: NaiveDate,
        /// The nearest before and after it that are stored.
        nearest: Vec<NaiveDate>,
    },
    /// [`ErrorCode::NoData`], with `extensions.reason` DROPPED: the date was stored, and its snapshots are dropped.
    Dropped {
        /// The date that was asked for.
        date: NaiveDate,
        /// The nearest before and after it that are kept.
        nearest: Vec<NaiveDate>,
    },
    /// [`ErrorCode::NoData`], of more days than one.
    NoDataOf {
        /// What was asked for.
        what: String,
        /// The nearest stored days before and after it.
        nearest: Vec<NaiveDate>,
    },
    /// [`ErrorCode::NoData`] of one vendor, with the reason.
    NoDataOfVendor(NoData),
    /// [`ErrorCode::NotFound`].
    NotFound(String),
    /// [`ErrorCode::Internal`]; the cause goes to the log only.
    Internal(Arc<InventoryError>),
}

impl Fault {
    /// A stored text that is not what the hub writes.
    pub(super) fn corrupt(what: &str, stored: &str) -> Self {
        InventoryError::Corrupt(format!("{what} `{stored}`")).into()
    }

    fn code(&self) -> ErrorCode {
        match self {
            Self::BadUserInput(_) => ErrorCode::BadUserInput,
            Self::BadCursor(_) => ErrorCode::BadCursor,
            Self::PageSize(_) => ErrorCode::PageSize,
            Self::NoData { .. } | Self::NoDataOf { .. } | Self::NoDataOfVendor(_) | Self::Dropped { .. } => {
                ErrorCode::NoData
            }
            Self::NotFound(_) => ErrorCode::NotFound,
            Self::Internal(_) => ErrorCode::Internal,
        }
    }

    fn message(&self) -> String {
        match self {
            Self::BadUserInput(message) | Self::PageSize(message) | Self::NotFound(message) => message.clone(),
            Self::BadCursor(problem) => format!("{problem}; take cursors from `pageInfo` or `edges` of the same list"),
            Self::NoData { date, nearest } => {
                format!("no complete snapshot is stored for {date}; nearest: {}", hint(nearest))
            }
            Self::NoDataOf { what, nearest } => {
                format!("no day of {what} is stored that could be counted; nearest: {}", hint(nearest))
            }
            Self::Dropped { date, nearest } => {
                format!("the snapshots of {date} were dropped for their age; nearest that are kept: {}", hint(nearest))
            }
            Self::NoDataOfVendor(no_data) => no_data.to_string(),
            Self::Internal(_) => "the server failed to answer this field; its log says why".to_owned(),
        }
    }
}

impl Fault {
    /// What may be said of it; the cause of a server's fault goes to the log.
    pub(super) fn tell(&self) -> String {
        if let Self::Internal(cause) = self {
            tracing::error!(error = &**cause as &dyn std::error::Error, "a GraphQL field failed");
        }
        self.message()
    }
}

fn hint(nearest: &[NaiveDate]) -> String {
    let nearest: Vec<_> = nearest.iter().map(ToString::to_string).collect();
    if nearest.is_empty() { "no day is stored yet".to_owned() } else { nearest.join(" and ") }
}

impl From<Fault> for Error {
    fn from(fault: Fault) -> Self {
        Self::new(fault.tell()).extend_with(|_, extensions| {
            extensions.set("code", fault.code().as_str());
            if let Fault::NoData { nearest, .. }
            | Fault::NoDataOf { nearest, .. }
            | Fault::NoDataOfVendor(NoData { nearest, .. })
            | Fault::Dropped { nearest, .. } = &fault
            {
                let dates = nearest.iter().map(|date| Value::from(date.to_string())).collect();
                extensions.set("nearestDates", Value::List(dates));
            }
            if let Fault::Dropped { .. } | Fault::NoDataOfVendor(NoData { why: WhyNot::Dropped, .. }) = &fault {
                extensions.set("reason", "DROPPED");
            }
        })
    }
}

impl From<InventoryError> for Fault {
    fn from(error: InventoryError) -> Self {
        Self::Internal(Arc::new(error))
    }
}

impl From<DbErr> for Fault {
    fn from(error: DbErr) -> Self {
        InventoryError::from(error).into()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_database_error_shows_its_code_and_nothing_else() {
        let error = Error::from(Fault::from(DbErr::Custom("password of the database".to_owned())));
        assert!(!error.message.contains("password"));
        assert_eq!(error.extensions.unwrap().get("code"), Some(&Value::from("INTERNAL")));
    }

    #[test]
    fn a_date_without_data_names_the_nearest_that_have_some() {
        let day = |text: &str| text.parse::<NaiveDate>().unwrap();
        let nearest = vec![day("2026-03-01"), day("2026-03-04")];
        let error = Error::from(Fault::NoData { date: day("2026-03-02"), nearest });
        assert_eq!(error.message, "no complete snapshot is stored for 2026-03-02; nearest: 2026-03-01 and 2026-03-04");
        let dates = error.extensions.unwrap().get("nearestDates").cloned().unwrap();
        assert_eq!(dates.into_json().unwrap(), serde_json::json!(["2026-03-01", "2026-03-04"]));
    }
}
