//! How rows of `exceptions` and `exception_event` change.

use std::collections::{BTreeSet, HashMap};

use chrono::{DateTime, NaiveDate, Utc};
use domain::{
    checks::Finding,
    exception_life::{Event, Latest, Resolution, Resolved, Work},
    search::haystack,
};
use entity::{exception, exception_event, organization};
use sea_orm::{
    ActiveModelTrait,
    ActiveValue::{NotSet, Set},
    ColumnTrait, DatabaseTransaction, EntityTrait, QueryFilter, QuerySelect,
    sea_query::OnConflict,
};
use serde_json::json;

use crate::inventory::{InventoryError, bulk, observed::clip};

/// When something happened, to which day it counts, and who did it.
#[derive(Clone, Copy, Debug)]
pub(super) struct Moment<'a> {
    pub(super) at: DateTime<Utc>,
    pub(super) on: NaiveDate,
    pub(super) actor: &'a str,
}

/// The names of organizations, which rows have beside the ids: lists are sorted by them, and an index has no join.
/// `renaming` changes both.
#[derive(Debug)]
pub(super) struct OrganizationNames(HashMap<i64, String>);

impl OrganizationNames {
    /// Of the organizations of these findings.
    pub(super) async fn load(transaction: &DatabaseTransaction, findings: &[&Finding]) -> Result<Self, InventoryError> {
        use organization::{Column, Entity};
        let ids: BTreeSet<i64> = findings.iter().filter_map(|finding| finding.organization_id).collect();
        let ids: Vec<i64> = ids.into_iter().collect();
        let mut names = HashMap::with_capacity(ids.len());
        for chunk in ids.chunks(bulk::KEYS_PER_STATEMENT) {
            let rows = Entity::find().select_only().columns([Column::Id, Column::CanonicalName]);
            let rows = rows.filter(Column::Id.is_in(chunk.iter().copied())).into_tuple().all(transaction).await?;
            names.extend(rows);
        }
        Ok(Self(names))
    }

    fn of(&self, organization: Option<i64>) -> Option<String> {
        self.0.get(&organization?).cloned()
    }
}

/// A known exception as a new finding shows it.
pub(super) fn seen(
    exception: &exception::Model,
    finding: &Finding,
    names: &OrganizationNames,
    date: NaiveDate,
) -> exception::Model {
    exception::Model {
        last_seen_date: date.max(exception.last_seen_date),
        details: finding.details.clone(),
        details_text: haystack(&finding.hostname, &finding.details),
        hostname: clip(&finding.hostname, 255),
        organization_id: finding.organization_id,
        organization_name: names.of(finding.organization_id),
        ..exception.clone()
    }
}

/// A known exception that stays as it is, where a finding shows it under another client or name; `None` where it does not.
pub(super) fn refiled(
    exception: &exception::Model,
    finding: &Finding,
    names: &OrganizationNames,
) -> Option<exception::Model> {
    let row = seen(exception, finding, names, exception.last_seen_date);
    let is_elsewhere = row.organization_id != exception.organization_id || row.hostname != exception.hostname;
    is_elsewhere.then_some(row)
}

/// The part of a row that people change.
pub(super) fn work(row: &exception::Model, latest: Option<Latest>) -> Work {
    let how = row.resolution.as_deref().and_then(Resolution::from_code);
    Work {
        resolved: row.resolved.then_some(Resolved { how, accepted_until: row.accepted_until }),
        assigned_to: row.assigned_to.clone(),
        snoozed_until: row.snoozed_until,
        note: row.notes.clone(),
        latest,
    }
}

/// The row after a person's change.
pub(super) fn worked(row: &exception::Model, work: Work, moment: Moment<'_>) -> exception::Model {
    let row = match (row.resolved, work.resolved) {
        (true, None) => reopened(row.clone(), moment),
        (false, Some(resolved)) => exception::Model {
            resolved: true,
            resolution: resolved.how.map(|how| how.code().to_owned()),
            resolved_at: Some(moment.at),
            resolved_date: Some(moment.on),
            resolved_by: Some(moment.actor.to_owned()),
            accepted_until: resolved.accepted_until,
            version: row.version + 1,
            ..row.clone()
        },
        _ => exception::Model { version: row.version + 1, ..row.clone() },
    };
    let Work { assigned_to, snoozed_until, note, .. } = work;
    exception::Model { assigned_to, snoozed_until, notes: note, ..row }
}

pub(super) fn reopened(row: exception::Model, moment: Moment<'_>) -> exception::Model {
    exception::Model {
        resolved: false,
        resolution: None,
        resolved_at: None,
        resolved_date: None,
        resolved_by: None,
        accepted_until: None,
        snoozed_until: None,
        reopened_at: Some(moment.at),
        reopened_by: Some(moment.actor.to_owned()),
        version: row.version + 1,
        ..row
    }
}

/// The day on which a period begins that is opened anew: not before the last one ended.
pub(super) fn open_since(row: &exception::Model, moment: Moment<'_>) -> NaiveDate {
    row.resolved_date.map_or(moment.on, |closed| closed.max(moment.on))
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

pub(super) fn opened(
    finding: &Finding,
    vendors: i64,
    names: &OrganizationNames,
    date: NaiveDate,
) -> exception::ActiveModel {
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
        organization_name: Set(names.of(finding.organization_id)),
        resolution: Set(None),
        resolved_at: Set(None),
        accepted_until: Set(None),
        reopened_at: Set(None),
        reopened_by: Set(None),
        severity: Set(finding.exception_type.severity().rank()),
        snoozed_until: Set(None),
        vendors: Set(vendors),
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
            Column::AssignedTo,
            Column::Notes,
            Column::LastSeenDate,
            Column::OrganizationId,
            Column::OrganizationName,
            Column::Resolution,
            Column::ResolvedAt,
            Column::AcceptedUntil,
            Column::ReopenedAt,
            Column::ReopenedBy,
            Column::SnoozedUntil,
            Column::Version,
        ])
        .to_owned();
    let rows = rows.into_iter().map(|row| exception::ActiveModel::from(row).reset_all()).collect();
    bulk::insert(transaction, rows, Some(rule)).await?;
    Ok(())
}

pub(super) fn event(id: i64, moment: Moment<'_>, event: Event) -> exception_event::ActiveModel {
    let Event { kind, from, to, note, accepted_until } = event;
    exception_event::ActiveModel {
        id: NotSet,
        exception_id: Set(id),
        happened_at: Set(moment.at),
        happened_on: Set(Some(moment.on)),
        actor: Set(moment.actor.to_owned()),
        kind: Set(kind.code().to_owned()),
        detail: Set(json!({ "from": from, "to": to, "note": note, "acceptedUntil": accepted_until })),
    }
}
