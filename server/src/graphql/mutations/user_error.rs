//! `UserError`: why a mutation did not do what was asked.

use async_graphql::{Enum, SimpleObject};
use domain::vendor::Vendor;

/// Why a mutation did not do what was asked.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Enum)]
pub enum UserErrorCode {
    /// The input makes no sense; `field` says which part.
    BadInput,
    /// What the input names does not exist, here or at the vendor.
    NotFound,
    /// It was resolved before; the payload shows by whom and how. Reopen it to do something else with it.
    AlreadyResolved,
    /// The same was decided before, and it stands.
    AlreadyDecided,
    /// Somebody changed it since the version that was expected; the payload shows it as it is now.
    Changed,
    /// The filter matches another number of exceptions than the one that was confirmed; `matching` says how many.
    CountDiffers,
    /// Several of the vendor's devices match; the payload lists them.
    Ambiguous,
    /// The vendor could not be asked, or not within the time that was given. Try later.
    VendorUnavailable,
    /// The device is being synced, or was within the last second; the vendor was not asked. `retryAfterSeconds` says when
    /// to come again.
    Throttled,
    /// A newer collection of the vendor is stored: this one can't take its place any more.
    Outdated,
    /// This server has no credentials for the vendor.
    VendorNotConfigured,
    /// Today has no complete collection of the vendor yet to put the device in. Start one first.
    NoStoredDay,
    /// The month is not over, or has not begun.
    MonthNotOver,
    /// The month was closed before; the payload shows by whom, and what was billed.
    AlreadyClosed,
    /// Vendors' organizations with devices at month end are no client that can be billed; the payload lists them.
    UnmappedOrganizations,
    /// A day that the month is billed by is not stored; the payload names it.
    MissingDay,
    /// Names that the configuration lists as internal are no organization's: whoever had them would be billed. The payload
    /// lists them.
    UnknownInternalOrganization,
    /// Nothing is stored that could be counted.
    NoData,
    /// The job has ended; there is nothing left to stop.
    AlreadyEnded,
    /// The job has not ended yet. Wait for it, or cancel it first.
    NotEnded,
    /// All of the job completed; there is nothing to do again. Start a new one instead.
    NothingToRetry,
    /// This server sends no alerts there.
    NotConfigured,
    /// The request's time was over before this one's turn. Ask for it again.
    NotTried,
    /// It goes on, and the request's time is over: the history tells what came of it.
    StillRunning,
    /// The server failed at this one; its log says why, and the history whether it was done all the same.
    Failed,
    /// Another user or API token has or had this name.
    NameTaken,
    /// Nobody would be left who may administer everything.
    LastAdmin,
    /// The current password is another.
    WrongPassword,
    /// Who is asking signs in without a password of the hub.
    NoPassword,
    /// The password was tried too often; `retryAfterSeconds` says when to come again.
    TooManyAttempts,
}

/// Why a mutation did not do what was asked. Nothing was changed.
#[derive(Clone, Debug, SimpleObject)]
pub struct UserError {
    /// Which kind of trouble.
    code: UserErrorCode,
    /// The trouble in a sentence.
    message: String,
    /// The way to the part of the input that it is about; null when it is about no single part.
    field: Option<Vec<String>>,
}

impl UserError {
    pub(super) fn new(code: UserErrorCode, message: impl Into<String>) -> Self {
        Self { code, message: message.into(), field: None }
    }

    pub(super) fn not_configured(vendor: Vendor) -> Self {
        let message = format!("{vendor} is not configured on this server");
        Self::new(UserErrorCode::VendorNotConfigured, message)
    }

    /// About one field of the input.
    pub(super) fn about(field: &str, code: UserErrorCode, message: impl Into<String>) -> Self {
        Self { field: Some(vec!["input".to_owned(), field.to_owned()]), ..Self::new(code, message) }
    }

    /// The same about a field deeper in the input.
    pub(super) fn within(mut self, path: &[&str]) -> Self {
        if let Some(field) = &mut self.field {
            field.splice(1..1, path.iter().map(|&part| part.to_owned()));
        }
        self
    }
}
