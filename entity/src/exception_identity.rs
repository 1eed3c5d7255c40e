//! The device identities an exception is about.

use sea_orm::entity::prelude::*;

/// A row of `exception_identity`.
#[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
#[sea_orm(table_name = "exception_identity")]
pub struct Model {
    /// Exception id.
    #[sea_orm(primary_key, auto_increment = false)]
    pub exception_id: i64,
    /// Device identity id.
    #[sea_orm(primary_key, auto_increment = false)]
    pub device_identity_id: i64,
}

/// Joins that queries use.
#[derive(Clone, Copy, Debug, EnumIter, DeriveRelation)]
pub enum Relation {
    /// To `exception`.
    #[sea_orm(
        belongs_to = "super::exception::Entity",
        from = "Column::ExceptionId",
        to = "super::exception::Column::Id"
    )]
    Exception,
    /// To `device_identity`.
    #[sea_orm(
        belongs_to = "super::device_identity::Entity",
        from = "Column::DeviceIdentityId",
        to = "super::device_identity::Column::Id"
    )]
    DeviceIdentity,
}

impl Related<super::exception::Entity> for Entity {
    fn to() -> RelationDef {
        Relation::Exception.def()
    }
}

impl Related<super::device_identity::Entity> for Entity {
    fn to() -> RelationDef {
        Relation::DeviceIdentity.def()
    }
}

impl ActiveModelBehavior for ActiveModel {}
