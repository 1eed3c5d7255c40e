//! The vendors' organizations: who they were said to be, how many devices they have, who else they may be.

use std::{
    cmp::Reverse,
    collections::{BTreeMap, HashMap},
};

use async_graphql::dataloader::Loader;
use chrono::NaiveDate;
use domain::organization::{Likeness, likeness};
use entity::{daily_count, site, site_alias, site_alias_event, snapshot_day};
use sea_orm::{ColumnTrait, ConnectionTrait, DbErr, EntityTrait, FromQueryResult, QueryFilter, QueryOrder, Statement};

use super::{Rows, grouped, one_each};

/// A vendor's organization by the vendor's row and its own key.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct SiteKey {
    /// The vendor's row.
    pub vendor_id: i64,
    /// The vendor's own id of the organization.
    pub key: String,
}

impl SiteKey {
    /// Of this row.
    pub fn of(row: &site::Model) -> Self {
        Self { vendor_id: row.vendor_id, key: row.vendor_site_key.clone() }
    }
}

/// The name that a person gave a vendor's organization.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct AliasOfSite(pub SiteKey);

impl Loader<AliasOfSite> for Rows {
    type Value = String;
    type Error = DbErr;

    async fn load(&self, keys: &[AliasOfSite]) -> Result<HashMap<AliasOfSite, String>, DbErr> {
        use site_alias::{Column, Entity};
        let wanted = Column::VendorSiteKey.is_in(keys.iter().map(|key| key.0.key.as_str()));
        let rows = Entity::find().filter(wanted).all(&self.reader).await?;
        let named = |row: site_alias::Model| {
            let key = SiteKey { vendor_id: row.vendor_id, key: row.vendor_site_key };
            (AliasOfSite(key), row.canonical_name)
        };
        Ok(rows.into_iter().map(named).collect())
    }
}

/// The changes of the alias of a vendor's organization, the newest first.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct EventsOfSite(pub SiteKey);

impl Loader<EventsOfSite> for Rows {
    type Value = Vec<site_alias_event::Model>;
    type Error = DbErr;

    async fn load(&self, keys: &[EventsOfSite]) -> Result<HashMap<EventsOfSite, Vec<site_alias_event::Model>>, DbErr> {
        use site_alias_event::{Column, Entity};
        let wanted = Entity::find().filter(Column::VendorSiteKey.is_in(keys.iter().map(|key| key.0.key.as_str())));
        let rows = wanted.order_by_desc(Column::Id).all(&self.reader).await?;
        Ok(grouped(rows, |row| EventsOfSite(SiteKey { vendor_id: row.vendor_id, key: row.vendor_site_key.clone() })))
    }
}

/// How many devices a vendor's organization has on the vendor's latest stored day.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct DeviceCountOfSite(pub i64);

#[derive(FromQueryResult)]
struct SiteCount {
    site_id: i64,
    devices: i64,
}

impl Loader<DeviceCountOfSite> for Rows {
    type Value = i64;
    type Error = DbErr;

    async fn load(&self, keys: &[DeviceCountOfSite]) -> Result<HashMap<DeviceCountOfSite, i64>, DbErr> {
        let counted = count_devices(&self.reader, keys.iter().map(|key| key.0)).await?;
        Ok(counted.into_iter().map(|(site, devices)| (DeviceCountOfSite(site), devices)).collect())
    }
}

async fn count_devices(
    reader: &impl ConnectionTrait,
    sites: impl Iterator<Item = i64>,
) -> Result<HashMap<i64, i64>, DbErr> {
    use daily_count::{Column, Entity};
    use sea_orm::{QuerySelect, sea_query::ExprTrait};
    let latest = "(daily_counts.vendor_id, daily_counts.snapshot_date) IN \
                  (SELECT vendor_id, MAX(snapshot_date) FROM snapshot_day GROUP BY vendor_id)";
    let rows = Entity::find()
        .select_only()
        .column(Column::SiteId)
        // A sum of bigint is numeric on PostgreSQL.
        .column_as(Column::Cnt.sum().cast_as("bigint"), "devices")
        .filter(Column::SiteId.is_in(sites))
        .filter(sea_orm::sea_query::Expr::cust(latest))
        .group_by(Column::SiteId)
        .into_model::<SiteCount>()
        .all(reader)
        .await?;
    Ok(rows.into_iter().map(|row| (row.site_id, row.devices)).collect())
}

/// The organizations of other vendors that a vendor's organization may be, the likeliest first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct SuggestionsOfSite(pub i64);

