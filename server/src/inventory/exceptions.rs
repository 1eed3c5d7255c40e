//! Exceptions: findings become rows that live on, and people resolve them (rules section 8).

use std::collections::{HashMap, HashSet};

use chrono::{DateTime, NaiveDate, Utc};
use domain::{
    checks::Finding,
    exception_life::{self, Evidence, Standing, Step},
};
use entity::{exception, exception_event, exception_identity};
use sea_orm::{
    ActiveModelTrait,
    ActiveValue::{NotSet, Set},
    ColumnTrait, DatabaseTransaction, EntityTrait, IntoActiveModel, QueryFilter, QuerySelect,
    sea_query::OnConflict,
};
use serde_json::{Value, json};

pub use domain::exception_life::Resolution;

use super::{Inventory, InventoryError, bulk};

/// Who acts when a check opens and closes exceptions.
pub const CHECKS_ACTOR: &str = "checks";

/// A person's decision on one exception.
#[derive(Clone, Debug)]
pub struct Resolve {
    /// The exception.
    pub exception_id: i64,
    /// How it is resolved; `Verified` is the checks' own.
    pub resolution: Resolution,
    /// Why, in the person's words.
    pub note: Option<String>,
    /// With `Accepted`: the last day on which it is accepted.
    pub accepted_until: Option<NaiveDate>,
    /// Refuse if the exception has changed since this version was read.
    pub expected_version: Option<i64>,
    /// The signed-in principal.
    pub actor: String,
}

/// What came of it.
#[derive(Clone, Debug, PartialEq)]
pub enum ResolveOutcome {
    /// It is resolved now.
    Resolved(exception::Model),
    /// It was resolved before; nothing changed.
    AlreadyResolved(exception::Model),
    /// Somebody changed it since; nothing changed.
    Changed(exception::Model),
    /// There is no such exception.
    Unknown,
}

/// What one application of findings did, by exception id.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Applied {
    /// New ones.
    pub opened: Vec<i64>,
    /// Resolved ones that were found again.
    pub reopened: Vec<i64>,
    /// Open ones that are gone.
    pub verified: Vec<i64>,
}

/// Findings of one check, and which known exceptions they speak for.
#[derive(Debug)]
pub(crate) struct Findings<'a> {
    pub(crate) type_code: &'static str,
    pub(crate) found: Vec<&'a Finding>,
    pub(crate) evidence: Evidence,
    /// Only exceptions about one of these identities are concerned; `None` is all of the type.
    pub(crate) about: Option<&'a HashSet<i64>>,
}

impl Inventory {
    /// Resolves an exception for a person.
    pub async fn resolve_exception(&self, resolve: Resolve) -> Result<ResolveOutcome, InventoryError> {
        let transaction = self.database.begin().await?;
        let found = exception::Entity::find_by_id(resolve.exception_id).lock_exclusive().one(&transaction).await?;
        let Some(known) = found else { return Ok(ResolveOutcome::Unknown) };
        if known.resolved {
            return Ok(ResolveOutcome::AlreadyResolved(known));
        }
        if resolve.expected_version.is_some_and(|version| version != known.version) {
            return Ok(ResolveOutcome::Changed(known));
        }
        let event = event(known.id, self.now(), &resolve.actor, "resolved", resolution_detail(&resolve));
        let stored = self.resolved(known, &resolve).update(&transaction).await?;
        exception_event::Entity::insert(event).exec_without_returning(&transaction).await?;
        transaction.commit().await?;
        Ok(ResolveOutcome::Resolved(stored))
    }

    fn resolved(&self, known: exception::Model, resolve: &Resolve) -> exception::ActiveModel {
        let version = known.version + 1;
        exception::ActiveModel {
            resolved: Set(true),
            resolution: Set(Some(resolve.resolution.code().to_owned())),
            resolved_at: Set(Some(self.now())),
            resolved_date: Set(Some(self.today())),
            resolved_by: Set(Some(resolve.actor.clone())),
            accepted_until: Set(resolve.accepted_until),
            notes: Set(resolve.note.clone()),
            version: Set(version),
            ..known.into_active_model()
        }
    }

