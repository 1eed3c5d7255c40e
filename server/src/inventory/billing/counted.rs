//! Endpoints, seats and devices of single days by organization: from the day's own counts, or from the roll-up of its
//! month when the day was dropped.

use std::collections::{BTreeMap, HashSet};

use chrono::NaiveDate;
use domain::{
    billing::{Billing, is_endpoint, is_seat},
    billing_report::{Month, Units},
    device_type::DeviceType,
};
use sea_orm::{ConnectionTrait, FromQueryResult, Statement};

use super::stored_days::CountedDay;
use crate::inventory::{Inventory, InventoryError};

/// What one organization has on one day.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Held {
    pub(super) units: Units,
    /// Endpoints that are neither server nor workstation.
    pub(super) other_endpoints: i64,
    pub(super) devices: i64,
}

/// By vendor and month: what each organization had on the month's counted day.
pub(super) type Counted = BTreeMap<(i64, Month), BTreeMap<Option<i64>, Held>>;

#[derive(Debug, FromQueryResult)]
struct Row {
    vendor_id: i64,
    day: NaiveDate,
    organization_id: Option<i64>,
    endpoints: i64,
    seats: i64,
    other_endpoints: i64,
    devices: i64,
}

impl Inventory {
    /// Counts these days, of one month each. A day that can't be counted any more is not in the answer; one that had no
    /// device is.
    pub(super) async fn count_days(
        &self,
        connection: &impl ConnectionTrait,
        (days, internal): (&[CountedDay], &HashSet<i64>),
    ) -> Result<Counted, InventoryError> {
        let countable = days.iter().filter(|day| day.kept || day.devices == 0);
        let mut counted: Counted =
            countable.map(|day| ((day.vendor_id, Month::of(day.day)), BTreeMap::new())).collect();
        if days.is_empty() {
            return Ok(counted);
        }
        let statement = Statement::from_string(connection.get_database_backend(), self.count_sql(days));
        for row in Row::find_by_statement(statement).all(connection).await? {
            let lines = counted.entry((row.vendor_id, Month::of(row.day))).or_default();
            if row.organization_id.is_some_and(|id| internal.contains(&id)) {
                continue;
            }
            let units = Units { endpoints: row.endpoints, seats: row.seats };
            let held = Held { units, other_endpoints: row.other_endpoints, devices: row.devices };
            lines.insert(row.organization_id, held);
        }
        Ok(counted)
    }

    /// Ids of the billing statuses that make an endpoint, for an `IN (…)`.
    pub(super) fn billed_statuses(&self) -> String {
        let billed = Billing::ALL.into_iter().filter(|billing| is_endpoint(*billing, false));
        list(billed.map(|billing| self.reference.billing_id(billing)))
    }

    fn count_sql(&self, days: &[CountedDay]) -> String {
        let types = |wanted: &dyn Fn(DeviceType) -> bool| {
            list(DeviceType::ALL.into_iter().filter(|it| wanted(*it)).map(|it| self.reference.device_type_id(it)))
        };
        let seats = types(&|it| is_seat(Billing::Billable, it, None, false));
        let expected = types(&|it| matches!(it, DeviceType::Server | DeviceType::Workstation));
        let sum = |when: &str| format!("CAST(SUM(CASE WHEN {when} THEN c.cnt ELSE 0 END) AS bigint)");
        let is_billed = format!("c.billing_status_id IN ({})", self.billed_statuses());
        let (endpoints, seats, others) = (
            sum(&is_billed),
            sum(&format!("{is_billed} AND c.device_type_id IN ({seats})")),
            sum(&format!("{is_billed} AND COALESCE(c.device_type_id, 0) NOT IN ({expected})")),
        );
        format!(
            "SELECT c.vendor_id, c.day, s.organization_id, {endpoints} AS endpoints, {seats} AS seats, \
             {others} AS other_endpoints, CAST(SUM(c.cnt) AS bigint) AS devices FROM ({}) AS c \
             LEFT JOIN site s ON s.id = c.site_id GROUP BY c.vendor_id, c.day, s.organization_id",
            counts_of(days)
        )
    }
}

/// The counts of these days, as a table: vendor, day (any day of the month), site, type, billing, number. Ids and days are
/// our own, so they need no binding.
pub(super) fn counts_of(days: &[CountedDay]) -> String {
    let mut parts: BTreeMap<(i64, bool), Vec<String>> = BTreeMap::new();
    for CountedDay { vendor_id, day, kept, .. } in days {
        let day = if *kept { *day } else { Month::of(*day).last_day() };
        parts.entry((*vendor_id, *kept)).or_default().push(format!("'{day}'"));
    }
    let select = |((vendor_id, kept), days): ((i64, bool), Vec<String>)| {
        let (table, column) =
            if kept { ("daily_counts", "snapshot_date") } else { ("month_end_counts", "month_end_date") };
        format!(
            "SELECT vendor_id, {column} AS day, site_id, device_type_id, billing_status_id, cnt FROM {table} \
             WHERE vendor_id = {vendor_id} AND {column} IN ({})",
            days.join(", ")
        )
    };
    parts.into_iter().map(select).collect::<Vec<_>>().join(" UNION ALL ")
}

fn list(ids: impl Iterator<Item = i64>) -> String {
    ids.map(|id| id.to_string()).collect::<Vec<_>>().join(", ")
}
