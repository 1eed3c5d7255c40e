//! Closing a month: its report is frozen, once and for ever.

use std::sync::Arc;

use domain::billing_report::{Adjustment, BilledChange, ContentFormat, Gap, LeftOut, Line, Month, Report};
use entity::{closed_month, closed_month_adjustment, closed_month_change, closed_month_line};
use sea_orm::{ActiveValue::Set, DatabaseTransaction, EntityTrait};
use serde::Serialize;
use serde_json::Value;

use super::{
    Billed, BillingAnswer,
    closed::{Closing, sealed},
};
use crate::inventory::{Inventory, InventoryError, bulk};

/// Which month is to be closed.
#[derive(Clone, Debug)]
pub struct CloseOrder {
    /// The month.
    pub month: Month,
    /// Why it is closed over what it lacks; `None` when it must lack nothing.
    pub forced_reason: Option<String>,
    /// The principal.
    pub actor: String,
}

/// What came of it.
#[derive(Clone, Debug)]
pub enum CloseOutcome {
    /// It is closed.
    Closed(Box<Billed>),
    /// It was closed before, and stays as it was.
    AlreadyClosed(Box<Billed>),
    /// It lacks what its report names, and nobody forced it.
    Lacking(Box<Billed>),
    /// It is not over, or to come.
    NotOver,
    /// It has no stored day that could be counted.
    NoData,
}

impl Inventory {
    /// Freezes a month's report. Of two who do it at once, one does.
    pub async fn close_month(&self, order: CloseOrder) -> Result<CloseOutcome, InventoryError> {
        let transaction = self.database.begin_storing().await?;
        let billed = match self.billed(&*transaction, order.month).await? {
            BillingAnswer::NotBegun => return Ok(CloseOutcome::NotOver),
            BillingAnswer::NoData { .. } => return Ok(CloseOutcome::NoData),
            BillingAnswer::Reported(billed) => Box::new(Arc::unwrap_or_clone(billed)),
        };
        if billed.closing.is_some() {
            return Ok(CloseOutcome::AlreadyClosed(billed));
        }
        if billed.provisional {
            return Ok(CloseOutcome::NotOver);
        }
        if !billed.report.gaps.is_empty() && order.forced_reason.is_none() {
            return Ok(CloseOutcome::Lacking(billed));
        }
        let closed = self.freeze(&transaction, *billed, order).await?;
        transaction.commit().await?;
        Ok(CloseOutcome::Closed(Box::new(closed)))
    }

    async fn freeze(
        &self,
        transaction: &DatabaseTransaction,
        billed: Billed,
        order: CloseOrder,
    ) -> Result<Billed, InventoryError> {
        let report = &billed.report;
        let format = ContentFormat::CURRENT;
        let (content, content_hash) = sealed(report, format)?;
        // A month that lacked nothing was not forced, whatever was said.
        let forced_reason = order.forced_reason.filter(|_| !report.gaps.is_empty());
        let (at, by) = (self.now(), order.actor);
        let closing = Closing { at, by, forced_reason, content_hash, content, format, verified: true };
        closed_month::Entity::insert(month_row(report, &closing)?).exec_without_returning(transaction).await?;
        let month = report.month.to_string();
        let lines = (0..).zip(&report.lines).map(|(position, line)| line_row(&month, position, line));
        bulk::insert(transaction, lines.collect::<Result<_, _>>()?, None).await?;
        let adjustments = (0..).zip(&report.adjustments).map(|(position, it)| adjustment_row(&month, position, it));
        bulk::insert(transaction, adjustments.collect(), None).await?;
        let changes = (0..).zip(&report.changes).map(|(position, change)| change_row(&month, position, change));
        bulk::insert(transaction, changes.collect(), None).await?;
        let live = Some(Report { adjustments: Vec::new(), ..billed.report.clone() });
        Ok(Billed { closing: Some(closing), live, ..billed })
    }
}

