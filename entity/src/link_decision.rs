//! What a person said of two identities.

use sea_orm::entity::prelude::*;

/// A row of `link_decision`: one per pair, the newest decision.
#[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
#[sea_orm(table_name = "link_decision")]
pub struct Model {
    /// Id.
    #[sea_orm(primary_key)]
    pub id: i64,
    /// The lower of the two identity ids.
    pub lower_identity_id: i64,
    /// The higher of the two identity ids.
    pub higher_identity_id: i64,
    /// `linked` or `separated`.
    pub kind: String,
    /// The signed-in principal.
    pub actor: String,
    /// Decided at.
    pub decided_at: DateTimeUtc,
    /// Why, in the person's words.
    #[sea_orm(column_type = "Text", nullable)]
    pub note: Option<String>,
}

/// No joins are declared.
#[derive(Clone, Copy, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
