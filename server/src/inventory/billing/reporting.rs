//! A month as it counts now, and beside it as it was billed.

use std::{
    collections::{BTreeMap, BTreeSet, HashMap, HashSet},
    sync::Arc,
};

use chrono::NaiveDate;
use domain::{
    billing_report::{
        BilledChange, ClosedFigures, Gap, LeftOut, Line, LineChange, Month, Report, Span, Units, adjustments, courses,
        explain,
    },
    organization::canonical,
    vendor::Vendor,
};
use entity::organization;
use sea_orm::{ConnectionTrait, EntityTrait};

use super::{
    Billed, BillingAnswer,
    closed::{closed_before, find_closed},
    counted::{Counted, Held},
    stored_days::{CountedDay, StoredDays},
};
use crate::inventory::{Inventory, InventoryError};

/// What a live report of a month stands on.
struct Ground {
    month: Month,
    ninja: CountedDay,
    threatlocker: Option<CountedDay>,
    /// Whether ThreatLocker was collected by then at all: who does not have it needs no day of it.
    threatlocker_began: bool,
    span: Span,
    organizations: Vec<organization::Model>,
    internal: HashSet<i64>,
    /// Names of the configuration that no organization has.
    unknown_internal: Vec<String>,
}

impl Ground {
    fn days(&self) -> Vec<CountedDay> {
        [self.ninja].into_iter().chain(self.threatlocker).collect()
    }

    fn names(&self) -> HashMap<i64, &str> {
        self.organizations.iter().map(|organization| (organization.id, organization.name.as_str())).collect()
    }

    /// The MSP's own organizations: those of today, and those that a closed month left out. It knows them by id; one that
    /// was closed before ids were kept knows their names.
    fn own(&self, left_out: &[LeftOut]) -> BTreeSet<i64> {
        let unidentified = left_out.iter().filter(|own| own.organization_id.is_none());
        let names: BTreeSet<String> = unidentified.filter_map(|own| canonical(&own.name)).collect();
        let by_name = self.organizations.iter().filter(|row| names.contains(&row.canonical_name)).map(|row| row.id);
        let then = left_out.iter().filter_map(|own| own.organization_id);
        self.internal.iter().copied().chain(by_name).chain(then).collect()
    }

    fn left_out(&self) -> Vec<LeftOut> {
        let internal = self.organizations.iter().filter(|organization| self.internal.contains(&organization.id));
        let own = |row: &organization::Model| LeftOut { name: row.name.clone(), organization_id: Some(row.id) };
        let mut left_out: Vec<LeftOut> = internal.map(own).collect();
        left_out.sort_by(|one, other| (&one.name, one.organization_id).cmp(&(&other.name, other.organization_id)));
        left_out
    }
}

impl Inventory {
    /// The answer of a month, read in this transaction with a fixed number of statements.
    pub(super) async fn billed(
        &self,
        connection: &impl ConnectionTrait,
        month: Month,
    ) -> Result<BillingAnswer, InventoryError> {
        let today = self.today();
        if month.first_day() > today {
            return Ok(BillingAnswer::NotBegun);
        }
        let stored = StoredDays::load(connection).await?;
        let closed = find_closed(connection, month).await?;
        // A closed month has its corrections: they were billed with it.
        let before = if closed.is_some() { BTreeMap::new() } else { closed_before(connection, month).await? };
        let live = self.live(connection, (month, &stored), before).await?;
        let provisional = month.last_day() >= today;
        let billed = match (closed, live) {
            (None, None) => {
                let nearest = stored.nearest(self.reference.vendor_id(Vendor::REFERENCE), month);
                return Ok(BillingAnswer::NoData { nearest });
            }
            (None, Some(report)) => Billed { report, closing: None, live: None, provisional },
            (Some((mut report, closing)), live) => {
                if let Some(live) = live.as_ref().filter(|_| !closing.has_changes()) {
                    report.changes.clone_from(&live.changes);
                }
                Billed { report, closing: Some(closing), live, provisional }
            }
        };
        Ok(BillingAnswer::Reported(Arc::new(billed)))
    }

    /// The month as it counts now, with the corrections of these closed months; `None` when it can't be counted.
    async fn live(
        &self,
        connection: &impl ConnectionTrait,
        (month, stored): (Month, &StoredDays),
        mut before: BTreeMap<Month, ClosedFigures>,
    ) -> Result<Option<Report>, InventoryError> {
        let Some(ground) = self.ground(connection, month, stored).await? else { return Ok(None) };
        let vendor_id = ground.ninja.vendor_id;
        let earlier = before.keys().filter_map(|month| stored.last_of(vendor_id, *month));
        let days: Vec<CountedDay> = ground.days().into_iter().chain(earlier).collect();
        let counted = self.count_days(connection, (&days, &ground.internal)).await?;
        if !counted.contains_key(&(vendor_id, month)) {
            return Ok(None);
        }
        for (month, figures) in &mut before {
            figures.live = counted.get(&(vendor_id, *month)).map(units_of);
            figures.own.extend(ground.own(&figures.left_out));
        }
        let range = (month.first_day(), ground.ninja.day);
        let names = ground.names();
        let changes = self.list_line_changes(connection, range, (&ground.internal, &names)).await?;
        let lines = self.list_lines(connection, &ground, (&counted, &changes)).await?;
        let name_now = |id: Option<i64>| id.and_then(|id| names.get(&id).map(|name| (*name).to_owned()));
        let threatlocker = ground.threatlocker.filter(|day| counted.contains_key(&(day.vendor_id, month)));
        let report = Report {
            month,
            counted_on: ground.ninja.day,
            threatlocker_on: threatlocker.map(|day| day.day),
            span: ground.span,
            missing_days: stored.missing(vendor_id, ground.span),
            lines,
            adjustments: adjustments(&before, name_now),
            changes,
            left_out: ground.left_out(),
            gaps: self.list_gaps(connection, &ground).await?,
        };
        Ok(Some(report))
    }

