//! The vendor's record as received, for the latest stored day only.

use sea_orm::entity::prelude::*;

/// A row of `device_payload`.
#[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
#[sea_orm(table_name = "device_payload")]
pub struct Model {
    /// Device identity id.
    #[sea_orm(primary_key, auto_increment = false)]
    pub device_identity_id: i64,
    /// Vendor id.
    pub vendor_id: i64,
    /// Snapshot date.
    pub snapshot_date: Date,
    /// Payload.
    #[sea_orm(column_type = "JsonBinary")]
    pub payload: Json,
}

/// No joins are declared.
#[derive(Clone, Copy, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
