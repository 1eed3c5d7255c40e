//! A record that is not among a collection's devices, and why.

use sea_orm::entity::prelude::*;

/// A row of `set_aside_record`.
#[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
#[sea_orm(table_name = "set_aside_record")]
pub struct Model {
    /// Id.
    #[sea_orm(primary_key)]
    pub id: i64,
    /// Collection id.
    pub collection_id: i64,
    /// Vendor device key.
    pub vendor_device_key: Option<String>,
    /// Hostname.
    pub hostname: Option<String>,
    /// unreadable or not_present.
    pub reason: String,
    /// Detail.
    pub detail: String,
}

/// No joins are declared.
#[derive(Clone, Copy, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