    /// Brings the exceptions of one type in line with what its check found; in a storing transaction.
    pub(crate) async fn apply_findings(
        &self,
        transaction: &DatabaseTransaction,
        findings: &Findings<'_>,
    ) -> Result<Applied, InventoryError> {
        let known = list_known(transaction, findings).await?;
        let found: HashMap<&str, &Finding> =
            findings.found.iter().map(|finding| (finding.fingerprint.as_str(), *finding)).collect();
        let mut applied = Applied::default();
        let (mut changed, mut events) = (Vec::new(), Vec::new());
        for exception in &known {
            let finding = found.get(exception.fingerprint.as_str()).copied();
            let step = match finding {
                Some(_) => exception_life::found_again(standing(exception), findings.evidence),
                None => exception_life::not_found(standing(exception)),
            };
            let (row, entry) = self.step(exception, step, finding, findings.evidence);
            match step {
                Step::Reopen => applied.reopened.push(exception.id),
                Step::Verify => applied.verified.push(exception.id),
                Step::Update | Step::Leave => {}
            }
            changed.extend(row);
            events.extend(entry);
        }
        let known: HashSet<&str> = known.iter().map(|exception| exception.fingerprint.as_str()).collect();
        let new: Vec<&Finding> = found.into_values().filter(|f| !known.contains(f.fingerprint.as_str())).collect();
        update(transaction, changed).await?;
        let opened = self.open_exceptions(transaction, &new, findings.evidence.date).await?;
        events.extend(opened.iter().map(|id| event(*id, self.now(), CHECKS_ACTOR, "found", json!({}))));
        bulk::insert(transaction, events, None).await?;
        applied.opened = opened;
        Ok(applied)
    }

    /// The row and the entry of the history that a step makes of an exception.
    fn step(
        &self,
        exception: &exception::Model,
        step: Step,
        finding: Option<&Finding>,
        evidence: Evidence,
    ) -> (Option<exception::Model>, Option<exception_event::ActiveModel>) {
        let now = self.now();
        let seen = finding.map(|finding| seen(exception, finding, evidence.date));
        match step {
            Step::Leave => (None, None),
            Step::Update => (seen.filter(|row| row != exception), None),
            Step::Reopen => {
                let from = json!({ "from": exception.resolution });
                let row = seen.map(|row| reopened(row, now));
                (row, Some(event(exception.id, now, CHECKS_ACTOR, "reopened", from)))
            }
            Step::Verify => {
                let row = verified(exception, now, evidence.date);
                (Some(row), Some(event(exception.id, now, CHECKS_ACTOR, "verified", json!({}))))
            }
        }
    }

    /// Inserts new exceptions with the identities they are about; answers their ids.
    async fn open_exceptions(
        &self,
        transaction: &DatabaseTransaction,
        new: &[&Finding],
        date: NaiveDate,
    ) -> Result<Vec<i64>, InventoryError> {
        let mut rows: Vec<&Finding> = new.to_vec();
        rows.sort_by(|left, right| left.fingerprint.cmp(&right.fingerprint));
        bulk::insert(transaction, rows.iter().map(|finding| opened(finding, date)).collect(), None).await?;
        let mut ids = HashMap::new();
        for chunk in rows.chunks(bulk::KEYS_PER_STATEMENT) {
            let fingerprints = chunk.iter().map(|finding| finding.fingerprint.as_str());
            let stored = exception::Entity::find()
                .select_only()
                .columns([exception::Column::Id, exception::Column::Fingerprint])
                .filter(exception::Column::Fingerprint.is_in(fingerprints))
                .into_tuple::<(i64, String)>()
                .all(transaction)
                .await?;
            ids.extend(stored.into_iter().map(|(id, fingerprint)| (fingerprint, id)));
        }
        let about = rows.iter().filter_map(|finding| ids.get(&finding.fingerprint).map(|id| (*id, *finding)));
        let about = about.flat_map(|(id, finding)| {
            finding.identities.iter().map(move |identity| exception_identity::ActiveModel {
                exception_id: Set(id),
                device_identity_id: Set(*identity),
            })
        });
        bulk::insert(transaction, about.collect(), None).await?;
        let mut ids: Vec<i64> = ids.into_values().collect();
        ids.sort_unstable();
        Ok(ids)
    }
}

