//! Vendors' organizations that have devices at month end and are no client that can be billed.

use std::collections::HashSet;

use domain::{
    billing_report::{Gap, GapKind},
    vendor::Vendor,
};
use sea_orm::{ConnectionTrait, FromQueryResult, Statement};

use super::{counted::counts_of, stored_days::CountedDay};
use crate::inventory::{Inventory, InventoryError};

#[derive(Debug, FromQueryResult)]
struct Row {
    vendor_id: i64,
    vendor_site_key: Option<String>,
    name: Option<String>,
    organization_id: Option<i64>,
    /// The client's name.
    client: Option<String>,
    devices: i64,
}

impl Inventory {
    /// Those in no client, the devices in no organization at all, and those of another vendor than Ninja whose client is
    /// nobody at Ninja: their devices would stand in a line of their own, beside the client's. The internal ones are not
    /// billed, so they need no client.
    pub(super) async fn list_unmapped(
        &self,
        connection: &impl ConnectionTrait,
        (days, internal): (&[CountedDay], &HashSet<i64>),
    ) -> Result<Vec<Gap>, InventoryError> {
        let ninja = self.reference.vendor_id(Vendor::REFERENCE);
        let sql = format!(
            "SELECT c.vendor_id, s.vendor_site_key, s.name, s.organization_id, o.name AS client, \
             CAST(SUM(c.cnt) AS bigint) AS devices FROM ({}) AS c LEFT JOIN site s ON s.id = c.site_id \
             LEFT JOIN organization o ON o.id = s.organization_id WHERE s.organization_id IS NULL \
             OR (s.vendor_id <> {ninja} AND NOT EXISTS (SELECT 1 FROM site n \
             WHERE n.organization_id = s.organization_id AND n.vendor_id = {ninja})) \
             GROUP BY c.vendor_id, s.vendor_site_key, s.name, s.organization_id, o.name",
            counts_of(days)
        );
        let statement = Statement::from_string(connection.get_database_backend(), sql);
        let rows = Row::find_by_statement(statement).all(connection).await?;
        let billed = rows.into_iter().filter(|row| row.organization_id.is_none_or(|id| !internal.contains(&id)));
        let gap = |row: Row| {
            Some(Gap {
                client: row.client,
                day: None,
                devices: Some(row.devices),
                kind: GapKind::UnmappedOrganization,
                name: row.name,
                site_key: row.vendor_site_key,
                vendor: self.reference.vendor(row.vendor_id)?,
            })
        };
        let mut gaps: Vec<Gap> = billed.filter_map(gap).collect();
        gaps.sort_by(|one, other| {
            (one.vendor, &one.name, &one.site_key).cmp(&(other.vendor, &other.name, &other.site_key))
        });
        Ok(gaps)
    }
}
