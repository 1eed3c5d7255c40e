//! Which right every root field needs, and the one place where it is asked for: before anything of an operation is done,
//! over HTTP, WebSocket and for exports alike.
//!
//! An operation is refused as a whole: of two mutations in one document, one of which is not allowed, none is carried out.
//! Who may see some organizations only reads by connections that know no others (`inventory::reach`). What such a reader
//! could make no sense of (what the hub does for all clients together, what all are billed) is refused, and so is every
//! change but the work on single exceptions, which are looked up by the same connections first.

use async_graphql::{Request, ServerError, ServerResult, parser::types::OperationType};
use domain::access::Right;

use super::{errors::ErrorCode, principal, root_fields};

/// What a root field needs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Need {
    right: Right,
    /// Whether it is for those too who may see some organizations only.
    is_for_restricted: bool,
}

const fn everything(right: Right) -> Need {
    Need { right, is_for_restricted: false }
}

const fn anybody(right: Right) -> Need {
    Need { right, is_for_restricted: true }
}

/// What a root field needs; `None` for one that is not listed, which nobody may use. A test holds the list against the
/// schema.
pub(super) fn need(kind: OperationType, field: &str) -> Option<Need> {
    Some(match (kind, field) {
        // What the schema says of itself is no secret, and who has a password may change it.
        (_, "__typename")
        | (OperationType::Mutation, "changeOwnPassword")
        | (
            OperationType::Query,
            "__schema"
            | "__type"
            | "viewer"
            | "devices"
            | "device"
            | "devicesAsOf"
            | "snapshots"
            | "exceptions"
            | "exception"
            | "exceptionTypes"
            | "exceptionSummary"
            | "exceptionTrend"
            | "usageChanges"
            | "availableDates"
            | "organizations"
            | "vendorOrganizations"
            | "counts"
            | "countSeries"
            | "windows11Readiness"
            | "windows11Devices"
            | "node"
            | "nodes",
        ) => anybody(Right::Read),
        (
            OperationType::Query,
            "billingReport" | "vendors" | "changeLog" | "jobBatches" | "jobRuns" | "alerts" | "heldCollections"
            | "missingDevices" | "syncs" | "retentionPreview" | "schedule" | "scheduleSlots" | "suggestedLinks",
        )
        | (OperationType::Subscription, "jobProgress" | "jobs") => everything(Right::Read),
        (
            OperationType::Mutation,
            "resolveException" | "reopenException" | "assignException" | "commentOnException" | "snoozeException",
        ) => anybody(Right::Work),
        (
            OperationType::Mutation,
            "syncDevice" | "syncDevices" | "changeExceptions" | "startCollection" | "cancelJob" | "retryJob"
            | "linkIdentities" | "separateIdentities",
        ) => everything(Right::Work),
        (
            OperationType::Mutation,
            "applyHeldCollection"
            | "discardHeldCollection"
            | "setOrganizationAlias"
            | "removeOrganizationAlias"
            | "closeMonth"
            | "pauseSchedule"
            | "resumeSchedule"
            | "testAlert"
            | "createUser"
            | "changeUser"
            | "createApiToken"
            | "revokeApiToken",
        )
        | (OperationType::Query, "users" | "apiTokens" | "auditEvents") => everything(Right::Administer),
        _ => return None,
    })
}

/// Asks for the rights of a request.
pub(super) fn check(request: &mut Request) -> ServerResult<()> {
    // A document that can't be read, or an operation that isn't there, is others' to report: nothing runs of it.
    let Some((kind, fields)) = root_fields::names_of_request(request).ok().flatten() else { return Ok(()) };
    for (field, pos) in fields {
        if let Some(message) = refusal(request, kind, field.as_str()) {
            let mut error = ServerError::new(message, Some(pos));
            error.extensions = Some(ErrorCode::Forbidden.extensions());
            return Err(error);
        }
    }
    Ok(())
}

/// Why a root field may not be used by who asks.
fn refusal(request: &Request, kind: OperationType, field: &str) -> Option<String> {
    let Some(principal) = principal::of(request) else { return Some("nobody is asking".to_owned()) };
    // A field that the schema doesn't have is refused by it, with a better message.
    let need = need(kind, field).unwrap_or(everything(Right::Administer));
    if !principal.may(need.right) {
        let role = principal.role().code();
        return Some(format!("the role {role} may not use `{field}`"));
    }
    let beyond = principal.reach().is_restricted() && !need.is_for_restricted;
    beyond.then(|| format!("`{field}` is for those who may see all organizations"))
}