fn month_row(report: &Report, closing: &Closing) -> Result<closed_month::ActiveModel, InventoryError> {
    let total = report.total().end;
    Ok(closed_month::ActiveModel {
        month: Set(report.month.to_string()),
        counted_on: Set(report.counted_on),
        threatlocker_on: Set(report.threatlocker_on),
        counted_from: Set(report.span.from),
        counted_to: Set(report.span.to),
        endpoints: Set(total.endpoints),
        seats: Set(total.seats),
        missing_days: Set(json(&report.missing_days)?),
        left_out: Set(json(&names(&report.left_out))?),
        gaps: Set(json::<[Gap]>(&report.gaps)?),
        forced_reason: Set(closing.forced_reason.clone()),
        closed_at: Set(closing.at),
        closed_by: Set(closing.by.clone()),
        content_hash: Set(closing.content_hash.clone()),
        format: Set(closing.format.number().into()),
        left_out_ids: Set(Some(json(&ids(&report.left_out))?)),
        content: Set(Some(closing.content.clone())),
    })
}

fn names(left_out: &[LeftOut]) -> Vec<&str> {
    left_out.iter().map(|own| own.name.as_str()).collect()
}

fn ids(left_out: &[LeftOut]) -> Vec<Option<i64>> {
    left_out.iter().map(|own| own.organization_id).collect()
}

fn line_row(month: &str, position: i64, line: &Line) -> Result<closed_month_line::ActiveModel, InventoryError> {
    Ok(closed_month_line::ActiveModel {
        month: Set(month.to_owned()),
        position: Set(position),
        organization_id: Set(line.organization_id),
        name: Set(line.name.clone()),
        endpoints: Set(line.end.endpoints),
        seats: Set(line.end.seats),
        start_endpoints: Set(line.start.endpoints),
        start_seats: Set(line.start.seats),
        highest_endpoints: Set(line.highest.endpoints),
        highest_seats: Set(line.highest.seats),
        added_endpoints: Set(line.added.endpoints),
        added_seats: Set(line.added.seats),
        removed_endpoints: Set(line.removed.endpoints),
        removed_seats: Set(line.removed.seats),
        average_endpoints_hundredths: Set(line.average_hundredths.endpoints),
        average_seats_hundredths: Set(line.average_hundredths.seats),
        threatlocker_devices: Set(line.threatlocker),
        other_endpoints: Set(line.other_endpoints),
        exceptions: Set(json(&line.exceptions)?),
        unexplained: Set(line.unexplained),
    })
}

fn adjustment_row(month: &str, position: i64, adjustment: &Adjustment) -> closed_month_adjustment::ActiveModel {
    closed_month_adjustment::ActiveModel {
        month: Set(month.to_owned()),
        position: Set(position),
        adjusted_month: Set(adjustment.month.to_string()),
        organization_id: Set(adjustment.organization_id),
        name: Set(adjustment.name.clone()),
        endpoints: Set(adjustment.units.endpoints),
        seats: Set(adjustment.units.seats),
    }
}

fn change_row(month: &str, position: i64, billed: &BilledChange) -> closed_month_change::ActiveModel {
    let change = billed.change;
    closed_month_change::ActiveModel {
        month: Set(month.to_owned()),
        position: Set(position),
        day: Set(change.day),
        device_identity_id: Set(change.identity_id),
        vendor_device_key: Set(billed.vendor_device_key.clone()),
        hostname: Set(billed.hostname.clone()),
        organization_id: Set(change.organization_id),
        organization_name: Set(billed.organization_name.clone()),
        kind: Set(change.kind.code().to_owned()),
        endpoints: Set(change.units.endpoints),
        seats: Set(change.units.seats),
    }
}

fn json<T: Serialize + ?Sized>(value: &T) -> Result<Value, InventoryError> {
    serde_json::to_value(value).map_err(|error| InventoryError::Corrupt(format!("a billing report: {error}")))
}
