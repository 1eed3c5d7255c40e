//! Closed months: their rows, read as they were billed.

use std::collections::BTreeMap;

use chrono::{DateTime, Utc};
use domain::{
    billing_report::{
        Adjustment, BilledChange, ChangeKind, ClosedFigures, Content, ContentFormat, LeftOut, Line, LineChange, Month,
        Report, Span, Units,
    },
    digest::sha256_hex,
};
use entity::{closed_month, closed_month_adjustment, closed_month_change, closed_month_line};
use sea_orm::{ColumnTrait, ConnectionTrait, EntityTrait, QueryFilter, QueryOrder, QuerySelect};
use serde::de::DeserializeOwned;
use serde_json::Value;

use crate::inventory::InventoryError;

/// Who closed a month, and by what it can be verified.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Closing {
    /// When.
    pub at: DateTime<Utc>,
    /// The principal.
    pub by: String,
    /// Why it was closed over what it lacked; `None` when it lacked nothing.
    pub forced_reason: Option<String>,
    /// SHA-256 of the content as it was closed, in hexadecimal.
    pub content_hash: String,
    /// The canonical form as it was hashed; of a month of format 1 as the rows give it now.
    pub content: String,
    /// How it is written.
    pub format: ContentFormat,
    /// Whether the rows still say what was hashed.
    pub verified: bool,
}

impl Closing {
    /// Whether the changes are those of the closing; else they are what the ledger tells now.
    pub fn has_changes(&self) -> bool {
        self.format != ContentFormat::One
    }
}

/// The canonical form of a report and its SHA-256.
pub(super) fn sealed(report: &Report, format: ContentFormat) -> Result<(String, String), InventoryError> {
    let unreadable = |error| InventoryError::Corrupt(format!("a billing report has no canonical form: {error}"));
    let content = Content::of(report, format).canonical().map_err(unreadable)?;
    let hash = sha256_hex(&content);
    Ok((content, hash))
}

/// A closed month as it was billed; `None` while it is open.
pub(super) async fn find_closed(
    connection: &impl ConnectionTrait,
    month: Month,
) -> Result<Option<(Report, Closing)>, InventoryError> {
    let key = month.to_string();
    let Some(row) = closed_month::Entity::find_by_id(key.clone()).one(connection).await? else { return Ok(None) };
    let lines = closed_month_line::Entity::find()
        .filter(closed_month_line::Column::Month.eq(&key))
        .order_by_asc(closed_month_line::Column::Position);
    let adjustments = closed_month_adjustment::Entity::find()
        .filter(closed_month_adjustment::Column::Month.eq(&key))
        .order_by_asc(closed_month_adjustment::Column::Position);
    let lines = lines.all(connection).await?.into_iter().map(line).collect::<Result<_, _>>()?;
    let adjustments = adjustments.all(connection).await?.into_iter().map(adjustment).collect::<Result<_, _>>()?;
    let changes = changes(connection, &key).await?;
    let report = Report {
        month,
        counted_on: row.counted_on,
        threatlocker_on: row.threatlocker_on,
        span: Span { from: row.counted_from, to: row.counted_to },
        missing_days: stored(row.missing_days.clone())?,
        lines,
        adjustments,
        changes,
        left_out: left_out(row.left_out.clone(), row.left_out_ids.clone())?,
        gaps: stored(row.gaps.clone())?,
    };
    let closing = closing(row, &report)?;
    Ok(Some((report, closing)))
}

/// Who closed the month, and whether its rows are still what was hashed.
fn closing(row: closed_month::Model, report: &Report) -> Result<Closing, InventoryError> {
    let unknown = || InventoryError::Corrupt(format!("closed month {} has the format {}", row.month, row.format));
    let format = ContentFormat::from_number(row.format).ok_or_else(unknown)?;
    let (of_rows, _) = sealed(report, format)?;
    let total = report.total().end;
    let has_total = (row.endpoints, row.seats) == (total.endpoints, total.seats);
    let content = row.content.unwrap_or_else(|| of_rows.clone());
    let verified = content == of_rows && sha256_hex(&content) == row.content_hash && has_total;
    Ok(Closing {
        at: row.closed_at,
        by: row.closed_by,
        forced_reason: row.forced_reason,
        content_hash: row.content_hash,
        content,
        format,
        verified,
    })
}

async fn changes(connection: &impl ConnectionTrait, month: &str) -> Result<Vec<BilledChange>, InventoryError> {
    use closed_month_change::{Column, Entity};
    let rows = Entity::find().filter(Column::Month.eq(month)).order_by_asc(Column::Position);
    rows.all(connection).await?.into_iter().map(change).collect()
}

