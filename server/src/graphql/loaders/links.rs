//! Why records are linked: what was considered, what people decided, how records moved, who may be linked.

use std::{collections::HashMap, hash::Hash};

use async_graphql::dataloader::Loader;
use entity::{device_move, exception_identity, link_candidate, link_decision};
use sea_orm::{ColumnTrait, Condition, DbErr, EntityTrait, QueryFilter, QueryOrder};

use super::Rows;
use crate::inventory::suggesting::{Suggested, suggest_for};

/// The candidates that lost for a vendor's record, and the records for which it lost.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct ConsideredWith(pub i64);

impl Loader<ConsideredWith> for Rows {
    type Value = Vec<link_candidate::Model>;
    type Error = DbErr;

    async fn load(
        &self,
        keys: &[ConsideredWith],
    ) -> Result<HashMap<ConsideredWith, Vec<link_candidate::Model>>, DbErr> {
        use link_candidate::{Column, Entity};
        let ids = || keys.iter().map(|key| key.0);
        let about = Condition::any().add(Column::IdentityId.is_in(ids())).add(Column::CandidateId.is_in(ids()));
        let rows = Entity::find().filter(about);
        let rows = rows.order_by_asc(Column::IdentityId).order_by_asc(Column::CandidateId).all(&self.reader).await?;
        Ok(on_both_sides(rows, |row| [row.identity_id, row.candidate_id].map(ConsideredWith)))
    }
}

/// What people decided about a vendor's record, the newest first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct DecisionsAbout(pub i64);

impl Loader<DecisionsAbout> for Rows {
    type Value = Vec<link_decision::Model>;
    type Error = DbErr;

    async fn load(&self, keys: &[DecisionsAbout]) -> Result<HashMap<DecisionsAbout, Vec<link_decision::Model>>, DbErr> {
        use link_decision::{Column, Entity};
        let ids = || keys.iter().map(|key| key.0);
        let about =
            Condition::any().add(Column::LowerIdentityId.is_in(ids())).add(Column::HigherIdentityId.is_in(ids()));
        let rows = Entity::find().filter(about);
        let rows = rows.order_by_desc(Column::DecidedAt).order_by_desc(Column::Id).all(&self.reader).await?;
        Ok(on_both_sides(rows, |row| [row.lower_identity_id, row.higher_identity_id].map(DecisionsAbout)))
    }
}

/// Records that went to a device or left it, the newest first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct MovesOfDevice(pub i64);

impl Loader<MovesOfDevice> for Rows {
    type Value = Vec<device_move::Model>;
    type Error = DbErr;

    async fn load(&self, keys: &[MovesOfDevice]) -> Result<HashMap<MovesOfDevice, Vec<device_move::Model>>, DbErr> {
        use device_move::{Column, Entity};
        let ids = || keys.iter().map(|key| key.0);
        let about = Condition::any().add(Column::FromDeviceId.is_in(ids())).add(Column::ToDeviceId.is_in(ids()));
        let rows = Entity::find().filter(about).order_by_desc(Column::Id).all(&self.reader).await?;
        let sides = |row: &device_move::Model| {
            [row.from_device_id.unwrap_or(row.to_device_id), row.to_device_id].map(MovesOfDevice)
        };
        Ok(on_both_sides(rows, sides))
    }
}

/// Who may be the same machine as a vendor's record that is linked to none; nothing for one that is linked.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct SuggestionsFor(pub i64);

impl Loader<SuggestionsFor> for Rows {
    type Value = Suggested;
    type Error = DbErr;

    async fn load(&self, keys: &[SuggestionsFor]) -> Result<HashMap<SuggestionsFor, Suggested>, DbErr> {
        let identities: Vec<i64> = keys.iter().map(|key| key.0).collect();
        let found = suggest_for(&self.reader, self.inventory.reference(), &identities).await?;
        Ok(found.into_iter().map(|(identity, suggested)| (SuggestionsFor(identity), suggested)).collect())
    }
}

/// The same for the records that an exception is about, by record.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct SuggestionsForException(pub i64);

impl Loader<SuggestionsForException> for Rows {
    type Value = Vec<Suggested>;
    type Error = DbErr;

    async fn load(
        &self,
        keys: &[SuggestionsForException],
    ) -> Result<HashMap<SuggestionsForException, Vec<Suggested>>, DbErr> {
        use exception_identity::{Column, Entity};
        let about = Entity::find().filter(Column::ExceptionId.is_in(keys.iter().map(|key| key.0)));
        let about = about.order_by_asc(Column::DeviceIdentityId).all(&self.reader).await?;
        let identities: Vec<i64> = about.iter().map(|row| row.device_identity_id).collect();
        let found = suggest_for(&self.reader, self.inventory.reference(), &identities).await?;
        let mut of_exceptions: HashMap<_, Vec<Suggested>> = HashMap::new();
        for row in about {
            let suggested = found.get(&row.device_identity_id).cloned();
            of_exceptions.entry(SuggestionsForException(row.exception_id)).or_default().extend(suggested);
        }
        Ok(of_exceptions)
    }
}

/// Each row under both of its keys, in the order of the rows; once where both are one.
fn on_both_sides<K: Eq + Hash, M: Clone>(rows: Vec<M>, sides: impl Fn(&M) -> [K; 2]) -> HashMap<K, Vec<M>> {
    let mut found: HashMap<K, Vec<M>> = HashMap::new();
    for row in rows {
        let [one, other] = sides(&row);
        if one != other {
            found.entry(other).or_default().push(row.clone());
        }
        found.entry(one).or_default().push(row);
    }
    found
}
