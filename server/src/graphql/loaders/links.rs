//! Why records are linked: what was considered, what people decided, how records moved, who may be linked.

use std::{cmp::Reverse, collections::HashMap, hash::Hash};

use async_graphql::dataloader::Loader;
use entity::{device_move, exception_identity, link_candidate, link_decision};
use sea_orm::{
    ColumnTrait, Condition, DbErr, EntityName, EntityTrait, QueryFilter, QueryOrder, QuerySelect, Select,
    sea_query::{Asterisk, Expr, ExprTrait, Order, Query, WindowStatement},
};

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

/// Records that went to a device or left it, the newest first: [`MAX_MOVES`] at most.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct MovesOfDevice(pub i64);

/// Moves of one device that are read at most.
const MAX_MOVES: usize = 100;

impl Loader<MovesOfDevice> for Rows {
    type Value = Vec<device_move::Model>;
    type Error = DbErr;

    /// One statement for the devices that records left and one for those to which they came.
    async fn load(&self, keys: &[MovesOfDevice]) -> Result<HashMap<MovesOfDevice, Vec<device_move::Model>>, DbErr> {
        use device_move::Column;
        let ids: Vec<i64> = keys.iter().map(|key| key.0).collect();
        let mut found: HashMap<_, Vec<_>> = HashMap::new();
        for row in newest_moves(Column::FromDeviceId, &ids).all(&self.reader).await? {
            if let Some(from) = row.from_device_id {
                found.entry(MovesOfDevice(from)).or_default().push(row);
            }
        }
        for row in newest_moves(Column::ToDeviceId, &ids).all(&self.reader).await? {
            found.entry(MovesOfDevice(row.to_device_id)).or_default().push(row);
        }
        for moves in found.values_mut() {
            moves.sort_by_key(|row| Reverse(row.id));
            moves.dedup_by_key(|row| row.id);
            moves.truncate(MAX_MOVES);
        }
        Ok(found)
    }
}

/// The newest moves of each of these devices, which this column names.
fn newest_moves(side: device_move::Column, ids: &[i64]) -> Select<device_move::Entity> {
    use device_move::{Column, Entity};
    let newest_first = WindowStatement::partition_by(side).order_by(Column::Id, Order::Desc).take();
    let numbered = Query::select()
        .expr(Expr::col(Asterisk))
        .expr_window_as(Expr::cust("ROW_NUMBER()"), newest_first, "place")
        .from(Entity)
        .and_where(side.is_in(ids.iter().copied()))
        .take();
    let mut moves = Entity::find();
    QuerySelect::query(&mut moves).from_clear().from_subquery(numbered, Entity.table_name());
    let most = i64::try_from(MAX_MOVES).unwrap_or(i64::MAX);
    moves.filter(Expr::col("place").lte(most))
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