/// An organization of another vendor that may be the same client.
#[derive(Clone, Debug)]
pub struct Suggestion {
    /// The other one.
    pub site: site::Model,
    /// How likely, and why.
    pub likeness: Likeness,
    /// How many devices were found to be in both.
    pub shared: i64,
}

#[derive(FromQueryResult)]
struct Shared {
    site_id: i64,
    other_id: i64,
    devices: i64,
}

impl Loader<SuggestionsOfSite> for Rows {
    type Value = Vec<Suggestion>;
    type Error = DbErr;

    async fn load(&self, keys: &[SuggestionsOfSite]) -> Result<HashMap<SuggestionsOfSite, Vec<Suggestion>>, DbErr> {
        let sites = site::Entity::find().order_by_asc(site::Column::Id).all(&self.reader).await?;
        let ids: Vec<i64> = keys.iter().map(|key| key.0).collect();
        let devices = count_devices(&self.reader, ids.iter().copied()).await?;
        let mut shared: HashMap<i64, BTreeMap<i64, i64>> = HashMap::new();
        for row in list_shared(&self.reader, &ids).await? {
            shared.entry(row.site_id).or_default().insert(row.other_id, row.devices);
        }
        let by_id = one_each(sites.clone(), |row| row.id);
        let none = BTreeMap::new();
        let suggest = |id: i64| {
            let one = by_id.get(&id)?;
            let found = suggestions(one, &sites, shared.get(&id).unwrap_or(&none), devices.get(&id).copied());
            Some((SuggestionsOfSite(id), found))
        };
        Ok(ids.into_iter().filter_map(suggest).collect())
    }
}

fn suggestions(
    one: &site::Model,
    sites: &[site::Model],
    shared: &BTreeMap<i64, i64>,
    devices: Option<i64>,
) -> Vec<Suggestion> {
    let number = |count: i64| u64::try_from(count).unwrap_or_default();
    let others = sites.iter().filter(|other| other.vendor_id != one.vendor_id);
    let alike = others.filter_map(|other| {
        let both = shared.get(&other.id).copied().unwrap_or_default();
        let found = likeness(&one.name, &other.name, number(both), number(devices.unwrap_or_default()))?;
        Some(Suggestion { site: other.clone(), likeness: found, shared: both })
    });
    let mut found: Vec<Suggestion> = alike.collect();
    found.sort_by(|a, b| {
        b.likeness
            .score
            .total_cmp(&a.likeness.score)
            .then_with(|| Reverse(a.shared).cmp(&Reverse(b.shared)))
            .then_with(|| a.site.id.cmp(&b.site.id))
    });
    found
}

/// How many devices of these organizations are also in which organization of another vendor, on the latest days.
async fn list_shared(reader: &impl ConnectionTrait, sites: &[i64]) -> Result<Vec<Shared>, DbErr> {
    use sea_orm::QuerySelect;
    use snapshot_day::{Column, Entity};
    let newest = Entity::find().select_only().column(Column::VendorId);
    let newest = newest.column_as(Column::SnapshotDate.max(), "day").group_by(Column::VendorId);
    let days = newest.into_tuple::<(i64, NaiveDate)>().all(reader).await?;
    if days.is_empty() {
        return Ok(Vec::new());
    }
    // The days stand in the statement, so that it looks into their partitions only.
    let on_latest = |table: &str| {
        let day = |(vendor, day): &(i64, NaiveDate)| {
            format!("({table}.vendor_id = {vendor} AND {table}.snapshot_date = '{day}')")
        };
        days.iter().map(day).collect::<Vec<_>>().join(" OR ")
    };
    // Ids of rows and days: of our own, not words of a client.
    let wanted: Vec<String> = sites.iter().map(ToString::to_string).collect();
    let sql = format!(
        "SELECT a.site_id, b.site_id AS other_id, COUNT(DISTINCT i.device_id) AS devices FROM device_snapshot a \
         JOIN device_identity i ON i.id = a.device_identity_id \
         JOIN device_identity j ON j.device_id = i.device_id AND j.vendor_id <> i.vendor_id \
         JOIN device_snapshot b ON b.device_identity_id = j.id AND b.vendor_id = j.vendor_id \
         WHERE ({}) AND ({}) AND a.site_id IN ({}) AND b.site_id IS NOT NULL GROUP BY a.site_id, b.site_id",
        on_latest("a"),
        on_latest("b"),
        wanted.join(", ")
    );
    let statement = Statement::from_string(reader.get_database_backend(), sql);
    Shared::find_by_statement(statement).all(reader).await
}
