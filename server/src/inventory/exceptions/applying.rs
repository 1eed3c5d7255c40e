//! Bringing exceptions in line with what a check found.

use std::collections::{BTreeMap, HashMap, HashSet};

use chrono::{DateTime, NaiveDate, Utc};
use domain::{
    checks::Finding,
    exception_life::{self, Event, EventKind, Evidence, Standing, Step},
    vendor::Vendor,
};
use entity::{device_identity, exception, exception_event, exception_identity};
use sea_orm::{
    ColumnTrait, Condition, DatabaseTransaction, EntityTrait, JoinType, QueryFilter, QuerySelect, QueryTrait,
    RelationTrait,
    sea_query::{IntoCondition, SelectStatement},
};

use super::{
    CHECKS_ACTOR, Resolution,
    periods::{self, Closing},
    rows::{self, Moment, OrganizationNames},
};
use crate::inventory::{Inventory, InventoryError, bulk};

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

impl Applied {
    /// Adds what another application did.
    pub(crate) fn extend(&mut self, other: Self) {
        self.opened.extend(other.opened);
        self.reopened.extend(other.reopened);
        self.verified.extend(other.verified);
    }
}

/// Findings of one check, and which known exceptions they speak for.
#[derive(Debug)]
pub(crate) struct Findings<'a> {
    pub(crate) type_code: &'static str,
    pub(crate) found: Vec<&'a Finding>,
    pub(crate) evidence: Evidence,
    /// Only exceptions about these vendors' identities are concerned; `None` is all of the type.
    pub(crate) vendors: Option<&'a [Vendor]>,
    /// Only exceptions about one of these identities are concerned, no more than a statement takes; `None` is all of the
    /// type.
    pub(crate) about: Option<&'a HashSet<i64>>,
}

/// What a check does to rows, gathered before it is written.
struct Changes {
    names: OrganizationNames,
    rows: Vec<exception::Model>,
    events: Vec<exception_event::ActiveModel>,
    /// Exceptions that are open again, and since which day.
    reopened: Vec<(i64, NaiveDate)>,
    applied: Applied,
}

impl Inventory {
    /// Brings the exceptions of one type in line with what its check found; in a storing transaction.
    pub(crate) async fn apply_findings(
        &self,
        transaction: &DatabaseTransaction,
        findings: &Findings<'_>,
    ) -> Result<Applied, InventoryError> {
        let moment = Moment { at: self.now(), on: findings.evidence.date, actor: CHECKS_ACTOR };
        let mut new: HashMap<&str, &Finding> =
            findings.found.iter().map(|finding| (finding.fingerprint.as_str(), *finding)).collect();
        let names = OrganizationNames::load(transaction, &findings.found).await?;
        let mut changes = Changes::new(names);
        for exception in self.list_known(transaction, findings).await? {
            let finding = new.remove(exception.fingerprint.as_str());
            changes.take_step(&exception, finding, findings.evidence, moment);
        }
        let opened = self.open_exceptions(transaction, new.into_values().collect(), &changes.names, moment.on).await?;
        changes.events.extend(opened.iter().map(|id| rows::event(*id, moment, Event::of(EventKind::Found))));
        rows::update(transaction, changes.rows).await?;
        bulk::insert(transaction, changes.events, None).await?;
        let beginning = opened.iter().map(|id| (*id, moment.on)).chain(changes.reopened);
        periods::open_periods(transaction, beginning, moment.at).await?;
        periods::close_periods(transaction, &changes.applied.verified, &verification(moment)).await?;
        Ok(Applied { opened, ..changes.applied })
    }

    /// The types of the open exceptions about these identities, no more than a statement takes; `None` where all are
    /// concerned, and nobody looks.
    pub(crate) async fn list_open_types(
        &self,
        transaction: &DatabaseTransaction,
        identities: Option<&HashSet<i64>>,
    ) -> Result<Option<HashSet<String>>, InventoryError> {
        use exception::{Column, Entity};
        let Some(identities) = identities else { return Ok(None) };
        let these = exception_identity::Entity::find()
            .select_only()
            .column(exception_identity::Column::ExceptionId)
            .filter(exception_identity::Column::DeviceIdentityId.is_in(identities.iter().copied()))
            .into_query();
        let open = Entity::find().select_only().column(Column::Type).distinct().filter(Column::Resolved.eq(false));
        let types = open.filter(Column::Id.in_subquery(these)).into_tuple::<String>().all(transaction).await?;
        Ok(Some(types.into_iter().collect()))
    }

