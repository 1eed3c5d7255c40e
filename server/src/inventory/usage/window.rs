//! A window: two stored days, the days between them, and the books of what happened.

use std::collections::BTreeMap;

use chrono::NaiveDate;
use domain::{
    billing::Billing,
    usage::{Balance, Flow, Place, Scope, balance},
    vendor::Vendor,
};
use entity::snapshot_day::{Column, Entity, Model};
use sea_orm::{
    ColumnTrait, ConnectionTrait, EntityTrait, FromQueryResult, QueryFilter, QueryOrder, QuerySelect, Statement,
};

use super::{
    Listing, NoData, UsageAnswer, UsageChangeKind, UsageRequest, WhyNot, counted::Counted, ledger::Span, usage_change,
};
use crate::inventory::{Inventory, InventoryError};

/// Two stored days and what changed between them.
#[derive(Clone, Debug)]
pub struct UsageWindow {
    /// What was asked.
    pub request: UsageRequest,
    /// The books, of all the vendors together.
    pub balance: Balance,
    pub(super) scope: Scope,
    pub(super) span: Span,
    /// By vendor id, ascending; the first is the first day of the window.
    days: BTreeMap<i64, Vec<NaiveDate>>,
}

impl UsageWindow {
    /// The stored day on which the vendor's list shows the device of a change: the last before it went; else the last of
    /// the window, or the day of the transition.
    pub fn seen_on(&self, change: &usage_change::Model, listing: Listing) -> NaiveDate {
        match (change.kind, listing) {
            (UsageChangeKind::Removed, _) => self.day_before(change.vendor_id, change.day),
            (_, Listing::Net) => self.request.to,
            (_, Listing::Transitions) => change.day,
        }
    }

    fn day_before(&self, vendor_id: i64, day: NaiveDate) -> NaiveDate {
        let days = self.days.get(&vendor_id).map_or(&[][..], Vec::as_slice);
        let earlier = days.partition_point(|stored| *stored < day);
        earlier.checked_sub(1).map_or(self.request.from, |index| days[index])
    }
}

/// Identities that were alike at both ends.
#[derive(Debug, FromQueryResult)]
struct FlowRow {
    started: i64,
    start_in: Option<i64>,
    start_billing: Option<i64>,
    ended: i64,
    end_in: Option<i64>,
    end_billing: Option<i64>,
    devices: i64,
}

impl Inventory {
    pub(super) async fn compare_days(
        &self,
        snapshot: &impl ConnectionTrait,
        request: &UsageRequest,
        scope: Scope,
    ) -> Result<UsageAnswer, InventoryError> {
        let vendors = self.compared_vendors(snapshot, request.vendor).await?;
        let days = self.list_window(snapshot, &vendors, request).await?;
        let mut counted = Vec::new();
        for vendor in &vendors {
            match self.find_start(snapshot, *vendor, request, &days).await? {
                Ok(start) => counted.push(start),
                Err(no_data) => return Ok(UsageAnswer::NoData(no_data)),
            }
        }
        let vendor_ids = vendors.iter().map(|vendor| self.reference.vendor_id(*vendor)).collect();
        let span = Span { vendor_ids, from: request.from, to: request.to };
        let start = self.count_held(snapshot, &counted, request.from).await?;
        let flows = self.list_flows(snapshot, &span).await?;
        let balance = balance(&start, &flows, &scope)
            .map_err(|overdrawn| InventoryError::Corrupt(format!("usage since {}: {overdrawn}", request.from)))?;
        let dates = |day: Vec<Model>| day.into_iter().map(|day| day.snapshot_date).collect();
        let days = days.into_iter().map(|(vendor_id, days)| (vendor_id, dates(days))).collect();
        let window = UsageWindow { request: request.clone(), balance, scope, span, days };
        Ok(UsageAnswer::Compared(Box::new(window)))
    }

