//! What one run of a collector brought back.

use sea_orm::entity::prelude::*;

/// A row of `collection`.
#[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
#[sea_orm(table_name = "collection")]
pub struct Model {
    /// Id.
    #[sea_orm(primary_key)]
    pub id: i64,
    /// Vendor id.
    pub vendor_id: i64,
    /// Snapshot date.
    pub snapshot_date: Date,
    /// complete, partial or held; a held one becomes applied or discarded by a person, or outdated by a newer one.
    pub outcome: String,
    /// Device count.
    pub device_count: i64,
    /// Set aside count.
    pub set_aside_count: i64,
    /// Texts: why it is partial or held.
    #[sea_orm(column_type = "JsonBinary")]
    pub reasons: Json,
    /// Texts: what the operator should know.
    #[sea_orm(column_type = "JsonBinary")]
    pub notes: Json,
    /// Started at.
    pub started_at: DateTimeUtc,
    /// Ended at.
    pub ended_at: DateTimeUtc,
    /// Who applied or discarded it; `None` unless a person decided.
    pub decided_by: Option<String>,
    /// When that was.
    pub decided_at: Option<DateTimeUtc>,
    /// Why, in the person's words.
    #[sea_orm(column_type = "Text", nullable)]
    pub decision_note: Option<String>,
}

/// No joins are declared.
#[derive(Clone, Copy, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
