//! A vendor's organization.

use sea_orm::entity::prelude::*;

/// A row of `site`.
#[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
#[sea_orm(table_name = "site")]
pub struct Model {
    /// Id.
    #[sea_orm(primary_key)]
    pub id: i64,
    /// Vendor id.
    pub vendor_id: i64,
    /// The vendor's own organization id.
    pub vendor_site_key: String,
    /// The vendor's name for it; the key where it named none.
    pub name: String,
    /// Its name as it is compared: see `domain::organization::canonical`; empty when nothing is left of it.
    pub canonical_name: String,
    /// The client organization it belongs to; `None` when its name folds to nothing.
    pub organization_id: Option<i64>,
}

/// Joins that queries use.
#[derive(Clone, Copy, Debug, EnumIter, DeriveRelation)]
pub enum Relation {
    /// To `organization`.
    #[sea_orm(
        belongs_to = "super::organization::Entity",
        from = "Column::OrganizationId",
        to = "super::organization::Column::Id"
    )]
    Organization,
}

impl Related<super::organization::Entity> for Entity {
    fn to() -> RelationDef {
        Relation::Organization.def()
    }
}

impl ActiveModelBehavior for ActiveModel {}
