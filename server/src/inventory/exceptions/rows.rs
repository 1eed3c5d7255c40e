//! How rows of `exceptions` and `exception_event` change.

use chrono::{DateTime, NaiveDate, Utc};
use domain::{checks::Finding, search::haystack};
use entity::{exception, exception_event};
use sea_orm::{
    ActiveModelTrait,
    ActiveValue::{NotSet, Set},
    DatabaseTransaction,
    sea_query::OnConflict,
};
use serde_json::Value;

use super::Resolution;
use crate::inventory::{InventoryError, bulk, observed::clip};

/// When something happened, to which day it counts, and who did it.
#[derive(Clone, Copy, Debug)]
pub(super) struct Moment<'a> {
    pub(super) at: DateTime<Utc>,
    pub(super) on: NaiveDate,
    pub(super) actor: &'a str,
}

/// A known exception as a new finding shows it.
pub(super) fn seen(exception: &exception::Model, finding: &Finding, date: NaiveDate) -> exception::Model {
    exception::Model {
        last_seen_date: date.max(exception.last_seen_date),
        details: finding.details.clone(),
        details_text: haystack(&finding.hostname, &finding.details),
        hostname: clip(&finding.hostname, 255),
        organization_id: finding.organization_id,
        ..exception.clone()
    }
}

pub(super) fn reopened(row: exception::Model, now: DateTime<Utc>) -> exception::Model {
    exception::Model {
        resolved: false,
        resolution: None,
        resolved_at: None,
        resolved_date: None,
        resolved_by: None,
        accepted_until: None,
        snoozed_until: None,
        reopened_at: Some(now),
        version: row.version + 1,
        ..row
    }
}

pub(super) fn verified(exception: &exception::Model, moment: Moment<'_>) -> exception::Model {
    exception::Model {
        resolved: true,
        resolution: Some(Resolution::Verified.code().to_owned()),
        resolved_at: Some(moment.at),
        // A check of an older day than the last sighting ends no exception before it was seen.
        resolved_date: Some(moment.on.max(exception.last_seen_date)),
        resolved_by: Some(moment.actor.to_owned()),
        snoozed_until: None,
        version: exception.version + 1,
        ..exception.clone()
    }
}

pub(super) fn opened(finding: &Finding, date: NaiveDate) -> exception::ActiveModel {
    exception::ActiveModel {
        id: NotSet,
        date_found: Set(date),
        r#type: Set(finding.exception_type.code().to_owned()),
        hostname: Set(clip(&finding.hostname, 255)),
        details: Set(finding.details.clone()),
        details_text: Set(haystack(&finding.hostname, &finding.details)),
        resolved: Set(false),
        resolved_date: Set(None),
        resolved_by: Set(None),
        assigned_to: Set(None),
        notes: Set(None),
        fingerprint: Set(finding.fingerprint.clone()),
        last_seen_date: Set(date),
        organization_id: Set(finding.organization_id),
        resolution: Set(None),
        resolved_at: Set(None),
        accepted_until: Set(None),
        reopened_at: Set(None),
        severity: Set(finding.exception_type.severity().rank()),
        snoozed_until: Set(None),
        version: Set(1),
    }
}

/// Writes whole rows back, many per statement.
pub(super) async fn update(
    transaction: &DatabaseTransaction,
    rows: Vec<exception::Model>,
) -> Result<(), InventoryError> {
    use exception::Column;
    let rule = OnConflict::column(Column::Id)
        .update_columns([
            Column::Hostname,
            Column::Details,
            Column::DetailsText,
            Column::Resolved,
            Column::ResolvedDate,
            Column::ResolvedBy,
            Column::LastSeenDate,
            Column::OrganizationId,
            Column::Resolution,
            Column::ResolvedAt,
            Column::AcceptedUntil,
            Column::ReopenedAt,
            Column::SnoozedUntil,
            Column::Version,
        ])
        .to_owned();
    let rows = rows.into_iter().map(|row| exception::ActiveModel::from(row).reset_all()).collect();
    bulk::insert(transaction, rows, Some(rule)).await?;
    Ok(())
}

pub(super) fn event(id: i64, moment: Moment<'_>, kind: &str, detail: Value) -> exception_event::ActiveModel {
    exception_event::ActiveModel {
        id: NotSet,
        exception_id: Set(id),
        happened_at: Set(moment.at),
        happened_on: Set(Some(moment.on)),
        actor: Set(moment.actor.to_owned()),
        kind: Set(kind.to_owned()),
        detail: Set(detail),
    }
}
