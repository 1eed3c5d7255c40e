//! A candidate that the latest linking considered for an identity and did not take.

use sea_orm::entity::prelude::*;

/// A row of `link_candidate`: at most ten for an identity.
#[derive(Clone, Debug, PartialEq, Eq, Hash, DeriveEntityModel)]
#[sea_orm(table_name = "link_candidate")]
pub struct Model {
    /// The identity that looked for its match.
    #[sea_orm(primary_key, auto_increment = false)]
    pub identity_id: i64,
    /// The reference vendor's identity that it did not get.
    #[sea_orm(primary_key, auto_increment = false)]
    pub candidate_id: i64,
    /// The rule by which it was considered.
    pub rule: String,
    /// Why it was not taken.
    pub loss: String,
}

/// No joins are declared.
#[derive(Clone, Copy, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