    async fn ground(
        &self,
        connection: &impl ConnectionTrait,
        month: Month,
        stored: &StoredDays,
    ) -> Result<Option<Ground>, InventoryError> {
        let vendor_id = self.reference.vendor_id(Vendor::REFERENCE);
        let Some(ninja) = stored.last_of(vendor_id, month) else { return Ok(None) };
        let from = stored.oldest(vendor_id).map_or(month.first_day(), |oldest| oldest.max(month.first_day()));
        let to = if month.last_day() >= self.today() { ninja.day } else { month.last_day() };
        let organizations = organization::Entity::find().all(connection).await?;
        let (internal, unknown_internal) = self.find_internal(&organizations);
        let other = self.reference.vendor_id(Vendor::ThreatLocker);
        let threatlocker = stored.last_of(other, month);
        let threatlocker_began = stored.oldest(other).is_some_and(|oldest| oldest <= month.last_day());
        let span = Span { from, to };
        Ok(Some(Ground {
            month,
            ninja,
            threatlocker,
            threatlocker_began,
            span,
            organizations,
            internal,
            unknown_internal,
        }))
    }

    /// The MSP's own organizations, and the names of the configuration that none has.
    fn find_internal(&self, organizations: &[organization::Model]) -> (HashSet<i64>, Vec<String>) {
        let of_name: HashMap<&str, i64> =
            organizations.iter().map(|row| (row.canonical_name.as_str(), row.id)).collect();
        let (mut internal, mut unknown) = (HashSet::new(), BTreeSet::new());
        for name in &self.rules.internal_organizations {
            let Some(canonical) = canonical(name) else { continue };
            match of_name.get(canonical.as_str()) {
                Some(id) => drop(internal.insert(*id)),
                None => drop(unknown.insert(name.trim().to_owned())),
            }
        }
        (internal, unknown.into_iter().collect())
    }

    async fn list_lines(
        &self,
        connection: &impl ConnectionTrait,
        ground: &Ground,
        (counted, changes): (&Counted, &[BilledChange]),
    ) -> Result<Vec<Line>, InventoryError> {
        let Ground { month, span, ninja, .. } = ground;
        let nobody = BTreeMap::new();
        let held = counted.get(&(ninja.vendor_id, *month)).unwrap_or(&nobody);
        let protected = ground.threatlocker.and_then(|day| counted.get(&(day.vendor_id, *month)));
        let line_changes: Vec<LineChange> = changes.iter().map(|change| change.change).collect();
        let courses = courses(&units_of(held), &line_changes, *span);
        let as_of = self.last_seen_day(*month);
        let explained = explain(&self.list_open_exceptions(connection, as_of, &ground.organizations).await?);
        let ids = courses.keys().chain(explained.keys()).chain(protected.into_iter().flat_map(BTreeMap::keys));
        let ids: BTreeSet<Option<i64>> = ids.copied().collect();
        let names = ground.names();
        let of = |lines: &BTreeMap<Option<i64>, Held>, id| lines.get(&id).copied().unwrap_or_default();
        let line = |id: Option<i64>| {
            let line = Line {
                organization_id: id,
                name: id.and_then(|id| names.get(&id).map(|name| (*name).to_owned())),
                other_endpoints: of(held, id).other_endpoints,
                threatlocker: protected.map(|lines| of(lines, id).devices),
                exceptions: explained.get(&id).map(|shares| shares.values().copied().collect()).unwrap_or_default(),
                ..Line::default()
            };
            line.with_course(&courses.get(&id).copied().unwrap_or_default(), *span).compared()
        };
        let billed = ids.into_iter().filter(|id| id.is_none_or(|id| !ground.internal.contains(&id)));
        let mut lines: Vec<Line> = billed.map(line).filter(|line| !line.is_empty()).collect();
        lines.sort_by(|one, other| one.place().cmp(&other.place()));
        Ok(lines)
    }

    /// The last day of a month that is not to come.
    fn last_seen_day(&self, month: Month) -> NaiveDate {
        month.last_day().min(self.today())
    }

    /// What an invoice of this month lacks. It is counted by the last day of the calendar; a day before that may be
    /// missing, because it counts as the day before it.
    async fn list_gaps(&self, connection: &impl ConnectionTrait, ground: &Ground) -> Result<Vec<Gap>, InventoryError> {
        let mut gaps = self.list_unmapped(connection, (&ground.days(), &ground.internal)).await?;
        // The nights of a month that is not over still come.
        let is_over = ground.span.to == ground.month.last_day();
        let compared = (is_over && ground.threatlocker_began).then_some((Vendor::ThreatLocker, ground.threatlocker));
        for (vendor, day) in [(Vendor::REFERENCE, Some(ground.ninja))].into_iter().chain(compared) {
            if day.is_none_or(|day| day.day < ground.span.to) {
                gaps.push(Gap::missing_day(vendor, ground.month.last_day()));
            }
        }
        gaps.extend(ground.unknown_internal.iter().cloned().map(Gap::unknown_internal));
        Ok(gaps)
    }
}

fn units_of(lines: &BTreeMap<Option<i64>, Held>) -> BTreeMap<Option<i64>, Units> {
    lines.iter().map(|(line, held)| (*line, held.units)).collect()
}