/// The internal organizations; those of format 1 have no ids.
fn left_out(names: Value, ids: Option<Value>) -> Result<Vec<LeftOut>, InventoryError> {
    let names: Vec<String> = stored(names)?;
    let ids: Vec<Option<i64>> = ids.map(stored).transpose()?.unwrap_or_else(|| vec![None; names.len()]);
    let own = names.into_iter().zip(ids);
    Ok(own.map(|(name, organization_id)| LeftOut { name, organization_id }).collect())
}

/// What was billed and corrected of the closed months before one; what they count now is not known here.
pub(super) async fn closed_before(
    connection: &impl ConnectionTrait,
    month: Month,
) -> Result<BTreeMap<Month, ClosedFigures>, InventoryError> {
    use closed_month::Column;
    let key = month.to_string();
    let months = closed_month::Entity::find().select_only();
    let months = months.columns([Column::Month, Column::LeftOut, Column::LeftOutIds]).filter(Column::Month.lt(&key));
    let months = months.into_tuple::<(String, Value, Option<Value>)>();
    let mut closed = BTreeMap::new();
    for (month, names, ids) in months.all(connection).await? {
        let left_out = left_out(names, ids)?;
        closed.insert(read_month(&month)?, ClosedFigures { left_out, ..ClosedFigures::default() });
    }
    if closed.is_empty() {
        return Ok(closed);
    }
    for (of, organization_id, name, units) in billed_before(connection, &key).await? {
        closed.entry(of).or_default().billed.insert(organization_id, (name, units));
    }
    let corrected = closed_month_adjustment::Entity::find()
        .filter(closed_month_adjustment::Column::AdjustedMonth.lt(&key))
        .all(connection)
        .await?;
    for row in corrected {
        let Adjustment { month, organization_id, units, .. } = adjustment(row)?;
        *closed.entry(month).or_default().adjusted.entry(organization_id).or_default() += units;
    }
    Ok(closed)
}

/// Month, organization, its name, what it was billed.
type BilledRow = (Month, Option<i64>, Option<String>, Units);

async fn billed_before(connection: &impl ConnectionTrait, month: &str) -> Result<Vec<BilledRow>, InventoryError> {
    use closed_month_line::{Column, Entity};
    let columns = [Column::Month, Column::OrganizationId, Column::Name, Column::Endpoints, Column::Seats];
    let rows = Entity::find()
        .select_only()
        .columns(columns)
        .filter(Column::Month.lt(month))
        .into_tuple::<(String, Option<i64>, Option<String>, i64, i64)>()
        .all(connection)
        .await?;
    let billed = rows.into_iter().map(|(month, organization_id, name, endpoints, seats)| {
        Ok((read_month(&month)?, organization_id, name, Units { endpoints, seats }))
    });
    billed.collect()
}

fn line(row: closed_month_line::Model) -> Result<Line, InventoryError> {
    let units = |endpoints, seats| Units { endpoints, seats };
    Ok(Line {
        added: units(row.added_endpoints, row.added_seats),
        average_hundredths: units(row.average_endpoints_hundredths, row.average_seats_hundredths),
        end: units(row.endpoints, row.seats),
        exceptions: stored(row.exceptions)?,
        highest: units(row.highest_endpoints, row.highest_seats),
        name: row.name,
        organization_id: row.organization_id,
        other_endpoints: row.other_endpoints,
        removed: units(row.removed_endpoints, row.removed_seats),
        start: units(row.start_endpoints, row.start_seats),
        threatlocker: row.threatlocker_devices,
        unexplained: row.unexplained,
    })
}

fn change(row: closed_month_change::Model) -> Result<BilledChange, InventoryError> {
    let unknown = || InventoryError::Corrupt(format!("a change of a closed month is a `{}`", row.kind));
    let change = LineChange {
        day: row.day,
        identity_id: row.device_identity_id,
        organization_id: row.organization_id,
        kind: ChangeKind::from_code(&row.kind).ok_or_else(unknown)?,
        units: Units { endpoints: row.endpoints, seats: row.seats },
    };
    Ok(BilledChange {
        change,
        hostname: row.hostname,
        vendor_device_key: row.vendor_device_key,
        organization_name: row.organization_name,
    })
}

fn adjustment(row: closed_month_adjustment::Model) -> Result<Adjustment, InventoryError> {
    Ok(Adjustment {
        month: read_month(&row.adjusted_month)?,
        name: row.name,
        organization_id: row.organization_id,
        units: Units { endpoints: row.endpoints, seats: row.seats },
    })
}

fn read_month(text: &str) -> Result<Month, InventoryError> {
    text.parse().map_err(|_| InventoryError::Corrupt(format!("closed month `{text}`")))
}

fn stored<T: DeserializeOwned>(value: Value) -> Result<T, InventoryError> {
    serde_json::from_value(value).map_err(|error| InventoryError::Corrupt(format!("a closed month: {error}")))
}
