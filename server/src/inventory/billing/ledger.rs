//! What changed the lines of a month, from the ledger that outlives the days.

use std::collections::{HashMap, HashSet};

use chrono::NaiveDate;
use domain::{
    billing_report::{BilledChange, Standing, Transition, line_changes},
    vendor::Vendor,
};
use sea_orm::{ConnectionTrait, FromQueryResult, Statement};

use crate::inventory::{Inventory, InventoryError};

#[derive(Debug, FromQueryResult)]
struct Row {
    snapshot_date: NaiveDate,
    device_identity_id: i64,
    hostname: String,
    vendor_device_key: String,
    was_there: bool,
    is_there: bool,
    from_organization_id: Option<i64>,
    to_organization_id: Option<i64>,
    from_device_type_id: Option<i64>,
    to_device_type_id: Option<i64>,
    from_billing_status_id: Option<i64>,
    to_billing_status_id: Option<i64>,
}

const CHANGED: &str = "SELECT t.snapshot_date, t.device_identity_id, t.hostname, i.vendor_device_key, t.was_there, \
    t.is_there, f.organization_id AS from_organization_id, o.organization_id AS to_organization_id, \
    t.from_device_type_id, t.to_device_type_id, t.from_billing_status_id, t.to_billing_status_id \
    FROM usage_transition t JOIN device_identity i ON i.id = t.device_identity_id \
    LEFT JOIN site f ON f.id = t.from_site_id LEFT JOIN site o ON o.id = t.to_site_id \
    WHERE t.vendor_id = $1 AND t.snapshot_date BETWEEN $2 AND $3";

impl Inventory {
    /// Every change of a line on the stored days of a range, both ends included, by day and device.
    pub(super) async fn list_line_changes(
        &self,
        connection: &impl ConnectionTrait,
        (from, to): (NaiveDate, NaiveDate),
        (internal, names): (&HashSet<i64>, &HashMap<i64, &str>),
    ) -> Result<Vec<BilledChange>, InventoryError> {
        let billed = self.billed_statuses();
        // Only what was or is billed can change a bill.
        let sql = format!(
            "{CHANGED} AND (t.from_billing_status_id IN ({billed}) OR t.to_billing_status_id IN ({billed})) \
             ORDER BY t.snapshot_date, t.device_identity_id"
        );
        let values = [self.reference.vendor_id(Vendor::REFERENCE).into(), from.into(), to.into()];
        let statement = Statement::from_sql_and_values(connection.get_database_backend(), sql, values);
        let rows = Row::find_by_statement(statement).all(connection).await?;
        let changes = rows.into_iter().flat_map(|row| {
            let changes = line_changes(&self.transition(&row), internal);
            changes.into_iter().map(move |change| BilledChange {
                change,
                hostname: row.hostname.clone(),
                vendor_device_key: row.vendor_device_key.clone(),
                organization_name: change.organization_id.and_then(|id| names.get(&id)).map(|name| (*name).to_owned()),
            })
        });
        Ok(changes.collect())
    }

    fn transition(&self, row: &Row) -> Transition {
        let standing = |organization_id, billing: Option<i64>, device_type: Option<i64>| Standing {
            organization_id,
            billing: billing.and_then(|id| self.reference.billing(id)),
            device_type: device_type.and_then(|id| self.reference.device_type(id)),
        };
        let before = standing(row.from_organization_id, row.from_billing_status_id, row.from_device_type_id);
        let after = standing(row.to_organization_id, row.to_billing_status_id, row.to_device_type_id);
        Transition {
            day: row.snapshot_date,
            identity_id: row.device_identity_id,
            before: row.was_there.then_some(before),
            after: row.is_there.then_some(after),
        }
    }
}