    /// The vendor that is asked for, or all that were ever stored; the reference vendor if none was.
    async fn compared_vendors(
        &self,
        snapshot: &impl ConnectionTrait,
        asked: Option<Vendor>,
    ) -> Result<Vec<Vendor>, InventoryError> {
        if let Some(vendor) = asked {
            return Ok(vec![vendor]);
        }
        let stored = Entity::find().select_only().column(Column::VendorId).distinct().into_tuple::<i64>();
        let stored = stored.all(snapshot).await?;
        let is_stored = |vendor: &Vendor| stored.contains(&self.reference.vendor_id(*vendor));
        let vendors: Vec<Vendor> = Vendor::ALL.into_iter().filter(is_stored).collect();
        Ok(if vendors.is_empty() { vec![Vendor::REFERENCE] } else { vendors })
    }

    /// The stored days of a window, dropped ones too, by vendor id.
    async fn list_window(
        &self,
        snapshot: &impl ConnectionTrait,
        vendors: &[Vendor],
        request: &UsageRequest,
    ) -> Result<BTreeMap<i64, Vec<Model>>, InventoryError> {
        let days = Entity::find()
            .filter(Column::VendorId.is_in(vendors.iter().map(|vendor| self.reference.vendor_id(*vendor))))
            .filter(Column::SnapshotDate.between(request.from, request.to))
            .order_by_asc(Column::SnapshotDate);
        let mut by_vendor: BTreeMap<i64, Vec<Model>> = BTreeMap::new();
        for day in days.all(snapshot).await? {
            by_vendor.entry(day.vendor_id).or_default().push(day);
        }
        Ok(by_vendor)
    }

    /// From which counts a vendor's devices on the first day are told; or why the window can't be.
    async fn find_start(
        &self,
        snapshot: &impl ConnectionTrait,
        vendor: Vendor,
        request: &UsageRequest,
        days: &BTreeMap<i64, Vec<Model>>,
    ) -> Result<Result<Counted, NoData>, InventoryError> {
        let vendor_id = self.reference.vendor_id(vendor);
        let days = days.get(&vendor_id).map_or(&[][..], Vec::as_slice);
        let refuse = |date, why, nearest| Ok(Err(NoData { vendor, date, why, nearest }));
        for date in [request.from, request.to] {
            if !days.iter().any(|day| day.snapshot_date == date) {
                let why = if date > self.today() { WhyNot::ToCome } else { WhyNot::NeverStored };
                return refuse(date, why, nearest_stored(snapshot, vendor_id, date).await?);
            }
        }
        let is_kept = days.first().is_some_and(|first| first.dropped_at.is_none());
        let counted = if is_kept {
            Some(Counted::kept(vendor_id, request.from))
        } else {
            self.find_counted(snapshot, vendor_id, request.from).await?
        };
        match counted {
            Some(counted) => Ok(Ok(counted)),
            None => refuse(request.from, WhyNot::Dropped, self.nearest_days(Some(vendor), request.from).await?),
        }
    }

    async fn list_flows(&self, snapshot: &impl ConnectionTrait, span: &Span) -> Result<Vec<Flow>, InventoryError> {
        let statement = Statement::from_string(snapshot.get_database_backend(), span.flows());
        let rows = FlowRow::find_by_statement(statement).all(snapshot).await?;
        let billing = |id: Option<i64>| -> Option<Billing> { id.and_then(|id| self.reference.billing(id)) };
        let place = |there: i64, organization_id, billing_id| {
            (there == 1).then(|| Place { organization_id, billing: billing(billing_id) })
        };
        let flow = |row: FlowRow| Flow {
            before: place(row.started, row.start_in, row.start_billing),
            after: place(row.ended, row.end_in, row.end_billing),
            devices: row.devices.unsigned_abs(),
        };
        Ok(rows.into_iter().map(flow).collect())
    }
}

/// The nearest stored days before and after a day, dropped ones too: the ledger tells of those.
async fn nearest_stored(
    snapshot: &impl ConnectionTrait,
    vendor_id: i64,
    date: NaiveDate,
) -> Result<Vec<NaiveDate>, InventoryError> {
    let days = || Entity::find().filter(Column::VendorId.eq(vendor_id));
    let before = days().filter(Column::SnapshotDate.lt(date)).order_by_desc(Column::SnapshotDate);
    let after = days().filter(Column::SnapshotDate.gt(date)).order_by_asc(Column::SnapshotDate);
    let found = [before.one(snapshot).await?, after.one(snapshot).await?];
    Ok(found.into_iter().flatten().map(|day| day.snapshot_date).collect())
}
