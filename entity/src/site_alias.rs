//! Maps a vendor's organization to one name for all vendors.

use sea_orm::entity::prelude::*;

/// A row of `site_alias`.
#[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
#[sea_orm(table_name = "site_alias")]
pub struct Model {
    /// Id.
    #[sea_orm(primary_key)]
    pub id: i64,
    /// Canonical name.
    pub canonical_name: String,
    /// Vendor id.
    pub vendor_id: i64,
    /// Vendor site key.
    pub vendor_site_key: String,
}

/// No joins are declared.
#[derive(Clone, Copy, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
