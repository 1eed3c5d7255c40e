//! How often what all share was changed.

use sea_orm::entity::prelude::*;

/// The row of `stored_version`.
#[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
#[sea_orm(table_name = "stored_version")]
pub struct Model {
    /// 1: there is one row.
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: i64,
    /// One more with every transaction that stored days, identities, devices, findings or what is made of them.
    pub version: i64,
}

/// No joins are declared.
#[derive(Clone, Copy, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
