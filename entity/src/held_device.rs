//! A device of a held collection, to compare it with what is stored.

use sea_orm::entity::prelude::*;

/// A row of `held_device`.
#[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
#[sea_orm(table_name = "held_device")]
pub struct Model {
    /// The collection.
    #[sea_orm(primary_key, auto_increment = false)]
    pub collection_id: i64,
    /// The vendor's key of the device.
    #[sea_orm(primary_key, auto_increment = false)]
    pub vendor_device_key: String,
    /// Host name.
    pub hostname: String,
    /// The vendor's key of its organization; `None` when it names none.
    pub site_key: Option<String>,
    /// The vendor's name of that organization; `None` when it does not say.
    pub site_name: Option<String>,
}

/// No joins are declared.
#[derive(Clone, Copy, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
