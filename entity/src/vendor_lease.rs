//! Who may collect a vendor now.

use sea_orm::entity::prelude::*;

/// A row of `vendor_lease`.
#[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
#[sea_orm(table_name = "vendor_lease")]
pub struct Model {
    /// Vendor id.
    #[sea_orm(primary_key, auto_increment = false)]
    pub vendor_id: i64,
    /// The job id.
    pub holder: String,
    /// Expires at.
    pub expires_at: DateTimeUtc,
}

/// No joins are declared.
#[derive(Clone, Copy, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
