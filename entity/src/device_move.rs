//! A known identity that went from one device to another: a merge, or a split.

use sea_orm::entity::prelude::*;

/// A row of `device_move`.
#[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
#[sea_orm(table_name = "device_move")]
pub struct Model {
    /// Id.
    #[sea_orm(primary_key)]
    pub id: i64,
    /// Identity id.
    pub identity_id: i64,
    /// `None` when that device's row is gone.
    pub from_device_id: Option<i64>,
    /// To device id.
    pub to_device_id: i64,
    /// Moved at.
    pub moved_at: DateTimeUtc,
    /// The business day.
    pub moved_on: Date,
    /// The rule that brought it there; `None` when it was linked to none from then on.
    pub rule: Option<String>,
}

/// No joins are declared.
#[derive(Clone, Copy, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
