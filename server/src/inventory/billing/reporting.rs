//! A month as it counts now, and beside it as it was billed.

use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};

use chrono::NaiveDate;
use domain::{
    billing_report::{
        ClosedFigures, Gap, GapKind, Line, LineChange, Month, Report, Span, Units, adjustments, courses, explain,
    },
    organization::canonical,
    vendor::Vendor,
};
use entity::organization;
use sea_orm::{ConnectionTrait, EntityTrait};

use super::{
    Billed, BilledChange, BillingAnswer,
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
}

impl Ground {
    fn days(&self) -> Vec<CountedDay> {
        [self.ninja].into_iter().chain(self.threatlocker).collect()
    }

    fn names(&self) -> HashMap<i64, &str> {
        self.organizations.iter().map(|organization| (organization.id, organization.name.as_str())).collect()
    }

    /// The MSP's own organizations: those of today, and those of these names.
    fn own(&self, names: &BTreeSet<String>) -> BTreeSet<i64> {
        let own = self.organizations.iter().filter(|row| self.internal.contains(&row.id) || names.contains(&row.name));
        own.map(|row| row.id).collect()
    }

    fn left_out(&self) -> Vec<String> {
        let internal = self.organizations.iter().filter(|organization| self.internal.contains(&organization.id));
        internal.map(|organization| organization.name.clone()).collect::<BTreeSet<_>>().into_iter().collect()
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
            (None, Some((report, changes))) => Billed { report, closing: None, live: None, changes, provisional },
            (Some((report, closing)), live) => {
                let (live, changes) = live.map_or((None, Vec::new()), |(live, changes)| (Some(live), changes));
                Billed { report, closing: Some(closing), live, changes, provisional }
            }
        };
        Ok(BillingAnswer::Reported(Box::new(billed)))
    }

    /// The month as it counts now, with the corrections of these closed months; `None` when it can't be counted.
    async fn live(
        &self,
        connection: &impl ConnectionTrait,
        (month, stored): (Month, &StoredDays),
        mut before: BTreeMap<Month, ClosedFigures>,
    ) -> Result<Option<(Report, Vec<BilledChange>)>, InventoryError> {
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
        let changes = self.list_line_changes(connection, range, &ground.internal).await?;
        let lines = self.list_lines(connection, &ground, (&counted, &changes)).await?;
        let names = ground.names();
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
            left_out: ground.left_out(),
            gaps: self.list_gaps(connection, &ground).await?,
        };
        Ok(Some((report, changes)))
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
        let own: HashSet<String> =
            self.rules.internal_organizations.iter().filter_map(|name| canonical(name)).collect();
        let internal = organizations.iter().filter(|row| own.contains(&row.canonical_name)).map(|row| row.id).collect();
        let other = self.reference.vendor_id(Vendor::ThreatLocker);
        let threatlocker = stored.last_of(other, month);
        let threatlocker_began = stored.oldest(other).is_some_and(|oldest| oldest <= month.last_day());
        let span = Span { from, to };
        Ok(Some(Ground { month, ninja, threatlocker, threatlocker_began, span, organizations, internal }))
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
                gaps.push(missing_day(vendor, ground.month));
            }
        }
        Ok(gaps)
    }
}

fn missing_day(vendor: Vendor, month: Month) -> Gap {
    let day = Some(month.last_day());
    Gap { day, devices: None, kind: GapKind::MissingDay, name: None, site_key: None, vendor }
}

fn units_of(lines: &BTreeMap<Option<i64>, Held>) -> BTreeMap<Option<i64>, Units> {
    lines.iter().map(|(line, held)| (*line, held.units)).collect()
}
