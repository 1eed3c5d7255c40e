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
    /// The client of the site in which Ninja had the device on the day.
    ninja_organization_id: Option<i64>,
    /// The client's name when the exception was last found.
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
                ninja_organization_id: row
                    .ninja_organization_id
                    .or_else(|| named.and_then(|name| by_name.get(name.as_str()).copied())),
            })
        });
        Ok(known.collect())
    }

    /// The day and the ids are our own, so they need no binding.
    fn open_sql(&self, day: NaiveDate) -> String {
        let identity =
            |vendor: Vendor| format!("MAX(CASE WHEN i.vendor_id = {} THEN i.id END)", self.reference.vendor_id(vendor));
        let open = format!(
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
        );
        format!(
            "SELECT q.*, s.organization_id AS ninja_organization_id FROM ({open}) AS q LEFT JOIN site s ON s.id = \
             CASE WHEN q.code = '{}' THEN {} END",
            ExceptionType::SiteMismatch.code(),
            site_on(day)
        )
    }
}

/// The site of the device `q.ninja` on a day: where it was put last by then, or where it was before it was put elsewhere,
/// or where it always was. Details of an exception have the client's name of old, and clients are renamed.
fn site_on(day: NaiveDate) -> String {
    let step = |site: &str, holds: &str, order: &str| {
        format!(
            "(SELECT t.{site} FROM usage_transition t WHERE t.device_identity_id = q.ninja AND {holds} \
             ORDER BY t.snapshot_date {order} LIMIT 1)"
        )
    };
    let (by_then, later) = (
        step("to_site_id", &format!("t.snapshot_date <= '{day}' AND t.is_there"), "DESC"),
        step("from_site_id", &format!("t.snapshot_date > '{day}' AND t.was_there"), "ASC"),
    );
    let always = "(SELECT a.site_id FROM device_identity n JOIN device_snapshot a ON a.device_identity_id = n.id \
                  AND a.snapshot_date = n.last_seen_date WHERE n.id = q.ninja)";
    format!("COALESCE({by_then}, {later}, {always})")
}
