//! Snapshots by the vendor's record they are of.

use std::collections::{BTreeMap, HashMap};

use async_graphql::dataloader::Loader;
use chrono::{DateTime, NaiveDate, Utc};
use entity::{device_identity, device_snapshot};
use sea_orm::{
    ColumnTrait, Condition, DbErr, EntityTrait, FromQueryResult, JoinType, QueryFilter, QuerySelect, RelationTrait,
    Select,
    sea_query::{Expr, ExprTrait},
};

use super::{Rows, one_each};

/// The newest stored snapshot of a vendor's record.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct LatestSnapshot(pub i64);

impl Loader<LatestSnapshot> for Rows {
    type Value = device_snapshot::Model;
    type Error = DbErr;

    async fn load(&self, keys: &[LatestSnapshot]) -> Result<HashMap<LatestSnapshot, device_snapshot::Model>, DbErr> {
        let rows = find_latest(keys.iter().map(|key| key.0)).all(&self.reader).await?;
        Ok(one_each(rows, |row| LatestSnapshot(row.device_identity_id)))
    }
}

/// What the newest stored snapshot of a vendor's record calls it: the few columns that lists of devices show.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct LatestNames(pub i64);

/// See [`LatestNames`].
#[derive(Clone, Debug, FromQueryResult)]
pub struct SourceNames {
    device_identity_id: i64,
    /// Host name as received.
    pub hostname: String,
    /// The name that people gave it.
    pub display_name: Option<String>,
    /// When the vendor last heard from it.
    pub last_online: Option<DateTime<Utc>>,
}

impl Loader<LatestNames> for Rows {
    type Value = SourceNames;
    type Error = DbErr;

    async fn load(&self, keys: &[LatestNames]) -> Result<HashMap<LatestNames, SourceNames>, DbErr> {
        use device_snapshot::Column;
        let rows = find_latest(keys.iter().map(|key| key.0))
            .select_only()
            .columns([Column::DeviceIdentityId, Column::Hostname, Column::DisplayName, Column::LastOnline])
            .into_model::<SourceNames>()
            .all(&self.reader)
            .await?;
        Ok(one_each(rows, |row| LatestNames(row.device_identity_id)))
    }
}

/// A record's last day is the day of its newest snapshot, so that the snapshot is found by key.
pub(super) fn find_latest(identities: impl Iterator<Item = i64>) -> Select<device_snapshot::Entity> {
    let on_its_last_day = Expr::col((device_identity::Entity, device_identity::Column::LastSeenDate))
        .equals((device_snapshot::Entity, device_snapshot::Column::SnapshotDate));
    device_snapshot::Entity::find()
        .join(JoinType::InnerJoin, device_snapshot::Relation::DeviceIdentity.def())
        // On the snapshots' own column: PostgreSQL does not carry a list across a join, and would read whole days.
        .filter(device_snapshot::Column::DeviceIdentityId.is_in(identities))
        .filter(on_its_last_day)
}

/// The snapshot of a vendor's record on a day.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct SnapshotOn {
    /// The day.
    pub date: NaiveDate,
    /// The vendor's record.
    pub identity_id: i64,
}

impl Loader<SnapshotOn> for Rows {
    type Value = device_snapshot::Model;
    type Error = DbErr;

    async fn load(&self, keys: &[SnapshotOn]) -> Result<HashMap<SnapshotOn, device_snapshot::Model>, DbErr> {
        let wanted = on_days(keys.iter().map(|key| (key.date, key.identity_id)));
        let rows = device_snapshot::Entity::find().filter(wanted).all(&self.reader).await?;
        Ok(one_each(rows, |row| SnapshotOn { date: row.snapshot_date, identity_id: row.device_identity_id }))
    }
}

/// One alternative per day: keys are of few days and many records.
fn on_days(keys: impl Iterator<Item = (NaiveDate, i64)>) -> Condition {
    use device_snapshot::Column;
    let mut days: BTreeMap<NaiveDate, Vec<i64>> = BTreeMap::new();
    for (date, identity) in keys {
        days.entry(date).or_default().push(identity);
    }
    days.into_iter().fold(Condition::any(), |any, (date, identities)| {
        any.add(Column::SnapshotDate.eq(date).and(Column::DeviceIdentityId.is_in(identities)))
    })
}
