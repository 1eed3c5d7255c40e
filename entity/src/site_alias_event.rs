//! A change of an alias: who mapped a vendor's organization to which client, and when.

use sea_orm::entity::prelude::*;

/// A row of `site_alias_event`.
#[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
#[sea_orm(table_name = "site_alias_event")]
pub struct Model {
    /// Id.
    #[sea_orm(primary_key)]
    pub id: i64,
    /// Vendor id.
    pub vendor_id: i64,
    /// The vendor's own organization id.
    pub vendor_site_key: String,
    /// When.
    pub happened_at: DateTimeUtc,
    /// The principal who did it.
    pub actor: String,
    /// The alias before, canonical; `None` when there was none.
    pub from_name: Option<String>,
    /// The alias after, canonical; `None` when it was removed.
    pub to_name: Option<String>,
}

/// No joins are declared.
#[derive(Clone, Copy, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
