//! An organization that a restricted API token may see.

use sea_orm::entity::prelude::*;

/// A row of `api_token_organization`.
#[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
#[sea_orm(table_name = "api_token_organization")]
pub struct Model {
    /// The token.
    #[sea_orm(primary_key, auto_increment = false)]
    pub api_token_id: i64,
    /// The organization.
    #[sea_orm(primary_key, auto_increment = false)]
    pub organization_id: i64,
}

/// No joins are declared.
#[derive(Clone, Copy, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
