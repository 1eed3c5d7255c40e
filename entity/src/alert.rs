//! A trouble: told once when it began and once when it was over.

use sea_orm::entity::prelude::*;

/// A row of `alert`. Of each kind and subject one at most is not closed.
#[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
#[sea_orm(table_name = "alert")]
pub struct Model {
    /// Id.
    #[sea_orm(primary_key)]
    pub id: i64,
    /// The code of its kind.
    pub kind: String,
    /// With what: a vendor's word, `checks`, or an exception type's code.
    pub subject: String,
    /// The vendor, where it is about one.
    pub vendor_id: Option<i64>,
    /// How bad it is, as `exceptions` has it.
    pub severity: i16,
    /// The trouble as it began.
    pub sentence: String,
    /// The trouble as it was seen last.
    pub last_sentence: String,
    /// How it was when it was over.
    pub closing_sentence: Option<String>,
    /// The facts behind it, as it began.
    #[sea_orm(column_type = "JsonBinary")]
    pub details: Json,
    /// Opened at.
    pub opened_at: DateTimeUtc,
    /// When it was found last.
    pub last_seen_at: DateTimeUtc,
    /// Closed at.
    pub closed_at: Option<DateTimeUtc>,
}

/// No joins are declared.
#[derive(Clone, Copy, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
