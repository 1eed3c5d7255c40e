//! The counts of a date by organization and by location.

use std::collections::BTreeMap;

use domain::counts::Tally;
use sea_orm::ConnectionTrait;

use super::{
    super::{Inventory, InventoryError},
    CountedDay,
    parts::Part,
    statement::{By, Row, Table},
};

/// The devices of one organization.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OrganizationTally {
    /// The client; `None` for the devices in none.
    pub organization_id: Option<i64>,
    /// Its name as it is compared.
    pub canonical_name: Option<String>,
    /// How many.
    pub tally: Tally,
}

/// The devices of one location.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LocationTally {
    /// The client; `None` for the devices in none.
    pub organization_id: Option<i64>,
    /// The location's name, as the vendor writes it; `None` for the devices in none.
    pub location: Option<String>,
    /// How many.
    pub tally: Tally,
}

/// Organization and name.
type Key = (Option<i64>, Option<String>);

impl Inventory {
    /// The devices of a date by organization, sorted by canonical name; those in none come last.
    pub(super) async fn count_by_organization(
        &self,
        connection: &impl ConnectionTrait,
        day: &CountedDay,
    ) -> Result<Vec<OrganizationTally>, InventoryError> {
        let rows = self.break_down(connection, day, By::Organization).await?;
        let row =
            |((organization_id, canonical_name), tally)| OrganizationTally { organization_id, canonical_name, tally };
        let mut found: Vec<_> = rows.into_iter().map(row).collect();
        found.sort_by_cached_key(|row| (row.canonical_name.is_none(), row.canonical_name.clone(), row.organization_id));
        Ok(found)
    }

    /// The same devices by organization and location, sorted by the location's name and the organization's id; devices in no
    /// location come last.
    pub(super) async fn count_by_location(
        &self,
        connection: &impl ConnectionTrait,
        day: &CountedDay,
    ) -> Result<Vec<LocationTally>, InventoryError> {
        let rows = self.break_down(connection, day, By::Location).await?;
        let row = |((organization_id, location), tally)| LocationTally { organization_id, location, tally };
        let mut found: Vec<_> = rows.into_iter().map(row).collect();
        let place = |row: &LocationTally| (row.location.is_none(), row.location.clone(), row.organization_id.is_none());
        found.sort_by_cached_key(|row| (place(row), row.organization_id));
        Ok(found)
    }

    async fn break_down(
        &self,
        connection: &impl ConnectionTrait,
        day: &CountedDay,
        by: By,
    ) -> Result<BTreeMap<Key, Tally>, InventoryError> {
        let tables: Vec<Table> = day.sources.iter().map(|(vendor, source)| Table::of(*vendor, *source)).collect();
        let rows = self.read_counts(connection, (&day.scope, &day.parts.whole()), &tables, by).await?;
        let has_left_out = day.parts.all.iter().any(|(part, _)| *part == Part::LeftOut);
        let mut found: BTreeMap<Key, Tally> = BTreeMap::new();
        for row in rows.into_iter().filter(|row| row.key.is_some() || !has_left_out) {
            if let Some(tally) = tally_of(&row, day) {
                let sum = found.entry((row.key, row.name)).or_default();
                *sum = *sum + tally;
            }
        }
        Ok(found)
    }
}

/// The devices of a row; `None` when they are internal and do not count.
fn tally_of(row: &Row, day: &CountedDay) -> Option<Tally> {
    if !Inventory::is_internal(&day.parts.internal, row.key) {
        return Some(row.tally());
    }
    day.scope.include_internal.then(|| row.tally().as_internal())
}