    /// The exceptions that findings may change: those with one of their fingerprints, and the open ones they speak for.
    /// Fingerprints come first, and whether open or not: a person may reopen one while its row is waited for.
    async fn list_known(
        &self,
        transaction: &DatabaseTransaction,
        findings: &Findings<'_>,
    ) -> Result<impl Iterator<Item = exception::Model>, InventoryError> {
        use exception::{Column, Entity};
        let of_type = || Entity::find().filter(Column::Type.eq(findings.type_code)).lock_exclusive();
        let vendors = findings.vendors.map(|vendors| vendors.iter().map(|vendor| self.reference.vendor_id(*vendor)));
        let of_vendors = vendors.map(|ids| about(device_identity::Column::VendorId.is_in(ids)));
        let identities = findings.about.map(|identities| identities.iter().copied());
        let of_identities = identities.map(|ids| about(device_identity::Column::Id.is_in(ids)));
        let spoken_for = Condition::all()
            .add(Column::Resolved.eq(false))
            .add_option(of_vendors.map(|ids| Column::Id.in_subquery(ids)))
            .add_option(of_identities.map(|ids| Column::Id.in_subquery(ids)));
        let mut known = Vec::new();
        for chunk in findings.found.chunks(bulk::KEYS_PER_STATEMENT) {
            let fingerprints = chunk.iter().map(|finding| finding.fingerprint.as_str());
            known.extend(of_type().filter(Column::Fingerprint.is_in(fingerprints)).all(transaction).await?);
        }
        known.extend(of_type().filter(spoken_for).all(transaction).await?);
        let by_id: BTreeMap<i64, exception::Model> = known.into_iter().map(|row| (row.id, row)).collect();
        Ok(by_id.into_values())
    }
}

impl Changes {
    fn new(names: OrganizationNames) -> Self {
        Self { names, rows: Vec::new(), events: Vec::new(), reopened: Vec::new(), applied: Applied::default() }
    }

    fn take_step(
        &mut self,
        exception: &exception::Model,
        finding: Option<&Finding>,
        evidence: Evidence,
        moment: Moment<'_>,
    ) {
        let id = exception.id;
        match (exception_life::step(standing(exception), finding.is_some(), evidence), finding) {
            (Step::Update, Some(finding)) => {
                let row = rows::seen(exception, finding, &self.names, moment.on);
                self.rows.extend((row != *exception).then_some(row));
            }
            (Step::Reopen, Some(finding)) => {
                self.reopened.push((id, rows::open_since(exception, moment)));
                self.applied.reopened.push(id);
                self.events.push(rows::event(id, moment, found_again(exception)));
                self.rows.push(rows::reopened(rows::seen(exception, finding, &self.names, moment.on), moment));
            }
            (Step::Verify, _) => {
                self.applied.verified.push(id);
                self.events.push(rows::event(id, moment, Event::verified()));
                self.rows.push(rows::verified(exception, moment));
            }
            (Step::Leave, Some(finding)) => self.rows.extend(rows::refiled(exception, finding, &self.names)),
            (Step::Leave | Step::Update | Step::Reopen, _) => {}
        }
    }
}

fn verification(moment: Moment<'_>) -> Closing {
    Closing {
        at: moment.at,
        resolution: Resolution::Verified,
        actor: moment.actor.to_owned(),
        accepted_until: None,
        note: None,
    }
}

fn found_again(exception: &exception::Model) -> Event {
    Event::found_again(exception.resolution.as_deref().and_then(Resolution::from_code), exception.accepted_until)
}

/// Ids of exceptions about identities of which this holds.
fn about(identity: impl IntoCondition) -> SelectStatement {
    use exception_identity::{Column, Entity, Relation};
    Entity::find()
        .select_only()
        .column(Column::ExceptionId)
        .join(JoinType::InnerJoin, Relation::DeviceIdentity.def())
        .filter(identity)
        .into_query()
}

/// A row that was resolved by plain SQL, as the predecessor's users did, says neither how nor when: a person meant it,
/// so it stays resolved.
fn standing(exception: &exception::Model) -> Standing {
    if !exception.resolved {
        let by_person = exception.reopened_by.as_deref().is_some_and(|by| by != CHECKS_ACTOR);
        let reopened_at = exception.reopened_at.filter(|_| by_person);
        return Standing::Open { reopened_at, last_seen: exception.last_seen_date };
    }
    let how = exception.resolution.as_deref().and_then(Resolution::from_code).unwrap_or(Resolution::Accepted);
    let at = exception.resolved_at.unwrap_or(DateTime::<Utc>::MAX_UTC);
    let on = exception.resolved_date.unwrap_or(NaiveDate::MAX);
    Standing::Resolved { how, at, on, accepted_until: exception.accepted_until }
}