/// The exceptions that findings may change: the open ones they speak for, and those with one of their fingerprints.
async fn list_known(
    transaction: &DatabaseTransaction,
    findings: &Findings<'_>,
) -> Result<Vec<exception::Model>, InventoryError> {
    use exception::{Column, Entity};
    let of_type = || Entity::find().filter(Column::Type.eq(findings.type_code)).lock_exclusive();
    let mut open = of_type().filter(Column::Resolved.eq(false));
    if let Some(identities) = findings.about {
        let concerned = exception_identity::Entity::find()
            .select_only()
            .column(exception_identity::Column::ExceptionId)
            .filter(exception_identity::Column::DeviceIdentityId.is_in(identities.iter().copied()));
        open = open.filter(Column::Id.in_subquery(sea_orm::QueryTrait::into_query(concerned)));
    }
    let mut known = open.all(transaction).await?;
    let fingerprints: Vec<&str> = findings.found.iter().map(|finding| finding.fingerprint.as_str()).collect();
    for chunk in fingerprints.chunks(bulk::KEYS_PER_STATEMENT) {
        let resolved = of_type().filter(Column::Resolved.eq(true));
        known.extend(resolved.filter(Column::Fingerprint.is_in(chunk.iter().copied())).all(transaction).await?);
    }
    Ok(known)
}

/// A row that was resolved by plain SQL, as the predecessor's users did, says neither how nor when: a person meant it,
/// so it stays resolved.
fn standing(exception: &exception::Model) -> Standing {
    if !exception.resolved {
        return Standing::Open;
    }
    let how = exception.resolution.as_deref().and_then(Resolution::from_code).unwrap_or(Resolution::Accepted);
    let at = exception.resolved_at.unwrap_or(DateTime::<Utc>::MAX_UTC);
    Standing::Resolved { how, at, accepted_until: exception.accepted_until }
}

/// A known exception as a new finding shows it.
fn seen(exception: &exception::Model, finding: &Finding, date: NaiveDate) -> exception::Model {
    exception::Model {
        last_seen_date: date.max(exception.last_seen_date),
        details: finding.details.clone(),
        hostname: super::observed::clip(&finding.hostname, 255),
        organization_id: finding.organization_id,
        ..exception.clone()
    }
}

fn reopened(row: exception::Model, now: DateTime<Utc>) -> exception::Model {
    exception::Model {
        resolved: false,
        resolution: None,
        resolved_at: None,
        resolved_date: None,
        resolved_by: None,
        accepted_until: None,
        reopened_at: Some(now),
        version: row.version + 1,
        ..row
    }
}

fn verified(exception: &exception::Model, now: DateTime<Utc>, date: NaiveDate) -> exception::Model {
    exception::Model {
        resolved: true,
        resolution: Some(Resolution::Verified.code().to_owned()),
        resolved_at: Some(now),
        resolved_date: Some(date),
        resolved_by: Some(CHECKS_ACTOR.to_owned()),
        version: exception.version + 1,
        ..exception.clone()
    }
}

fn opened(finding: &Finding, date: NaiveDate) -> exception::ActiveModel {
    exception::ActiveModel {
        id: NotSet,
        date_found: Set(date),
        r#type: Set(finding.exception_type.code().to_owned()),
        hostname: Set(super::observed::clip(&finding.hostname, 255)),
        details: Set(finding.details.clone()),
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
        version: Set(1),
    }
}

/// Writes whole rows back, many per statement.
async fn update(transaction: &DatabaseTransaction, rows: Vec<exception::Model>) -> Result<(), InventoryError> {
    use exception::Column;
    let rule = OnConflict::column(Column::Id)
        .update_columns([
            Column::Hostname,
            Column::Details,
            Column::Resolved,
            Column::ResolvedDate,
            Column::ResolvedBy,
            Column::LastSeenDate,
            Column::OrganizationId,
            Column::Resolution,
            Column::ResolvedAt,
            Column::AcceptedUntil,
            Column::ReopenedAt,
            Column::Version,
        ])
        .to_owned();
    let rows = rows.into_iter().map(|row| exception::ActiveModel::from(row).reset_all()).collect();
    bulk::insert(transaction, rows, Some(rule)).await?;
    Ok(())
}

fn event(id: i64, at: DateTime<Utc>, actor: &str, kind: &str, detail: Value) -> exception_event::ActiveModel {
    exception_event::ActiveModel {
        id: NotSet,
        exception_id: Set(id),
        happened_at: Set(at),
        actor: Set(actor.to_owned()),
        kind: Set(kind.to_owned()),
        detail: Set(detail),
    }
}

fn resolution_detail(resolve: &Resolve) -> Value {
    json!({
        "resolution": resolve.resolution.code(),
        "note": resolve.note,
        "acceptedUntil": resolve.accepted_until,
    })
}
