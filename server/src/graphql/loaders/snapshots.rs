//! Snapshots by the vendor's record they are of.

use std::collections::{BTreeMap, HashMap};

use async_graphql::dataloader::Loader;
use chrono::{DateTime, NaiveDate, Utc};
use entity::{device_identity, device_snapshot, snapshot_day};
use sea_orm::{
    ColumnTrait, Condition, DbErr, EntityTrait, FromQueryResult, QueryFilter, QuerySelect, Select,
    sea_query::{Expr, ExprTrait, Query},
};

use super::{Rows, one_each};

/// A vendor's record and its last day, which is the day of its newest snapshot.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct LastSeen {
    /// The last stored day that has it.
    pub date: NaiveDate,
    /// The vendor's record.
    pub identity_id: i64,
}

impl LastSeen {
    /// Of this record.
    pub fn of(identity: &device_identity::Model) -> Self {
        Self { date: identity.last_seen_date, identity_id: identity.id }
    }
}

/// The newest stored snapshot of a vendor's record.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct LatestSnapshot(pub LastSeen);

impl Loader<LatestSnapshot> for Rows {
    type Value = device_snapshot::Model;
    type Error = DbErr;

    async fn load(&self, keys: &[LatestSnapshot]) -> Result<HashMap<LatestSnapshot, device_snapshot::Model>, DbErr> {
        let rows = find_latest(keys.iter().map(|key| key.0)).all(&self.reader).await?;
        Ok(one_each(rows, |row| {
            LatestSnapshot(LastSeen { date: row.snapshot_date, identity_id: row.device_identity_id })
        }))
    }
}

/// What the newest stored snapshot of a vendor's record calls it: the few columns that lists of devices show.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct LatestNames(pub LastSeen);

/// See [`LatestNames`].
#[derive(Clone, Debug, FromQueryResult)]
pub struct SourceNames {
    snapshot_date: NaiveDate,
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
        let latest = find_latest(keys.iter().map(|key| key.0));
        let rows = latest
            .select_only()
            .columns([Column::SnapshotDate, Column::DeviceIdentityId])
            .columns([Column::Hostname, Column::DisplayName, Column::LastOnline])
            .into_model::<SourceNames>()
            .all(&self.reader)
            .await?;
        Ok(one_each(rows, |row| LatestNames(LastSeen { date: row.snapshot_date, identity_id: row.device_identity_id })))
    }
}

/// The newest snapshots of records. With the days in its text, which the records tell, a statement looks into their
/// partitions only; a join with the records would look into all.
pub(super) fn find_latest(keys: impl Iterator<Item = LastSeen>) -> Select<device_snapshot::Entity> {
    device_snapshot::Entity::find().filter(on_days(keys.map(|key| (key.date, key.identity_id))))
}

/// Whether the snapshot's day is kept: of one that is not, what has yet to be removed is not shown.
pub(super) fn of_kept_day() -> Expr {
    use snapshot_day::{Column, Entity};
    let same =
        |day: Column, own: device_snapshot::Column| Expr::col((Entity, day)).equals((device_snapshot::Entity, own));
    let dropped = Query::select()
        .expr(Expr::val(1))
        .from(Entity)
        .and_where(same(Column::SnapshotDate, device_snapshot::Column::SnapshotDate))
        .and_where(same(Column::VendorId, device_snapshot::Column::VendorId))
        .and_where(Expr::col((Entity, Column::DroppedAt)).is_not_null())
        .take();
    Expr::exists(dropped).not()
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
        let kept = device_snapshot::Entity::find().filter(wanted).filter(of_kept_day());
        let rows = kept.all(&self.reader).await?;
        Ok(one_each(rows, |row| SnapshotOn { date: row.snapshot_date, identity_id: row.device_identity_id }))
    }
}

/// One alternative per day: keys are of few days and many records. Of no keys it holds for nothing.
fn on_days(keys: impl Iterator<Item = (NaiveDate, i64)>) -> Condition {
    use device_snapshot::Column;
    let mut days: BTreeMap<NaiveDate, Vec<i64>> = BTreeMap::new();
    for (date, identity) in keys {
        days.entry(date).or_default().push(identity);
    }
    let nothing = Condition::any().add(Column::DeviceIdentityId.is_in(Vec::<i64>::new()));
    days.into_iter().fold(nothing, |any, (date, identities)| {
        any.add(Column::SnapshotDate.eq(date).and(Column::DeviceIdentityId.is_in(identities)))
    })
}
