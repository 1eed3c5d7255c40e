//! The exceptions that were open at the end of a day, for what they explain.

use std::collections::HashMap;

use chrono::NaiveDate;
use domain::{
    billing::Billing, billing_report::OpenException, checks::ExceptionType, organization::canonical, vendor::Vendor,
};
use entity::organization;
use sea_orm::{ConnectionTrait, FromQueryResult, Statement};

use crate::inventory::{Inventory, InventoryError};

#[derive(Debug, FromQueryResult)]
struct Row {
    code: String,
    organization_id: Option<i64>,
    threatlocker: Option<i64>,
    ninja: Option<i64>,
    ninja_organization: Option<String>,
    ninja_billing: Option<String>,
}

impl Inventory {
    /// Every exception that was open when the day ended, with the devices it is about. A type that this hub does not know
    /// explains nothing.
    pub(super) async fn list_open_exceptions(
        &self,
        connection: &impl ConnectionTrait,
        day: NaiveDate,
        organizations: &[organization::Model],
    ) -> Result<Vec<OpenException>, InventoryError> {
        let by_name: HashMap<&str, i64> =
            organizations.iter().map(|organization| (organization.canonical_name.as_str(), organization.id)).collect();
        let statement = Statement::from_string(connection.get_database_backend(), self.open_sql(day));
        let rows = Row::find_by_statement(statement).all(connection).await?;
        let known = rows.into_iter().filter_map(|row| {
            let named = row.ninja_organization.as_deref().and_then(canonical);
            Some(OpenException {
                exception_type: ExceptionType::from_code(&row.code)?,
                organization_id: row.organization_id,
                threatlocker: row.threatlocker,
                ninja: row.ninja,
                unbilled: row.ninja_billing.is_some_and(|code| code != Billing::Billable.code()),
                ninja_organization_id: named.and_then(|name| by_name.get(name.as_str()).copied()),
            })
        });
        Ok(known.collect())
    }

    /// The day and the ids are our own, so they need no binding. Ninja's client of a mismatch is in the details only.
    fn open_sql(&self, day: NaiveDate) -> String {
        let identity =
            |vendor: Vendor| format!("MAX(CASE WHEN i.vendor_id = {} THEN i.id END)", self.reference.vendor_id(vendor));
        format!(
            "SELECT e.type AS code, e.organization_id, {} AS threatlocker, {} AS ninja, \
             CASE WHEN e.type = '{}' THEN e.details ->> 'ninja_org' END AS ninja_organization, \
             e.details ->> 'ninja_billing_status' AS ninja_billing FROM exceptions e \
             LEFT JOIN exception_identity x ON x.exception_id = e.id \
             LEFT JOIN device_identity i ON i.id = x.device_identity_id \
             WHERE e.date_found <= '{day}' AND EXISTS (SELECT 1 FROM exception_period p WHERE p.exception_id = e.id \
             AND p.opened_on <= '{day}' AND (p.closed_on IS NULL OR p.closed_on > '{day}')) GROUP BY e.id",
            identity(Vendor::ThreatLocker),
            identity(Vendor::Ninja),
            ExceptionType::SiteMismatch.code(),
        )
    }
}
